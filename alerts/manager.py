"""The alert engine: runs groups at their slots, remembers, and has alerts sent. One thread calls it.

It asks no clock: `run_due` is told the time, so that a replay is the same as life.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, Protocol

import structlog

from alerts import carrying, rounds, sending, slots
from alerts.carrying import Running, Saved
from alerts.engine import remembered
from alerts.model import Notifier, Outgoing
from alerts.owners import owners
from alerts.promql import Samples
from alerts.rounds import GroupState, Monotonic, Others, Terms, World
from alerts.rules import Group
from alerts.sending import Sending
from exporter.model import ExporterError

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
GONE, NOBODY = " (gone)", frozenset[str]()
log = structlog.get_logger()


class Memory(Protocol):
    """Where alerts survive a restart."""

    def load(self) -> list[Saved]:
        """Return the alerts of the latest rounds."""

    def save(self, group: Group, state: GroupState) -> None:
        """Write the alerts of a group, all or none; raises ExporterError."""


# What is known at an instant.
Look = Callable[[datetime], World]
# A group whose slot has come, by its place, and the slot; and what it is after the round.
Due = tuple[int, datetime]
Done = tuple[Due, GroupState]
# Runs groups, perhaps side by side, and yields each as soon as it has ended.
Together = Callable[[Callable[[Due], Done], Sequence[Due]], Iterable[Done]]


@dataclass(frozen=True, slots=True)
class Edges:
    """What surrounds the engine; without `memory` nothing survives, without `notifier` nobody is told."""

    look: Look
    memory: Memory | None = None
    notifier: Notifier | None = None
    monotonic: Monotonic = lambda: 0.0
    together: Together = map


class Counts(NamedTuple):
    """What has become of a group so far: evaluations of its rules, those that failed, and rounds that never were."""

    evaluations: int = 0
    failures: int = 0
    missed: int = 0


class Standing(NamedTuple):
    """A group, where it stands, and by rule the collectors that it depends on, and those of them that nobody runs."""

    group: Group
    state: GroupState
    counts: Counts
    owners: tuple[frozenset[str], ...]
    lacking: tuple[frozenset[str], ...]


class Manager:
    """The groups in force and where they stand."""

    def __init__(self, edges: Edges, groups: Sequence[Group], terms: Terms, sending: Sending, now: datetime) -> None:
        self._edges, self._terms, self._sending = edges, terms, sending
        self._started, self._clock = now, (now, 0.0)
        self._counts: dict[tuple[str, str], Counts] = {}
        self.unsaved = Counter[str]()
        self._ended: set[tuple[str, str]] = set()
        self._running = [Running(group, rounds.fresh(group)) for group in groups]
        self._owners, self._published = owners(groups, terms.catalogue), _published(groups)
        self._publish()

    @property
    def running(self) -> Sequence[Running]:
        """The groups and where they stand."""
        return self._running

    @property
    def standing(self) -> tuple[Standing, ...]:
        """The groups in force as they were after the latest rounds; any thread may ask at any time."""
        return self._standing

    def restore(self, now: datetime, tolerance: timedelta = HOUR) -> None:
        """Take the alerts back that were there before a restart."""
        saved = self._edges.memory.load() if self._edges.memory else []
        groups = [one.group for one in self._running]
        after = [Running(group, carrying.restored(group, saved, now, tolerance)) for group in groups]
        self._replace(after, carrying.left_over(saved, groups, MINUTE, now), {one.group for one in saved})

    def reload(self, edges: Edges, groups: Sequence[Group], terms: Terms, sending: Sending, now: datetime) -> None:
        """Use other rules; alerts are carried over."""
        self._edges = edges
        after = carrying.carried(self._running, groups, lambda group: slots.latest(group, now))
        self._terms, self._sending = terms, sending
        self._owners, self._published = owners(groups, terms.catalogue), _published(groups)
        self._started = now
        before = {one.group.id for one in self._running}
        self._counts = {group.id: self._counts[group.id] for group in groups if group.id in self._counts}
        self._replace(after[: len(groups)], after[len(groups) :], before)
        # A group may have lost rules, which the state file must not find again.
        for group, state in after[: len(groups)]:
            if state.ts is not None:
                self._save(group, state)

    def run_due(self, now: datetime, monotonic: float) -> datetime:
        """Run each group whose slot has come, at its newest one; returns when the next one comes."""
        self._absorb_jump(now, monotonic)
        failed = self._edges.notifier.failed() if self._edges.notifier else {}
        self._running = [
            Running(one.group, sending.undelivered(one.group, one.state, failed, self._sending))
            for one in self._running
        ]
        newest = [(place, slots.latest(one.group, now)) for place, one in enumerate(self._running)]
        due = [(place, ts) for place, ts in newest if ts > (self._running[place].state.ts or self._started)]
        # Each sees the others as they were before, whichever ends first.
        for (place, ts), after in self._edges.together(partial(self._passed, tuple(self._running)), due):
            group, before = self._running[place]
            if not self._has_ended(group):
                self._note(group, before, after, ts)
            self._running[place] = Running(group, self._told(group, after, ts))
        self._running = [one for one in self._running if not self._is_over(one)]
        self._publish()
        return min((slots.following(one.group, now) for one in self._running), default=now + MINUTE)

    def _passed(self, running: Sequence[Running], due: Due) -> Done:
        """Pass a round of a group; changes nothing, so that groups can do it side by side."""
        place, ts = due
        group, before = running[place]
        if self._has_ended(group):
            return due, self._remembered(before, ts)
        outputs = Samples.together(one.state.outputs for other, one in enumerate(running) if other != place)
        needed = [self._owners[group.id, number] for number in range(len(group.rules))]
        others, world = Others(outputs, self._published), self._edges.look(ts)
        return due, rounds.run(group, before, world, ts, self._terms, needed, others, self._edges.monotonic)

    def _told(self, group: Group, after: GroupState, ts: datetime) -> GroupState:
        """Have a round written, and then told."""
        notifier = self._edges.notifier
        plan = sending.plan(group, after, ts, notifier.alertmanagers if notifier else (), {}, self._sending)
        self._save(group, plan.state)
        self._send(plan.outgoing)
        return plan.state

    @staticmethod
    def _remembered(before: GroupState, ts: datetime) -> GroupState:
        """Pass a round of rules that are gone: what they have to tell is forgotten in time."""
        if before.restored:
            return replace(before, ts=ts, restored=False)
        rules = tuple(replace(rule, alerts=remembered(rule.alerts, ts)) for rule in before.rules)
        return GroupState(rules, ts)

    def _note(self, group: Group, before: GroupState, after: GroupState, ts: datetime) -> None:
        known, asked = self._counts.get(group.id, Counts()), [one for one in after.rules if one.evaluated_at == ts]
        self._counts[group.id] = Counts(
            known.evaluations + len(asked),
            known.failures + sum(one.health == "err" for one in asked),
            known.missed + (slots.missed(group, before.ts, ts) if before.ts else 0),
        )
        for rule, was, one in zip(group.rules, before.rules, after.rules, strict=True):
            if bool(was.held_by) != bool(one.held_by):
                log.info(
                    "rule held" if one.held_by else "rule released",
                    group=group.name,
                    rule=rule.name,
                    by=", ".join(one.held_by or was.held_by),
                )

    def _save(self, group: Group, state: GroupState) -> None:
        if self._edges.memory is None:
            return
        try:
            self._edges.memory.save(group, state)
        except ExporterError as error:
            self.unsaved[group.name] += 1
            log.error("alerts not saved", group=group.name, why=str(error))

    def _send(self, outgoing: Mapping[str, Sequence[Outgoing]]) -> None:
        for name, alerts in outgoing.items():
            if alerts and self._edges.notifier:
                self._edges.notifier.enqueue(name, alerts)

    def _absorb_jump(self, now: datetime, monotonic: float) -> None:
        """Move what is remembered if the wall clock jumped; no time has passed then."""
        (before, ticks), self._clock = self._clock, (now, monotonic)
        if not ticks:
            return
        jump = now - before - timedelta(seconds=monotonic - ticks)
        for place, (group, state) in enumerate(self._running):
            if abs(jump) > group.interval:
                self._running[place] = Running(group, carrying.moved(state, jump, now))
                log.warning("clock jumped", group=group.name, seconds=jump.total_seconds())
        if abs(jump) > MINUTE:
            self._started += jump

    def _replace(self, running: list[Running], ended: list[Running], before: set[tuple[str, str]]) -> None:
        """Use other groups; those of `before` that are no more are forgotten once what they have to tell is written."""
        gone = [Running(replace(one.group, name=_name_of_gone(one.group.name)), one.state) for one in ended]
        self._ended = {one.group.id for one in gone}
        self._running = [*running, *gone]
        for group, state in gone:
            self._save(group, state)
        for file, name in before - {one.group.id for one in self._running}:
            self._save(Group(name, file, MINUTE, 0, ()), GroupState(()))
        self._publish()

    def _publish(self) -> None:
        """Show others where the groups stand: a value that never changes, put in its place at once."""
        self._standing = tuple(
            Standing(
                group,
                state,
                self._counts.get(group.id, Counts()),
                tuple(self._owners[group.id, place] for place in range(len(group.rules))),
                tuple(self._terms.lacking.get((group.id, place), NOBODY) for place in range(len(group.rules))),
            )
            for group, state in self._running
            if not self._has_ended(group)
        )

    def _has_ended(self, group: Group) -> bool:
        return group.id in self._ended

    def _is_over(self, one: Running) -> bool:
        return self._has_ended(one.group) and not any(rule.alerts for rule in one.state.rules)


def _published(groups: Iterable[Group]) -> frozenset[str]:
    return frozenset[str]().union(*map(rounds.published, groups))


def _name_of_gone(name: str) -> str:
    """Return the name under which the state file keeps rules that are gone, beside a group that lost only some."""
    return f"{name.removesuffix(GONE)}{GONE}"
