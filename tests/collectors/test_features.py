"""Features on the golden data set (its document has the values), on edges, and where a source is missing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.base import Harvest, Run, Unmapped, complete
from collectors.definitions import Definitions, Features, Population
from collectors.features import Collector, Options, families
from collectors.mapping import mapped
from exporter.model import Note, SourceError, Value
from tests.collectors.asking import Key, ask, source
from tests.conftest import execute

NOON = datetime(2026, 4, 20, 12, tzinfo=UTC)
FEATURES = ("interview_practice", "ai_feedback", "learning_paths", "analytics_dashboard", "skill_assessments")
WINDOWS = ("24h", "7d", "30d")
COUNTS = ("feature_events", "feature_users", "feature_adopters")
USERS = """INSERT INTO accounts_user (id, date_joined, is_staff) VALUES
    (1, '2025-01-01Z', false), (2, '2025-01-01Z', false), (3, '2025-01-01Z', true), (4, '2026-04-20 12:00Z', false);\n"""


def asked(url: str, at: datetime = NOON, **changes: Any) -> tuple[dict[Key, Value], Harvest]:
    tables = mapped(changes.pop("tables", {}))
    definitions = Definitions(tables=tables, **changes)
    with source(url, definitions) as database:
        return ask("features", database, at, definitions)


def value(found: dict[Key, Value], name: str, **labels: str) -> Value | None:
    return found.get((f"jobhive_{name}", frozenset(labels.items())))


def counts(found: dict[Key, Value], feature: str, window: str = "30d") -> tuple[Value | None, ...]:
    """Return events, users and adopters."""
    return tuple(value(found, name, feature=feature, window=window) for name in COUNTS)


def uses(feature: str, *rows: tuple[int, str]) -> str:
    """Log that a user used a feature at an instant."""
    values = ", ".join(f"({user}, '{at}Z', '{feature}')" for user, at in rows)
    return f"INSERT INTO analytics_useractivity (user_id, occurred_at, feature) VALUES {values};\n"


def practice(*rows: tuple[int, str, str, str]) -> str:
    """Make practice interviews: user, status, start and end."""
    values = ", ".join(f"({user}, '{status}', true, '2026-01-01Z', {a}, {b})" for user, status, a, b in rows)
    return f"""INSERT INTO interviews_interviewsession
        (user_id, status, is_practice, created_at, start_time, end_time) VALUES {values};\n"""


def test_the_golden_users_used_nothing(golden: str) -> None:
    found, harvest = asked(golden)
    assert [value(found, "feature_adoption_base", window=window) for window in WINDOWS] == [0, 0, 2]
    for feature in FEATURES:
        for window in WINDOWS:
            assert counts(found, feature, window) == (0, 0, 0)
        assert value(found, "feature_adoption_ratio", feature=feature, window="30d") == 0
        assert value(found, "feature_adoption_ratio", feature=feature, window="7d") is None
    bases = {key: n for key, n in found.items() if key[0] == "jobhive_feature_completion_base"}
    assert len(bases) == 6
    assert set(bases.values()) == {0}
    assert not {name for name, _ in found if name.endswith(("_per_user_avg", "_completion_ratio"))}
    assert harvest.notes == ()


def test_windows_are_half_open_to_the_microsecond(database: str) -> None:
    edges = [
        *("2026-04-20 11:59:59.999999", "2026-04-20 12:00", "2026-04-19 12:00", "2026-04-19 11:59:59.999999"),
        *("2026-04-13 12:00", "2026-03-21 12:00", "2026-03-21 11:59:59.999999", "2026-04-21 12:00"),
    ]
    execute(database, USERS + uses("dashboard", *((1, edge) for edge in edges)))
    found, _ = asked(database)
    assert [counts(found, "analytics_dashboard", window) for window in WINDOWS] == [(2, 1, 1), (4, 1, 1), (5, 1, 1)]


# What is written, the feature, and (events, users, adopters) of it; only user 1 was active in the log otherwise.
SOURCES: list[tuple[str, str, tuple[int, int, int]]] = [
    (uses("AI_Feedback", (1, "2026-04-19"), (1, "2026-04-18"), (2, "2026-04-18")), "ai_feedback", (3, 2, 2)),
    (uses("Dashboard", (2, "2026-04-19"), (3, "2026-04-19")), "analytics_dashboard", (1, 1, 1)),
    (uses("learning_path", (1, "2026-04-19")), "learning_paths", (0, 0, 0)),
    (
        "INSERT INTO learning_enrolment (user_id, started_at) VALUES (1, '2026-04-01Z'), (2, '2026-04-01Z'), (3, '2026-04-01Z')",
        "learning_paths",
        (2, 2, 1),
    ),
    (
        practice((1, "completed", "'2026-04-19Z'", "'2026-04-19 01:00Z'"), (2, "scheduled", "NULL", "NULL")),
        "interview_practice",
        (1, 1, 1),
    ),
    (practice((1, "in_progress", "'2026-04-19Z'", "NULL")) * 2, "interview_practice", (2, 1, 1)),
    (
        practice((1, "completed", "'2026-01-19Z'", "'2026-01-19 01:00Z'"))
        + practice((3, "completed", "'2026-01-19Z'", "'2026-01-19 01:00Z'"))
        + """INSERT INTO assessments_skillassessment (interview_session_id, created_at)
            SELECT id, '2026-04-19Z' FROM interviews_interviewsession""",
        "skill_assessments",
        (1, 1, 1),
    ),
]


@pytest.mark.parametrize(("rows", "feature", "expected"), SOURCES)
def test_where_use_is_recorded(database: str, rows: str, feature: str, expected: tuple[int, int, int]) -> None:
    execute(database, USERS + uses("", (1, "2026-04-01")) + rows)
    found, _ = asked(database)
    assert counts(found, feature) == expected
    if expected[0]:
        assert value(found, "feature_events_per_user_avg", feature=feature, window="30d") == expected[0] / expected[1]
    others = [counts(found, other) for other in FEATURES if other != feature]
    assert set(others) == {(0, 0, 0)}


def test_an_interview_of_the_hiring_kind_is_no_practice(database: str) -> None:
    rows = practice((1, "completed", "'2026-04-19Z'", "'2026-04-19 01:00Z'")).replace("true", "false")
    execute(database, USERS + rows)
    found, _ = asked(database)
    assert counts(found, "interview_practice") == (0, 0, 0)
    assert value(found, "feature_completion_base", feature="interview_practice", window="30d") == 0


def test_adoption_is_of_those_active_in_the_same_window(database: str) -> None:
    """User 1 practised today and was last seen a week ago; user 2 was seen today and never practised."""
    execute(
        database,
        USERS
        + uses("", (1, "2026-04-13 12:00"), (2, "2026-04-20"), (3, "2026-04-20"))
        + practice(
            (1, "completed", "'2026-04-20 10:00Z'", "'2026-04-20 11:00Z'"),
            (3, "completed", "'2026-04-20 10:00Z'", "'2026-04-20 11:00Z'"),
        ),
    )
    found, _ = asked(database)
    rows = {
        window: (
            counts(found, "interview_practice", window),
            value(found, "feature_adoption_base", window=window),
            value(found, "feature_adoption_ratio", feature="interview_practice", window=window),
        )
        for window in WINDOWS
    }
    assert rows == {"24h": ((1, 1, 0), 1, 0), "7d": ((1, 1, 1), 2, 0.5), "30d": ((1, 1, 1), 2, 0.5)}
    everyone, _ = asked(database, population=Population(exclude_staff=False))
    assert counts(everyone, "interview_practice") == (2, 2, 2)
    assert value(everyone, "feature_adoption_base", window="24h") == 2


def test_activity_may_come_from_elsewhere_and_says_so(golden: str) -> None:
    execute(golden, practice((1, "completed", "'2026-04-20 10:00Z'", "'2026-04-20 11:00Z'")))
    bases = {}
    for wanted in ("activity", "derived", "login"):
        found, harvest = asked(golden, activity_source=wanted)
        bases[wanted] = [value(found, "feature_adoption_base", window=window) for window in WINDOWS]
        adopters = value(found, "feature_adopters", feature="interview_practice", window="24h")
        assert adopters == (1 if wanted == "derived" else 0)
        flags = {"derived": "activity_derived", "login": "activity_login_only"}
        names = ("ratio", "base")
        flagged = {f"jobhive_feature_adoption_{name}" for name in names} | {"jobhive_feature_adopters"}
        expected = {Note("approximate", name, flags[wanted]) for name in flagged} if wanted in flags else set()
        assert set(harvest.notes) == expected
    # The values of UE1 in golden.md.
    assert bases == {"activity": [0, 0, 2], "derived": [2, 3, 5], "login": [0, 0, 2]}


def test_completion_of_practice_is_that_of_interviews(database: str) -> None:
    """Of the open ones the young is left out: nobody knows yet what becomes of it."""
    execute(
        database,
        USERS
        + practice(
            (1, "completed", "'2026-04-20 10:00Z'", "'2026-04-20 11:00Z'"),
            (1, "completed", "'2026-04-20 10:00Z'", "'2026-04-20 12:00Z'"),
            (1, "in_progress", "'2026-04-20 08:00Z'", "NULL"),
            (1, "in_progress", "'2026-04-20 07:59:59.999999Z'", "NULL"),
            (2, "abandoned", "'2026-04-14Z'", "'2026-04-14 01:00Z'"),
            (3, "completed", "'2026-04-20 10:00Z'", "'2026-04-20 11:00Z'"),
        ),
    )
    found, _ = asked(database)
    labels = {"feature": "interview_practice"}
    assert [value(found, "feature_completion_base", window=window, **labels) for window in WINDOWS] == [2, 3, 3]
    ratios = [value(found, "feature_completion_ratio", window=window, **labels) for window in WINDOWS]
    assert ratios == [0.5, pytest.approx(1 / 3), pytest.approx(1 / 3)]
    with source(database, Definitions()) as opened:
        interviews, _ = ask("interviews", opened, NOON, Definitions())
    twins = [value(interviews, "interview_completion_ratio", kind="practice", window=window) for window in WINDOWS]
    assert ratios == twins


def test_completion_of_learning_paths(database: str) -> None:
    execute(
        database,
        USERS
        + """INSERT INTO learning_enrolment (user_id, started_at, completed_at) VALUES
        (1, '2026-04-19 12:00Z', '2026-04-20 11:00Z'), (1, '2026-04-20Z', '2026-04-20 12:00Z'),
        (2, '2026-04-14Z', NULL), (3, '2026-04-14Z', '2026-04-15Z'), (2, '2026-03-01Z', '2026-04-20Z')""",
    )
    found, _ = asked(database)
    labels = {"feature": "learning_paths"}
    assert [value(found, "feature_completion_base", window=window, **labels) for window in WINDOWS] == [2, 3, 3]
    ratios = [value(found, "feature_completion_ratio", window=window, **labels) for window in WINDOWS]
    assert ratios == [0.5, pytest.approx(1 / 3), pytest.approx(1 / 3)]


SHOWN = """INSERT INTO recommendations_recommendation (user_id, created_at, shown_at) VALUES
    (1, '2026-04-01Z', '2026-04-19Z'), (1, '2026-04-01Z', '2026-04-20Z'), (3, '2026-04-01Z', '2026-04-19Z'),
    (NULL, '2026-04-01Z', '2026-04-19 13:00Z'), (2, '2026-04-01Z', NULL);\n"""


def test_without_a_log_feedback_is_what_was_shown(database: str) -> None:
    """What was shown to nobody in particular is a use, and no user (metrics.md C9)."""
    execute(database, USERS + SHOWN + uses("ai_feedback", (2, "2026-04-19")))
    logged, _ = asked(database)
    assert counts(logged, "ai_feedback") == (1, 1, 1)
    found, harvest = asked(database, tables={"activity": {"columns": {"feature": None}}})
    assert counts(found, "ai_feedback") == (3, 1, 0)
    assert counts(found, "ai_feedback", "24h") == (2, 1, 0)
    assert counts(found, "analytics_dashboard") == (None, None, None)
    assert {(note.kind, note.reason) for note in harvest.notes} == {("partial", "column_unmapped")}


def test_the_words_of_a_deployment(database: str) -> None:
    execute(database, USERS + uses("Insights", (1, "2026-04-19")) + uses("dashboard", (1, "2026-04-19")))
    chosen = Options.model_validate({"activity_values": {"analytics_dashboard": ["INSIGHTS"]}})
    found, _ = asked(database, features=Features(activity_values=chosen.activity_values))
    assert counts(found, "analytics_dashboard") == (1, 1, 1)
    nothing = Options.model_validate({"activity_values": {"analytics_dashboard": []}})
    found, harvest = asked(database, features=Features(activity_values=nothing.activity_values))
    assert counts(found, "analytics_dashboard") == (None, None, None)
    assert Note("partial", "jobhive_feature_events", "column_unmapped") in harvest.notes


def test_the_empty_string_is_no_feature_whatever_the_map_says(database: str) -> None:
    execute(database, USERS + uses("", (1, "2026-04-19")))
    chosen = Options.model_validate({"activity_values": {"ai_feedback": ["", "feedback"]}})
    found, _ = asked(database, features=Features(activity_values=chosen.activity_values))
    assert counts(found, "ai_feedback") == (0, 0, 0)


USAGE = {f"jobhive_feature_{name}" for name in ("events", "users", "events_per_user_avg")}
ADOPTION = {"jobhive_feature_adoption_ratio", "jobhive_feature_adopters"}
COMPLETION = {f"jobhive_feature_completion_{name}" for name in ("ratio", "base")}
NO_FEEDBACK: dict[str, Any] = {"recommendation": {"columns": {"shown_at": None}}}
# What is missing, the features that are left, and notes as (kind, reason) → families.
LACKS: list[tuple[str, dict[str, Any], set[str], dict[tuple[str, str], set[str]]]] = [
    (
        "DROP TABLE analytics_useractivity",
        NO_FEEDBACK,
        {"interview_practice", "learning_paths", "skill_assessments"},
        {
            ("partial", "table_unmapped"): USAGE | ADOPTION,
            ("approximate", "activity_derived"): ADOPTION | {"jobhive_feature_adoption_base"},
        },
    ),
    (
        "DROP TABLE learning_enrolment",
        {},
        set(FEATURES),
        {("partial", "table_unmapped"): COMPLETION},
    ),
    (
        "",
        {"session": {"columns": {"is_practice": None}}},
        {"ai_feedback", "learning_paths", "analytics_dashboard"},
        {("partial", "column_unmapped"): USAGE | ADOPTION | COMPLETION},
    ),
    (
        "DROP TABLE learning_enrolment",
        {"session": {"columns": {"is_practice": None}}},
        {"ai_feedback", "learning_paths", "analytics_dashboard"},
        {
            ("partial", "column_unmapped"): USAGE | ADOPTION,
            ("disabled", "column_unmapped"): COMPLETION,
            ("disabled", "table_unmapped"): COMPLETION,
        },
    ),
    (
        "DROP TABLE analytics_useractivity",
        {"session": {"columns": {"is_practice": None}}, "user": {"columns": {"last_login": None}}} | NO_FEEDBACK,
        {"learning_paths"},
        {
            ("partial", "column_unmapped"): USAGE | COMPLETION,
            ("partial", "table_unmapped"): USAGE,
            ("disabled", "column_unmapped"): ADOPTION | {"jobhive_feature_adoption_base"},
        },
    ),
]


@pytest.mark.parametrize(("change", "tables", "left", "noted"), LACKS)
def test_a_feature_without_a_source_is_absent_and_not_unused(
    database: str, change: str, tables: dict[str, Any], left: set[str], noted: dict[tuple[str, str], set[str]]
) -> None:
    execute(database, USERS + change)
    found, harvest = asked(database, tables=tables)
    told: dict[tuple[str, str], set[str]] = {}
    for note in harvest.notes:
        told.setdefault((note.kind, note.reason), set()).add(note.family)
    assert told == noted
    assert len(harvest.notes) == len(set(harvest.notes))
    events = {key: n for key, n in found.items() if key[0] == "jobhive_feature_events"}
    assert {dict(labels)["feature"] for _, labels in events} == left
    assert len(events) == 3 * len(left)
    disabled = {family for (kind, _), names in noted.items() if kind == "disabled" for family in names}
    assert not disabled & {name for name, _ in found}


def test_where_nothing_is_recorded_all_is_disabled(database: str) -> None:
    execute(database, "DROP TABLE analytics_useractivity, learning_enrolment")
    with pytest.raises(Unmapped, match="no feature has a source") as raised:
        asked(database, tables={"session": {"columns": {"is_practice": None}}} | NO_FEEDBACK)
    assert raised.value.reason == "column_unmapped"


def test_a_wrong_name_is_an_error(database: str) -> None:
    with pytest.raises(SourceError, match=r"maps feature to kind, which public\.analytics_useractivity does not have"):
        asked(database, tables={"activity": {"columns": {"feature": "kind"}}})


def test_what_comes_later_changes_nothing(golden: str) -> None:
    before, _ = asked(golden)
    execute(
        golden,
        uses("dashboard", (1, "2026-04-20 12:00"))
        + practice((1, "completed", "'2026-04-20 12:00Z'", "'2026-04-20 13:00Z'"))
        + "INSERT INTO learning_enrolment (user_id, started_at) VALUES (1, '2026-04-20 12:00Z');",
    )
    assert asked(golden)[0] == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activity_values": {"dashboards": ["x"]}}, "'dashboards' is no class; the classes are ai_feedback"),
        ({"activity_values": {"ai_feedback": ["x"], "learning_paths": ["X"]}}, "'X' stands under both"),
        ({"ignored_values": "export"}, "valid tuple"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Options.model_validate(options)


def test_every_declared_combination_is_there(database: str) -> None:
    with source(database, Definitions()) as opened:
        harvest = Collector(Options(), opened).collect(Run(NOON, 30, Definitions()))
    samples = complete(families(Options()), harvest)
    assert len(samples) == 3 * 15 + 3 + 6
    assert {sample.value for sample in samples} == {0}
