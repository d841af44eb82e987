"""Alerts that an Alertmanager does not take: found by halving, and left out for a while."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from alerts.delivery.client import Answer, Outcome
from alerts.model import Outgoing
from alerts.promql.labels import Key

Post = Callable[[Sequence[Outgoing]], Answer]
LEFT_OUT_SECONDS = 900.0
REQUESTS_PER_ROUND = 16


class Sent(NamedTuple):
    """What became of the alerts of a batch."""

    delivered: Sequence[Outgoing] = ()
    failed: Sequence[Outgoing] = ()
    refused: Sequence[Outgoing] = ()
    poison: Sequence[Outgoing] = ()

    def __add__(self, other: object) -> "Sent":
        """Join two parts."""
        if not isinstance(other, Sent):
            return NotImplemented
        return Sent(*([*mine, *theirs] for mine, theirs in zip(self, other, strict=True)))


class Budget:
    """How many more requests a round may use to find poison."""

    def __init__(self) -> None:
        self.left = REQUESTS_PER_ROUND

    def renew(self) -> None:
        """Begin a round."""
        self.left = REQUESTS_PER_ROUND


def send(batch: Sequence[Outgoing], post: Post, budget: Budget) -> Sent:
    """Send a batch; if it is refused for its content, its halves.

    What is not found within the budget has failed, and is searched on in the next round.
    """
    outcome = post(batch).outcome
    if outcome is not Outcome.BAD_CONTENT:
        places = {Outcome.DELIVERED: Sent(delivered=batch), Outcome.FAILED: Sent(failed=batch)}
        return places.get(outcome, Sent(refused=batch))
    if len(batch) == 1:
        return Sent(poison=batch)
    half, found = len(batch) // 2, Sent()
    for part in (batch[:half], batch[half:]):
        if budget.left:
            budget.left -= 1
            found += send(part, post, budget)
        else:
            found += Sent(failed=part)
    return found


class LeftOut:
    """Alerts that are not sent for a while, by their labels; `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[Key, float] = {}

    def add(self, alert: Outgoing) -> None:
        """Leave an alert out from now on."""
        self._until[alert.key] = self._clock() + LEFT_OUT_SECONDS

    def __contains__(self, alert: Outgoing) -> bool:
        """Tell whether an alert is left out."""
        until = self._until.get(alert.key)
        if until is not None and until <= self._clock():
            del self._until[alert.key]
            return False
        return until is not None
