"""The daemon: wires the parts from a Config, starts them in order, and stops them in the reverse order."""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from weakref import WeakSet

import structlog
from starlette.routing import Route

from exporter import __version__
from exporter.alerting import Alerting, Plan, plan
from exporter.budget import Ledger
from exporter.config import Config, ConfigError, Job
from exporter.connections import Client, Connections
from exporter.contract import InvalidResult
from exporter.health import Build
from exporter.log import configure as configure_log
from exporter.page import Page
from exporter.pause import Pause
from exporter.registry import SNAPSHOT
from exporter.reports.reporter import EVERY, Reporter
from exporter.rule_set import RulesError
from exporter.runner import Runner
from exporter.scheduler import QUICK, Scheduler, Task
from exporter.settings import WebSection
from exporter.state import State
from exporter.store import Store
from exporter.telemetry import Telemetry, process_registry
from exporter.triggers import SlotTrigger, cron, offset
from exporter.web.access import Rules
from exporter.web.api.reads import Reads
from exporter.web.api.routes import Sight
from exporter.web.api.routes import routes as api_routes
from exporter.web.api.terms import Terms
from exporter.web.app import Views, create_app
from exporter.web.operation import operation_routes
from exporter.web.prometheus.routes import Present, prometheus_routes
from exporter.web.server import Server, bind, from_systemd, is_loopback
from exporter.web.status.routes import status_routes
from exporter.web.status.view import Surroundings
from exporter.web.web_config import WebConfig
from exporter.web.web_file import WebFile

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
STOP_SECONDS = 5.0
# Source → the API in the ledger.
PAID = {"aws": "aws_ce", "datadog": "datadog"}
RETRY_AFTER = timedelta(hours=1)
log = structlog.get_logger()


def utc_now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


def build() -> Build:
    """Return which code runs; the image sets the revision."""
    return Build(__version__, os.environ.get("JOBHIVE_EXPORTER_REVISION") or "unknown")


class Daemon:
    """One process; `load` reads the configuration again, with the same flags. Raises ListenError and StateError."""

    def __init__(self, config: Config, load: Callable[[], Config]) -> None:
        self._load = load
        self._reloading = threading.Lock()
        self._telemetry = Telemetry()
        rules = plan(config, self._telemetry)
        self._store = Store(utc_now())
        process = None if config.web.disable_exporter_metrics else process_registry()
        self._pause = Pause(config.state_path)
        self._scheduler = Scheduler(self._telemetry, utc_now, lambda: self._pause.until(utc_now()) is not None)
        self._web_file = WebFile(config.web_file, self._telemetry.web_config_read) if config.web_file else None
        passed = config.web.systemd_socket
        sockets = from_systemd(os.environ, os.getpid()) if passed else bind(config.web.listen_addresses)
        self._state = State(config.state_path, utc_now())
        self._ledger = Ledger(config.state_path)
        self._page = Page(
            build(),
            self._telemetry,
            process,
            accounts=lambda: self._ledger.accounts(utc_now()),
            rules=lambda: self._alerting.standing,
        )
        self._alerting = Alerting(
            rules, config.state_path, self._telemetry, utc_now, self._store.snapshot, self._page.own
        )
        self._reads = Reads(self._terms, utc_now)
        views = Views(
            page=self._page,
            clock=utc_now,
            snapshot=self._store.snapshot,
            heartbeat=lambda: self._scheduler.heartbeat,
            reload=self.reload,
            paused=self._pause.until,
        )
        tls = self._web_file.context if self._web_file else None
        self._server = Server(create_app(views, config.web, self._rules, self._rooms(config.web)), sockets, tls)
        self._config, self._connections = config, self._connected(config)
        # Runs that a reload overtook are still in the databases of before.
        self._retired: WeakSet[Client] = WeakSet()
        self._reporter: Reporter | None = None

    def start(self) -> None:
        """Serve what was stored at once, then collect, and ask the rules."""
        self._apply(self._config, self._connections, (), restore=True)
        protected = self._rules().protected
        self._server.start()
        self._scheduler.start()
        self._alerting.start(recovered=self._state.recovered)
        web = self._config.web
        log.info("listening", version=build().version, addresses=", ".join(web.listen_addresses))
        open_to_others = [address for address in web.listen_addresses if not is_loopback(address)]
        if open_to_others and not protected:
            log.warning("others can read revenue here without a password", addresses=", ".join(open_to_others))

    def reload(self) -> list[str]:
        """Read the configuration again and use it whole; if it has problems, return them and change nothing."""
        with self._reloading:
            before = self._config
            try:
                config = self._load()
                self._use(config, plan(config, self._telemetry))
            except ConfigError as error:
                if isinstance(error, RulesError):
                    self._telemetry.rules_read(ok=False)
                return self._kept(error.problems)
            except Exception as error:  # noqa: BLE001 - whatever a file makes of us, what runs goes on
                return self._kept([f"{before.path}: cannot be used ({type(error).__name__}); please report it"])
            after = self._config
            configure_log(after.log, after.redact)
            if (lasting(before.web), before.state_path) != (lasting(after.web), after.state_path):
                log.warning("what changed below web (but for tokens) and state takes effect at the next start")
            log.info("reloaded", collectors=len(after.jobs))
            return []

    def _kept(self, problems: list[str]) -> list[str]:
        self._telemetry.reload_failed()
        log.error("reload failed, the old configuration stays", problems=len(problems), first=problems[0])
        return problems

    def stop(self) -> None:
        """Stop in the reverse order of the start."""
        running: set[str] = set()
        steps: dict[str, Callable[[], None]] = {
            "alerts": self._alerting.stop,
            "sources": self._stop_sources,
            "reports": self._stop_reports,
            "scheduler": lambda: running.update(self._scheduler.stop(STOP_SECONDS)),
            "questions": self._reads.close,
            "web": self._server.stop,
            "state": lambda: self._state.close(STOP_SECONDS),
        }
        for name, step in steps.items():
            try:
                step()
            except Exception as error:  # noqa: BLE001 - each stop in its own try: the next one must come
                log.error("stop failed", part=name, error=type(error).__name__)
        if running:
            log.warning("left running", collectors=", ".join(sorted(running)))
        log.info("stopped")

    def _use(self, config: Config, rules: Plan) -> None:
        """Make everything of a new configuration, and only then let go of the old one."""
        before, connections, old = self._config, self._connected(config), self._connections
        self._apply(config, connections, changed(before.jobs, config.jobs))
        self._config, self._connections = config, connections
        self._alerting.use(rules)
        self._retired.update(old.clients)
        old.close()

    def _connected(self, config: Config) -> Connections:
        return Connections(config, self._ledger, saw_limit=self._telemetry.saw_ratelimit)

    def _apply(
        self, config: Config, connections: Connections, at_once: Iterable[str], *, restore: bool = False
    ) -> None:
        self._ledger.configure(config.budgets, utc_now())
        runner = Runner(
            config=config,
            collectors=connections.collectors(),
            store=self._store,
            telemetry=self._telemetry,
            page=self._page,
            state=self._state,
            clock=utc_now,
            again=self._scheduler.run_soon,
        )
        self._telemetry.configure(job.name for job in config.jobs)
        contracts = [job.contract for job in config.jobs]
        thresholds = config.definitions.thresholds
        self._store.configure(contracts, config.disabled, thresholds, utc_now(), config.definitions_shown)
        if restore:
            self._restore()
        tasks = [replace(task_of(job, config, runner), due=self._due(job)) for job in config.jobs]
        self._scheduler.configure([*tasks, *self._reports(config)], at_once)
        self._telemetry.reloaded(utc_now())

    def _rooms(self, web: WebSection) -> list[Route]:
        snapshot, lifecycle = self._store.snapshot, web.enable_lifecycle
        return [
            *status_routes(utc_now, snapshot, self._around, web),
            *operation_routes(build(), lambda: self._config.effective, self._pause, utc_now, lifecycle=lifecycle),
            *prometheus_routes(self._present(), web),
            *api_routes(Sight(utc_now, snapshot, self._terms, self._reads)),
        ]

    def _around(self) -> Surroundings:
        """Return what the status page tells beside the snapshot."""
        config = self._config
        return Surroundings(
            build=build(),
            sources={job.name: job.source for job in config.jobs if job.source != SNAPSHOT},
            simulated=config.simulated,
            next_runs=self._scheduler.next_runs(),
            accounts=self._ledger.accounts(utc_now()),
            paused_until=self._pause.until(utc_now()),
            rules=self._alerting.standing,
        )

    def _reports(self, config: Config) -> list[Task]:
        """Return the task that sends reports, which look at the sources for themselves."""
        self._stop_reports()
        self._telemetry.reports.configure(config.reports.names)
        if not config.reports.names:
            return []
        self._reporter = Reporter(
            config, lambda: self._connected(config), self._telemetry.reports, self._is_settled, utc_now
        )
        return [report_task(self._reporter)]

    def _is_settled(self) -> bool:
        """Tell whether every collector has run, well or not."""
        return all(status.attempted for status in self._store.snapshot(utc_now()).statuses.values())

    def _stop_reports(self) -> None:
        if self._reporter:
            self._reporter.stop()

    def _present(self) -> Present:
        """Return what Prometheus' API shows: what a rule would see now."""
        return Present(
            build=build(),
            clock=utc_now,
            groups=lambda: self._alerting.standing,
            samples=self._alerting.samples,
            families=lambda: self._page.families(self._store.snapshot(utc_now())),
        )

    def _stop_sources(self) -> None:
        for client in (*self._connections.clients, *self._retired):
            client.stop()

    def _rules(self) -> Rules:
        """Return who may see what: both files may have changed since the last request."""
        web_config = self._web_file.config() if self._web_file else WebConfig()
        return Rules(web_config, self._config.web.tokens)

    def _terms(self) -> Terms:
        return self._connections.terms

    def _restore(self) -> None:
        """Take back results that still mean the same; those too old to serve tell when the last success was."""
        for stored in self._state.load():
            contract = self._store.contracts.get(stored.collector)
            if contract is None or contract.fingerprint != stored.fingerprint or stored.result is None:
                continue
            try:
                self._store.restore(stored.result, stored.failure, utc_now())
            except InvalidResult as error:
                log.warning("stored result left out", collector=stored.collector, why=str(error))
            else:
                log.info("restored", collector=stored.collector, series=len(stored.result.samples))

    def _due(self, job: Job) -> datetime | None:
        """Return before when a paid API is not asked: restarts must not cost more than running on.

        A good result holds for the interval. After anything else, a crash in the midst too, the next try may come
        within the hour: somebody may have mended what was wrong.
        """
        api = PAID.get(job.source)
        if api is None:
            return None
        status = self._store.snapshot(utc_now()).statuses[job.name]
        if status.result and status.succeeded:
            return status.result.ended + job.interval
        latest = self._ledger.latest(api)
        return latest + min(job.interval, RETRY_AFTER) if latest else None


def changed(before: Iterable[Job], after: Iterable[Job]) -> list[str]:
    """Return the collectors whose numbers have another meaning now, so that they should run at once."""
    known = {job.name: job.contract.fingerprint for job in before}
    return [job.name for job in after if known.get(job.name) != job.contract.fingerprint]


def lasting(web: WebSection) -> WebSection:
    """Return what a reload does not change."""
    return web.model_copy(update={"tokens": ()})


def task_of(job: Job, config: Config, runner: Runner) -> Task:
    """Return when and where a collector runs."""
    zone = config.definitions.timezone
    slots = SlotTrigger(job.interval, offset(job.name, job.interval), random.random)
    return Task(
        name=job.name,
        timing=(job.cron, zone) if job.cron else job.interval,
        trigger=cron(job.cron, zone) if job.cron else slots,
        interval=job.interval,
        lane="quick" if job.source == "database" and job.interval <= QUICK else job.source,
        run=lambda: runner.run(job),
    )


def report_task(reporter: Reporter) -> Task:
    """Return when a reporter looks whether there is something to send."""
    return Task(
        name="reports",
        timing=EVERY,
        trigger=SlotTrigger(EVERY, offset("reports", EVERY), random.random),
        interval=EVERY,
        lane="reports",
        run=reporter.tick,
    )


def run(config: Config, load: Callable[[], Config], started: Callable[[], None] = lambda: None) -> int:
    """Run the daemon until a signal ends it; SIGHUP reloads. Returns the exit code."""
    # Blocked signals wait until we ask for them: there are no handlers that could interrupt anything.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    daemon = Daemon(config, load)
    try:
        daemon.start()
        started()
        while signal.sigwait(SIGNALS) == signal.SIGHUP:
            daemon.reload()
    finally:
        daemon.stop()
    return 0
