"""Interviewers: who has a name of their own, who is one of the others, and that nothing is lost on the way."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exporter.model import Value
from tests.collectors.asking import Key
from tests.collectors.test_interviews import NOON, asked, collected, value
from tests.conftest import execute

USER = "INSERT INTO accounts_user (id, date_joined) VALUES (1, '2025-01-01Z');\n"
SMALL = ("24h", "7d", "30d")


def interviewers(slugs: Iterable[str | None]) -> str:
    rows = ", ".join(f"({n}, {'NULL' if slug is None else f'E{slug!r}'})" for n, slug in enumerate(slugs, 1))
    return f"INSERT INTO interviews_interviewer (id, slug) VALUES {rows};\n"


def sessions(*rows: tuple[int | None, int], days: float = 2, practice: bool = False, **values: Any) -> str:
    """Complete so many interviews of each interviewer, an hour long, some days before noon."""
    end = NOON - timedelta(days=days)
    names = "".join(f", {name}" for name in values)
    ids = [interviewer or "NULL" for interviewer, n in rows for _ in range(n)]
    more = "".join(f", {number}" for number in values.values())
    made = ", ".join(
        f"(1, 'completed', {practice}, {number}, '{end - timedelta(hours=1)}', '{end - timedelta(hours=1)}', '{end}'{more})"
        for number in ids
    )
    return f"""INSERT INTO interviews_interviewsession
        (user_id, status, is_practice, interviewer_id, created_at, start_time, end_time{names}) VALUES {made};\n"""


def completed(found: dict[Key, Value], window: str = "30d", kind: str = "hiring") -> dict[str, Value]:
    return {
        labels["interviewer"]: n
        for (name, pairs), n in found.items()
        if name == "jobhive_interviewer_interviews"
        and (labels := dict(pairs))["window"] == window
        and labels["kind"] == kind
    }


def test_twenty_have_a_name_and_the_rest_are_others(database: str) -> None:
    # The busiest first; of those with one interview the slug decides, letter by letter: Z is before a.
    slugs = ["busy", *(f"s{n:02}" for n in range(1, 20)), "Zed", "_low", None]
    counts = [(1, 3), *((n, 1) for n in range(2, 23)), (23, 2), (None, 4)]
    execute(database, USER + interviewers(slugs) + sessions(*counts))
    found = asked(database, NOON)
    named = {"busy", "Zed", "_low", *(f"s{n:02}" for n in range(1, 18))}
    assert completed(found) == {**dict.fromkeys(named, 1), "busy": 3, "other": 4, "none": 4}
    assert completed(found, "24h") == dict.fromkeys({*named, "other", "none"}, 0)
    assert completed(found, kind="practice") == dict.fromkeys({*named, "other", "none"}, 0)


def test_sums_are_conserved(database: str) -> None:
    slugs = [f"s{n:02}" for n in range(25)]
    every = [(n, n % 4 + 1) for n in range(1, 26)]
    execute(
        database,
        USER + interviewers(slugs) + sessions(*every, (None, 3)) + sessions(*every[:5], days=0.5, practice=True),
    )
    found = asked(database, NOON)
    for window in SMALL:
        for kind in ("hiring", "practice"):
            total = value(found, "interviews_completed", kind=kind, window=window)
            assert sum(completed(found, window, kind).values()) == total, (window, kind)


def test_both_kinds_of_thirty_days_make_the_rank(database: str) -> None:
    slugs = [f"s{n:02}" for n in range(20)] + ["zz-practice", "aa-old", "zz-today"]
    execute(
        database,
        USER
        + interviewers(slugs)
        + sessions(*((n, 1) for n in range(1, 21)))
        + sessions((21, 2), practice=True)
        + sessions((22, 5), days=30.01)
        + sessions((23, 5), days=0),
    )
    found = asked(database, NOON)
    assert "zz-practice" in completed(found)
    assert not {"s19", "aa-old", "zz-today"} & completed(found).keys()
    # An interview that ends at noon sharp is still going on.
    assert completed(found)["other"] == 1


def test_little_says_nothing_and_a_mean_is_made_of_rows(database: str) -> None:
    execute(
        database,
        USER
        + interviewers(["nine", "ten"])
        + sessions((1, 9), technical_accuracy=80, completion_percentage=100)
        + sessions((2, 9), technical_accuracy=80, completion_percentage=100)
        + sessions((2, 1), technical_accuracy=30, completion_percentage=100, practice=True),
    )
    found = asked(database, NOON)
    labels = {"kind": "all", "window": "30d"}
    ratios = ("completion_ratio", "high_performer_ratio")
    assert [value(found, f"interviewer_{name}", interviewer="nine", **labels) for name in ratios] == [None, None]
    assert [value(found, f"interviewer_{name}", interviewer="ten", **labels) for name in ratios] == [1, 0.9]
    score = {"dimension": "technical", **labels}
    assert value(found, "interviewer_score_avg_ratio", interviewer="nine", **score) is None
    assert value(found, "interviewer_score_avg_ratio", interviewer="ten", **score) == pytest.approx(0.75)
    assert value(found, "interviewer_score_avg_ratio", interviewer="ten", **{**score, "kind": "hiring"}) is None
    assert value(found, "interviewer_duration_avg_seconds", interviewer="nine", **labels) == 3600
    assert value(found, "interviewer_duration_avg_seconds", interviewer="other", **labels) is None


def test_a_name_that_must_not_leave_is_one_of_the_others(database: str) -> None:
    slugs = ["jo@example.org", "0e37df36-f698-11e6-8dd4-cb9ced3df976", "", "tab\tbed", "none"]
    execute(database, USER + interviewers(slugs) + sessions(*((n, 1) for n in range(1, 6)), (None, 2)))
    assert completed(asked(database, NOON)) == {"tabbed": 1, "other": 3, "none": 3}


def test_who_only_saw_staff_has_no_rank(database: str) -> None:
    execute(database, USER.replace(")", ", is_staff)", 1).replace("Z')", "Z', true)"))
    execute(database, interviewers(["ann"]) + sessions((1, 3)))
    assert completed(asked(database, NOON)) == {"other": 0, "none": 0}


LACKS: list[tuple[str, dict[str, Any], str]] = [
    ("DROP TABLE interviews_interviewer CASCADE", {}, "table_unmapped"),
    ("", {"session": {"columns": {"interviewer_id": None}}}, "column_unmapped"),
    ("", {"interviewer": {"columns": {"slug": None}}}, "column_unmapped"),
    ("ALTER TABLE interviews_interviewsession DROP COLUMN interviewer_id", {}, "column_unmapped"),
]


@pytest.mark.parametrize(("change", "tables", "reason"), LACKS)
def test_a_deployment_without_interviewers_has_all_the_rest(
    golden: str, change: str, tables: dict[str, Any], reason: str
) -> None:
    whole, _ = collected(golden, NOON, {}, {})
    if change:
        execute(golden, change)
    found, notes = collected(golden, NOON, {}, tables)
    own = {"interviews", "completion_ratio", "duration_avg_seconds", "score_avg_ratio", "high_performer_ratio"}
    noted = {note.family: note.reason for note in notes if note.family.startswith("jobhive_interviewer_")}
    assert noted == {f"jobhive_interviewer_{name}": reason for name in own}
    assert found == {key: n for key, n in whole.items() if not key[0].startswith("jobhive_interviewer_")}


def test_the_golden_sessions_had_nobody(golden: str) -> None:
    found = asked(golden, datetime(2026, 4, 20, 13, tzinfo=UTC))
    assert completed(found, "24h") == {"other": 0, "none": 2}
    labels = {"interviewer": "none", "kind": "all", "window": "24h"}
    assert value(found, "interviewer_duration_avg_seconds", **labels) == 6300
