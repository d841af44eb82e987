"""`rules backtest`: the same as life and as promtool on the same samples; files of history, and what it prints."""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.history import History
from alerts.manager import Edges, Manager
from alerts.model import Outgoing
from alerts.promql.labels import NAME, Key
from alerts.promql.samples import Pair
from alerts.replay import Firing, alerting, replay
from alerts.rounds import Terms, World
from alerts.rulefile import read
from alerts.rules import Group
from alerts.sending import Sending
from exporter import history_files, rules_files
from exporter.alert_world import world
from exporter.cli import main
from exporter.model import Result, Sample, Snapshot, Status
from tests.alerts.rule_files import promtool

START = datetime(2026, 4, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULES = """
groups:
- name: first
  interval: 1m
  rules:
  - {record: doubled, expr: heat * 2}
  - {alert: Hot, expr: doubled > 10, for: 2m, keep_firing_for: 3m}
  - alert: Sticky
    expr: heat > 7 or (heat > 3 and on (room) ALERTS{alertname="Sticky",alertstate="firing"})
    labels: {severity: warning}
- name: second
  interval: 1m
  rules:
  - {alert: Gone, expr: absent(heat), for: 1m}
  - {alert: Both, expr: 'count(ALERTS{alertstate="firing"}) >= 2'}
"""
# What the source says at each minute; a minute that is None has no answer at all, a room that is None no value.
Course = Sequence[Mapping[str, float | None] | None]


def groups(text: str = RULES) -> tuple[Group, ...]:
    content = read("x.rules.yml", text.encode(), rules_files.terms())
    assert content.problems == ()
    return content.groups


def courses() -> Iterator[Course]:
    for seed in range(25):
        chance = random.Random(seed)
        course: list[Mapping[str, float | None] | None] = []
        heat = {"a": 5.0, "b": 5.0}
        for _ in range(60):
            heat = {room: max(0.0, value + chance.choice((-2, -1, 0, 1, 2))) for room, value in heat.items()}
            said = {room: None if chance.random() < 0.1 else value for room, value in heat.items()}
            course.append(None if chance.random() < 0.15 else said)
        yield course


COURSES = list(courses())


def pairs(said: Mapping[str, float | None]) -> list[Pair]:
    return [({NAME: "heat", "room": room}, value) for room, value in said.items() if value is not None]


def written(course: Course, path: Path) -> Path:
    lines = [
        f"{(START + minute * MINUTE).isoformat()},{labels[NAME]},{labels['room']},{value}"
        for minute, said in enumerate(course)
        for labels, value in ([*pairs(said), ({NAME: "other", "room": ""}, 1)] if said is not None else ())
    ]
    path.write_text("\n".join(["timestamp,__name__,room,value", *lines]) + "\n")
    return path


def replayed(course: Course, path: Path, lookback: timedelta) -> list[tuple[str, Firing]]:
    past = history_files.read(written(course, path), "heat".__eq__, lookback).at
    found = replay(groups(), past, START, START + len(course) * MINUTE, Terms())
    return [(one.rule.name, firing) for one in alerting(found.courses) for firing in one.firing]


class Sink:
    """An Alertmanager that notes when each alert fires for the first time, and when it is resolved."""

    alertmanagers = ("sink",)

    def __init__(self) -> None:
        self.now = START
        self.found: dict[tuple[Key, datetime], datetime | None] = {}

    def enqueue(self, alertmanager: str, alerts: Sequence[Outgoing]) -> None:  # noqa: ARG002
        for alert in alerts:
            self.found[alert.key, alert.starts_at] = alert.ends_at if alert.ends_at <= self.now else None

    def failed(self) -> Mapping[str, Collection[Key]]:
        return {}


def lived(course: Course, max_staleness: timedelta) -> dict[tuple[Key, datetime], datetime | None]:
    """Run the daemon's engine minute by minute on snapshots, and return what an Alertmanager was told."""
    sink, results = Sink(), list[Result]()

    def look(ts: datetime) -> World:
        for minute in range(len(course)):
            at, said = START + minute * MINUTE, course[minute]
            if said is not None and at <= ts and all(one.at != at for one in results):
                samples = tuple(
                    Sample("heat", (("room", room),), value) for room, value in said.items() if value is not None
                )
                results.append(Result("heat", at, at, 0.0, samples))
        status = Status("heat", (), max_staleness, result=results[-1] if results else None)
        served = {"heat": results[-1]} if results and not status.stale(ts) else {}
        return world(Snapshot(ts, {"heat": status}, served), (), {}, ts)

    manager = Manager(Edges(look, notifier=sink), groups(), Terms(), Sending(), START - timedelta(milliseconds=1))
    while sink.now < START + len(course) * MINUTE:
        sink.now = manager.run_due(sink.now, (sink.now - START).total_seconds())
    return sink.found


@pytest.mark.parametrize("number", range(len(COURSES)))
def test_a_replay_is_the_same_as_life(number: int, tmp_path: Path) -> None:
    course, lookback = COURSES[number], (1 + number % 4) * MINUTE
    found = {
        (tuple(firing.labels.items()), firing.since): firing.until
        for _, firing in replayed(course, tmp_path / "history.csv", lookback)
    }
    assert found == lived(course, lookback)
    assert found


def steps(course: Course, room: str) -> str:
    """Write the values of a room for promtool, where a series that is gone has to be said to be."""
    found, there = [], False
    for said in course:
        value = (said or {}).get(room)
        found.append(str(value) if value is not None else ("stale" if there else "_"))
        there = value is not None
    return " ".join(found)


def as_tests(course: Course, found: Sequence[tuple[str, Firing]]) -> dict[str, Any]:
    """Write a replay as a test for promtool: each round of it is the minute in which it was."""

    def firing(name: str, minute: int) -> list[dict[str, Any]]:
        at = START + minute * MINUTE
        return [
            {"exp_labels": {key: value for key, value in one.labels.items() if key != "alertname"}}
            for alert, one in found
            if alert == name and one.since - at < MINUTE and (one.until is None or one.until - at >= MINUTE)
        ]

    checks = [
        {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": firing(name, minute)}
        for minute in range(len(course))
        for name in ("Hot", "Sticky", "Gone")
    ]
    series = [{"series": f'heat{{room="{room}"}}', "values": steps(course, room)} for room in ("a", "b")]
    case = {"interval": "1m", "input_series": series, "alert_rule_test": checks}
    return {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [case]}


@pytest.mark.parametrize("number", range(0, len(COURSES), 5))
def test_promtool_agrees(number: int, tmp_path: Path) -> None:
    # What was said does not outlive the minute: promtool is told of every gap.
    found = replayed(COURSES[number], tmp_path / "history.csv", timedelta(seconds=59))
    (tmp_path / "rules.yml").write_text(RULES)
    tests = as_tests(COURSES[number], found)
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests))
    done = promtool("test", "rules", tmp_path / "tests.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    fired = next(check for check in tests["tests"][0]["alert_rule_test"] if check["exp_alerts"])
    fired["exp_alerts"] = []
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests))
    assert promtool("test", "rules", tmp_path / "tests.yml").returncode == 1


@pytest.mark.parametrize(
    ("distance", "lookback", "age", "found"),
    [
        (1, None, 5, True),
        (1, None, 5.01, False),
        (60, None, 120, True),
        (60, None, 120.01, False),
        (60, 1, 1, True),
        (60, 1, 1.01, False),
        (1, None, -0.01, False),
    ],
)
def test_how_long_a_sample_holds(distance: float, lookback: float | None, age: float, found: bool) -> None:
    instants = [START - n * distance * MINUTE for n in range(4)]
    history = History({at: [({NAME: "x"}, 1)] for at in instants}, lookback * MINUTE if lookback else None)
    at = START + age * MINUTE if age > 0 else instants[-1] + age * MINUTE
    assert len(list(history.at(at))) == found


RULE = "groups:\n- name: g\n  interval: 1m\n  rules:\n  - {alert: A, expr: 'x > 1', labels: {severity: info}}\n"
OPEN_METRICS = """# HELP x X.
# TYPE x gauge
x{room="a"} 2 1775001600
x{room="a"} 1 1775001720
x{room="b"} 1 1775001600
x{room="b"} 3 1775001720
# HELP y Y.
# TYPE y gauge
y 1 1775001600
# EOF
"""
CSV = (
    'timestamp,series,value\n1775001600,"x{room=""a""}",2\n2026-04-01T00:00:00Z,"x{room=""b""}",1\n'
    '1775001720,"x{room=""a""}",1\n2026-04-01T02:02:00+02:00,"x{room=""b""}",3\n1775001600,y,1\n'
)
COLUMNS = "timestamp,__name__,room,value\n1775001600,x,a,2\n1775001600,x,b,1\n1775001720,x,a,1\n1775001720.0,x,b,3\n1775001600,y,,1\n"
# The slots of the group are 9.699 s past the minute, on every machine.
TOLD = """x.rules.yml: A: fires 2 times, 4m50s301ms
  2026-04-01T00:00:09.699Z  2026-04-01T00:02:09.699Z          2m  {alertname="A", room="a", severity="info"}
  2026-04-01T00:02:09.699Z  still firing              2m50s301ms  {alertname="A", room="b", severity="info"}
1 alerting rules, 5 rounds of groups, 2 alerts fired
"""


def backtest(folder: Path, *arguments: str, rules: str = RULE, name: str = "h.csv", history: str = CSV) -> int:
    (folder / "x.rules.yml").write_text(rules)
    (folder / name).write_text(history)
    times = ["--from", "2026-04-01T00:00:00Z", "--to", "2026-04-01T00:05:00Z"]
    return main(["rules", "backtest", *times, "--history", str(folder / name), *arguments, str(folder / "x.rules.yml")])


@pytest.mark.parametrize(("name", "history"), [("h.csv", CSV), ("h.CSV", COLUMNS), ("h.om", OPEN_METRICS)])
def test_what_is_printed(name: str, history: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert backtest(tmp_path, "--lookback", "3m", name=name, history=history) == 0
        assert capsys.readouterr() == (f"{tmp_path}/{TOLD}", "")


def test_a_step_replaces_the_intervals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert backtest(tmp_path, "--step", "10s") == 0
    assert "1 alerting rules, 30 rounds of groups, 2 alerts fired" in capsys.readouterr().out


def test_several_files_are_several_sources(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the one says does not end what the other said."""
    (tmp_path / "other.csv").write_text("timestamp,series,value\n1775001660,z,1\n")
    assert (
        backtest(tmp_path, "--history", str(tmp_path / "other.csv"), rules=RULE.replace("x > 1", "x > 1 and on () z"))
        == 0
    )
    assert "2 alerts fired" in capsys.readouterr().out


def test_texts_of_rules_can_ask_for_what_no_expression_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = RULE.replace("severity: info", "y: '{{ with query \"y\" }}{{ . | first | value }}{{ end }}'")
    assert backtest(tmp_path, rules=rules) == 0
    assert 'room="a", y="1"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            RULE.replace("x >", "y > on () x or x >"),
            "x.rules.yml:5: A fails in 2 rounds, first at 2026-04-01T00:00:09.699Z: found duplicate series",
        ),
        (RULE.replace("x > 1", "x >"), 'x.rules.yml:5:23: group "g", rule 1 "A": '),
        (RULE.replace("alert: A", "alert: A, x: y"), "unknown key x"),
    ],
)
def test_rules_that_fail(rules: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert backtest(tmp_path, rules=rules) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "history"),
    [
        ("h.csv", "timestamp,series,value\n1775001600,x,2\n1775001660,y,1\n1775001720,x,2\n"),
        ("h.csv", "timestamp,series,value\n1775001600,x,2\n1775001660,x,\n1775001720,x,2\n"),
        ("h.om", "x 2 1775001600\nx 2 1775001720\ny 1 1775001660\n# EOF\n"),
    ],
)
def test_a_series_is_gone_where_the_source_speaks_of_others(
    name: str, history: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(tmp_path, name=name, history=history) == 0
    assert [line.split()[2] for line in capsys.readouterr().out.splitlines()[1:-1]] == ["1m", "firing"]


def test_a_rule_that_finds_nothing_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert backtest(tmp_path, rules=RULE + "  - {alert: B, expr: nosuch > 1}\n  - {alert: C, expr: x > 9}\n") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[2] for line in lines[3:5]] == [
        "B: never fires; none of its series is in the history",
        "C: never fires",
    ]


@pytest.mark.parametrize(
    ("name", "history", "said"),
    [
        ("h.csv", "time,value\n", "h.csv:1: these are not the columns of history; write columns timestamp, series, value; or"),
        ("h.csv", "timestamp,series,__name__,value\n", "h.csv:1: these are not the columns of history"),
        ("h.csv", "timestamp,series,value\n", "h.csv: there is no sample that a rule asks for"),
        ("h.csv", "timestamp,series,value\n1,other,1\n", "h.csv: there is no sample that a rule asks for"),
        ("h.csv", "timestamp,series,value\n\n1,x\n", "h.csv:3: the row has another number of columns than the first line"),
        ("h.csv", "timestamp,series,value\n1,x,1,1\n", "h.csv:2: the row has another number of columns than the first line"),
        ("h.csv", "timestamp,series,value\n1,x,ten\n", "h.csv:2: 'ten' is not a number"),
        ("h.csv", "timestamp,series,value\n2026-04-01,x,1\n", "h.csv:2: '2026-04-01' is not an instant; write seconds since 1970"),
        ("h.csv", "timestamp,series,value\nInf,x,1\n", "h.csv:2: 'Inf' is not an instant; write seconds since 1970"),
        ("h.csv", "timestamp,series,value\n1,x>1,1\n", "h.csv:2: 'x>1' is not a series"),
        ("h.csv", "timestamp,series,value\n1,x,1\n1.0,x,2\n", 'at 1970-01-01T00:00:01+00:00 two samples have the labels {__name__="x"}'),
        ("h.om", "x 1\n# EOF\n", "h.om: this is no OpenMetrics with timestamps: a sample has no instant"),
        ("h.om", "x 1 1\n", "h.om: this is no OpenMetrics with timestamps: Missing # EOF at end; write it with jobhive-exporter backfill"),
        ("h.om", "timestamp,value\n", "h.om: this is no OpenMetrics with timestamps: "),
    ],
)  # fmt: skip
def test_files_that_are_no_history(
    name: str, history: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(tmp_path, name=name, history=history) == 1
    err = capsys.readouterr().err
    assert err.startswith("jobhive-exporter: ")
    assert said in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "2026-04-02T00:00:00Z"], "--from is not before --to; exchange them"),
        (["--history", "nosuch.csv"], "nosuch.csv: the file cannot be read: No such file or directory; check its path"),
    ],
)
def test_orders_that_make_no_sense(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(tmp_path, *arguments) == 1
    assert capsys.readouterr().err == f"jobhive-exporter: {said}\n"


def test_the_first_instant_is_included_and_the_end_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slots = ["--from", "2026-04-01T00:00:09.699Z", "--to", "2026-04-01T00:04:09.699Z"]
    assert backtest(tmp_path, *slots) == 0
    out = capsys.readouterr().out
    assert "  2026-04-01T00:00:09.699Z  " in out
    assert "1 alerting rules, 4 rounds of groups" in out


def test_a_span_is_longer_than_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for span, said in (("0", "must be longer than 0"), ("1.5h", "'1.5h' is not a duration")):
        with pytest.raises(SystemExit, match="2"):
            backtest(tmp_path, "--step", span)
        assert said in capsys.readouterr().err
