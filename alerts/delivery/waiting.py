"""Alerts that wait for one Alertmanager: bounded, and of each alert only its newest state."""

from collections import OrderedDict
from collections.abc import Iterable

from alerts.model import Outgoing
from alerts.promql.labels import Key

CAPACITY = 10_000


class Waiting:
    """A queue by alert; its owner sees to it that one thread at a time uses it."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._alerts: OrderedDict[Key, Outgoing] = OrderedDict()
        self._capacity = capacity

    def __len__(self) -> int:
        """Return how many alerts wait."""
        return len(self._alerts)

    def put(self, alerts: Iterable[Outgoing]) -> list[Outgoing]:
        """Add alerts, each in the place of its older state if that waits; returns the oldest ones that had to go."""
        for alert in alerts:
            self._alerts[alert.key] = alert
        return [self._alerts.popitem(last=False)[1] for _ in range(len(self._alerts) - self._capacity)]

    def take(self, most: int) -> list[Outgoing]:
        """Remove and return the oldest alerts."""
        return [self._alerts.popitem(last=False)[1] for _ in range(min(most, len(self._alerts)))]
