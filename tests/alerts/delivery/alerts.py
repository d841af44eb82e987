"""Alerts to be delivered."""

from datetime import UTC, datetime, timedelta

from alerts.model import Outgoing

GENERATOR = "https://prometheus.example.org/graph?g0.expr=up&g0.tab=1"


def outgoing(name: str = "Odd", *, ends_in: timedelta = timedelta(minutes=4), **labels: str) -> Outgoing:
    """Return an alert that fires, or that has ended if `ends_in` is negative."""
    now = datetime.now(UTC)
    annotations = {"summary": f"{name} fires."}
    started = now - timedelta(hours=1)
    return Outgoing({"alertname": name, **labels}, annotations, started, now + ends_in, GENERATOR)


def many(count: int) -> list[Outgoing]:
    """Return alerts that differ."""
    return [outgoing(number=f"{number:05d}") for number in range(count)]
