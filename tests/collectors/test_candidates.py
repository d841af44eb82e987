"""Candidates on the golden data set, and on histories of a few interviews that make one mistake visible each."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from collectors.base import Run, complete
from collectors.candidates import Collector, Options, families
from collectors.definitions import Definitions, Population
from collectors.mapping import mapped
from exporter.model import Value
from tests.collectors.asking import Key, same, source
from tests.conftest import execute

NOON = datetime(2026, 4, 20, 12, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
WINDOW = 90 * DAY


@dataclass(frozen=True)
class Interview:
    """A row of the table; the start is `ago` before noon, the end an hour after it or `ends` before noon."""

    ago: timedelta | None
    completion: float | None = None
    ends: timedelta | None = None
    technical: float | None = None
    behavioral: float | None = None
    user: int = 1
    status: str = "completed"
    practice: bool = False

    @property
    def cells(self) -> str:
        end = self.ends if self.ends is not None else (self.ago or DAY) - timedelta(hours=1)
        start = None if self.ago is None else NOON - self.ago
        scores = (self.completion, self.technical, self.behavioral)
        row = (self.user, self.status, self.practice, NOON - 900 * DAY, start, NOON - end, *scores)
        return f"({', '.join('null' if cell is None else repr(str(cell)) for cell in row)})"


COLUMNS = (
    "user_id, status, is_practice, created_at, start_time, end_time, completion_percentage, technical_accuracy,"
    " behavioral_score"
)


def fill(url: str, *interviews: Interview, staff: bool = False) -> None:
    """Insert the interviews in order, so that their ids are in order too, and their users."""
    users = ", ".join(
        f"({user}, '{NOON - 900 * DAY}', {staff})" for user in sorted({interview.user for interview in interviews})
    )
    rows = ", ".join(interview.cells for interview in interviews)
    execute(url, f"INSERT INTO accounts_user (id, date_joined, is_staff) VALUES {users}")
    execute(url, f"INSERT INTO interviews_interviewsession ({COLUMNS}) VALUES {rows}")


def asked(url: str, at: datetime = NOON, options: dict[str, Any] | None = None, **changes: Any) -> dict[Key, Value]:
    definitions, chosen = Definitions(**changes), Options.model_validate(options or {})
    with source(url, definitions) as database:
        harvest = Collector(chosen, database).collect(Run(at, 30, definitions))
    assert not harvest.notes
    samples = complete(families(chosen), harvest)
    found = {(sample.name, frozenset(sample.labels)): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found


def value(found: dict[Key, Value], name: str, **labels: str) -> Value | None:
    return found.get((f"jobhive_{name}", frozenset(labels.items())))


def change(found: dict[Key, Value], dimension: str = "completion") -> tuple[Value | None, ...]:
    names = ("candidates_repeat", "candidates_improved", "candidate_improvement_avg_ratio")
    return tuple(value(found, name, dimension=dimension, window="90d") for name in names)


# golden.md 5: T, then interviews and candidates of either window.
@pytest.mark.parametrize(("hour", "interviews", "people"), [(11, 0, 0), (12, 1, 1), (13, 2, 2)])
def test_the_golden_candidates(golden: str, hour: int, interviews: int, people: int) -> None:
    found = asked(golden, NOON.replace(hour=hour))
    for window in ("30d", "90d"):
        assert value(found, "candidates", window=window) == people
        mean = value(found, "candidate_interviews_avg", window=window)
        assert mean == (interviews / people if people else None)
    for dimension in ("behavioral", "completion", "technical"):
        assert change(found, dimension) == (0, 0, None)
    for per in ("30d", "interview"):
        assert value(found, "candidate_improvement_rate_candidates", per=per, window="90d") == 0
    assert not [name for name, _ in found if name.endswith("_ratio")]


def test_every_count_is_there_when_nobody_is(database: str) -> None:
    counts = {
        *(("jobhive_candidates_repeat", d) for d in ("behavioral", "completion", "technical")),
        *(("jobhive_candidates_improved", d) for d in ("behavioral", "completion", "technical")),
        *(("jobhive_candidate_improvement_rate_candidates", per) for per in ("30d", "interview")),
        *(("jobhive_candidates", window) for window in ("30d", "90d")),
    }
    found = asked(database)
    keys = {
        (name, next((v for k, v in labels if k in ("dimension", "per")), dict(labels)["window"]))
        for name, labels in found
    }
    assert keys == counts
    assert set(found.values()) == {0}


def at_day(ago: float, completion: float | None = None, **more: Any) -> Interview:
    return Interview(timedelta(days=ago), completion, **more)


# What it is, the interviews in order of their ids, then candidates, improved ones, mean difference.
CHANGES: list[tuple[str, list[Interview], tuple[int, int, str | None]]] = [
    ("up", [at_day(9, 60), at_day(5, 80)], (1, 1, "0.2")),
    ("down", [at_day(9, 80), at_day(5, 60)], (1, 0, "-0.2")),
    ("no change", [at_day(9, 60), at_day(5, 60)], (1, 0, "0")),
    ("one score", [at_day(9, 60)], (0, 0, None)),
    ("one score of two interviews", [at_day(9, 60), at_day(5)], (0, 0, None)),
    ("the order of starts, not of ids", [at_day(5, 80), at_day(9, 60)], (1, 1, "0.2")),
    ("starts at one instant go by id", [at_day(9, 60), at_day(9, 70), at_day(9, 50)], (1, 0, "-0.1")),
    ("no start comes last", [Interview(None, 90), at_day(9, 60)], (1, 1, "0.3")),
    ("two without a start go by id", [Interview(None, 90), Interview(None, 60)], (1, 0, "-0.3")),
    ("scores that are missing", [at_day(9), at_day(8, 50), at_day(7), at_day(6, 70), at_day(5)], (1, 1, "0.2")),
    ("scores off the scale", [at_day(9, 100.5), at_day(8, 50), at_day(7, 70), at_day(6, -1)], (1, 1, "0.2")),
    ("scores that are no number", [at_day(9, float("nan")), at_day(8, 50), at_day(7, 70)], (1, 1, "0.2")),
    ("scores without end", [at_day(9, 50), at_day(8, 70), at_day(7, float("inf"))], (1, 1, "0.2")),
    ("the ends of the scale", [at_day(9, 0), at_day(5, 100)], (1, 1, "1")),
    ("the whole history counts", [at_day(800, 10), at_day(400, 99), at_day(5, 60)], (1, 1, "0.5")),
    ("last is who starts last, not who ends last", [at_day(9, 50, ends=2 * DAY), at_day(8, 70)], (1, 1, "0.2")),
    ("who ends at T has not ended", [at_day(9, 60), at_day(5, 80), at_day(1, 0, ends=0 * DAY)], (1, 1, "0.2")),
    ("who ends just before T has", [at_day(9, 60), at_day(5, 80), at_day(1, 0, ends=TICK)], (1, 0, "-0.6")),
    ("who ends later has not", [at_day(9, 60), at_day(5, 80), at_day(1, 0, ends=-1 * DAY)], (1, 1, "0.2")),
    ("the window begins with its start", [at_day(99, 60), at_day(91, 80, ends=WINDOW)], (1, 1, "0.2")),
    ("and not before", [at_day(99, 60), at_day(91, 80, ends=WINDOW + TICK)], (0, 0, None)),
    (
        "it is the last score that must lie in the window, not the last interview",
        [at_day(120, 60), at_day(110, 80), at_day(5)],
        (0, 0, None),
    ),
    (
        "and it is the last one in order, not the last to end",
        [at_day(120, 60), at_day(110, 70, ends=5 * DAY), at_day(100, 80)],
        (0, 0, None),
    ),
    ("abandoned", [at_day(9, 60), at_day(8, 80, status="abandoned"), at_day(7, 70)], (1, 1, "0.1")),
    ("opened again", [at_day(9, 60), at_day(8, 80, status="in_progress"), at_day(7, 70)], (1, 1, "0.1")),
    ("a status in capitals", [at_day(9, 60), at_day(8, 80, status="Done")], (1, 1, "0.2")),
    ("a status that no map knows", [at_day(9, 60), at_day(8, 80, status="archived")], (0, 0, None)),
    (
        "candidates are kept apart, and each counts once",
        [at_day(9, 10), at_day(9, 90, user=2), at_day(5, 20), at_day(5, 70, user=2), at_day(4, 40)],
        (2, 1, "0.05"),
    ),
]


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: row[0])
def test_what_improvement_is(database: str, row: tuple[str, list[Interview], tuple[int, int, str | None]]) -> None:
    _, interviews, (repeat, improved, mean) = row
    fill(database, *interviews)
    found = asked(database)
    assert change(found)[:2] == (repeat, improved)
    difference = change(found)[2]
    assert difference is None if mean is None else difference is not None and same(difference, Fraction(mean))
    share = value(found, "candidate_improved_ratio", dimension="completion", window="90d")
    assert share == (improved / repeat if repeat else None)
    assert change(found, "technical") == change(found, "behavioral") == (0, 0, None)


def test_ids_decide_between_equal_starts_wherever_their_rows_lie(database: str) -> None:
    fill(database, at_day(9, 60), at_day(9, 70), at_day(9, 50))
    # Written anew, the first row is the last one in the table, and in its indexes as one of them has another key.
    moved = "completion_percentage = 64, end_time = end_time + interval '1 second'"
    execute(database, f"UPDATE interviews_interviewsession SET {moved} WHERE id = 1")
    assert same(change(asked(database))[2] or 0, Fraction("-0.14"))


def test_each_dimension_has_scores_of_its_own(database: str) -> None:
    fill(
        database,
        at_day(9, 60, technical=90, behavioral=None),
        at_day(8, None, technical=80, behavioral=20),
        at_day(7, 70, technical=None, behavioral=30),
    )
    found = asked(database)
    rows = {dimension: change(found, dimension) for dimension in ("completion", "technical", "behavioral")}
    assert {dimension: counts[:2] for dimension, counts in rows.items()} == {
        "completion": (1, 1),
        "technical": (1, 0),
        "behavioral": (1, 1),
    }
    expected = {"completion": "0.1", "technical": "-0.1", "behavioral": "0.1"}
    assert all(same(rows[dimension][2] or 0, Fraction(mean)) for dimension, mean in expected.items())


def test_each_dimension_has_a_last_score_of_its_own(database: str) -> None:
    fill(database, at_day(120, 60, technical=50), at_day(110, 70, technical=60), at_day(9, 80))
    found = asked(database)
    assert [change(found, dimension)[0] for dimension in ("completion", "technical")] == [1, 0]


UP = [at_day(9, 60), at_day(8, 90, practice=True), at_day(7, 70)]
KINDS = [
    ({}, (1, 1, "0.1"), 3),
    ({"kind": "all"}, (1, 1, "0.1"), 3),
    ({"kind": "hiring"}, (1, 1, "0.1"), 2),
    ({"kind": "practice"}, (0, 0, None), 1),
]


@pytest.mark.parametrize(("options", "expected", "interviews"), KINDS)
def test_a_history_may_be_of_one_kind(
    database: str, options: dict[str, str], expected: tuple[int, int, str | None], interviews: int
) -> None:
    fill(database, *UP)
    found = asked(database, NOON, options)
    assert change(found)[:2] == expected[:2]
    assert value(found, "candidate_interviews_avg", window="30d") == interviews


def test_only_users_of_the_population_are_candidates(database: str) -> None:
    fill(database, at_day(9, 60), at_day(5, 80), staff=True)
    assert set(asked(database).values()) == {0}
    assert change(asked(database, population=Population(exclude_staff=False)))[:2] == (1, 1)


def test_a_score_has_the_scale_of_its_deployment(database: str) -> None:
    fill(database, at_day(9, 1), at_day(5, 4))
    found = asked(database, tables=mapped({"session": {"score_scale": 5}}))
    assert same(change(found)[2] or 0, Fraction("0.6"))


def test_a_duration_may_tell_the_end(database: str) -> None:
    fill(database, at_day(9, 60), at_day(5, 80))
    execute(database, "UPDATE interviews_interviewsession SET end_time = null, duration = 3600")
    assert change(asked(database))[:2] == (0, 0)
    assert change(asked(database, tables=mapped({"session": {"duration_unit": "seconds"}})))[:2] == (1, 1)


def test_interviews_of_a_window_are_counted_by_their_end(database: str) -> None:
    month = 30 * DAY
    fill(
        database,
        *(at_day(31, ends=month), at_day(31, ends=month + TICK), at_day(1, user=2), at_day(1, user=2)),
        *(
            at_day(2, user=3, status="abandoned"),
            at_day(99, user=4, ends=WINDOW),
            at_day(99, user=5, ends=WINDOW + TICK),
        ),
    )
    found = asked(database)
    assert [value(found, "candidates", window=window) for window in ("30d", "90d")] == [2, 3]
    means = [value(found, "candidate_interviews_avg", window=window) or 0 for window in ("30d", "90d")]
    assert all(same(mean, Fraction(n)) for mean, n in zip(means, ("3/2", "5/3"), strict=True))


# What it is, the interviews, then (candidates, mean slope) per interview and per 30 days.
SLOPES: list[tuple[str, list[Interview], tuple[int, str | None], tuple[int, str | None]]] = [
    ("two scores", [at_day(60, 50), at_day(30, 60)], (0, None), (0, None)),
    ("even steps", [at_day(62, 50), at_day(32, 60), at_day(2, 70)], (1, "0.1"), (1, "0.1")),
    ("uneven steps", [at_day(62, 50), at_day(32, 60), at_day(2, 85)], (1, "0.175"), (1, "0.175")),
    ("uneven times", [at_day(62, 50), at_day(47, 60), at_day(2, 70)], (1, "0.1"), (1, "6/65")),
    (
        "only scores have a number",
        [at_day(62, 50), at_day(50), at_day(32, 60), at_day(20, 101), at_day(2, 70)],
        (1, "0.1"),
        (1, "0.1"),
    ),
    ("one instant", [at_day(9, 50), at_day(9, 60), at_day(9, 70)], (1, "0.1"), (0, None)),
    (
        "an instant whose seconds no binary number holds",
        [at_day(0.123457, 50, ends=TICK), at_day(0.123457, 60, ends=TICK), at_day(0.123457, 70, ends=TICK)],
        (1, "0.1"),
        (0, None),
    ),
    (
        "a microsecond apart",
        [Interview(9 * DAY + TICK, 50), Interview(9 * DAY, 60), Interview(9 * DAY - TICK, 70)],
        (1, "0.1"),
        (1, str(Fraction(1, 10) * 30 * 86_400 * 10**6)),
    ),
    (
        "without a start there is no time",
        [at_day(62, 50), at_day(32, 60), Interview(None, 80)],
        (1, "0.15"),
        (0, None),
    ),
    (
        "three with a start are enough",
        [at_day(62, 50), at_day(32, 60), at_day(2, 70), Interview(None, 80)],
        (1, "0.1"),
        (1, "0.1"),
    ),
    ("the last score lies before the window", [at_day(200, 50), at_day(150, 60), at_day(99, 70)], (0, None), (0, None)),
    (
        "an interview without a score does not bring it in",
        [at_day(200, 50), at_day(150, 60), at_day(99, 70), at_day(5)],
        (0, None),
        (0, None),
    ),
    (
        "the mean of two candidates",
        [
            *(at_day(62, 50), at_day(32, 60), at_day(2, 70)),
            *(at_day(62, 50, user=2), at_day(32, 50, user=2), at_day(2, 50, user=2)),
        ],
        (2, "0.05"),
        (2, "0.05"),
    ),
]


@pytest.mark.parametrize("row", SLOPES, ids=lambda row: row[0])
def test_what_the_rate_of_improvement_is(database: str, row: tuple[Any, ...]) -> None:
    _, interviews, per_interview, per_month = row
    fill(database, *interviews)
    found = asked(database)
    for per, (candidates, mean) in {"interview": per_interview, "30d": per_month}.items():
        labels = {"per": per, "window": "90d"}
        assert value(found, "candidate_improvement_rate_candidates", **labels) == candidates
        slope = value(found, "candidate_improvement_rate_avg_ratio", **labels)
        # Slopes are sums of floating numbers: nine digits are asked of them.
        assert slope is None if mean is None else slope == pytest.approx(float(Fraction(mean)), rel=1e-9, abs=1e-12)


def test_later_rows_change_nothing(database: str) -> None:
    fill(database, *UP)
    before = asked(database)
    later = [replace(at_day(-1, 10), ends=-2 * DAY), at_day(-1, 10, user=7)]
    rows = ", ".join(interview.cells for interview in later)
    execute(database, f"INSERT INTO accounts_user (id, date_joined) VALUES (7, '{NOON}')")
    execute(database, f"INSERT INTO interviews_interviewsession ({COLUMNS}) VALUES {rows}")
    assert asked(database) == before
