"""Who is told of an alert, when, and in which words (alerting.md, sections 3, 4 and 11)."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from alerts.model import Alert, AlertState, Outgoing
from alerts.promql import parse
from alerts.rules import NO_TIME, AlertingRule
from alerts.sending import Sending, said
from tests.alerts.timeline import AM, MINUTE, Timeline, at, group

HOT = "{alert: Hot, expr: one > 0, labels: {severity: warning}}"
ON, OFF = {"one room=a": 1.0}, {"one room=a": 0.0}
SECOND = timedelta(seconds=1)
OTHER = "other:9093"


def told(timeline: Timeline, minutes: list[float], hot: str, resend_delay: timedelta = MINUTE) -> list[float]:
    """Return the minutes in which the Alertmanager is told something; `hot` has a letter for each."""
    timeline.sending = Sending(resend_delay=resend_delay)
    found = []
    for minute, letter in zip(minutes, hot, strict=True):
        timeline.play(minute, {"1": ON, "0": OFF}.get(letter, ON), ["one"] if letter == "?" else [])
        found += [minute] * len(timeline.told[AM])
    return found


@pytest.mark.parametrize(
    ("seconds", "delay", "interval", "expected"),
    [
        # Strictly longer than the delay: 1m at 1m repeats every two minutes, 5s at 2s every six seconds.
        (range(0, 420, 60), MINUTE, "1m", [0, 120, 240, 360]),
        (range(0, 20, 2), 5 * SECOND, "2s", [0, 6, 12, 18]),
        (range(0, 300, 60), 59 * SECOND, "1m", [0, 60, 120, 180, 240]),
        (range(0, 300, 60), timedelta(0), "1m", [0, 60, 120, 180, 240]),
    ],
)
def test_a_firing_alert_is_repeated(seconds: range, delay: timedelta, interval: str, expected: list[int]) -> None:
    timeline = Timeline(group(HOT, f"interval: {interval}"))
    minutes = [second / 60 for second in seconds]
    assert told(timeline, minutes, "1" * len(minutes), resend_delay=delay) == [second / 60 for second in expected]


@pytest.mark.parametrize(
    ("rule", "hot", "expected"),
    [
        # A resolution goes out at once, and is repeated for 15 minutes, the last one included.
        (HOT, "10" + "0" * 17, [0, 1, 3, 5, 7, 9, 11, 13, 15]),
        (HOT, "110" + "0" * 17, [0, 2, 4, 6, 8, 10, 12, 14, 16]),
        # Pending is nobody's business, nor is it resolved.
        (HOT.replace("expr", "for: 3m, expr"), "1110000", []),
        # A held one is repeated as usual.
        (HOT, "1????0", [0, 2, 4, 5]),
        (HOT, "10???", [0, 1, 3]),
    ],
)
def test_when_somebody_is_told(rule: str, hot: str, expected: list[int]) -> None:
    assert told(Timeline(group(rule)), list(range(len(hot))), hot) == expected


def test_a_resolution_at_exactly_15_minutes_is_sent_and_none_after() -> None:
    minutes = [0, 1, 16, 17.1]
    assert told(Timeline(group(HOT)), minutes, "1000") == [0, 1, 16]


@pytest.mark.parametrize(("longest", "last"), [(timedelta(0), 0), (5 * MINUTE, 6), (timedelta(hours=1), 9)])
def test_a_rule_that_fails_speaks_for_its_alerts_for_a_while(longest: timedelta, last: int) -> None:
    timeline = Timeline(group("{alert: Hot, expr: one > 0 and on (x) one}"))
    timeline.sending = Sending(resend_delay=30 * SECOND, error_resend=longest)
    timeline.play(0, ON)
    spoken = [0]
    for minute in range(1, 10):
        timeline.group = group("{alert: Hot, expr: one + on (x) one}")
        timeline.play(minute, {**ON, "one room=b": 1.0})
        assert timeline.state.rules[0].health == "err"
        spoken += [minute] * len(timeline.told[AM])
    assert max(spoken) == last


def test_every_alertmanager_has_its_own_memory() -> None:
    timeline = Timeline(group(HOT), targets=(AM, OTHER))
    timeline.play(0, ON)
    (message,) = timeline.told[AM]
    timeline.play(1, ON, failed={OTHER: [message.key]})
    assert {name: len(alerts) for name, alerts in timeline.told.items()} == {AM: 0, OTHER: 1}
    # One that was not told of a resolution is, in every round until it was.
    timeline.play(2, OFF)
    timeline.play(3, OFF, failed={AM: [message.key]})
    assert {name: len(alerts) for name, alerts in timeline.told.items()} == {AM: 1, OTHER: 0}


def test_the_words() -> None:
    rule = '{alert: Hot, expr: "one  >\\n 0 + 0", labels: {severity: warning}, annotations: {text: VALUE, none: ""}}'
    timeline = Timeline(group(rule, "interval: 2m"))
    timeline.sending = Sending(
        external_labels={"severity": "ignored", "site": "x", "replica": "1", "room": "set"},
        drop_labels=("replica",),
        external_url="https://prometheus.example.org/p/",
    )
    timeline.play(1, ON)
    assert timeline.told[AM] == (
        Outgoing(
            labels={"alertname": "Hot", "room": "a", "severity": "warning", "site": "x"},
            annotations={"text": "1"},
            starts_at=at(1),
            ends_at=at(9),
            generator_url="https://prometheus.example.org/p/graph?g0.expr=one+%3E+0+%2B+0&g0.tab=1",
        ),
    )
    timeline.play(3, OFF)
    (resolved,) = timeline.told[AM]
    assert (resolved.starts_at, resolved.ends_at) == (at(1), at(3))


def test_an_alert_starts_when_it_fires_not_when_it_becomes_pending() -> None:
    timeline = Timeline(group(HOT.replace("expr", "for: 2m, expr")))
    for minute in range(3):
        timeline.play(minute, ON)
    (message,) = timeline.told[AM]
    # Four times the longer one of interval and resend delay.
    assert (message.starts_at, message.ends_at) == (at(2), at(6))


def test_an_alert_outlives_four_repeats_where_these_are_rarer_than_rounds() -> None:
    timeline = Timeline(group(HOT))
    timeline.sending = Sending(resend_delay=5 * MINUTE)
    timeline.play(0, ON)
    assert [one.ends_at for one in timeline.told[AM]] == [at(20)]


@pytest.mark.parametrize(
    ("expression", "sent"),
    [
        ("one > 0 # degrees\n  and two", "one > 0 and two"),
        ("# first\none>0", "one>0"),
        ("one > 0 # last", "one > 0"),
        ('one{a="#  b"}  # c\r\n   > 0', 'one{a="#  b"} > 0'),
        ("one{a=`\n  #`} >\n\n0", "one{a=`\n  #`} > 0"),
        ("max by(a)(one)", "max by(a)(one)"),
    ],
)
def test_the_link_has_the_expression_in_one_line_and_with_the_same_meaning(expression: str, sent: str) -> None:
    rule = AlertingRule("A", parse(expression), NO_TIME, NO_TIME, {}, {}, {}, 0)
    alert = Alert({}, {}, 1, AlertState.FIRING, at(0))
    url = said(group(HOT), rule, alert, at(0), Sending()).generator_url
    (found,) = parse_qs(urlsplit(url).query)["g0.expr"]
    assert found == sent
    assert parse(found).nodes == parse(expression).nodes
