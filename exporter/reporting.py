"""The daemon's own counters of reports (metrics.md EX27 and EX28)."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge

LAST_SUCCESS = "jobhive_exporter_report_last_success_timestamp_seconds"
LAST_SUCCESS_TEXT = "When a report was last delivered; 0 is never."
FAILURES = "jobhive_exporter_report_failures_total"
FAILURES_TEXT = "Failed attempts to make or to deliver a report, by stage."


class Stage(StrEnum):
    """Where an attempt failed (metrics.md EX28)."""

    COLLECT = "collect"
    RENDER = "render"
    SEND = "send"


class Reporting:
    """Counters by report; `changed` is called after each change, `lock` guards all counters."""

    def __init__(self, registry: CollectorRegistry, lock: threading.Lock, changed: Callable[[], None]) -> None:
        self._lock = lock
        self._changed = changed
        self._known: frozenset[str] = frozenset()
        self._last_success = Gauge(LAST_SUCCESS, LAST_SUCCESS_TEXT, ["report"], registry=registry)
        self._failures = Counter(FAILURES, FAILURES_TEXT, ["report", "stage"], registry=registry)

    def configure(self, reports: Iterable[str]) -> None:
        """Make the series of every report exist at 0, and those of the others vanish."""
        with self._lock:
            before, self._known = self._known, frozenset(reports)
            for gone in before - self._known:
                self._last_success.remove(gone)
                self._failures.remove_by_labels({"report": gone})
            for report in sorted(self._known - before):
                self._last_success.labels(report)
                for stage in Stage:
                    self._failures.labels(report, stage.value)
            self._changed()

    def delivered(self, report: str, at: datetime) -> None:
        """Note when a report was delivered."""
        with self._lock:
            if report in self._known:
                self._last_success.labels(report).set(at.timestamp())
                self._changed()

    def failed(self, report: str, stage: Stage) -> None:
        """Count a failed attempt."""
        with self._lock:
            if report in self._known:
                self._failures.labels(report, stage.value).inc()
                self._changed()
