"""Interviews on the golden data set (the values come from its own document), on edges, and where tables are missing."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.base import Run, complete
from collectors.definitions import Definitions
from collectors.interviews import Options
from collectors.interviews.filtered import filtered, of_sessions
from collectors.mapping import mapped
from exporter.model import Note, Value
from exporter.registry import modules
from exporter.windows import Window
from tests.collectors.asking import Key, same, source
from tests.conftest import execute

NOON = datetime(2026, 4, 20, 12, tzinfo=UTC)
STAGES = ("invited", "started", "completed", "passed")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def collected(url: str, at: datetime, options: dict[str, Any], tables: Any) -> tuple[dict[Key, Value], set[Note]]:
    module, chosen = modules()["interviews"], Options.model_validate(options)
    definitions = Definitions(tables=mapped(tables))
    with source(url, definitions) as database:
        harvest = module.Collector(chosen, database).collect(Run(at, 30, definitions))
    samples = complete(module.families(chosen), harvest)
    return {(sample.name, frozenset(sample.labels)): sample.value for sample in samples}, set(harvest.notes)


def asked(url: str, at: datetime, **options: Any) -> dict[Key, Value]:
    return collected(url, at, options, {})[0]


def value(found: dict[Key, Value], name: str, **labels: str) -> Value | None:
    return found.get((f"jobhive_{name}", frozenset(labels.items())))


# T, windows, started, completed, completion, abandoned, mean, median and 95th percentile of the duration (golden.md 5).
GOLDEN: list[tuple[str, tuple[str, ...], int, int, tuple[int, int], int, tuple[int, int, int] | None]] = [
    ("2026-04-20 12:00", ("24h",), 3, 1, (1, 1), 0, (1800, 1800, 1800)),
    ("2026-04-20 12:00", ("7d", "30d"), 4, 1, (1, 2), 1, (1800, 1800, 1800)),
    ("2026-04-20 13:00", ("24h",), 3, 2, (2, 2), 0, (6300, 6300, 10350)),
    ("2026-04-20 13:00", ("7d", "30d"), 4, 2, (2, 3), 1, (6300, 6300, 10350)),
    ("2026-04-20 15:00", ("24h",), 3, 2, (2, 3), 0, (6300, 6300, 10350)),
    ("2026-05-01 00:00", ("7d",), 0, 0, (0, 0), 0, None),
    ("2026-05-01 00:00", ("30d",), 4, 2, (2, 4), 1, (6300, 6300, 10350)),
]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row[0]} {row[1]}")
def test_the_golden_sessions(golden: str, row: tuple[Any, ...]) -> None:
    at, windows, started, completed, (done, base), abandoned, durations = row
    found = asked(golden, instant(at))
    for window in windows:
        labels = {"kind": "hiring", "window": window}
        assert value(found, "interviews_started", **labels) == started
        assert value(found, "interviews_completed", **labels) == completed
        assert value(found, "interview_duration_samples", **labels) == completed
        assert value(found, "interviews_ended", outcome="completed", **labels) == completed
        assert value(found, "interviews_ended", outcome="abandoned", **labels) == abandoned
        assert value(found, "interview_completion_base", **labels) == base
        assert value(found, "interview_completion_completed", **labels) == done
        for kind in ("hiring", "all"):
            labels = {"kind": kind, "window": window}
            rate = value(found, "interview_completion_ratio", **labels)
            assert rate is None if base == 0 else same(rate or 0, Fraction(done, base))
            names = [f"interview_duration_{name}_seconds" for name in ("avg", "p50", "p95")]
            assert [value(found, name, **labels) for name in names] == [*(durations or (None,) * 3)]


def test_practice_is_zero_and_its_ratios_are_absent(golden: str) -> None:
    found = asked(golden, NOON)
    practice = {name: n for (name, labels), n in found.items() if ("kind", "practice") in labels}
    assert set(practice.values()) == {0}
    assert not [name for name in practice if name.endswith(("_ratio", "_seconds"))]
    together = {name for name, labels in found if ("kind", "all") in labels}
    assert together
    assert not [name for name in together if not name.endswith(("_ratio", "_seconds"))]


def test_thirty_utc_days_end_at_a_midnight(golden: str) -> None:
    for at, completed in (("2026-04-20 13:00", 0), ("2026-05-01 00:00", 2)):
        found = asked(golden, instant(at))
        for lag in "0123":
            assert value(found, "interviews_completed_utc_30d", kind="hiring", lag_days=lag) == completed
            assert value(found, "interviews_completed_utc_30d", kind="practice", lag_days=lag) == 0


def test_each_stage_is_part_of_the_one_before(golden: str) -> None:
    found = asked(golden, NOON)
    for window, sessions in {"24h": [0, 0, 0, 0], "7d": [5, 4, 1, 0], "30d": [5, 4, 1, 0]}.items():
        labels = {"kind": "hiring", "window": window}
        assert [value(found, "interview_pipeline_sessions", stage=stage, **labels) for stage in STAGES] == sessions
        for n in range(3):
            step = {"from": STAGES[n], "to": STAGES[n + 1], "kind": "all", "window": window}
            rate = value(found, "interview_pipeline_conversion_ratio", **step)
            assert rate == (sessions[n + 1] / sessions[n] if sessions[n] else None)


def test_a_null_score_is_no_sample(golden: str) -> None:
    found = asked(golden, NOON)
    absent = ("interview_score_avg_ratio", "interview_high_performer_ratio", "interview_progress_avg_ratio")
    assert not [name for name, _ in found if name.removeprefix("jobhive_") in absent]
    counted = ("interview_scored", "interview_high_performer_base", "interview_progress_samples")
    assert {n for (name, _), n in found.items() if name.removeprefix("jobhive_") in counted} == {0}


@pytest.mark.parametrize("column", ["behavioral_score", "duration", "technical_accuracy", "completion_percentage"])
def test_a_score_that_a_deployment_lacks_takes_only_its_own_values(golden: str, column: str) -> None:
    found, notes = collected(golden, NOON, {}, {"session": {"columns": {column: None}}})
    assert value(found, "interviews_completed", kind="hiring", window="24h") == 1
    assert notes == collected(golden, NOON, {}, {})[1]


def scored(url: str, *rows: tuple[float | str, float | str]) -> dict[Key, Value]:
    """Complete a session for each pair of completion and technical score."""
    sessions = ", ".join(
        f"(1, 'completed', '2026-04-20 10:00Z', '2026-04-20 10:00Z', '2026-04-20 11:00Z', '{one}', '{other}')"
        for one, other in rows
    )
    execute(
        url,
        f"""INSERT INTO accounts_user (id, date_joined) VALUES (1, '2025-01-01Z');
        INSERT INTO interviews_interviewsession
            (user_id, status, created_at, start_time, end_time, completion_percentage, technical_accuracy)
        VALUES {sessions}""",
    )
    return asked(url, NOON)


def test_high_performers_reach_both_thresholds(database: str) -> None:
    found = scored(
        database, (80, 75), (79.99, 75), (80, 74.99), (100, 100), ("NaN", 90), (90, "Infinity"), (90, 100.01)
    )
    labels = {"kind": "hiring", "window": "24h"}
    assert value(found, "interview_high_performers", **labels) == 2
    assert value(found, "interview_high_performer_base", **labels) == 4
    assert value(found, "interview_high_performer_ratio", **labels) == 0.5
    assert value(found, "interview_scored", dimension="technical", **labels) == 5
    assert value(found, "interview_scored", dimension="completion", **labels) == 6
    assert value(found, "interview_scored", dimension="behavioral", **labels) == 0
    assert value(found, "interview_pipeline_sessions", stage="passed", **labels) == 5


def test_a_duration_that_cannot_be_is_no_sample(golden: str) -> None:
    execute(
        golden,
        """INSERT INTO interviews_interviewsession (user_id, status, created_at, start_time, end_time) VALUES
        (1, 'completed', '2026-04-18Z', '2026-04-19 12:00Z', '2026-04-19 11:59Z'),
        (1, 'completed', '2026-04-18Z', '2026-04-18 11:00Z', '2026-04-19 11:00:00.000001Z')""",
    )
    found = asked(golden, NOON)
    assert value(found, "interviews_completed", kind="hiring", window="7d") == 3
    assert value(found, "interview_duration_samples", kind="hiring", window="7d") == 1
    assert value(found, "interview_duration_avg_seconds", kind="all", window="7d") == 1800


# Status, ended_at, scheduled_at, start and creation in days before T, and the windows in which it is over.
ENDINGS = [
    ("no_show", None, 2, None, 40, "no_show", "7d 30d"),
    ("no_show", 0.5, 2, None, 40, "no_show", "24h 7d 30d"),
    ("no_show", None, None, None, 10, "no_show", "30d"),
    ("cancelled", None, 2, None, 10, "cancelled", "30d"),
    ("abandoned", None, None, 2, 40, "abandoned", "7d 30d"),
    ("completed", None, None, 2, 3, "completed", ""),
    ("in_progress", 2, None, 3, 40, "other", "7d 30d"),
    ("mystery", 1, None, None, 40, "other", "24h 7d 30d"),
    ("mystery", None, None, 2, 3, "other", ""),
    ("abandoned", 0, None, 2, 3, "abandoned", ""),
    ("abandoned", 30, None, 31, 31, "abandoned", "30d"),
]


@pytest.mark.parametrize("row", ENDINGS, ids=str)
def test_when_a_session_is_over(database: str, row: tuple[Any, ...]) -> None:
    status, *days, outcome, windows = row
    instants = ", ".join("NULL" if day is None else f"'{NOON - timedelta(days=day)}'" for day in days)
    execute(
        database,
        f"""INSERT INTO accounts_user (id, date_joined) VALUES (1, '2025-01-01Z');
        INSERT INTO interviews_interviewsession (user_id, status, end_time, scheduled_at, start_time, created_at)
        VALUES (1, '{status}', {instants})""",
    )
    found = asked(database, NOON)
    over = {key: n for key, n in found.items() if key[0] == "jobhive_interviews_ended" and n}
    assert {(dict(labels)["outcome"], dict(labels)["window"]) for _, labels in over} == {
        (outcome, w) for w in windows.split()
    }


PIPELINE = """
INSERT INTO accounts_user (id, date_joined, is_staff) VALUES (1, '2025-01-01Z', false), (2, '2025-01-01Z', true);
INSERT INTO jobs_job (id) VALUES (1);
INSERT INTO jobs_application (id, job_id, user_id, created_at, stage) VALUES
    (1, 1, 1, '2026-04-01Z', 'Screening'), (2, 1, 1, '2026-04-10Z', 'offer'), (3, 1, 1, '2026-04-19Z', 'phone call'),
    (4, 1, 1, '2026-04-15Z', 'hired'), (5, 1, 1, '2026-04-20 12:00Z', 'applied'), (6, 1, 2, '2026-04-01Z', 'applied');
"""
EVENTS = """
INSERT INTO jobs_applicationstageevent (id, application_id, occurred_at, to_stage) VALUES
    (10, 2, '2026-04-11Z', 'screening'), (12, 2, '2026-04-13Z', 'OFFER'), (13, 2, '2026-04-13Z', 'interview'),
    (14, 2, '2026-04-14Z', 'Interview'), (15, 2, '2026-04-20 12:00Z', 'hired'),
    (16, 4, '2026-04-18Z', 'hired'), (17, 4, '2026-04-19 18:00Z', 'rejected'), (18, 4, '2026-04-20 06:00Z', 'hired'),
    (19, 3, '2026-04-21Z', 'applied'), (20, 6, '2026-04-20Z', 'hired');
"""


def test_applications_by_stage(database: str) -> None:
    execute(database, PIPELINE)
    # Without an event the column tells; names that nobody listed are other.
    assert candidates(asked(database, NOON)) == {"screening": 1, "offer": 1, "other": 1, "hired": 1}
    # With a log it is the last event before T, by time and then by id; one to come says that it is still in the first.
    execute(database, EVENTS)
    assert candidates(asked(database, NOON)) == {"screening": 1, "interview": 1, "applied": 1, "hired": 1}


def candidates(found: dict[Key, Value]) -> dict[str, Value]:
    return {dict(key[1])["stage"]: n for key, n in found.items() if key[0] == "jobhive_pipeline_candidates" and n}


def test_exits_and_hires(database: str) -> None:
    execute(database, PIPELINE + EVENTS)
    found, day = asked(database, NOON), 86400
    exits = {stage: value(found, "pipeline_stage_exits", stage=stage, window="30d") for stage in Options().stages}
    assert exits == {"applied": 2, "screening": 1, "interview": 0, "offer": 1, "hired": 1, "rejected": 1}
    stays = [("applied", 2 * day), ("screening", 2 * day), ("offer", 0), ("hired", 1.75 * day), ("rejected", day / 2)]
    for stage, seconds in stays:
        assert value(found, "pipeline_stage_duration_p50_seconds", stage=stage, window="30d") == seconds
    rates = {("applied", "screening"): 1, ("screening", "interview"): 1, ("interview", "offer"): None}
    rates[("offer", "hired")] = 0
    for (stage, to), rate in rates.items():
        assert value(found, "pipeline_conversion_ratio", **{"from": stage, "to": to, "window": "30d"}) == rate
    assert [value(found, "pipeline_hires", window=window) for window in ("24h", "7d", "30d")] == [0, 1, 1]
    assert value(found, "time_to_hire_p50_seconds", window="7d") == 3 * day
    assert value(found, "time_to_hire_p50_seconds", window="24h") is None


def give_companies(url: str) -> None:
    execute(
        url,
        """INSERT INTO companies_company (id) VALUES (7), (8);
        INSERT INTO jobs_job (id, company_id) VALUES (1, 7), (2, 8);
        UPDATE interviews_interviewsession SET job_id = 1 WHERE id IN (1, 2);
        UPDATE interviews_interviewsession SET job_id = 2 WHERE id = 3""",
    )


def test_companies_have_series_of_their_own(golden: str) -> None:
    give_companies(golden)
    found = asked(golden, NOON, per_company=[{"id": 7, "label": "acme"}, {"id": 9, "label": "beta"}])
    labels = {"kind": "hiring", "window": "24h"}
    assert value(found, "company_interviews_started", company="acme", **labels) == 2
    assert value(found, "company_interviews_completed", company="acme", **labels) == 1
    assert value(found, "company_interview_duration_avg_seconds", company="acme", kind="all", window="24h") == 1800
    assert value(found, "company_interviews_started", company="beta", **labels) == 0
    assert value(found, "interviews_started", **labels) == 3


def figures_of(url: str, at: datetime, window: Window) -> dict[Key, Value]:
    with source(url, Definitions()) as database:
        samples = database.read(30, lambda reader: of_sessions(reader, Definitions(), at, window))
    return {(sample.name, frozenset(sample.labels)): sample.value for sample in samples}


def sessions_of(found: dict[Key, Value], key: str, renamed: str) -> dict[Key, Value]:
    """Return the samples of everyone's sessions in one window, with another key of the window."""
    return {
        (name, labels - {("window", key)} | {("window", renamed)}): value
        for (name, labels), value in found.items()
        if ("window", key) in labels and {"kind"} <= dict(labels).keys()
    }


@pytest.mark.parametrize(("days", "key"), [(1, "24h"), (7, "7d"), (30, "30d")])
def test_any_period_can_be_asked_for(golden: str, days: int, key: str) -> None:
    found = figures_of(golden, NOON, Window("range", NOON - timedelta(days=days), NOON))
    assert value(found, "interviews_started", kind="hiring", window="range")
    assert found == sessions_of(asked(golden, NOON), key, "range")


def test_a_later_day_does_not_change_what_is_counted_of_an_earlier_one(golden: str) -> None:
    window, counted = Window("range", NOON - timedelta(days=1), NOON), ("interviews_started", "interviews_completed")
    found = [figures_of(golden, at, window) for at in (NOON, NOON + timedelta(days=30))]
    one, other = ([value(each, name, kind="hiring", window="range") for name in counted] for each in found)
    assert one == other == [3, 1]


def test_the_interviews_of_one_company_can_be_asked_for(golden: str) -> None:
    give_companies(golden)
    found, _ = filtered_by(golden, 7, Window("24h", NOON - timedelta(days=1), NOON))
    expected = {
        (name.replace("company_", "", 1), labels - {("company", "acme")}): value
        for (name, labels), value in asked(golden, NOON, per_company=[{"id": 7, "label": "acme"}]).items()
        if {("company", "acme"), ("window", "24h")} <= labels
    }
    assert expected
    assert {key: found[key] for key in expected} == expected
    assert value(found, "interviews_ended", kind="hiring", outcome="completed", window="24h") == 1
    assert value(found, "interview_duration_p50_seconds", kind="all", window="24h") == 1800


def filtered_by(url: str, company: int | None, window: Window, **tables: Any) -> tuple[dict[Key, Value], set[Note]]:
    definitions = Definitions(tables=mapped(tables))
    with source(url, definitions) as database:
        found = database.read(30, lambda reader: filtered(reader, definitions, Options(), NOON, window, company))
    return {(sample.name, frozenset(sample.labels)): sample.value for sample in found.samples}, set(found.notes)


def test_applications_that_name_no_job_cannot_be_told_by_company(golden: str) -> None:
    window, lacking = Window("7d", NOON - timedelta(days=7), NOON), {"columns": {"job_id": None}}
    for company, reason in ((7, "column_unmapped"), (None, None)):
        found, notes = filtered_by(golden, company, window, application=lacking)
        assert value(found, "pipeline_candidates", stage="applied") == (None if reason else 0)
        assert disabled(notes).get("jobhive_pipeline_candidates") == reason
        assert disabled(notes).get("jobhive_pipeline_hires") == reason


def disabled(notes: set[Note]) -> dict[str, str]:
    return {note.family: note.reason for note in notes if not note.family.startswith("jobhive_company_")}


def test_what_a_deployment_lacks_is_disabled_with_its_reason(database: str) -> None:
    found, notes = collected(database, NOON, {}, {})
    assert disabled(notes) == {}
    assert {note.reason for note in notes} == {"not_enabled"}
    assert {name for name, _ in found if name.startswith("jobhive_company_")} == set()

    execute(database, "DROP TABLE jobs_applicationstageevent")
    found, notes = collected(database, NOON, {}, {})
    events = {f"jobhive_pipeline_{name}" for name in ("conversion_ratio", "hires", "stage_exits")}
    events |= {"jobhive_pipeline_stage_duration_p50_seconds", "jobhive_time_to_hire_p50_seconds"}
    assert disabled(notes) == dict.fromkeys(events, "table_unmapped")
    assert value(found, "pipeline_candidates", stage="applied") == 0

    found, notes = collected(database, NOON, {}, {"application": {"columns": {"stage": None}}})
    assert disabled(notes) == dict.fromkeys(events | {"jobhive_pipeline_candidates"}, "column_unmapped")
    assert not [name for name, _ in found if name.startswith("jobhive_pipeline_")]


def test_who_left_a_stage_before_the_application_was_made_was_never_there(database: str) -> None:
    execute(
        database,
        PIPELINE
        + """INSERT INTO jobs_applicationstageevent (application_id, occurred_at, to_stage) VALUES
        (4, '2026-04-14Z', 'interview'), (4, '2026-04-14 12:00Z', 'hired')""",
    )
    found = asked(database, NOON)
    assert value(found, "pipeline_stage_exits", stage="applied", window="30d") == 0
    assert value(found, "pipeline_stage_exits", stage="interview", window="30d") == 1
    assert value(found, "pipeline_hires", window="30d") == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stages": ["applied", "Applied"]}, "a stage stands there twice"),
        ({"stages": ["applied", "other"]}, "other is the name for all stages that are not listed"),
        ({"stages": [str(n) for n in range(9)]}, "at most 8 items"),
        ({"per_company": [{"id": 1, "label": "a"}, {"id": 1, "label": "b"}]}, "1 stands there twice"),
        ({"per_company": [{"id": 1, "label": "a"}, {"id": 2, "label": "a"}]}, "'a' stands there twice"),
        ({"per_company": [{"id": n, "label": str(n)} for n in range(51)]}, "at most 50 items"),
        ({"pass": {"dimension": "charm"}}, "'technical', 'behavioral' or 'completion'"),
        ({"high_performer_technical": 75}, "less than or equal to 1"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Options.model_validate(options)
