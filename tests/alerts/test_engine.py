"""The state machine, as timelines: minute → what becomes of an alert (alerting.md, sections 2, 3 and 8)."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import rounds
from alerts.policies import Override, Policies, Policy
from alerts.promql import Samples
from alerts.rounds import Terms
from tests.alerts.timeline import AM, CATALOGUE, MINUTE, Timeline, at, group

ON = {"one room=a": 1.0}
OFF = {"one room=a": 0.0}
HOT = "{alert: Hot, expr: one > 0%s, labels: {severity: warning}}"


def hot(more: str = "") -> Timeline:
    return Timeline(group(HOT % (f", {more}" if more else "")))


def history(timeline: Timeline, samples: str) -> str:
    """Play a minute for each letter, `1` hot, `0` not, `?` unknown; return the states' letters, `-` for no alert."""
    letters = ""
    for minute, letter in enumerate(samples):
        timeline.play(minute, ON if letter == "1" else OFF, ["one"] if letter == "?" else [])
        letters += timeline.states.get("a", "-")[0]
    return letters


@pytest.mark.parametrize(
    ("rule", "samples", "expected"),
    [
        # for: the comparison is not strict.
        ("", "0110", "-ffi"),
        ("for: 0s", "10", "fi"),
        ("for: 1m", "1110", "pffi"),
        ("for: 30s", "111", "pff"),
        ("for: 61s", "1111", "ppff"),
        ("for: 2m", "1101111", "pp-ppff"),
        # keep_firing_for: strict, 3m at 1m are three rounds.
        ("keep_firing_for: 3m", "1000000", "ffffiii"),
        ("keep_firing_for: 3m", "10010000", "fffffffi"),
        ("for: 1m, keep_firing_for: 1m", "110001", "pffiip"),
        # A retained alert that comes back is new.
        ("for: 1m", "11011", "pfipf"),
        # What is resolved is remembered for 15 minutes, the last one included.
        ("", "1" + "0" * 17, "f" + "i" * 16 + "-"),
        # Held: pending does not count, firing stays, nothing starts.
        ("for: 2m", "11???1", "pppppf"),
        ("for: 3m", "11???11", "ppppppf"),
        ("", "1??0", "fffi"),
        ("", "??1", "--f"),
        ("keep_firing_for: 3m", "10??000", "ffffffi"),
        ("for: 3m", "1?0", "pp-"),
        ("", "1" + "0" + "?" * 17, "f" + "i" * 16 + "--"),
    ],
)
def test_timelines(rule: str, samples: str, expected: str) -> None:
    assert history(hot(rule), samples) == expected


def test_times_and_texts_of_an_alert() -> None:
    timeline = Timeline(
        group('{alert: Hot, expr: one > 0, for: 1m, labels: {severity: "NAME"}, annotations: {text: "ROOM is VALUE"}}')
    )
    timeline.play(0, {"one room=a": 1.0})
    timeline.play(1, {"one room=a": 2.5})
    (alert,) = timeline.alerts
    assert alert.labels == {"alertname": "Hot", "room": "a", "severity": "one"}
    assert (alert.active_at, alert.fired_at, alert.value, alert.annotations) == (
        at(0),
        at(1),
        2.5,
        {"text": "a is 2.5"},
    )
    timeline.play(2, {})
    (alert,) = timeline.alerts
    assert (alert.resolved_at, alert.value, alert.annotations) == (at(2), 2.5, {"text": "a is 2.5"})


def test_labels_are_those_of_the_sample_the_group_and_the_rule_and_the_later_wins() -> None:
    timeline = Timeline(
        group(
            '{alert: Hot, expr: one, labels: {b: rule, alertname: no, room: "", seen: ROOM}}',
            "labels: {a: group, b: group}",
        )
    )
    timeline.play(0, {"one room=a a=sample c=sample": 1.0})
    assert [alert.labels for alert in timeline.alerts] == [
        {"a": "group", "alertname": "Hot", "b": "rule", "c": "sample", "seen": "a"}
    ]


def test_what_a_rule_publishes() -> None:
    timeline = hot("for: 1m")
    timeline.play(0.5, ON)
    assert timeline.published == {
        "ALERTS alertname=Hot alertstate=pending room=a severity=warning": 1.0,
        "ALERTS_FOR_STATE alertname=Hot room=a severity=warning": at(0.5).timestamp(),
    }
    timeline.play(1.5, ON)
    assert "ALERTS alertname=Hot alertstate=firing room=a severity=warning" in timeline.published
    timeline.play(2.5, OFF)
    assert timeline.published == {}


def test_a_scalar_is_one_sample_and_rules_see_what_is_above_them() -> None:
    timeline = Timeline(group("{alert: Above, expr: base > 1}\n{record: base, expr: 1 + 1, labels: {x: y}}"))
    timeline.play(0, {})
    assert timeline.published == {"base x=y": 2.0}
    # The output of the rule below stays visible until it is replaced.
    timeline.play(1, {})
    assert "ALERTS alertname=Above alertstate=firing x=y" in timeline.published


def test_hysteresis_by_the_alert_itself() -> None:
    timeline = Timeline(
        group(
            '{alert: Hot, expr: \'one > 90 or (one > 80 and on (room) ALERTS{alertname="Hot",alertstate="firing"})\'}'
        )
    )
    seen = []
    for minute, value in enumerate((85, 91, 85, 81, 80, 85)):
        timeline.play(minute, {"one room=a": value})
        seen.append(timeline.states.get("a"))
    assert seen == [None, "firing", "firing", "firing", "inactive", "inactive"]


@pytest.mark.parametrize(
    ("rule", "header", "samples", "error", "left"),
    [
        (
            '{alert: Hot, expr: one > 0, labels: {room: ""}}',
            "",
            {"one room=a": 1.0, "one room=b": 1.0},
            "vector contains metrics with the same labelset after applying alert labels",
            1,
        ),
        (HOT % "", "limit: 1", {"one room=a": 1.0, "one room=b": 1.0}, "exceeded limit of 1 with 2 alerts", 0),
        (
            "{alert: Hot, expr: one + on (room) two}",
            "",
            {"one room=a": 1.0, "two room=a": 1.0, "two room=a x=1": 1.0},
            "found duplicate series for the match group",
            1,
        ),
    ],
)
def test_a_rule_that_fails_keeps_its_alerts_but_for_the_limit(
    rule: str, header: str, samples: dict[str, float], error: str, left: int
) -> None:
    timeline = Timeline(group(rule, header))
    timeline.play(0, {"one room=a": 1.0, "two room=a": 1.0})
    before = timeline.alerts
    timeline.play(1, samples)
    (state,) = timeline.state.rules
    assert (state.health, state.erring_since) == ("err", at(1))
    assert error in state.error
    assert [replace(alert, last_sent={}) for alert in timeline.alerts] == [
        replace(alert, last_sent={}) for alert in before[:left]
    ]


@pytest.mark.parametrize(
    ("rule", "header", "error"),
    [
        ("{record: x, expr: one, labels: {room: c}}", "", "same labelset after applying rule labels"),
        ("{record: x, expr: one}", "limit: 1", "exceeded limit of 1 with 2 series"),
    ],
)
def test_a_recording_rule_that_fails_publishes_nothing_and_holds_who_reads_it(
    rule: str, header: str, error: str
) -> None:
    timeline = Timeline(group(f"{rule}\n{{alert: Few, expr: count(x) < 2 or absent(x)}}", header))
    timeline.play(0, {"one room=a": 1.0, "one room=b": 1.0})
    record, alert = timeline.state.rules
    assert (record.health, alert.health, alert.held_by) == ("err", "unknown", ("x",))
    assert error in record.error
    assert timeline.published == {}


def test_a_rule_that_takes_too_long_fails() -> None:
    one, monotonic = group(HOT % ""), itertools.count(0, 11).__next__
    after = rounds.run(
        one, rounds.fresh(one), rounds.World(Samples()), at(0), Terms(), [frozenset()], rounds.Others(), monotonic
    )
    assert after.rules[0].error == "query timed out in expression evaluation"


# ------------------------------------------------------------------------------------------------ unknown sources


@pytest.mark.parametrize(
    ("expression", "unknown", "held"),
    [
        ("one > 0", ["one"], ("one",)),
        ("one > 0", ["two"], ()),
        ("absent(one)", ["one"], ("one",)),
        ("one + on (room) two > 0", ["one", "two"], ("one", "two")),
        ('{__name__=~"t.o"} > 0', ["one", "two"], ("two",)),
        ('{room="a"} > 0', ["one", "two"], ("one", "two")),
        ("up == 0", ["one", "two"], ()),
        ("vector(1)", ["one", "two"], ()),
        ("recorded > 0", ["two"], ("two",)),
        ('ALERTS{alertname="Other"}', ["two"], ("two",)),
        ('ALERTS{alertname="Third"}', ["two"], ()),
        ("ALERTS", ["two"], ("two",)),
    ],
)
def test_what_a_rule_waits_for(expression: str, unknown: list[str], held: tuple[str, ...]) -> None:
    rules = f"{{alert: Hot, expr: {expression!r}}}\n{{record: between, expr: two}}\n{{record: recorded, expr: between}}"
    timeline = Timeline(group(f"{rules}\n{{alert: Other, expr: recorded}}\n{{alert: Third, expr: vector(0)}}"))
    timeline.play(0, {}, unknown)
    assert timeline.state.rules[0].held_by == held
    assert timeline.state.rules[0].health == ("unknown" if held else "ok")


def test_a_recording_rule_publishes_nothing_while_its_source_is_unknown() -> None:
    timeline = Timeline(group("{record: x, expr: one}"))
    timeline.play(0, ON)
    timeline.play(1, ON, ["one"])
    assert timeline.published == {}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(), "fffffi"),
        (Policy(hold=False), "fiiiii"),
        (Policy(max_hold=2 * MINUTE), "fffiii"),
        (Policy(when="stale"), "fiiiii"),
    ],
)
def test_policies_for_unknown_sources(policy: Policy, expected: str) -> None:
    timeline = hot()
    timeline.terms = Terms(CATALOGUE, Policies(policy))
    letters = ""
    for minute, letter in enumerate("1????0"):
        timeline.play(minute, ON if letter == "1" else {}, ["one"] if letter == "?" else [])
        letters += timeline.states["a"][0]
    assert letters == expected


def test_after_the_longest_hold_a_failed_source_is_as_good_as_empty() -> None:
    timeline = hot()
    timeline.terms = Terms(CATALOGUE, Policies(Policy(max_hold=MINUTE)))
    # The values of before the failure are still served, and would keep the alert.
    for minute, unknown in enumerate(([], ["one"], ["one"])):
        timeline.play(minute, ON, unknown)
    assert timeline.states == {"a": "inactive"}


def test_the_first_override_that_matches_wins() -> None:
    early, late = Policy(max_hold=MINUTE), Policy(hold=False)
    policies = Policies(
        overrides=(Override("cost", "*", early), Override("*", "Hot*", late), Override("*", "*", early))
    )
    assert [policies.of("cost", "Hot"), policies.of("x", "Hotter"), policies.of("x", "Cold")] == [early, late, early]
    assert Policies().of("x", "y") == Policy()


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([{"one room=a": 1.0}, {}, {}, {}, {"one room=a": 1.0}], "fffff"),
        ([{"one room=a": 1.0}, {}, {"one room=b": 1.0}, {"one room=a": 0.0}], "fffi"),
        ([{"one room=a": 1.0}, {}, {}, {}, {}, {}], "ffffii"),
    ],
)
def test_missing_series_keep_the_last_state_for_a_while(samples: list[dict[str, float]], expected: str) -> None:
    timeline = hot()
    timeline.terms = Terms(CATALOGUE, Policies(Policy(keep_last=3 * MINUTE)))
    letters = ""
    for minute, found in enumerate(samples):
        timeline.play(minute, found)
        letters += timeline.states["a"][0]
    assert letters == expected


# ------------------------------------------------------------------------------------------------ properties

RULES = ("", "for: 2m", "keep_firing_for: 2m", "for: 1m, keep_firing_for: 3m")


@given(st.sampled_from(RULES), st.text("01?", max_size=40))
def test_what_is_told_is_true(rule: str, samples: str) -> None:
    timeline, fired = hot(rule), set()
    for minute, letter in enumerate(samples):
        before = timeline.state
        timeline.play(minute, ON if letter == "1" else OFF, ["one"] if letter == "?" else [])
        (state,) = timeline.state.rules
        told = timeline.told[AM]
        for alert in timeline.alerts:
            if alert.fired_at is None:
                assert str(alert.state) == "pending"
                assert told == ()
            fired.add(alert.fired_at)
        for one in told:
            assert one.ends_at >= one.starts_at
            assert one.starts_at in fired
        if letter == "?":
            active = {key: one for key, one in before.rules[0].alerts.items() if str(one.state) != "inactive"}
            now = {key: one for key, one in state.alerts.items() if str(one.state) != "inactive"}
            assert {key: (one.state, one.value, one.annotations, one.active_at) for key, one in active.items()} == {
                key: (one.state, one.value, one.annotations, one.active_at) for key, one in now.items()
            }


@given(st.sampled_from(RULES), st.text("01?", max_size=30), st.integers(0, 30))
def test_a_hold_is_as_if_the_time_had_not_been(rule: str, samples: str, place: int) -> None:
    """Replay without the held minutes gives the same states, but for what is remembered of resolved alerts."""
    known = samples.replace("?", "")[:12]
    place = min(place, len(known))
    with_gap = known[:place] + "???" + known[place:]
    plain, held = history(hot(rule), known), history(hot(rule), with_gap)
    assert held[:place] + held[place + 3 :] == plain


@given(st.sampled_from(RULES), st.text("01?", max_size=20), st.timedeltas(timedelta(0), timedelta(days=2)))
def test_a_replay_at_another_time_gives_the_same(rule: str, samples: str, later: timedelta) -> None:
    live, replayed = hot(rule), hot(rule)
    for minute, letter in enumerate(samples):
        unknown = ["one"] if letter == "?" else []
        live.play(minute, ON if letter == "1" else OFF, unknown)
        replayed.play(minute + later / MINUTE, ON if letter == "1" else OFF, unknown)
        assert live.states == replayed.states
        assert [len(told) for told in live.told.values()] == [len(told) for told in replayed.told.values()]
