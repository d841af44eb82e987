"""The alert engine in the daemon: a thread that runs the rules on snapshots, and has their alerts told."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import structlog

from alerts.delivery.client import EndpointError
from alerts.manager import Done, Due, Edges, Manager, Standing
from alerts.notifier import AlertmanagerNotifier
from alerts.promql import Samples
from alerts.rounds import World
from exporter import __version__, rule_set
from exporter.alert_state import AlertMemory
from exporter.alert_world import Index, world
from exporter.config import Config
from exporter.model import Sample, Snapshot
from exporter.rule_set import RulesError, RuleSet
from exporter.runner import explained
from exporter.telemetry import Telemetry

STOP_SECONDS = 5.0
# After a round that nobody foresaw; no rule can do that.
AGAIN = timedelta(seconds=10)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a configuration makes of the engine: all of it is checked, and nothing in use yet."""

    config: Config
    rules: RuleSet
    notifier: AlertmanagerNotifier | None

    @property
    def receivers(self) -> object:
        """Return what the notifier is made of."""
        section = self.config.alerts
        return section.notify, section.alertmanagers, section.fallback


def plan(config: Config, telemetry: Telemetry) -> Plan:
    """Read the rules of a configuration and what its Alertmanagers need; raises RulesError."""
    problems = list[str]()
    rules, notifier = None, _notifier(config, telemetry)
    try:
        rules = rule_set.load(config)
    except RulesError as error:
        problems += error.problems
    try:
        if notifier:
            notifier.check()
    except EndpointError as error:
        problems.append(f"{config.path}: alerts: {error}")
    if rules is None or problems:
        raise RulesError(problems)
    return Plan(config, rules, notifier)


def _notifier(config: Config, telemetry: Telemetry) -> AlertmanagerNotifier | None:
    section = config.alerts
    if not (section.notify and section.alertmanagers):
        return None
    endpoints = [one.endpoint() for one in section.alertmanagers]
    fallback = section.fallback.webhook() if section.fallback else None
    return AlertmanagerNotifier(endpoints, telemetry.notifications, __version__, fallback)


class Alerting:
    """Runs the rules of a plan from `start` to `stop`; `own` are the daemon's families beside the snapshot's."""

    def __init__(
        self,
        first: Plan,
        state_path: Path,
        telemetry: Telemetry,
        clock: Callable[[], datetime],
        snapshot: Callable[[datetime], Snapshot],
        own: Callable[[Snapshot], Iterable[Sample]],
    ) -> None:
        self._plan, self._memory, self._telemetry = first, AlertMemory(state_path), telemetry
        self._clock, self._snapshot, self._own, self._index = clock, snapshot, own, Index()
        self._pool = ThreadPoolExecutor(thread_name_prefix="rules", max_workers=2)
        # The manager is for one thread at a time.
        self._lock = threading.Lock()
        self._changed, self._stopping = threading.Event(), False
        rules = first.rules
        self._manager = Manager(self._edges(first), rules.groups, rules.terms, rules.sending, clock())
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)

    @property
    def standing(self) -> tuple[Standing, ...]:
        """The groups in force as they were after the latest rounds; any thread may ask at any time."""
        return self._manager.standing

    def samples(self, ts: datetime) -> Samples:
        """Return what a rule of a group of its own would see at an instant; any thread may ask at any time."""
        return self._look(ts).samples | Samples.together(one.state.outputs for one in self.standing)

    def start(self, *, recovered: bool) -> None:
        """Take the alerts back that were there before, and run; `recovered` tells whether the state file was."""
        section = self._plan.config.alerts
        if section.persist:
            self._manager.restore(self._clock(), section.outage_tolerance)
        self._telemetry.alerts_recovered(recovered and self._memory.recovered)
        self._begin(self._plan)
        self._thread.start()

    def use(self, new: Plan) -> None:
        """Use another plan; alerts are carried over, and what waits for other Alertmanagers is delivered first."""
        with self._lock:
            old = self._plan
            if new.receivers == old.receivers:
                new = replace(new, notifier=old.notifier)
            elif old.notifier:
                old.notifier.stop()
            self._plan, rules = new, new.rules
            self._manager.reload(self._edges(new), rules.groups, rules.terms, rules.sending, self._clock())
            self._begin(new, notifying=new.notifier is old.notifier)
        self._changed.set()

    def stop(self) -> None:
        """End the rounds, and then deliver what waits; nothing is resolved."""
        self._stopping = True
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._plan.notifier:
            self._plan.notifier.stop()

    def _begin(self, used: Plan, *, notifying: bool = False) -> None:
        """Start the notifier unless it is `notifying`, and tell what is in force."""
        if used.notifier is None:
            self._telemetry.notifications.configure(())
        elif not notifying:
            used.notifier.start()
        self._telemetry.rules_read(ok=True)
        for warning in used.rules.warnings:
            log.warning("rule left out", why=warning)
        groups, lacking = used.rules.groups, used.rules.terms.lacking
        rules = sum(len(group.rules) for group in groups)
        log.info("rules in force", groups=len(groups), rules=rules, inactive=len(lacking))

    def _edges(self, used: Plan) -> Edges:
        memory = self._memory if used.config.alerts.persist else None
        return Edges(self._look, memory, used.notifier, monotonic, self._together)

    def _look(self, ts: datetime) -> World:
        snapshot = self._snapshot(ts)
        return world(snapshot, self._own(snapshot), self._plan.rules.target, ts, self._index)

    def _together(self, passed: Callable[[Due], Done], due: Sequence[Due]) -> Iterator[Done]:
        futures = [self._pool.submit(passed, one) for one in due]
        return (future.result() for future in as_completed(futures))

    def _run(self) -> None:
        while not self._stopping:
            self._changed.clear()
            following = self._round()
            self._changed.wait(max((following - self._clock()).total_seconds(), 0))

    def _round(self) -> datetime:
        """Run what is due; returns when to come again. Never raises."""
        try:
            with self._lock:
                return self._manager.run_due(self._clock(), monotonic())
        except Exception as error:  # noqa: BLE001 - the border of a unit: the next round must come
            log.error("round failed", why=explained(error)[1])
            return self._clock() + AGAIN
