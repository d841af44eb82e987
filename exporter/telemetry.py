"""The daemon's own counters. Direct instrumentation is right here, and only here: this state lives in the process."""

import threading
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Metric, PlatformCollector, ProcessCollector
from prometheus_client.gc_collector import GCCollector

from exporter.model import Reason
from exporter.notifications import Notifications
from exporter.reporting import Reporting


class Missed(StrEnum):
    """Why a scheduled run did not start (metrics.md EX10)."""

    OVERLAP = "overlap"
    LATE = "late"
    COALESCED = "coalesced"
    PAUSED = "paused"


class Telemetry:
    """Counters of runs, and the outcome of the latest reload; `version` is another object after each change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._collectors: frozenset[str] = frozenset()
        self._registry = registry = CollectorRegistry()
        self.version = object()
        self._runs = Counter("jobhive_exporter_collector_runs", "Runs started.", ["collector"], registry=registry)
        self._failures = Counter(
            "jobhive_exporter_collector_failures", "Failed runs by reason.", ["collector", "reason"], registry=registry
        )
        self._missed = Counter(
            "jobhive_exporter_collector_missed_runs",
            "Scheduled runs that did not start, by reason.",
            ["collector", "reason"],
            registry=registry,
        )
        self._reload_ok = Gauge(
            "jobhive_exporter_config_last_reload_successful",
            "Whether the configuration could be used when it was last read.",
            registry=registry,
        )
        self._reload_time = Gauge(
            "jobhive_exporter_config_last_reload_success_timestamp_seconds",
            "When the configuration was last read and used.",
            registry=registry,
        )
        self._ratelimit = Gauge(
            "jobhive_exporter_api_ratelimit_remaining",
            "Requests left of the API's own limit, as its latest answer says.",
            ["api"],
            registry=registry,
        )
        self._rules_ok = Gauge(
            "jobhive_exporter_rules_last_reload_successful",
            "Whether the rule files could be used when they were last read.",
            registry=registry,
        )
        self._alerts_recovered = Gauge(
            "jobhive_exporter_alert_state_recovered",
            "Whether the alerts from before the start could be read; 1 also where there were none.",
            registry=registry,
        )
        self._web_config_ok: Gauge | None = None
        self.notifications = Notifications(registry, self._lock, self._touch)
        self.reports = Reporting(registry, self._lock, self._touch)

    def configure(self, collectors: Iterable[str]) -> None:
        """Make the series of every collector exist at 0, and those of collectors that are gone vanish."""
        with self._lock:
            before, self._collectors = self._collectors, frozenset(collectors)
            for gone in before - self._collectors:
                self._runs.remove(gone)
                for counter in (self._failures, self._missed):
                    counter.remove_by_labels({"collector": gone})
            for name in sorted(self._collectors):
                self._runs.labels(name)
                for reason in Reason:
                    self._failures.labels(name, reason.value)
                for missed in Missed:
                    self._missed.labels(name, missed.value)
            self.version = object()

    def run_started(self, collector: str) -> None:
        """Count a run."""
        self._count(self._runs, 1, collector)

    def run_failed(self, collector: str, reason: Reason) -> None:
        """Count a failed run."""
        self._count(self._failures, 1, collector, reason.value)

    def runs_missed(self, collector: str, reason: Missed, runs: int = 1) -> None:
        """Count runs that did not start."""
        self._count(self._missed, runs, collector, reason.value)

    def reloaded(self, at: datetime) -> None:
        """Note that the configuration was read and is in use."""
        with self._lock:
            self._reload_ok.set(1)
            self._reload_time.set(at.timestamp())
            self.version = object()

    def reload_failed(self) -> None:
        """Note that the file has mistakes and the configuration before it stays in use."""
        with self._lock:
            self._reload_ok.set(0)
            self.version = object()

    def rules_read(self, *, ok: bool) -> None:
        """Note whether the rule files could be used; if not, the rules before them stay in use."""
        with self._lock:
            self._rules_ok.set(ok)
            self.version = object()

    def alerts_recovered(self, ok: bool) -> None:
        """Note whether the alerts from before the start could be read."""
        with self._lock:
            self._alerts_recovered.set(ok)
            self.version = object()

    def saw_ratelimit(self, api: str, remaining: int) -> None:
        """Note what is left of the limit of an API."""
        with self._lock:
            self._ratelimit.labels(api).set(remaining)
            self.version = object()

    def web_config_read(self, ok: bool) -> None:
        """Note whether the web configuration file could be used; without such a file there is no series."""
        with self._lock:
            if self._web_config_ok is None:
                self._web_config_ok = Gauge(
                    "jobhive_exporter_web_config_last_reload_successful",
                    "Whether the web configuration file could be used when it was last read.",
                    registry=self._registry,
                )
            self._web_config_ok.set(ok)
            self.version = object()

    def metrics(self) -> Iterable[Metric]:
        """Return the counters."""
        return self._registry.collect()

    def _touch(self) -> None:
        self.version = object()

    def _count(self, counter: Counter, amount: int, collector: str, *labels: str) -> None:
        with self._lock:
            # A run may end after a reload has removed its collector, whose series must not come back.
            if collector in self._collectors:
                counter.labels(collector, *labels).inc(amount)
                self.version = object()


def process_registry() -> CollectorRegistry:
    """Return the client library's own numbers of this process: `process_*` and `python_*`."""
    registry = CollectorRegistry()
    for kind in (ProcessCollector, PlatformCollector, GCCollector):
        kind(registry=registry)
    return registry
