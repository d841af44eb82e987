"""What the daemon tells of its rules: every rule from the start, rules of one name as one, the worst of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.manager import Counts, Standing
from alerts.rounds import fresh
from alerts.rule_round import RuleState
from alerts.rules import Group
from exporter.exposition import Format, render
from exporter.rule_health import blocks
from tests.alerts.timeline import START, Timeline, at, group

HOT = "{alert: Hot, expr: one > 0, for: 1m}"


def shown(*standing: Standing) -> dict[str, str]:
    lines = render(blocks(standing), Format.TEXT).decode().splitlines()
    return dict(line.removeprefix("jobhive_exporter_").rsplit(" ", 1) for line in lines if not line.startswith("#"))


def standing(group: Group, states: Sequence[RuleState] | None = None, counts: Counts = Counts()) -> Standing:  # noqa: B008
    state = fresh(group) if states is None else replace(fresh(group), rules=tuple(states))
    nobody = (frozenset[str](),) * len(group.rules)
    return Standing(group, state, counts, nobody, nobody)


def test_all_is_there_before_the_first_round() -> None:
    assert shown(standing(group(f"{HOT}\n{{record: r, expr: one}}", "interval: 5m"))) == {
        'rule_evaluations_total{rule_group="test"}': "0",
        'rule_evaluation_failures_total{rule_group="test"}': "0",
        'alerts{alertname="Hot",state="firing"}': "0",
        'alerts{alertname="Hot",state="pending"}': "0",
        'rule_group_interval_seconds{rule_group="test"}': "300",
        'rule_group_last_evaluation_timestamp_seconds{rule_group="test"}': "0",
        'rule_group_last_duration_seconds{rule_group="test"}': "0",
        'rule_group_missed_rounds_total{rule_group="test"}': "0",
        **{f'rule_success{{rule="{rule}",rule_group="test"}}': "1" for rule in ("Hot", "r")},
        **{f'rule_series{{rule="{rule}",rule_group="test"}}': "0" for rule in ("Hot", "r")},
        **{f'rule_held{{rule="{rule}",rule_group="test"}}': "0" for rule in ("Hot", "r")},
        **{f'rule_supported{{rule="{rule}",rule_group="test"}}': "1" for rule in ("Hot", "r")},
    }
    assert shown() == {}


def test_alerts_are_counted_by_state_and_over_all_rules_of_a_name() -> None:
    timeline = Timeline(group(HOT))
    timeline.play(0, {"one room=a": 1})
    timeline.play(1, {"one room=a": 1, "one room=b": 1, "one room=c": 1})
    played = Standing(timeline.group, timeline.state, Counts(7, 2, 1), (frozenset(),), (frozenset(),))
    other = standing(replace(group(HOT), name="other"), timeline.state.rules)
    told = shown(played, other)
    assert told['alerts{alertname="Hot",state="pending"}'] == "4"
    assert told['alerts{alertname="Hot",state="firing"}'] == "2"
    assert told['rule_group_last_evaluation_timestamp_seconds{rule_group="test"}'] == str(int(at(1).timestamp()))
    assert told['rule_series{rule="Hot",rule_group="test"}'] == "3"
    counters = ("evaluations", "evaluation_failures", "group_missed_rounds")
    assert [told[f'rule_{name}_total{{rule_group="test"}}'] for name in counters] == ["7", "2", "1"]
    timeline.play(2, {})
    ended = shown(played._replace(state=timeline.state))
    assert [ended[f'alerts{{alertname="Hot",state="{state}"}}'] for state in ("pending", "firing")] == ["0", "0"]


FINE = RuleState(health="ok", fetched=5)
FAILED = RuleState(health="err", error="no", fetched=9, erring_since=START)
HELD = RuleState(health="unknown", held_by=("one",), held_since=START, fetched=7)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([FINE, FINE], {"success": "1", "series": "5", "held": "0"}),
        ([FINE, FAILED], {"success": "0", "series": "5", "held": "0"}),
        ([FAILED, FINE], {"success": "0", "series": "5", "held": "0"}),
        ([HELD, FINE], {"success": "1", "series": "5", "held": "1"}),
    ],
)
def test_of_rules_with_one_name_the_worst_is_told(states: list[RuleState], expected: dict[str, str]) -> None:
    told = shown(standing(group(f"{HOT}\n{HOT.replace('> 0', '> 9')}"), states))
    assert {name: told[f'rule_{name}{{rule="Hot",rule_group="test"}}'] for name in expected} == expected


def test_what_only_prometheus_can_evaluate_is_told_as_such() -> None:
    told = shown(standing(replace(group(HOT), unsupported=("Hot", "Slow"))))
    assert {name: value for name, value in told.items() if "supported" in name} == {
        'rule_supported{rule="Hot",rule_group="test"}': "0",
        'rule_supported{rule="Slow",rule_group="test"}': "0",
    }
    assert not any("Slow" in name for name in told if "supported" not in name)


def test_groups_of_one_name_in_two_files_are_told_apart() -> None:
    one = group(HOT)
    told = shown(standing(one), standing(replace(one, file="folder/second.rules.yml", interval=timedelta(minutes=2))))
    assert {name: value for name, value in told.items() if "interval" in name} == {
        'rule_group_interval_seconds{rule_group="second.rules.yml;test"}': "120",
        'rule_group_interval_seconds{rule_group="test.rules.yml;test"}': "60",
    }
