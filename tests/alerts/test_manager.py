"""The engine as a whole: slots, restart, reload, deliveries that fail, all at times that the test says."""

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alerts import slots
from alerts.manager import Counts, Edges, Manager, Together
from alerts.model import Outgoing
from alerts.promql import Samples
from alerts.promql.labels import Key
from alerts.rounds import Terms, World
from alerts.rules import Group
from alerts.sending import Sending
from exporter.alert_state import AlertMemory
from exporter.state import State
from tests.alerts.promql.rows import labels
from tests.alerts.timeline import AM, CATALOGUE, MINUTE, group

HOT = "{alert: Hot, expr: one > 0, labels: {severity: warning}}"


@dataclass
class Postbox:
    """Takes alerts, and says which of them did not arrive."""

    taken: list[Outgoing] = field(default_factory=list)
    lost: dict[str, Collection[Key]] = field(default_factory=dict)
    alertmanagers: Sequence[str] = (AM,)

    def enqueue(self, alertmanager: str, alerts: Sequence[Outgoing]) -> None:
        assert alertmanager == AM
        self.taken.extend(alerts)

    def failed(self) -> Mapping[str, Collection[Key]]:
        lost, self.lost = self.lost, {}
        return lost

    def opened(self) -> list[Outgoing]:
        taken, self.taken = self.taken, []
        return taken


@dataclass
class Life:
    """A daemon's life: minutes go by in `pass_to`, all from the first slot of the group on."""

    path: Path
    groups: list[Group]
    samples: dict[str, float] = field(default_factory=lambda: {"one room=a": 1.0})
    unknown: set[str] = field(default_factory=set)
    postbox: Postbox = field(default_factory=Postbox)
    monotonic: Callable[[], float] = lambda: 0.0
    together: Together = map

    def __post_init__(self) -> None:
        self.start = slots.following(self.groups[0], datetime.fromisoformat("2026-04-01T00:00:00Z"))
        self.begin(-0.5)

    def at(self, minute: float) -> datetime:
        return self.start + minute * MINUTE

    def begin(self, minute: float) -> None:
        self.edges = Edges(self.look, AlertMemory(self.path), self.postbox, self.monotonic, self.together)
        self.manager = Manager(self.edges, self.groups, Terms(CATALOGUE), Sending(), self.at(minute))
        self.manager.restore(self.at(minute))

    def look(self, _ts: datetime) -> World:
        families = Samples.of((labels(text), value) for text, value in self.samples.items())
        return World(families, {"failed": frozenset(self.unknown)})

    def run(self, minute: float, jump: float = 0) -> list[Outgoing]:
        self.manager.run_due(self.at(minute + jump), 1000 + minute * 60)
        return self.postbox.opened()

    def states(self) -> list[str]:
        return [str(a.state) for one in self.manager.running for rule in one.state.rules for a in rule.alerts.values()]

    def reload(self, minute: float, *groups: Group) -> None:
        self.groups = list(groups)
        self.manager.reload(self.edges, groups, Terms(CATALOGUE), Sending(), self.at(minute))


@pytest.fixture
def life(tmp_path: Path) -> Life:
    """A life with one rule, whose alert fires from the first round on."""
    path = tmp_path / "state.db"
    state = State(path, datetime.fromisoformat("2026-04-01T00:00:00Z"))
    state.close(5)
    return Life(path, [group(HOT)])


def test_rounds_are_at_slots_and_lost_ones_are_counted(life: Life) -> None:
    assert life.run(-0.1) == []
    (first,) = life.run(0.7)
    assert first.starts_at == life.at(0)
    assert life.run(0.9) == []
    assert life.manager.run_due(life.at(5.5), 1330) == life.at(6)
    assert life.manager.standing[0].counts == Counts(evaluations=2, missed=4)


def test_a_slot_is_the_same_in_every_folder_and_another_for_another_group() -> None:
    one = group(HOT, "interval: 5m")
    assert slots.offset(one) == slots.offset(replace(one, file="/elsewhere/test.rules.yml"))
    assert slots.offset(one) != slots.offset(replace(one, name="other"))
    now = datetime.fromisoformat("2026-04-01T00:00:00Z")
    latest = slots.latest(one, now)
    assert latest <= now < slots.following(one, now) == latest + 5 * MINUTE
    assert slots.latest(one, latest) == latest


def test_a_delivery_that_failed_is_tried_again_in_the_next_round(life: Life) -> None:
    (message,) = life.run(0)
    life.postbox.lost = {AM: [message.key]}
    assert [one.starts_at for one in life.run(1)] == [life.at(0)]
    assert life.run(2) == []


def test_a_restart_resolves_nothing_and_does_not_start_again(life: Life) -> None:
    life.run(0)
    life.begin(10)
    life.samples = {}
    assert [(one.starts_at, one.ends_at > life.at(11)) for one in life.run(11)] == [(life.at(0), True)]
    assert [(one.starts_at, one.ends_at) for one in life.run(12)] == [(life.at(0), life.at(12))]


def test_a_rule_that_went_away_while_nothing_ran_is_resolved(life: Life) -> None:
    life.run(0)
    life.groups = []
    life.begin(3)
    ended = [one for minute in range(4, 30) for one in life.run(minute)]
    assert {(one.starts_at, one.ends_at) for one in ended} == {(life.at(0), life.at(3))}
    assert life.manager.running == []
    assert AlertMemory(life.path).load() == []


def test_a_reload_resolves_what_is_gone_and_tells_it_for_15_minutes(life: Life) -> None:
    life.run(0)
    life.reload(1.5, group("{alert: Cold, expr: one > 5}"))
    told = [minute for minute in range(2, 30) for _ in life.run(minute)]
    assert told == [2, 4, 6, 8, 10, 12, 14, 16]
    assert life.states() == []


def test_what_is_gone_is_told_over_a_restart_too(life: Life) -> None:
    life.run(0)
    life.reload(1.5, group("{alert: Cold, expr: one > 5}"))
    life.begin(3)
    assert [one.ends_at for one in life.run(4)] == [life.at(1)]


def test_a_reload_of_the_same_rules_changes_nothing(life: Life) -> None:
    life.run(0)
    before = list(life.manager.running)
    life.reload(0.5, group(HOT))
    assert [one.state for one in life.manager.running] == [one.state for one in before]


@pytest.mark.parametrize("jump", [-60, 60])
def test_a_step_of_the_clock_is_no_time(life: Life, jump: float) -> None:
    life.groups = [group(HOT.replace("expr", "for: 3m, expr"))]
    life.begin(-0.5)
    for minute in range(2):
        life.run(minute)
    assert [len(life.run(minute, jump)) for minute in range(2, 5)] == [0, 1, 0]
    assert life.manager.standing[0].counts.missed == 0


def test_a_round_that_cannot_be_saved_is_told_all_the_same(life: Life) -> None:
    life.path.unlink()
    life.path.mkdir()
    assert len(life.run(0)) == 1
    assert life.manager.unsaved["test"] == 1


def test_groups_see_what_other_groups_publish(life: Life) -> None:
    life.groups = [group("{record: r, expr: one}"), replace(group("{alert: Hot, expr: r > 0}"), name="second")]
    life.begin(-0.5)
    for minute in range(3):
        life.run(minute)
    assert life.states() == ["firing"]
    life.unknown = {"one"}
    life.samples = {}
    life.run(3)
    assert life.states() == ["firing"], "held through the recorded series"


def test_it_tells_what_a_round_took_and_when_it_was(life: Life) -> None:
    life.groups = [group("{record: r, expr: one * 2}\n{alert: Hot, expr: one + on (room) two > 0}")]
    life.samples |= {"two room=a": 1.0, "two room=b": 1.0}
    life.monotonic = map(float, itertools.count()).__next__
    life.begin(-0.5)
    (fresh,) = life.manager.standing
    assert [(rule.health, rule.evaluated_at) for rule in fresh.state.rules] == [("unknown", None)] * 2
    life.run(0.5)
    (after,) = life.manager.standing
    assert fresh.state.ts is None, "what was shown does not change"
    assert after.state.ts == life.at(0)
    assert [(rule.evaluated_at, rule.fetched) for rule in after.state.rules] == [(life.at(0), 1), (life.at(0), 3)]
    assert all(0 < rule.seconds < after.state.seconds for rule in after.state.rules)
    assert after.owners == (frozenset({"one"}), frozenset({"one", "two"}))


def test_a_held_round_is_no_evaluation(life: Life) -> None:
    life.run(0)
    life.unknown = {"one"}
    life.run(1)
    ((_, state, *_),) = life.manager.standing
    assert state.ts == life.at(1)
    assert [(rule.evaluated_at, rule.held_by) for rule in state.rules] == [(life.at(0), ("one",))]


def test_a_rule_whose_collector_nobody_runs_is_not_asked_and_lets_go_of_its_alerts(life: Life) -> None:
    (alert,) = life.run(0)
    without = Terms(CATALOGUE, lacking={(life.groups[0].id, 0): frozenset({"one"})})
    life.manager.reload(life.edges, life.groups, without, Sending(), life.at(0.5))
    assert [one.ends_at for one in life.run(1)] == [life.at(1)]
    ((_, state, counts, _, lacking),) = life.manager.standing
    assert lacking == (frozenset({"one"}),)
    assert [(rule.health, rule.evaluated_at, rule.fetched) for rule in state.rules] == [("unknown", None, 0)]
    assert counts.evaluations == 1
    assert alert.ends_at > life.at(1)


def test_groups_of_one_round_see_each_other_as_they_were_before_it(life: Life) -> None:
    record = group("{record: r, expr: one}")
    reader = replace(group("{record: s, expr: r}"), name="second")
    for groups in ([record, reader], [reader, record]):
        life.groups = groups
        life.begin(-0.5)
        life.run(2)
        assert {len(list(one.state.outputs)) for one in life.manager.standing} == {0, 1}
        life.run(4)
        assert {len(list(one.state.outputs)) for one in life.manager.standing} == {1}


def test_what_is_shown_is_whole_while_rounds_run_side_by_side(life: Life) -> None:
    life.groups = [replace(group(HOT), name=f"g{number}") for number in range(9)]
    with ThreadPoolExecutor(4) as pool:
        life.together = pool.map
        life.begin(-0.5)
        seen = [life.manager.standing]
        rounds = pool.submit(lambda: [life.run(minute) for minute in range(1, 6)])
        while not rounds.done():
            seen.append(life.manager.standing)
    assert all(len(standing) == 9 for standing in seen)
    assert all(len({one.counts.evaluations for one in standing}) == 1 for standing in seen)
    assert len(rounds.result()[0]) == 9


def test_a_rule_that_takes_too_long_fails_and_changes_nothing(life: Life) -> None:
    life.run(0)
    life.monotonic = itertools.count(0, 11).__next__
    life.begin(0.5)
    life.samples = {}
    life.run(1)
    life.run(2)
    ((_, state, counts, *_),) = life.manager.standing
    assert counts == Counts(evaluations=1, failures=1)
    assert [(rule.health, rule.error) for rule in state.rules] == [("err", "query timed out in expression evaluation")]
    assert life.states() == ["firing"]


def test_without_memory_and_notifier_it_only_evaluates() -> None:
    one = group(HOT)
    start = slots.following(one, datetime.fromisoformat("2026-04-01T00:00:00Z"))
    look = World(Samples.of([({"__name__": "one"}, 1.0)]))
    manager = Manager(Edges(lambda _ts: look), [one], Terms(CATALOGUE), Sending(), start - timedelta(seconds=1))
    manager.restore(start)
    manager.run_due(start, 1)
    assert [str(a.state) for a in manager.running[0].state.rules[0].alerts.values()] == ["firing"]


def test_after_a_reload_rules_see_what_the_new_groups_publish(life: Life) -> None:
    reader = replace(group("{alert: Hot, expr: r > 0}"), name="second")
    life.groups = [reader]
    life.begin(-0.5)
    life.run(0)
    life.reload(0.5, group("{record: r, expr: one}"), reader)
    for minute in range(1, 4):
        life.run(minute)
    assert life.states() == ["firing"]


def test_a_rule_sees_the_alerts_of_others_and_those_above_it_as_they_are_now(life: Life) -> None:
    rules = "{alert: Hot, expr: one > 0}\n{record: seen, expr: 'count by (alertname, alertstate) (ALERTS)'}"
    life.groups = [group(rules), replace(group("{alert: Far, expr: two > 0, for: 1m}"), name="second")]
    life.samples |= {"two room=a": 1.0, "two room=b": 1.0}
    life.begin(-0.5)

    def seen() -> dict[str, float]:
        outputs = life.manager.standing[0].state.rules[1].outputs
        return {f"{one['alertname']} {one['alertstate']}": value for one, value in outputs}

    told = []
    for minute in range(6):
        if minute == 4:
            life.samples = {"two room=a": 1.0}
        life.run(minute)
        told.append(seen())
    # The other group is seen as it was before the round, the rule above as it is.
    hot = {"Hot firing": 1}
    assert told == [hot, hot, hot | {"Far pending": 2}, hot | {"Far firing": 2}, {"Far firing": 2}, {"Far firing": 1}]
