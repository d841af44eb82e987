"""Datadog: questions for whole windows within the deadline of a run, counted before they are sent (sources.md 3)."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple, Protocol, TypeVar

import structlog

from exporter.model import ExporterError, Interrupted, Reason, SourceError
from exporter.scalars import Column, ScalarQuery, Span
from exporter.secrets import Secret
from exporter.sources.clock_skew import ahead, worded
from exporter.sources.datadog_client import Client, Reply
from exporter.sources.datadog_errors import failure, is_worth_another_try
from exporter.sources.datadog_limit import Limit, limit_of
from exporter.sources.datadog_wire import WIRES
from exporter.sources.deadline import timer

API = "datadog"
log = structlog.get_logger()
TRIES = 3
# Between two tries, doubled each time, unless Datadog says when to come back.
PAUSE = 0.5
# Windows end so much before the newest points at least.
MOST_SKEW = timedelta(seconds=60)
Found = TypeVar("Found")


class Ledger(Protocol):
    """The account book of paid and limited APIs."""

    def spend(self, api: str, at: datetime) -> None:
        """Count a request that is about to be sent; SourceError with reason `budget` if it must not be."""
        ...


class DatadogSettings(NamedTuple):
    """Where Datadog is, with which keys, and for how many seconds one request is waited for."""

    url: str
    api_key: Secret
    app_key: Secret
    api: str
    timeout: float


class Round:
    """What a collector sees of a run."""

    def __init__(self, source: "Datadog", end: float) -> None:
        self._source, self._end = source, end

    def span(self, end: int, seconds: int) -> Span:
        """Return the window that can be asked for: it ends at an instant, or less than its length before it."""
        return self._source.wire.span(end, seconds)

    def scalar(self, queries: Sequence[ScalarQuery], span: Span) -> dict[str, Column]:
        """Ask for one value, or one for each group, of every query over a window."""
        wire = self._source.wire
        reply = self._source.send(lambda client: wire.ask(client, queries, span), self._end)
        return wire.read(reply.data, queries, span)

    def alone(self, query: ScalarQuery, span: Span) -> dict[str, Column] | None:
        """Ask for one query; None if Datadog refuses it, which the log tells."""
        try:
            return self.scalar([query], span)
        except SourceError as error:
            if error.reason != Reason.QUERY:
                raise
            log.warning("gauge refused", gauge=query.name, error=str(error))
            return None


class Datadog:
    """One organisation in Datadog; `saw_limit` is told how many requests are left of Datadog's own limit."""

    def __init__(
        self,
        settings: DatadogSettings,
        ledger: Ledger,
        saw_limit: Callable[[int], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings, self._ledger, self._clock, self._saw_limit = settings, ledger, clock, saw_limit
        self.wire = WIRES[settings.api]
        self._client = Client(settings.url, settings.api_key, settings.app_key)
        self._wake = threading.Event()
        self._ended: ExporterError | None = None
        self._stopped, self._turn = False, 0
        self._again_at: datetime | None = None

    def read(self, deadline: float, work: Callable[[Round], Found]) -> Found:
        """Return what `work` makes of Datadog within so many seconds. Raises SourceError."""
        self._ended = Interrupted("the daemon is stopping") if self._stopped else None
        self._turn += 1
        turn = self._turn
        mend = "give the collector a longer deadline, or ask for fewer windows"
        late = SourceError(Reason.TIMEOUT, f"Datadog was not done within the deadline of {deadline:g} s; {mend}")
        # A clock that could not be stopped in time must not cut the next run.
        clock = timer(deadline, lambda: self._cut(late) if turn == self._turn else None)
        clock.start()
        try:
            return work(Round(self, monotonic() + deadline))
        finally:
            clock.cancel()
            self._turn += 1

    def stop(self) -> None:
        """End what is running; safe to call from another thread."""
        self._stopped = True
        self._cut(Interrupted("the daemon is stopping"))
        self._wake.set()

    def close(self) -> None:
        """Let idle connections go."""
        self._client.close()

    def send(self, ask: Callable[[Any], Reply], end: float) -> Reply:
        """Send a request, and again if that may help and there is time; each of them is counted before."""
        for tried in range(1, TRIES + 1):
            self._wait_for_limit(end)
            self._ledger.spend(API, self._clock())
            try:
                reply = self._once(ask, end)
            except SourceError as error:
                pause = PAUSE * 2 ** (tried - 1)
                if tried == TRIES or not is_worth_another_try(error) or monotonic() + pause >= end:
                    raise
                self._pause(pause)
            else:
                return reply
        raise AssertionError("the last try returns or raises")

    def _once(self, ask: Callable[[Any], Reply], end: float) -> Reply:
        self._check()
        try:
            reply = self._client.send(ask, min(self._settings.timeout, max(end - monotonic(), 0.001)))
        except Exception as error:
            # Whatever the library makes of a socket that is closed under it.
            self._check()
            told = failure(error)
            if told is None:
                raise
            self._heed(limit_of(getattr(error, "headers", None)), limited=told.reason == Reason.RATELIMIT)
            raise told from None
        self._heed(limit_of(reply.headers), limited=False)
        self._compare_clocks(reply.headers)
        return reply

    def _compare_clocks(self, headers: Mapping[str, str]) -> None:
        """Refuse an answer about windows that we take for others, or whose newest points are not there yet."""
        skew = ahead(headers, self._clock())
        if abs(skew) > MOST_SKEW:
            raise SourceError(Reason.INVALID, worded(skew, "Datadog"))

    def _heed(self, limit: Limit, *, limited: bool) -> None:
        """Note what Datadog says of its own limit: where nothing is left of it, nothing is sent until it is renewed."""
        if limit.remaining is not None:
            self._saw_limit(limit.remaining)
        if limit.reset is not None and (limited or limit.remaining == 0):
            self._again_at = self._clock() + timedelta(seconds=limit.reset)

    def _wait_for_limit(self, end: float) -> None:
        left = (self._again_at - self._clock()).total_seconds() if self._again_at else 0
        if left <= 0:
            return
        if monotonic() + left >= end:
            mend = "give the collector a longer interval, or have Datadog raise the limit"
            text = f"Datadog's own limit of requests is reached, for {left:.0f} s more; {mend}"
            raise SourceError(Reason.RATELIMIT, text)
        self._pause(left)

    def _pause(self, seconds: float) -> None:
        self._wake.wait(seconds)
        self._check()

    def _check(self) -> None:
        if self._ended:
            raise self._ended

    def _cut(self, why: ExporterError) -> None:
        self._ended = self._ended or why
        self._client.cut()
