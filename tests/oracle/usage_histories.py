"""Hypothesis strategies for random Worlds of the usage oracle, and their way into a database.

Instants come from a small grid around T, so that two of them are often equal or one microsecond apart: T itself, the
ends of every window, 4 hours and 30 minutes before T, and midnights of the time zone in force.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import execute_values

from tests.oracle import histories
from tests.oracle.analysis_rows import Assessment, Recommendation
from tests.oracle.histories import rarely, seldom
from tests.oracle.measures import midnight
from tests.oracle.rows import Subscription
from tests.oracle.usage_rows import (
    STAGES,
    Activity,
    Application,
    Interviewer,
    Job,
    Session,
    Settings,
    StageEvent,
    User,
    UserSession,
    World,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
BESIDE = (timedelta(0), timedelta(0), timedelta(0), -TICK, TICK)
COMPANIES = (1, 2)
ZONES = ("UTC", "America/New_York")

# Days before the last midnight: retention looks back to D − 43, the UTC windows to 33 days.
DAYS_BEFORE = (0, 1, 2, 3, 6, 7, 8, 13, 14, 19, 20, 29, 30, 31, 33, 36, 37, 38, 43, 44, 60)
BACK = (0 * DAY, timedelta(minutes=30), HOUR, 2 * HOUR, 4 * HOUR, DAY, DAY + 4 * HOUR, 7 * DAY, 8 * DAY, 30 * DAY)
AHEAD = (timedelta(seconds=60), HOUR, DAY)
LENGTHS = (timedelta(0), timedelta(minutes=30), timedelta(minutes=45), 2 * HOUR, 4 * HOUR, DAY)

# The first value is what a failing example shrinks to.
STATUSES = ["completed"] * 8 + ["in_progress"] * 4 + ["abandoned", "cancelled", "no_show", "scheduled"]
ODD_STATUSES = ["Completed", "DONE", "finished", "Live", "started", "Expired", "dropped", "canceled", "NoShow"]
ODD_STATUSES += ["missed", "BOOKED", "pending", "created", "mystery", "", " completed"]
NAN, INFINITY = float("nan"), float("inf")
GOOD_SCORES = [80.0, 75.0, 90.0, 100.0, 70.0, 62.5, 0.0, 80.0, 75.0, 95.5]
ODD_SCORES = [79.99, 74.99, 69.99, 100.01, -0.01, 250.0, -1.0, NAN, INFINITY, -INFINITY]
DURATIONS = [1800.0, 0.0, 30.0, 1440.0, 1440.5, 86400.0, 86401.0, -1.0, 5.5e6, 8.64e10, NAN, INFINITY, -INFINITY]
STAGE_WORDS = [*STAGES, *STAGES, "Applied", "HIRED", "Interview", "limbo", "phone", ""]
FEATURES = ["", "ai_feedback", "AI_Feedback", "Learning_Path", "dashboard", "Analytics_Dashboard", "mystery", "export"]
REASONS = [None, None, None, "", "timeout", "Dropped_Out"]


@dataclass(frozen=True)
class Case:
    """One question to put to the oracle and to the exporter."""

    world: World
    at: datetime
    settings: Settings


def evaluations() -> st.SearchStrategy[datetime]:
    """Values of T: noon, midnights of both zones, days on which New York changes its clock, a week's and a month's end."""
    plain = [datetime(2026, 4, 20, 12, tzinfo=UTC), datetime(2026, 3, 8, 12, tzinfo=UTC)]
    days = [datetime(2026, *day, tzinfo=UTC).date() for day in ((3, 8), (3, 9), (4, 1), (4, 7), (11, 1), (11, 2))]
    edges = [midnight(day, ZoneInfo(zone)) for day in days for zone in ZONES]
    return st.sampled_from([*plain, *plain, *edges, *(edge - TICK for edge in edges)])


@cache
def midnights(at: datetime, timezone: str) -> list[datetime]:
    zone = ZoneInfo(timezone)
    return [midnight(at.astimezone(zone).date() - days * DAY, zone) for days in DAYS_BEFORE]


@cache
def recent(at: datetime) -> list[datetime]:
    """Where trailing windows begin and end."""
    return [at - back + shift for back in BACK for shift in BESIDE]


@cache
def grid(at: datetime) -> list[datetime]:
    edges = [edge + shift for zone in ZONES for edge in midnights(at, zone) for shift in (0 * TICK, 0 * TICK, -TICK)]
    ahead = [at + span + shift for span in AHEAD for shift in (0 * TICK, TICK)]
    return [*recent(at) * 3, *edges, *ahead * 3]


@cache
def starts(at: datetime) -> list[datetime]:
    """Mostly before T by a length of LENGTHS more than a place of the grid, so that an end is on the grid too."""
    return [instant - span for instant in recent(at) for span in LENGTHS] + grid(at)


@cache
def ids(most: int) -> st.SearchStrategy[int]:
    """A key, to be folded onto the rows that exist."""
    return st.integers(1, most)


def settings() -> st.SearchStrategy[Settings]:
    words = st.sampled_from(({}, {}, {"abandoned": ("timeout", "dropped_out")}))
    return st.builds(
        Settings,
        timezone=st.sampled_from(ZONES),
        exclude_staff=st.sampled_from((True, True, False)),
        exclude_test=st.sampled_from((True, True, False)),
        exclude_company_ids=st.sampled_from((frozenset[int](), frozenset[int](), frozenset({2}))),
        week_start=st.sampled_from((0, 0, 6)),
        activity_source=st.sampled_from(("activity", "activity", "derived", "login")),
        verification_time=st.sampled_from((True, True, False)),
        app_sessions=st.sampled_from(("usersession", "activity", "usersession", "activity", None)),
        ended_reasons=words,
        duration_unit=st.sampled_from(["from_timestamps"] * 4 + ["seconds", "minutes", "microseconds"]),
        max_interview_length=st.sampled_from((4 * HOUR, 4 * HOUR, 2 * HOUR)),
        pass_dimension=st.sampled_from(("technical", "technical", "behavioral", "completion")),
        pass_threshold=st.sampled_from((Fraction("0.70"), Fraction("0.70"), Fraction("0.625"))),
        pipeline=st.sampled_from(("events", "events", "stage", None)),
        stages=st.sampled_from((STAGES, STAGES, ("applied", "interview", "hired", "rejected"))),
        interviewers=st.booleans(),
        companies=st.sampled_from(((), ((1, "acme"),), ((1, "acme"), (2, "beta")))),
        ignored_features=st.sampled_from(((), ("export",))),
    )


@cache
def users(at: datetime) -> st.SearchStrategy[User]:
    """Most joined long ago or in a cohort of UE4; a few after T, whose rows then count for nothing."""
    old = [at - 200 * DAY, *(edge for zone in ZONES for edge in midnights(at, zone))]
    return st.builds(
        User,
        id=st.just(0),
        date_joined=st.sampled_from(old * 2 + recent(at) + grid(at)),
        is_staff=rarely(),
        is_superuser=rarely(),
        is_test=rarely(),
        deleted_at=seldom(grid(at), 6),
        company_id=st.sampled_from((None, None, None, *COMPANIES)),
        last_login=seldom(grid(at), 2),
        is_verified=st.booleans(),
        is_active=st.booleans(),
        email_verified_at=seldom(grid(at), 2),
    )


@cache
def scores() -> st.SearchStrategy[float | None]:
    return st.sampled_from([*GOOD_SCORES * 4, *ODD_SCORES, None, None])


@cache
def sound_sessions(at: datetime, busy: bool = False) -> st.SearchStrategy[Session]:
    """Rows as an application writes them: an end on the grid and a start before it, or open since a place of the grid.

    ``busy``: completed ones of one interviewer, of whom the contract wants ten before it says anything.
    """

    def row(status: str, stop: datetime, span: timedelta, waited: timedelta, **more: Any) -> Session:
        if status in ("completed", "abandoned"):
            start: datetime | None = stop - span
            return Session(0, created_at=stop - span - waited, start_time=start, end_time=stop, status=status, **more)
        start = None if status in ("scheduled", "no_show") else stop
        return Session(0, created_at=stop - waited, start_time=start, status=status, **more)

    return st.builds(
        row,
        status=st.sampled_from(["completed"] if busy else STATUSES),
        stop=st.sampled_from([at - HOUR, at - DAY, at - 6 * DAY] if busy else recent(at) * 2 + grid(at)),
        span=st.sampled_from((*LENGTHS, DAY + TICK, HOUR, HOUR, HOUR)),
        waited=st.sampled_from((timedelta(0), HOUR, DAY, 7 * DAY)),
        user_id=st.just(1) if busy else ids(6),
        is_practice=rarely() if busy else st.sampled_from((False, False, True)),
        duration=st.sampled_from((1800.0, 60.0, 0.5, None)),
        completion_percentage=scores(),
        technical_accuracy=scores(),
        behavioral_score=scores(),
        job_id=seldom(range(1, 5), 2),
        interviewer_id=st.sampled_from((1,) if busy else (1, 2, 3, None)),
        scheduled_at=seldom(grid(at), 2),
    )


@cache
def odd_sessions(at: datetime) -> st.SearchStrategy[Session]:
    """Every column takes every kind of value, in any order of time."""
    return st.builds(
        Session,
        id=st.just(0),
        user_id=ids(6),
        status=st.sampled_from(STATUSES + ODD_STATUSES * 2),
        created_at=st.sampled_from(starts(at)),
        start_time=seldom(starts(at), 1) | st.none(),
        end_time=seldom(grid(at), 2),
        is_practice=st.booleans(),
        duration=seldom(DURATIONS, 2),
        completion_percentage=scores(),
        technical_accuracy=scores(),
        behavioral_score=scores(),
        job_id=seldom(range(1, 5), 2),
        interviewer_id=st.sampled_from((1, 1, 2, 3, None)),
        scheduled_at=seldom(grid(at), 2),
        ended_reason=st.sampled_from(REASONS),
        updated_at=seldom(grid(at)),
    )


@cache
def activities(at: datetime) -> st.SearchStrategy[Activity]:
    """Half of them in bursts, whose rows are 30 minutes apart to the microsecond."""
    half = timedelta(minutes=30)
    steps = (0 * half, half, half + TICK, 2 * half, 2 * half + TICK, 2 * half + 2 * TICK, half / 2)
    bursts = [at - back + step for back in (DAY, 2 * HOUR, half, half + TICK, 7 * DAY) for step in steps]
    return st.builds(
        Activity,
        id=st.just(0),
        user_id=ids(6),
        occurred_at=st.sampled_from(bursts * 3 + grid(at)),
        feature=st.sampled_from(FEATURES),
        recorded_at=seldom(grid(at)),
    )


@cache
def user_sessions(at: datetime) -> st.SearchStrategy[UserSession]:
    half = timedelta(minutes=30)
    ends = [at - half + shift for shift in BESIDE] * 2 + grid(at)

    def row(user_id: int, stop: datetime, span: timedelta) -> UserSession:
        return UserSession(0, user_id, stop - span, stop)

    spans = (HOUR, half, timedelta(0), DAY, DAY + TICK, -TICK)
    return st.builds(row, ids(6), st.sampled_from(ends), st.sampled_from(spans))


@cache
def applications(at: datetime) -> st.SearchStrategy[Application]:
    return st.builds(
        Application,
        id=st.just(0),
        user_id=ids(6),
        job_id=ids(4),
        created_at=st.sampled_from([at - 60 * DAY, *grid(at)]),
        stage=st.sampled_from(STAGE_WORDS),
    )


@cache
def stage_events(at: datetime) -> st.SearchStrategy[StageEvent]:
    return st.builds(
        StageEvent,
        id=st.just(0),
        application_id=ids(4),
        occurred_at=st.sampled_from(grid(at)),
        to_stage=st.sampled_from(STAGE_WORDS),
    )


@cache
def assessments(at: datetime) -> st.SearchStrategy[Assessment]:
    return st.builds(Assessment, st.just(0), ids(20), st.sampled_from(grid(at)))


@cache
def recommendations(at: datetime) -> st.SearchStrategy[Recommendation]:
    instants = grid(at)
    return st.builds(Recommendation, st.just(0), st.sampled_from(instants), seldom(range(1, 7), 1), seldom(instants, 2))


@cache
def subscriptions(at: datetime) -> st.SearchStrategy[Subscription]:
    """Only what derived activity needs."""
    return st.builds(Subscription, st.just(0), ids(6), st.just(1), st.just("active"), st.sampled_from(grid(at)))


@cache
def worlds(at: datetime) -> st.SearchStrategy[World]:
    """Rows of any order in time, consistent only in their keys. Applications 5 and 6 never have an event."""
    some = st.sampled_from((sound_sessions(at), sound_sessions(at), odd_sessions(at))).flatmap(lambda one: one)
    few = st.lists(some, min_size=6, max_size=14)
    many = st.builds(lambda a, b: a + b, few, st.lists(sound_sessions(at, busy=True), min_size=13, max_size=16))
    return st.builds(
        numbered,
        users=st.lists(users(at), min_size=3, max_size=6),
        jobs=jobs(),
        interviewers=st.lists(st.sampled_from((None, "ada", "bob", "other")), min_size=1, max_size=3, unique=True).map(
            lambda slugs: [Interviewer(0, slug) for slug in slugs]
        ),
        sessions=st.sampled_from((few, few, few, many)).flatmap(lambda one: one),
        activities=st.lists(activities(at), min_size=4, max_size=16),
        user_sessions=st.lists(user_sessions(at), max_size=6),
        applications=st.lists(applications(at), min_size=2, max_size=6),
        stage_events=st.lists(stage_events(at), min_size=4, max_size=14),
        assessments=st.lists(assessments(at), max_size=3),
        recommendations=st.lists(recommendations(at), max_size=3),
        plans=st.lists(histories.plans(), min_size=1, max_size=1),
        subscriptions=st.lists(subscriptions(at), max_size=3),
    )


@cache
def jobs() -> st.SearchStrategy[list[Job]]:
    owners = st.lists(st.sampled_from((None, *COMPANIES)), min_size=1, max_size=4)
    return owners.map(lambda companies: [Job(0, company) for company in companies])


# The table that a key points into.
PARENTS = {
    "user_id": "users",
    "job_id": "jobs",
    "interviewer_id": "interviewers",
    "interview_session_id": "sessions",
    "application_id": "applications",
    "skill_id": "skills",
    "plan_id": "plans",
    "to_plan_id": "plans",
    "subscription_id": "subscriptions",
}


def numbered(**rows: Sequence[Any]) -> World:
    """Give the rows their ids and point the keys at rows that exist; a key of an empty table is null."""

    def one_of(name: str, key: int | None) -> int | None:
        count = len(rows.get(PARENTS[name], ()))
        return (key - 1) % count + 1 if key is not None and count else None

    def placed(row: Any, number: int) -> Any:
        keys = {field.name: getattr(row, field.name) for field in fields(row) if field.name in PARENTS}
        return replace(row, id=number, **{name: one_of(name, key) for name, key in keys.items()})

    return World(
        **{name: tuple(placed(row, number) for number, row in enumerate(some, 1)) for name, some in rows.items()}
    )


def cases() -> st.SearchStrategy[Case]:
    def asked(at: datetime) -> st.SearchStrategy[Case]:
        return st.builds(Case, worlds(at), st.just(at), settings())

    return evaluations().flatmap(asked)


# The way into a database


@dataclass(frozen=True)
class Company:
    id: int


def tables(world: World) -> dict[str, Sequence[Any]]:
    """In an order in which every key points at a row that is there."""
    owned: tuple[Any, ...] = (*world.users, *world.jobs, *world.subscriptions)
    owners = {row.company_id for row in owned if row.company_id is not None}
    return {
        "companies_company": [Company(number) for number in sorted(owners)],
        "accounts_user": world.users,
        "jobs_job": world.jobs,
        "interviews_interviewer": world.interviewers,
        "interviews_interviewsession": world.sessions,
        "interviews_sentimentsession": world.sentiments,
        "assessments_skill": world.skills,
        "assessments_skillassessment": world.assessments,
        "recommendations_recommendation": world.recommendations,
        "billing_plan": world.plans,
        "billing_customersubscription": world.subscriptions,
        "billing_subscriptionevent": world.events,
        "analytics_useractivity": world.activities,
        "analytics_usersession": world.user_sessions,
        "learning_enrolment": world.enrolments,
        "jobs_application": world.applications,
        "jobs_applicationstageevent": world.stage_events,
    }


def load(connection: Connection, world: World) -> None:
    """Insert the rows into an empty schema (demo/schema.sql). The caller commits."""
    with connection.cursor() as cursor:
        for table, rows in tables(world).items():
            insert(cursor, table, rows)


def insert(cursor: Cursor, table: str, rows: Sequence[Any]) -> None:
    if rows:
        columns = ", ".join(f'"{field.name}"' for field in fields(rows[0]))
        execute_values(cursor, f"INSERT INTO {table} ({columns}) VALUES %s", [astuple(row) for row in rows])


def clear(connection: Connection) -> None:
    """Empty what ``load`` fills; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"DELETE FROM {table}" for table in reversed([*tables(World())])))
