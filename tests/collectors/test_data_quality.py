"""The checks: each is seen by one row that breaks it alone, at the edges of its horizon, and not where it is unmapped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.base import Run
from collectors.data_quality import Collector, Options
from collectors.data_quality.families import CHECKS, TABLES
from collectors.data_quality.sessions import CHECKS as SESSION_CHECKS
from collectors.definitions import Definitions, Features, Interviews
from collectors.mapping import mapped
from exporter.model import Result, Value
from tests.collectors.asking import Key, ask, source
from tests.conftest import execute

NOON = datetime(2026, 4, 20, 12, tzinfo=UTC)
# They come with what other collectors dropped.
REPORTED = {
    *(("aws", "missing_day"), ("aws", "sum_mismatch")),
    *(("activity", "duration_too_long"), ("subscription", "movement_identity")),
    *(("redis", "legacy_member"), ("redis", "sample_invalid")),
    ("datadog", "unit_unknown"),
    *(("user_session", "duration_too_long"), ("user_session", "negative_duration")),
}
PEOPLE = """
INSERT INTO accounts_user (id, date_joined, is_staff) VALUES (1, '2025-01-01Z', false), (2, '2025-01-01Z', true);
INSERT INTO interviews_interviewsession (id, user_id, status, created_at, start_time, end_time) VALUES
    (1, 1, 'abandoned', '2026-01-01Z', '2026-01-01Z', '2026-01-01 01:00Z'),
    (2, 2, 'abandoned', '2026-01-01Z', '2026-01-01Z', '2026-01-01 01:00Z');
INSERT INTO jobs_job (id) VALUES (1);
"""


def asked(url: str, at: datetime = NOON, **changes: Any) -> dict[Key, Value]:
    definitions = Definitions(tables=mapped(changes.pop("tables", {})), **changes)
    with source(url, definitions) as database:
        return ask("data_quality", database, at, definitions)[0]


def broken(found: dict[Key, Value]) -> dict[tuple[str, str], Value]:
    """Return the checks that some row breaks, as (table, check)."""
    return {check: n for check, n in rows(found).items() if n}


def rows(found: dict[Key, Value]) -> dict[tuple[str, str], Value]:
    pairs = ((dict(labels), n) for (name, labels), n in found.items() if name == "jobhive_data_quality_rows")
    return {(labels["table"], labels["check"]): n for labels, n in pairs}


def newest(found: dict[Key, Value]) -> dict[str, Value]:
    name = "jobhive_source_newest_row_timestamp_seconds"
    return {dict(labels)["table"]: n for (family, labels), n in found.items() if family == name}


def insert(table: str, **values: str) -> str:
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())});\n"


def sentiment(**values: str) -> str:
    return insert(
        "interviews_sentimentsession", **{"interview_session_id": "1", "created_at": "'2026-04-19Z'"} | values
    )


def assessment(**values: str) -> str:
    return insert(
        "assessments_skillassessment", **{"interview_session_id": "1", "created_at": "'2026-04-19Z'"} | values
    )


def recommendation(**values: str) -> str:
    return insert("recommendations_recommendation", **{"user_id": "1", "created_at": "'2026-04-19Z'"} | values)


def activity(**values: str) -> str:
    return insert("analytics_useractivity", **{"user_id": "1", "occurred_at": "'2026-04-19Z'"} | values)


def application(**values: str) -> str:
    sound = {"id": "1", "user_id": "1", "job_id": "1", "created_at": "'2026-04-10Z'", "stage": "'applied'"}
    return insert("jobs_application", **sound | values)


def event(stage: str, at: str) -> str:
    return insert("jobs_applicationstageevent", application_id="1", to_stage=f"'{stage}'", occurred_at=f"'{at}Z'")


# One row, and the checks of its table that it breaks.
SENTIMENT = [
    ({"predicted_label": "'Positive'", "human_label": "''"}, ""),
    ({"predicted_label": "'mixed'"}, "label_unknown"),
    ({"human_label": "'mixed'", "predicted_label": "'mixed'"}, "label_unknown"),
    ({"human_label": "'mixed'"}, "label_unknown"),
    ({"confidence": "0"}, ""),
    ({"confidence": "1"}, ""),
    ({"confidence": "1.0001"}, "confidence_out_of_range"),
    ({"confidence": "-0.0001"}, "confidence_out_of_range"),
    ({"confidence": "'NaN'"}, "confidence_out_of_range"),
    ({"positive_score": "1"}, ""),
    ({"positive_score": "1.0001"}, "score_out_of_range"),
    ({"positive_score": "'-Infinity'"}, "score_out_of_range"),
    ({"positive_score": "'NaN'"}, "score_out_of_range"),
    ({"processing_time_ms": "0"}, ""),
    ({"processing_time_ms": "1e12"}, ""),
    ({"processing_time_ms": "-0.1"}, "processing_time_invalid"),
    ({"processing_time_ms": "'Infinity'"}, "processing_time_invalid"),
    ({"processing_time_ms": "'NaN'"}, "processing_time_invalid"),
]
ASSESSMENT = [
    ({"accumulated_score": "1", "human_score": "0"}, ""),
    ({"accumulated_score": "1.01"}, "score_out_of_range"),
    ({"human_score": "'NaN'", "accumulated_score": "2"}, "score_out_of_range"),
    ({"human_score": "-1"}, "score_out_of_range"),
    ({"confidence": "2"}, "confidence_out_of_range"),
    ({"human_validated": "true"}, "validated_without_judgement"),
    ({"human_validated": "true", "human_score": "0.5"}, ""),
    ({"human_validated": "true", "human_agrees": "false"}, ""),
    ({"human_validated": "false"}, ""),
]
RECOMMENDATION = [
    ({"rating": "1"}, ""),
    ({"rating": "5"}, ""),
    ({"rating": "0"}, "rating_out_of_range"),
    ({"rating": "6"}, "rating_out_of_range"),
    ({"accepted_at": "'2026-04-19Z'"}, ""),
    ({"accepted_at": "'2026-04-18 23:59:59.999999Z'"}, "accepted_before_created"),
    ({"user_id": "NULL"}, "user_missing"),
]
ACTIVITY = [
    ({"feature": "''"}, ""),
    ({"feature": "'Learning_Path'"}, ""),
    ({"feature": "'export'"}, "feature_unknown"),
    ({"feature": "'export'", "occurred_at": "'2026-03-21 12:00Z'"}, "feature_unknown"),
    ({"feature": "'export'", "occurred_at": "'2026-03-21 11:59:59.999999Z'"}, ""),
    ({"feature": "'export'", "occurred_at": "'2026-04-20 12:00Z'"}, ""),
    ({"occurred_at": "'2026-04-20 12:01Z'"}, ""),
    ({"occurred_at": "'2026-04-20 12:01:00.000001Z'"}, "future_date"),
]
MADE = {
    "sentiment": (sentiment, SENTIMENT),
    "assessment": (assessment, ASSESSMENT),
    "recommendation": (recommendation, RECOMMENDATION),
    "activity": (activity, ACTIVITY),
}


@pytest.mark.parametrize(
    ("table", "values", "check"), [(table, *row) for table, (_, all_) in MADE.items() for row in all_]
)
def test_one_row_breaks_one_check(database: str, table: str, values: dict[str, str], check: str) -> None:
    execute(database, PEOPLE + MADE[table][0](**values))
    assert broken(asked(database)) == ({(table, check): 1} if check else {})


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("sentiment", {"confidence": "2"}),
        ("assessment", {"confidence": "2"}),
        ("recommendation", {"rating": "9"}),
    ],
)
def test_rows_are_looked_at_for_thirty_days_whoever_they_are_of(
    database: str, table: str, values: dict[str, str]
) -> None:
    edges = ["2026-03-21 11:59:59.999999Z", "2026-03-21 12:00Z", "2026-04-20 11:59:59.999999Z", "2026-04-20 12:00Z"]
    of_staff = {"user_id": "2"} if table == "recommendation" else {"interview_session_id": "2"}
    made = (MADE[table][0](**values, **of_staff, created_at=f"'{edge}'") for edge in edges)
    execute(database, PEOPLE + "".join(made))
    found = asked(database)
    assert list(broken(found).values()) == [2]
    assert newest(found)[table] == datetime(2026, 4, 20, 11, 59, 59, 999999, tzinfo=UTC).timestamp()
    with source(database, Definitions()) as opened:
        run = Run(NOON, 30, Definitions())
        week = Collector(Options.model_validate({"horizon": "7d"}), opened).collect(run).samples
    assert sum(sample.value for sample in week if sample.name == "jobhive_data_quality_rows") == 1


# Stage of the row, events, and whether the stage at noon is one that nobody listed.
STAGES: list[tuple[str, str, int]] = [
    ("Screening", "", 0),
    ("phone call", "", 1),
    ("", "", 1),
    ("phone call", event("INTERVIEW", "2026-04-19"), 0),
    ("applied", event("phone call", "2026-04-19"), 1),
    ("applied", event("phone call", "2026-04-18") + event("offer", "2026-04-19"), 0),
    ("applied", event("offer", "2026-04-19") + event("limbo", "2026-04-19"), 1),
    ("applied", event("limbo", "2026-04-19") + event("offer", "2026-04-19"), 0),
    ("phone call", event("limbo", "2026-04-20 12:00"), 0),
]


@pytest.mark.parametrize(("stage", "events", "unknown"), STAGES)
def test_a_stage_that_nobody_listed(database: str, stage: str, events: str, unknown: int) -> None:
    execute(database, PEOPLE + application(stage=f"'{stage}'", user_id="2") + events)
    assert rows(asked(database))["application", "stage_unknown"] == unknown


def test_without_a_log_of_stages_the_column_tells(database: str) -> None:
    execute(database, PEOPLE + application(stage="'phone call'") + event("offer", "2026-04-19"))
    found = asked(database, tables={"stage_event": {"columns": {"to_stage": None}}})
    assert broken(found) == {("application", "stage_unknown"): 1}
    listed = Interviews(stages=("applied", "phone call", "hired"))
    assert broken(asked(database, interviews=listed)) == {("application", "stage_unknown"): 1}
    execute(database, "DROP TABLE jobs_applicationstageevent")
    assert broken(asked(database, interviews=listed)) == {}


def test_applications_are_looked_at_by_when_they_were_made(database: str) -> None:
    made = ["2026-03-21 11:59:59.999999Z", "2026-03-21 12:00Z", "2026-04-20 11:59:59.999999Z", "2026-04-20 12:00Z"]
    many = (application(id=str(n), stage="'limbo'", created_at=f"'{at}'") for n, at in enumerate(made))
    execute(database, PEOPLE + "".join(many))
    assert broken(asked(database)) == {("application", "stage_unknown"): 2}


def test_words_of_the_log_that_are_no_feature_on_purpose(database: str) -> None:
    execute(database, PEOPLE + activity(feature="'Export'") + activity(feature="'dashboard'"))
    meaning = Features(activity_values={"ai_feedback": ("insights",)}, ignored_values=("export",))
    assert broken(asked(database, features=meaning)) == {("activity", "feature_unknown"): 1}
    meaning = Features(activity_values={"ai_feedback": ()})
    assert broken(asked(database, features=meaning)) == {("activity", "feature_unknown"): 2}


def skills(*categories: str) -> str:
    return "".join(
        insert("assessments_skill", id=str(n), category="NULL" if name == "NULL" else f"'{name}'")
        for n, name in enumerate(categories, 1)
    )


def assessed(skill: int, *, days: float = 2, session: int = 1) -> str:
    at = f"'{NOON - timedelta(days=days)}'"
    return assessment(skill_id=str(skill), created_at=at, interview_session_id=str(session))


def test_categories_beyond_the_twentieth_are_folded(database: str) -> None:
    """Of 21 categories assessed once the last by name is folded; Z is before a, whatever the locale."""
    names = [*(f"c{n:02}" for n in range(20)), "Zoology"]
    execute(database, PEOPLE + skills(*names) + "".join(assessed(n) for n in range(1, 22)))
    assert broken(asked(database)) == {("assessment", "category_folded"): 1}
    # In 90 days c19 was assessed more often than any other.
    execute(database, assessed(20, days=89))
    assert broken(asked(database)) == {("assessment", "category_folded"): 1}
    execute(database, assessed(19, days=80) + assessed(19))
    # Now c17 is the last of those with one assessment.
    assert broken(asked(database)) == {("assessment", "category_folded"): 1}
    execute(database, "UPDATE assessments_skill SET category = 'c00' WHERE id = 18")
    assert broken(asked(database)) == {}


def test_what_staff_tried_counts_as_all_else(database: str) -> None:
    names = [f"c{n:02}" for n in range(21)]
    execute(database, PEOPLE + skills(*names) + "".join(assessed(n, session=2) for n in range(1, 21)))
    assert broken(asked(database)) == {}
    execute(database, assessed(21))
    assert broken(asked(database)) == {("assessment", "category_folded"): 1}
    # Now c20 is the first, and c19 the last: what was 91 days ago does not help it.
    execute(database, assessed(21, days=90) + assessed(20, days=91) * 2)
    assert broken(asked(database)) == {("assessment", "category_folded"): 1}


def test_what_has_no_category_is_not_folded(database: str) -> None:
    names = [*(f"c{n:02}" for n in range(20)), "NULL", ""]
    execute(database, PEOPLE + skills(*names) + "".join(assessed(n) for n in range(1, 23)) + assessment())
    assert broken(asked(database)) == {}


OPTIONAL = {
    ("sentiment", "predicted_label"): {},
    ("sentiment", "confidence"): {"confidence_out_of_range"},
    ("sentiment", "positive_score"): {"score_out_of_range"},
    ("sentiment", "processing_time_ms"): {"processing_time_invalid"},
    ("assessment", "skill_id"): {"category_folded"},
    ("assessment", "human_validated"): {"validated_without_judgement"},
    ("assessment", "human_agrees"): {},
    ("assessment", "accumulated_score"): {},
    ("recommendation", "user_id"): {"user_missing"},
    ("recommendation", "rating"): {"rating_out_of_range"},
    ("recommendation", "accepted_at"): {"accepted_before_created"},
    ("activity", "feature"): {"feature_unknown"},
    ("skill", "category"): {"category_folded"},
}


@pytest.mark.parametrize("column", OPTIONAL, ids=".".join)
def test_a_check_whose_column_is_unmapped_is_not_made(database: str, column: tuple[str, str]) -> None:
    table, name = column
    found = rows(asked(database, tables={table: {"columns": {name: None}}}))
    of = "assessment" if table == "skill" else table
    assert set(CHECKS) - REPORTED - found.keys() == {(of, check) for check in OPTIONAL[column]}
    assert set(found.values()) == {0}


def test_two_columns_of_one_check(database: str) -> None:
    labels = {"columns": {"predicted_label": None, "human_label": None}}
    scores = {"columns": {"accumulated_score": None, "human_score": None, "human_agrees": None}}
    found = rows(asked(database, tables={"sentiment": labels, "assessment": scores}))
    assert set(CHECKS) - REPORTED - found.keys() == {
        *(("sentiment", "label_unknown"), ("assessment", "score_out_of_range")),
        ("assessment", "validated_without_judgement"),
    }


def test_every_check_is_zero_in_an_empty_company(database: str) -> None:
    found = asked(database)
    assert rows(found) == dict.fromkeys(set(CHECKS) - REPORTED, 0)
    assert newest(found) == {}


@pytest.mark.parametrize("table", ["sentiment", "assessment", "recommendation", "session", "user", "plan"])
def test_a_table_that_a_deployment_does_without_takes_its_own_checks_only(golden: str, table: str) -> None:
    whole, found = rows(asked(golden)), rows(asked(golden, tables={table: {"columns": {"id": None}}}))
    lost = {check for check in whole if check not in found}
    own = {check for check in whole if check[0] == table}
    # Sessions are read with their users.
    beside = {check for check in whole if check[0] == "session"} if table == "user" else set()
    assert lost == own | beside
    assert {check: whole[check] for check in found} == found


def test_optional_tables_may_be_missing(golden: str) -> None:
    execute(golden, "DROP TABLE analytics_useractivity, jobs_application, assessments_skill CASCADE")
    found = asked(golden)
    lost = {check for table, check in set(CHECKS) - REPORTED - rows(found).keys()}
    assert lost == {"future_date", "feature_unknown", "stage_unknown", "category_folded"}
    assert "activity" not in newest(found)


def test_the_golden_rows(golden: str) -> None:
    found = asked(golden)
    assert broken(found) == {
        ("session", "progress_null"): 1,
        ("session", "score_null"): 1,
        ("subscription", "past_due_since_unknown"): 1,
    }
    assert set(SESSION_CHECKS) == {check for table, check in rows(found) if table == "session"}
    instants = {
        "user": "2026-03-01 00:00",
        "session": "2026-04-20 11:00",
        "subscription": "2026-04-01 00:00",
        "activity": "2026-04-10 09:00",
    }
    expected = {table: datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() for table, text in instants.items()}
    assert newest(found) == expected
    assert set(TABLES) > set(expected)


def test_what_others_dropped_is_reported(golden: str) -> None:
    peer = Result("engagement", NOON, NOON, 0.1, (), dropped={("user_session", "negative_duration"): 4})
    with source(golden, Definitions()) as database:
        run = Run(NOON, 30, Definitions(), peers={"engagement": peer})
        samples = Collector(Options(), database).collect(run).samples
    found = {(sample.name, frozenset(sample.labels)): sample.value for sample in samples}
    assert rows(found)["user_session", "negative_duration"] == 4
    assert not REPORTED - {("user_session", "negative_duration")} & rows(found).keys()


def test_rows_to_come_change_nothing_but_the_checks_of_the_future(golden: str) -> None:
    before = rows(asked(golden))
    later = "'2026-04-20 12:00Z'"
    execute(
        golden,
        "INSERT INTO jobs_job (id) VALUES (1);"
        + sentiment(created_at=later, confidence="2")
        + assessment(created_at=later, confidence="2")
        + recommendation(created_at=later, rating="9")
        + activity(occurred_at=later, feature="'export'")
        + application(created_at=later, stage="'limbo'"),
    )
    assert rows(asked(golden)) == before
