"""The daemon's own counters of notifications (metrics.md EX23–EX26 and alerting.md section 15)."""

import threading
from collections.abc import Callable, Iterable
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge

LABELS = ["alertmanager"]
Kind = Literal["counter", "gauge"]
# The row of the contract, name, text and kind; the last three are of alerting.md alone.
SERIES: tuple[tuple[str, str, str, Kind], ...] = (
    ("EX23", "notifications_total", "Alerts that an Alertmanager took.", "counter"),
    ("EX24", "notification_failures_total", "Requests to an Alertmanager that failed.", "counter"),
    (
        "EX25",
        "notifications_dropped_total",
        "Alerts given up: the queue was full, the Alertmanager refused the request, or the daemon stopped.",
        "counter",
    ),
    ("EX26", "notification_queue_length", "Alerts that wait to be sent.", "gauge"),
    ("EX42", "notifications_rejected_total", "Alerts that the Alertmanager does not take.", "counter"),
    ("EX43", "notification_latency_seconds", "How long the latest batch took.", "gauge"),
    ("EX44", "alertmanager_up", "Whether the latest request succeeded; 1 before the first.", "gauge"),
)


class Notifications:
    """Counters by Alertmanager, host:port; `changed` is called after each change, `lock` guards all counters."""

    def __init__(self, registry: CollectorRegistry, lock: threading.Lock, changed: Callable[[], None]) -> None:
        self._lock = lock
        self._changed = changed
        self._known: frozenset[str] = frozenset()

        texts = {name: text for _, name, text, _ in SERIES}

        def counter(name: str) -> Counter:
            return Counter(f"jobhive_exporter_{name}", texts[name], LABELS, registry=registry)

        def gauge(name: str) -> Gauge:
            return Gauge(f"jobhive_exporter_{name}", texts[name], LABELS, registry=registry)

        self._sent = counter("notifications_total")
        self._failures = counter("notification_failures_total")
        self._dropped = counter("notifications_dropped_total")
        self._rejected = counter("notifications_rejected_total")
        self._length = gauge("notification_queue_length")
        self._latency = gauge("notification_latency_seconds")
        self._up = gauge("alertmanager_up")

    def configure(self, alertmanagers: Iterable[str]) -> None:
        """Make the series of every Alertmanager exist, and those of the others vanish."""
        with self._lock:
            before, self._known = self._known, frozenset(alertmanagers)
            every = (*self._counters(), self._length, self._latency, self._up)
            for gone in before - self._known:
                for metric in every:
                    metric.remove(gone)
            for name in sorted(self._known - before):
                for metric in every:
                    metric.labels(name)
                self._up.labels(name).set(1)
            self._changed()

    def answered(self, alertmanager: str, *, delivered: bool, up: bool) -> None:
        """Note the outcome of a request."""
        with self._lock:
            if alertmanager in self._known:
                self._failures.labels(alertmanager).inc(not delivered)
                self._up.labels(alertmanager).set(up)
                self._changed()

    def sent(self, alertmanager: str, alerts: int, seconds: float) -> None:
        """Note the delivery of a batch."""
        with self._lock:
            if alertmanager in self._known:
                self._sent.labels(alertmanager).inc(alerts)
                self._latency.labels(alertmanager).set(seconds)
                self._changed()

    def queued(self, alertmanager: str, length: int, dropped: int) -> None:
        """Note how many alerts wait, and that some were given up."""
        with self._lock:
            if alertmanager in self._known:
                self._length.labels(alertmanager).set(length)
                self._dropped.labels(alertmanager).inc(dropped)
                self._changed()

    def rejected(self, alertmanager: str) -> None:
        """Count an alert that is not sent."""
        with self._lock:
            if alertmanager in self._known:
                self._rejected.labels(alertmanager).inc()
                self._changed()

    def _counters(self) -> tuple[Counter, ...]:
        return self._sent, self._failures, self._dropped, self._rejected
