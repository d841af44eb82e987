"""The daemon: wires the parts from a Config, starts them in order, and stops them in the reverse order."""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from weakref import WeakSet

import structlog

from exporter import __version__
from exporter.alerting import Alerting, Plan, plan
from exporter.budget import Ledger
from exporter.config import Config, ConfigError
from exporter.connections import Client, Connections
from exporter.contract import InvalidResult
from exporter.health import Build
from exporter.log import configure as configure_log
from exporter.page import Page
from exporter.pause import Pause
from exporter.reports.reporter import Reporter
from exporter.rule_set import RulesError
from exporter.runner import Runner
from exporter.scheduler import Scheduler, Task
from exporter.site import Site
from exporter.state import State
from exporter.store import Store
from exporter.tasks import changed, due, report_task, retry_after, task_of
from exporter.telemetry import Telemetry, process_registry
from exporter.web.api.reads import Reads
from exporter.web.server import Server, bind, from_systemd, is_loopback
from exporter.web.web_file import WebFile
from exporter.web_settings import WebSection

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
STOP_SECONDS = 5.0
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
        self._problems: tuple[str, ...] = ()
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
        self._reads = Reads(lambda: self._connections.terms, utc_now)
        self._site = Site(
            build=build(),
            clock=utc_now,
            config=lambda: self._config,
            connections=lambda: self._connections,
            reload=self.reload,
            problems=lambda: self._problems,
            store=self._store,
            page=self._page,
            scheduler=self._scheduler,
            ledger=self._ledger,
            telemetry=self._telemetry,
            alerting=self._alerting,
            pause=self._pause,
            reads=self._reads,
            web_file=self._web_file,
        )
        tls = self._web_file.context if self._web_file else None
        self._server = Server(self._site.application(config.web), sockets, tls)
        self._config, self._connections = config, self._connected(config)
        # Runs that a reload overtook are still in the databases of before.
        self._retired: WeakSet[Client] = WeakSet()
        self._reporter: Reporter | None = None

    def start(self) -> None:
        """Serve what was stored at once, then collect, and ask the rules."""
        self._apply(self._config, self._connections, (), restore=True)
        protected = self._site.rules().protected
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
            self._problems, after = (), self._config
            configure_log(after.log, after.redact)
            if (lasting(before.web), before.state_path) != (lasting(after.web), after.state_path):
                log.warning("what changed below web (but for tokens) and state takes effect at the next start")
            log.info("reloaded", collectors=len(after.jobs))
            return []

    def _kept(self, problems: list[str]) -> list[str]:
        self._problems = tuple(problems)
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
            retry=retry_after,
        )
        self._telemetry.configure(job.name for job in config.jobs)
        contracts = [job.contract for job in config.jobs]
        thresholds = config.definitions.thresholds
        self._store.configure(contracts, config.disabled, thresholds, utc_now(), config.definitions_shown)
        if restore:
            self._restore()
        statuses, latest = self._store.snapshot(utc_now()).statuses, self._ledger.latest
        tasks = [task_of(job, config, runner.run, due(job, statuses[job.name], latest)) for job in config.jobs]
        self._scheduler.configure([*tasks, *self._reports(config)], at_once)
        self._telemetry.reloaded(utc_now())

    def _reports(self, config: Config) -> list[Task]:
        """Return the task that sends reports, which look at the sources for themselves."""
        self._stop_reports()
        self._telemetry.reports.configure(config.reports.names)
        if not config.reports.names:
            return []
        self._reporter = Reporter(
            config, lambda: self._connected(config), self._telemetry.reports, self._is_settled, utc_now
        )
        return [report_task(self._reporter.tick)]

    def _is_settled(self) -> bool:
        """Tell whether every collector has run, well or not."""
        return all(status.attempted for status in self._store.snapshot(utc_now()).statuses.values())

    def _stop_reports(self) -> None:
        if self._reporter:
            self._reporter.stop()

    def _stop_sources(self) -> None:
        for client in (*self._connections.clients, *self._retired):
            client.stop()

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


def lasting(web: WebSection) -> WebSection:
    """Return what a reload does not change."""
    return web.model_copy(update={"tokens": ()})


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
