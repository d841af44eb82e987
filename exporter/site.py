"""The parts of the daemon → the application that shows them: which page is made of what."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.applications import Starlette

from exporter.alerting import Alerting
from exporter.budget import Ledger
from exporter.config import Config
from exporter.connections import Connections
from exporter.health import Build
from exporter.page import Page
from exporter.pause import Pause
from exporter.registry import SNAPSHOT
from exporter.scheduler import Scheduler
from exporter.store import Store
from exporter.telemetry import Telemetry
from exporter.web.access import Rules
from exporter.web.api.reads import Reads
from exporter.web.api.routes import Sight
from exporter.web.api.routes import routes as api_routes
from exporter.web.app import Views, create_app
from exporter.web.operation import operation_routes
from exporter.web.prometheus.routes import Present, prometheus_routes
from exporter.web.status.routes import status_routes
from exporter.web.status.view import Surroundings
from exporter.web.web_config import WebConfig
from exporter.web.web_file import WebFile
from exporter.web_settings import WebSection


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages show; `config` and `connections` return those in force, `reload` is what the page of it does,
    `problems` are those of the latest reload.
    """

    build: Build
    clock: Callable[[], datetime]
    config: Callable[[], Config]
    connections: Callable[[], Connections]
    reload: Callable[[], list[str]]
    problems: Callable[[], tuple[str, ...]]
    store: Store
    page: Page
    scheduler: Scheduler
    ledger: Ledger
    telemetry: Telemetry
    alerting: Alerting
    pause: Pause
    reads: Reads
    web_file: WebFile | None

    def application(self, web: WebSection) -> Starlette:
        """Return the application; what it says of itself changes with a reload, what `web` says does not."""
        views = Views(
            page=self.page,
            clock=self.clock,
            snapshot=self.store.snapshot,
            heartbeat=lambda: self.scheduler.heartbeat,
            reload=self.reload,
            paused=self.pause.until,
        )
        effective, lifecycle = lambda: self.config().effective, web.enable_lifecycle
        rooms = [
            *status_routes(self.clock, self.store.snapshot, self._around, web),
            *operation_routes(self.build, effective, self.pause, self.clock, lifecycle=lifecycle),
            *prometheus_routes(self._present(), web),
            *api_routes(Sight(self.clock, self.store.snapshot, lambda: self.connections().terms, self.reads)),
        ]
        return create_app(views, web, self.rules, rooms)

    def rules(self) -> Rules:
        """Return who may see what: both files may have changed since the last request."""
        web_config = self.web_file.config() if self.web_file else WebConfig()
        return Rules(web_config, self.config().web.tokens)

    def _around(self) -> Surroundings:
        """Return what the status page tells beside the snapshot."""
        config, now = self.config(), self.clock()
        return Surroundings(
            build=self.build,
            sources={job.name: job.source for job in config.jobs if job.source != SNAPSHOT},
            simulated=config.simulated,
            next_runs=self.scheduler.next_runs(),
            accounts=self.ledger.accounts(now),
            paused_until=self.pause.until(now),
            rules=self.alerting.standing,
            reports=self.telemetry.reports.told(),
            problems=self.problems(),
        )

    def _present(self) -> Present:
        """Return what Prometheus' API shows: what a rule would see now."""
        return Present(
            build=self.build,
            clock=self.clock,
            groups=lambda: self.alerting.standing,
            samples=self.alerting.samples,
            families=lambda: self.page.families(self.store.snapshot(self.clock())),
        )
