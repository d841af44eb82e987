"""The oracle of metrics.md 4.5: golden.md section 5, and by hand what golden.sql has no scores for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from tests.oracle.candidates import slope
from tests.oracle.test_usage import GOLDEN, UTC_SETTINGS, get, instant
from tests.oracle.usage import Session, Settings, User, Values, World, expected_candidates

T = datetime(2026, 4, 20, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DONE = Session(1, 1, "completed", T - 100 * DAY, start_time=T - DAY, end_time=T - HOUR)
NAN = float("nan")
USERS = (User(1, T - 200 * DAY), User(2, T - 200 * DAY), User(3, T - 200 * DAY))


def candidates(*sessions: Session, settings: Settings = UTC_SETTINGS) -> Values:
    rows = tuple(replace(row, id=number) for number, row in enumerate(sessions, 1))
    return expected_candidates(World(users=USERS, sessions=rows), T, settings)


def scored(*values: float | None, user: int = 1, days: float = 1) -> list[Session]:
    """Completed sessions ``days`` apart, of which the last ended an hour before T."""
    ages = [(len(values) - number) * days * DAY for number in range(1, len(values) + 1)]
    return [
        replace(
            DONE,
            user_id=user,
            start_time=T - HOUR - age,
            end_time=T - HOUR - age,
            completion_percentage=value,
            technical_accuracy=value,
        )
        for value, age in zip(values, ages, strict=True)
    ]


def improvement(values: Values, dimension: str = "completion") -> list[Fraction | int | None]:
    names = ("candidates_repeat", "candidates_improved", "candidate_improvement_avg_ratio", "candidate_improved_ratio")
    return [get(values, name, dimension=dimension, window="90d") for name in names]


def rate(values: Values, per: str) -> list[Fraction | int | None]:
    names = ("candidate_improvement_rate_candidates", "candidate_improvement_rate_avg_ratio")
    return [get(values, name, per=per, window="90d") for name in names]


def each(values: Values, window: str) -> list[Fraction | int | None]:
    return [get(values, name, window=window) for name in ("candidates", "candidate_interviews_avg")]


@pytest.mark.parametrize(("at", "found"), [("2026-04-20 12:00", [1, 1]), ("2026-04-20 13:00", [2, 1])])
def test_golden_candidates(at: str, found: list[int]) -> None:
    values = expected_candidates(GOLDEN, instant(at), UTC_SETTINGS)
    assert each(values, "30d") == found
    assert each(values, "90d") == found
    assert improvement(values) == [0, 0, None, None]
    assert [rate(values, per) for per in ("interview", "30d")] == [[0, None], [0, None]]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ([50.0], [0, 0, None, None]),
        ([50.0, 70.0], [1, 1, Fraction("0.2"), 1]),
        ([70.0, 50.0], [1, 0, Fraction("-0.2"), 0]),
        ([50.0, 50.0], [1, 0, 0, 0]),
        ([50.0, 90.0, 60.0], [1, 1, Fraction("0.1"), 1]),
        ([None, 50.0, None, 60.0, None], [1, 1, Fraction("0.1"), 1]),
        ([NAN, 50.0, 101.0, 60.0, -1.0], [1, 1, Fraction("0.1"), 1]),
        ([None, 50.0, NAN], [0, 0, None, None]),
        ([0.0, 100.0], [1, 1, 1, 1]),
    ],
)
def test_improvement_is_the_last_value_less_the_first(
    line: Sequence[float | None], found: list[Fraction | None]
) -> None:
    values = candidates(*scored(*line))
    assert improvement(values) == found
    assert improvement(values, "technical") == found
    assert improvement(values, "behavioral") == [0, 0, None, None]


def test_families_are_means_over_candidates() -> None:
    values = candidates(*scored(50.0, 70.0), *scored(80.0, 50.0, user=2), *scored(90.0, user=3))
    assert improvement(values) == [2, 1, Fraction("-0.05"), Fraction(1, 2)]
    assert each(values, "30d") == [3, Fraction(5, 3)]


@pytest.mark.parametrize(
    ("stop", "repeat", "rated"),
    [(T, 1, 0), (T - TICK, 1, 1), (T - 90 * DAY, 1, 1), (T - 90 * DAY - TICK, 0, 0)],
)
def test_the_last_value_lies_in_the_window(stop: datetime, repeat: int, rated: int) -> None:
    """The last by start, which need not be the last to end; what ends at T is no part of the history."""
    rows = scored(30.0, 40.0, 50.0)
    rows[2] = replace(rows[2], end_time=stop)
    rows.append(replace(rows[2], start_time=T - HOUR, end_time=T - HOUR, completion_percentage=None))
    values = candidates(*rows)
    assert improvement(values)[0] == repeat
    assert [rate(values, per)[0] for per in ("interview", "30d")] == [rated, rated]


def test_the_history_is_in_the_order_of_starts_with_none_last_then_of_ids() -> None:
    first, second = scored(50.0, 70.0)
    tie = replace(first, start_time=second.start_time)
    for rows, change in (
        ([second, first], "0.2"),
        ([tie, second], "0.2"),
        ([second, tie], "-0.2"),
        ([replace(first, start_time=None), second], "-0.2"),
        ([replace(second, start_time=None), replace(first, start_time=None)], "-0.2"),
        ([first, replace(second, start_time=None)], "0.2"),
    ):
        assert improvement(candidates(*rows))[2] == Fraction(change)


@pytest.mark.parametrize("window", ["30d", "90d"])
def test_interviews_per_candidate_are_of_the_window(window: str) -> None:
    days = int(window[:-1])
    for stop, inside in ((T - days * DAY, 1), (T - days * DAY - TICK, 0), (T - TICK, 1), (T, 0)):
        values = candidates(*[replace(DONE, end_time=stop)] * 2, replace(DONE, user_id=2, status="abandoned"))
        assert each(values, window) == [inside, 2 if inside else None]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ([10.0, 20.0], [0, None]),
        ([10.0, 20.0, 30.0], [1, Fraction("0.1")]),
        ([10.0, None, 20.0, 30.0], [1, Fraction("0.1")]),
        ([10.0, 30.0, 20.0], [1, Fraction("0.05")]),
        ([50.0, 50.0, 50.0], [1, 0]),
        ([10.0, 20.0, NAN, 20.0, 10.0], [1, 0]),
    ],
)
def test_the_rate_per_interview_counts_those_with_a_value(line: list[float | None], found: list[Fraction]) -> None:
    assert rate(candidates(*scored(*line)), "interview") == found


def test_the_rate_per_thirty_days_is_against_the_start() -> None:
    assert rate(candidates(*scored(10.0, 20.0, 30.0, days=15)), "30d") == [1, Fraction("0.2")]
    assert rate(candidates(*scored(10.0, None, 20.0, 30.0, days=15)), "30d") == [1, Fraction("0.9") / 7]
    rows = scored(10.0, 20.0, 30.0, 40.0, days=30)
    lost = replace(rows[1], start_time=None)
    values = candidates(rows[0], lost, *rows[2:])
    assert rate(values, "30d") == [1, slope([(Fraction(x), Fraction(x + 1, 10)) for x in (0, 2, 3)])]
    assert rate(values, "interview") == [1, slope([(Fraction(x), Fraction(y, 10)) for x, y in enumerate((1, 3, 4, 2))])]
    values = candidates(rows[0], lost, rows[2])
    assert rate(values, "30d") == [0, None]
    assert rate(values, "interview")[0] == 1
    same = [replace(row, start_time=T - DAY) for row in rows]
    assert rate(candidates(*same), "30d") == [0, None]
    assert rate(candidates(*same), "interview") == [1, Fraction("0.1")]


def test_slopes() -> None:
    line = [(Fraction(x), 2 * Fraction(x) - 3) for x in (5, 1, 7, 7)]
    assert slope(line) == 2
    assert slope(line[:2]) is None
    assert slope([line[0]] * 3) is None
    assert slope([(Fraction(1), Fraction(1)), (Fraction(2), Fraction(5)), (Fraction(3), Fraction(3))]) == 1


def test_both_kinds_or_one_and_the_population_of_t() -> None:
    rows = [replace(row, is_practice=n == 1) for n, row in enumerate(scored(10.0, 20.0, 30.0))]
    counts = [candidates(*rows, settings=Settings(candidate_kind=kind)) for kind in ("all", "hiring", "practice")]
    assert [each(values, "90d") for values in counts] == [[1, 3], [1, 2], [1, 1]]
    assert [improvement(values)[2] for values in counts] == [Fraction("0.2"), Fraction("0.2"), None]
    staff = replace(USERS[0], is_staff=True)
    found = expected_candidates(World(users=(staff,), sessions=tuple(rows)), T, UTC_SETTINGS)
    assert set(found.values()) == {0}
    gone = replace(USERS[0], deleted_at=T - DAY)
    assert each(expected_candidates(World(users=(gone,), sessions=tuple(rows)), T, UTC_SETTINGS), "90d")[0] == 1
