"""Alerts over a restart, a reload and a step of the clock (alerting.md, sections 2 and 9)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.carrying import Running, carried, left_over, moved, restored, saved
from alerts.engine import Alerts
from alerts.rules import Group
from tests.alerts.timeline import AM, MINUTE, Timeline, at, group

HOT = "{alert: Hot, expr: one > 0, %s labels: {severity: warning}}"
ON, OFF = {"one room=a": 1.0}, {"one room=a": 0.0}
HOUR = timedelta(hours=1)


def restart(timeline: Timeline, minute: float, rules: str = "") -> Timeline:
    """Start anew at a minute, perhaps with other rules."""
    after = Timeline(group(rules) if rules else timeline.group)
    after.state = restored(after.group, saved(timeline.group, timeline.state), at(minute), HOUR)
    return after


def played(rule: str, samples: str) -> Timeline:
    timeline = Timeline(group(HOT % rule))
    for minute, letter in enumerate(samples):
        timeline.play(minute, ON if letter == "1" else OFF)
    return timeline


def letters(timeline: Timeline, start: int, samples: str) -> str:
    found = ""
    for minute, letter in enumerate(samples, start):
        timeline.play(minute, ON if letter == "1" else OFF, ["one"] if letter == "?" else [])
        found += timeline.states.get("a", "-")[0]
    return found


@pytest.mark.parametrize(
    ("rule", "before", "after", "expected"),
    [
        # 2 of 5 minutes are over at the stop; the ten minutes of the outage and the held round do not count.
        ("for: 5m,", "111", "11111", "ppppf"),
        ("for: 5m,", "111", "10", "p-"),
        # The first round resolves nothing, the second decides.
        ("", "1", "00", "fi"),
        ("", "1", "01", "ff"),
        ("for: 5m,", "111111", "0111", "ffff"),
        ("keep_firing_for: 4m,", "1000", "0000", "fffi"),
        ("", "10", "00", "ii"),
    ],
)
def test_a_restart(rule: str, before: str, after: str, expected: str) -> None:
    timeline = played(rule, before)
    assert letters(restart(timeline, len(before) + 10), len(before) + 10, after) == expected


def test_an_alert_that_fires_over_a_restart_does_not_start_again() -> None:
    before = played("", "1")
    after = restart(before, 10)
    after.play(10, OFF)
    (message,) = after.told[AM]
    assert (message.starts_at, message.ends_at) == (at(0), at(14))
    after.play(11, OFF)
    assert [(one.starts_at, one.ends_at) for one in after.told[AM]] == [(at(0), at(11))]


@pytest.mark.parametrize(
    ("minute", "undelivered", "expected"), [(10, False, 1), (40, False, 0), (40, True, 1), (90, True, 1)]
)
def test_a_resolution_reaches_somebody(minute: int, undelivered: bool, expected: int) -> None:
    before = played("", "1")
    (message,) = before.told[AM]
    before.play(1, OFF)
    if undelivered:
        before.play(2, OFF, failed={AM: [message.key]})
        before.targets = ()
        before.play(3, OFF, failed={AM: [message.key]})
    after = restart(before, minute)
    after.play(minute, OFF)
    assert len(after.told[AM]) == expected
    after.play(minute + 1, OFF)
    assert after.told[AM] == ()


@pytest.mark.parametrize(("minute", "states"), [(60, {"a": "firing"}), (61.1, {})])
def test_after_a_long_outage_nobody_knows(minute: float, states: dict[str, str]) -> None:
    after = restart(played("", "1"), minute)
    assert after.states == states


def test_a_held_alert_is_held_over_a_restart() -> None:
    timeline = played("for: 3m,", "11")
    letters(timeline, 2, "???")
    after = restart(timeline, 20)
    assert letters(after, 20, "?111") == "ppff"


def test_an_alert_is_found_by_name_and_labels_whatever_the_expression_is() -> None:
    before = played("", "1")
    assert restart(before, 2, "{alert: Hot, expr: one > 5, labels: {severity: warning}}").states == {"a": "firing"}
    assert restart(before, 2, "{alert: Hot, expr: one > 0, labels: {severity: critical}}").states == {}
    assert restart(before, 2, "{alert: Cold, expr: one > 0, labels: {severity: warning}}").states == {}


def test_a_rule_that_went_away_while_nothing_ran_is_resolved_too() -> None:
    before = played("", "1")
    states = saved(before.group, before.state)
    assert left_over(states, [before.group], MINUTE, at(5)) == []
    (running,) = left_over(states, [], MINUTE, at(5))
    timeline = Timeline(running.group)
    timeline.state = running.state
    timeline.play(5, ON)
    assert [(one.starts_at, one.ends_at) for one in timeline.told[AM]] == [(at(0), at(5))]


def reload(timeline: Timeline, *groups: Group, minute: float = 5) -> list[Running]:
    return carried([Running(timeline.group, timeline.state)], groups, lambda _: at(minute))


def test_a_reload_does_not_touch_a_group_that_is_the_same() -> None:
    timeline = played("for: 1m,", "11")
    (running,) = reload(timeline, group(HOT % "for: 1m,"))
    assert running.state == timeline.state


@pytest.mark.parametrize(
    ("rules", "state"),
    [
        (HOT % "for: 9m,", "firing"),
        (HOT % "keep_firing_for: 9m,", "firing"),
        ("{record: above, expr: one}\n" + HOT % "", "firing"),
        ("{alert: Hot, expr: one > 9, labels: {severity: warning}, annotations: {new: text}}", "firing"),
    ],
)
def test_a_changed_group_takes_its_alerts_over(rules: str, state: str) -> None:
    (running,) = reload(played("", "1"), group(rules))
    assert [str(alert.state) for rule in running.state.rules for alert in rule.alerts.values()] == [state]
    assert running.state.ts == at(0)


@pytest.mark.parametrize(
    "rules", ["{alert: Warm, expr: one > 0, labels: {severity: warning}}", "{record: x, expr: one}"]
)
def test_alerts_of_rules_that_are_gone_are_resolved_once_and_told(rules: str) -> None:
    kept, ended = reload(played("", "1"), group(rules))
    assert not any(rule.alerts for rule in kept.state.rules)
    (alert,) = alerts(ended).values()
    assert (str(alert.state), alert.resolved_at) == ("inactive", at(5))
    timeline = Timeline(ended.group)
    timeline.state = ended.state
    assert [rule.name for rule in ended.group.rules] == ["Hot"]


def test_a_pending_alert_of_a_rule_that_is_gone_is_forgotten() -> None:
    assert len(reload(played("for: 9m,", "1"), group("{record: x, expr: one}"))) == 1


def test_a_rule_takes_its_alerts_to_another_group() -> None:
    other = replace(group(HOT % ""), name="other")
    (running,) = reload(played("", "1"), other)
    assert [str(alert.state) for alert in alerts(running).values()] == ["firing"]


def alerts(running: Running) -> Alerts:
    (state,) = running.state.rules
    return state.alerts


@given(st.text("01?", max_size=25), st.integers(0, 25), st.timedeltas(-2 * HOUR, 2 * HOUR))
def test_a_step_of_the_clock_changes_nothing_but_the_times(samples: str, place: int, jump: timedelta) -> None:
    plain, stepped = played("for: 2m, keep_firing_for: 2m,", ""), played("for: 2m, keep_firing_for: 2m,", "")
    shift = 0.0
    for minute, letter in enumerate(samples):
        if minute == place:
            stepped.state = moved(stepped.state, jump, at(minute) + jump)
            shift = jump / MINUTE
        for timeline, when in ((plain, minute), (stepped, minute + shift)):
            timeline.play(when, ON if letter == "1" else OFF, ["one"] if letter == "?" else [])
        assert stepped.states == plain.states
        assert len(stepped.told[AM]) == len(plain.told[AM])
        assert all(one.ends_at >= one.starts_at for one in stepped.told[AM])
