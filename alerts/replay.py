"""Rules over samples of the past: the same engine as life, told other times. Deterministic."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from alerts.manager import Edges, Manager
from alerts.model import Alert, AlertState
from alerts.promql import Samples
from alerts.promql.labels import Key, Labels
from alerts.rounds import GroupState, Terms, World
from alerts.rule_round import RuleState
from alerts.rules import AlertingRule, Group, Rule
from alerts.sending import Sending

# What the sources said last at an instant.
Past = Callable[[datetime], Samples]
TICK = timedelta(milliseconds=1)


class Firing(NamedTuple):
    """An alert that fired; `until` is the round in which it ended, None if it fires after the last one."""

    labels: Labels
    since: datetime
    until: datetime | None


@dataclass
class Course:
    """What became of a rule: when its alerts fired, in how many rounds it failed, and how many series it ever found."""

    group: Group
    rule: Rule
    firing: list[Firing] = field(default_factory=list)
    failures: int = 0
    error: str = ""
    failed_at: datetime | None = None
    fetched: int = 0
    _open: dict[Key, Alert] = field(default_factory=dict)

    def note(self, state: RuleState, ts: datetime) -> None:
        """Take in where the rule stands after a round."""
        self.fetched = max(self.fetched, state.fetched)
        if state.health == "err":
            self.failures += 1
            self.error, self.failed_at = self.error or state.error, self.failed_at or ts
        firing = {key: alert for key, alert in state.alerts.items() if alert.state is AlertState.FIRING}
        self._close({key: alert for key, alert in self._open.items() if key not in firing}, ts)
        self._open = firing

    def end(self) -> None:
        """Take in that there is no round any more."""
        self._close(self._open, None)
        self.firing.sort(key=lambda one: (one.since, sorted(one.labels.items())))

    def _close(self, ended: Mapping[Key, Alert], until: datetime | None) -> None:
        self.firing += [Firing(one.labels, one.fired_at, until) for one in ended.values() if one.fired_at]


class Replay(NamedTuple):
    """What became of each rule, in the order of the files, and how many rounds of groups there were."""

    courses: list[Course]
    rounds: int


def replay(groups: Sequence[Group], past: Past, start: datetime, end: datetime, terms: Terms) -> Replay:
    """Run groups at their slots from `start` on, and before `end`; every source is known."""

    manager = Manager(Edges(lambda ts: World(past(ts))), groups, terms, Sending(), start - TICK)
    courses = {(group.id, place): Course(group, rule) for group in groups for place, rule in enumerate(group.rules)}
    rounds, now = 0, start
    seen: dict[tuple[str, str], datetime | None] = {}
    while now < end:
        following = manager.run_due(now, (now - start).total_seconds())
        for group, state in manager.running:
            if state.ts is not None and state.ts != seen.get(group.id):
                seen[group.id], rounds = state.ts, rounds + 1
                _note(courses, group, state, state.ts)
        now = following
    for course in courses.values():
        course.end()
    return Replay(list(courses.values()), rounds)


def _note(courses: Mapping[tuple[tuple[str, str], int], Course], group: Group, state: GroupState, ts: datetime) -> None:
    for place, one in enumerate(state.rules):
        courses[group.id, place].note(one, ts)


def alerting(courses: Sequence[Course]) -> list[Course]:
    """Return the courses of rules that make alerts."""
    return [one for one in courses if isinstance(one.rule, AlertingRule)]
