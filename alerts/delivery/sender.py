"""The sender of one Alertmanager: a thread that takes from its queue, so that it never waits for another one's."""

import threading
import time
from collections.abc import Callable, Collection, Sequence

import structlog

from alerts.delivery.client import Answer, Client, Outcome
from alerts.delivery.isolation import Budget, LeftOut, Sent, send
from alerts.delivery.payload import body, fingerprint, problem
from alerts.delivery.waiting import CAPACITY, Waiting
from alerts.model import Outgoing
from alerts.promql.labels import Key
from exporter.notifications import Notifications

BATCH = 64
FOREVER = float("inf")
log = structlog.get_logger(__name__)


class Sender:
    """Delivers alerts to one Alertmanager; `clock` counts seconds."""

    def __init__(
        self,
        name: str,
        client: Client,
        telemetry: Notifications,
        *,
        encode: Callable[[Sequence[Outgoing]], bytes] = body,
        capacity: int = CAPACITY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._client = client
        self._telemetry = telemetry
        self._encode = encode
        self._clock = clock
        self._budget = Budget()
        self._left_out = LeftOut(clock)
        self._log = log.bind(alertmanager=name)
        # What follows is guarded by the lock.
        self._changed = threading.Condition()
        self._waiting = Waiting(capacity)
        self._failed: set[Key] = set()
        self._down_since: float | None = None
        self._ends: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"notify-{name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def enqueue(self, alerts: Sequence[Outgoing]) -> None:
        """Have alerts sent soon; those that cannot be are counted."""
        with self._changed:
            self._budget.renew()
            dropped = self._waiting.put([alert for alert in alerts if self._takes(alert)])
            self._failed.update(alert.key for alert in dropped)
            self._note_queue(dropped=len(dropped))
            self._changed.notify()

    def failed(self) -> Collection[Key]:
        """Return and forget whose delivery failed so that a repeat may help."""
        with self._changed:
            found, self._failed = self._failed, set()
            return found

    def down_seconds(self) -> float:
        """Return for how long every request has failed, 0 if the latest one did not."""
        with self._changed:
            return 0.0 if self._down_since is None else self._clock() - self._down_since

    def drain(self, within: float) -> None:
        """Have the thread end when nothing waits any more, or after so many seconds; returns at once."""
        with self._changed:
            self._ends = self._clock() + within
            self._changed.notify()

    def join(self, within: float) -> None:
        """Wait for the end of the thread; what still waits then is given up."""
        if self._thread.is_alive():
            self._thread.join(within)
        with self._changed:
            given_up = self._waiting.take(len(self._waiting))
            self._note_queue(dropped=len(given_up))
        if given_up:
            self._log.warning("notifications given up at the stop", alerts=len(given_up))
        if not self._thread.is_alive():
            self._client.close()

    def _takes(self, alert: Outgoing) -> bool:
        """Tell whether an alert is sent; a bad one is counted and told once in a while."""
        if alert in self._left_out:
            return False
        wrong = problem(alert)
        if wrong:
            self._reject(alert, wrong)
        return wrong is None

    def _reject(self, alert: Outgoing, why: str) -> None:
        self._left_out.add(alert)
        self._telemetry.rejected(self.name)
        self._log.warning("alert rejected", fingerprint=fingerprint(alert.labels), reason=why)

    def _run(self) -> None:
        while batch := self._next():
            started = self._clock()
            try:
                sent = send(batch, self._post, self._budget)
            except Exception as error:  # noqa: BLE001 - the border of a unit: the next batch needs a thread too
                self._note(Answer(Outcome.FAILED, f"it could not be sent: {type(error).__name__}"))
                sent = Sent(failed=batch)
            self._settle(sent, self._clock() - started)

    def _next(self) -> list[Outgoing]:
        """Return the next batch as soon as there is one; none when the thread is to end."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) or self._ends is not None)
            if self._remaining() <= 0:
                return []
            batch = self._waiting.take(BATCH)
            self._note_queue()
            return batch

    def _remaining(self) -> float:
        return FOREVER if self._ends is None else self._ends - self._clock()

    def _post(self, alerts: Sequence[Outgoing]) -> Answer:
        with self._changed:
            remaining = self._remaining()
        if remaining <= 0:
            return Answer(Outcome.FAILED, "the daemon stops")
        answer = self._client.post(self._encode(alerts), remaining)
        self._note(answer)
        return answer

    def _note(self, answer: Answer) -> None:
        """Note whether the Alertmanager is up, and tell it when that changes."""
        # It reads what it refuses for its content.
        up = answer.outcome in (Outcome.DELIVERED, Outcome.BAD_CONTENT)
        self._telemetry.answered(self.name, delivered=answer.outcome is Outcome.DELIVERED, up=up)
        with self._changed:
            was_up = self._down_since is None
            if up:
                self._down_since = None
            elif was_up:
                self._down_since = self._clock()
        if was_up and not up:
            self._log.warning("notifications fail", reason=answer.text)
        if up and not was_up:
            self._log.info("notifications are delivered again")

    def _settle(self, sent: Sent, seconds: float) -> None:
        with self._changed:
            self._failed.update(alert.key for alert in sent.failed)
            for alert in sent.poison:
                self._reject(alert, "the Alertmanager does not take it")
            self._note_queue(dropped=len(sent.refused))
        self._telemetry.sent(self.name, len(sent.delivered), seconds)

    def _note_queue(self, dropped: int = 0) -> None:
        self._telemetry.queued(self.name, len(self._waiting), dropped)
