"""Hypothesis strategies for random Worlds, and their way into a database.

All instants come from a small grid around T, so that two of them are often equal or one microsecond apart: at T, at
the ends of the windows, at the end of a grace or a trial, at midnight in UTC and in New York.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import execute_values

from tests.oracle.rows import Event, Plan, Settings, Subscription, User, World

T = TypeVar("T")

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
ZONES = (UTC, ZoneInfo("America/New_York"))
COMPANIES = (1, 2)

# 33 and 63 days: a trial of which the grace ends with a window. 60 days: joined when the matured cohort ends.
DAYS_BEFORE = (0, 1, 3, 10, 20, 30, 31, 33, 45, 60, 63, 90, 93, 120, 150, 365, 395, 400)
BESIDE = (timedelta(0), timedelta(0), timedelta(0), -TICK, TICK)

# The first value is what a failing example shrinks to. Good rows use the short lists, odd rows the long ones.
STATUSES = ["active"] * 6 + ["past_due", "Past_Due", "ACTIVE", "canceled", "cancelled", "Expired", "trialing", "TRIAL"]
STATUSES += ["paused", "unpaid", "incomplete", "incomplete_expired", "mystery"]
INTERVALS = ["month", "MONTHLY", "day", "daily", "week", "weekly", "quarter", "Quarterly", "half_year", "semiannual"]
INTERVALS += ["year", "yearly", "ANNUAL", "annually", "fortnight", ""]
GOOD_PRICES = [Decimal(text) for text in ("30", "30", "90", "240", "19.99")]
PRICES = [*GOOD_PRICES, *(Decimal(text) for text in ("0.0001", "99999.9999", "0", "-5", "NaN"))]
PERCENTS = [Decimal(text) for text in ("0", "50", "100", "33.333", "99.9", "100.001", "-5", "NaN")]
QUANTITIES = [1, 1, 1, 2, 3, 0, -1]
COUNTS = [1, 1, 1, 1, 2, 3, 12, 0, -1]
CURRENCIES = ["USD", "USD", "EUR", "JPY", "XXX"]
REASONS = [None, "", "too_expensive", "Payment_Failed", "card_expired", "DUNNING", "involuntary", "switched"]


@dataclass(frozen=True)
class Case:
    """One question to put to the oracle and to the exporter."""

    world: World
    at: datetime
    settings: Settings


def evaluations() -> st.SearchStrategy[datetime]:
    """Values of T: at, beside and far from month boundaries of both zones."""
    plain = [datetime(2026, 4, 20, 12, tzinfo=UTC), datetime(2026, 3, 31, 12, tzinfo=UTC)]
    edges = [edge for edge in midnights() if edge.month in (3, 4)]
    return st.sampled_from([*plain, *edges, *(edge - TICK for edge in edges)])


def midnights() -> list[datetime]:
    """Month boundaries of 2026; New York changes its clock within March."""
    return [datetime(2026, month, 1, tzinfo=zone).astimezone(UTC) for month in range(1, 6) for zone in ZONES]


@cache
def grid(at: datetime) -> list[datetime]:
    bases = [at - days * DAY for days in DAYS_BEFORE] + [at + DAY, at + 30 * DAY, *midnights()]
    return [base + shift for base in bases for shift in BESIDE]


@cache
def starts(at: datetime) -> list[datetime]:
    """Mostly long before T, so that something is paid for in most windows."""
    old = [at - days * DAY + shift for days in (60, 93, 150, 365, 395, 400) for shift in BESIDE]
    return [at, *old * 3, *grid(at)]


def seldom(values: Sequence[T], odds: int = 4) -> st.SearchStrategy[T | None]:
    """None, except for one draw in ``odds``. Weights by repetition: ``one_of`` would merge equal branches."""
    return st.sampled_from([None] * (len(values) * (odds - 1)) + list(values))


def rarely() -> st.SearchStrategy[bool]:
    return st.sampled_from([False] * 31 + [True])


def settings() -> st.SearchStrategy[Settings]:
    return st.builds(
        Settings,
        timezone=st.sampled_from(("UTC", "America/New_York")),
        currencies=st.sampled_from((("USD",), ("USD", "EUR"), ("EUR", "JPY", "USD"))),
        customer_key=st.sampled_from(("user", "company")),
        gross_margin=st.sampled_from((Decimal(1), Decimal("0.8"))),
        dunning_grace=st.sampled_from((30 * DAY, 30 * DAY, 10 * DAY, 0 * DAY)),
        trial_grace=st.sampled_from((3 * DAY, 3 * DAY, 0 * DAY)),
        exclude_staff=st.sampled_from((True, True, False)),
        exclude_test=st.sampled_from((True, True, False)),
        exclude_company_ids=st.sampled_from((frozenset[int](), frozenset[int](), frozenset({2}))),
    )


@cache
def users(at: datetime) -> st.SearchStrategy[User]:
    late = [at + timedelta(seconds=60), at + timedelta(seconds=60) + TICK]
    return st.builds(
        User,
        id=st.just(0),
        date_joined=st.sampled_from(starts(at) * 4 + late * 10),
        is_staff=rarely(),
        is_superuser=rarely(),
        is_test=rarely(),
        deleted_at=seldom(grid(at), 6),
        company_id=st.sampled_from((None, *COMPANIES)),
    )


@cache
def plans() -> st.SearchStrategy[Plan]:
    sound = st.builds(
        Plan,
        id=st.just(0),
        interval=st.sampled_from(("month", "month", "week", "year")),
        price=st.sampled_from(GOOD_PRICES),
        currency=st.sampled_from(("USD", "USD", "EUR")),
    )
    odd = st.builds(
        Plan,
        id=st.just(0),
        interval=st.sampled_from(INTERVALS),
        price=st.sampled_from(PRICES),
        interval_count=st.sampled_from(COUNTS),
        currency=st.sampled_from(CURRENCIES),
    )
    return sound | odd


@cache
def sound_subscriptions(at: datetime) -> st.SearchStrategy[Subscription]:
    """Rows as an application writes them, though of any order in time."""
    some = grid(at)
    return st.builds(
        Subscription,
        id=st.just(0),
        user_id=st.integers(1, 5),
        plan_id=st.integers(1, 5),
        status=st.sampled_from(("active", "active", "past_due", "canceled")),
        created_at=st.sampled_from(starts(at)),
        company_id=st.sampled_from((None, *COMPANIES)),
        started_at=seldom(starts(at), 2),
        trial_end=seldom(some, 3),
        cancel_at_period_end=st.booleans(),
        ended_at=seldom(some, 3),
        past_due_since=seldom(some, 2),
        quantity=st.sampled_from((1, 1, 2)),
        discount_percent=seldom(PERCENTS[:2]),
        cancel_reason=st.sampled_from(REASONS),
    )


@cache
def odd_subscriptions(at: datetime) -> st.SearchStrategy[Subscription]:
    """Every column takes every kind of value."""
    some = grid(at)
    return st.builds(
        Subscription,
        id=st.just(0),
        user_id=st.integers(1, 5),
        plan_id=st.integers(1, 5),
        status=st.sampled_from(STATUSES),
        created_at=st.sampled_from(starts(at)),
        current_period_start=seldom(some),
        current_period_end=seldom(some, 2),
        updated_at=seldom(some),
        company_id=st.sampled_from((None, *COMPANIES)),
        started_at=seldom(starts(at), 2),
        trial_start=seldom(some),
        trial_end=seldom(some, 3),
        cancel_at_period_end=st.sampled_from((None, False, True)),
        canceled_at=seldom(some),
        ended_at=seldom(some, 3),
        past_due_since=seldom(some, 2),
        quantity=seldom(QUANTITIES, 2),
        discount_percent=seldom(PERCENTS, 2),
        discount_end=seldom(some, 3),
        unit_price=seldom(PRICES, 3),
        cancel_reason=st.sampled_from(REASONS),
    )


@cache
def events(at: datetime) -> st.SearchStrategy[Event]:
    status = ["active", "past_due", "past_due"] * 10 + STATUSES
    return st.builds(
        Event,
        id=st.just(0),
        subscription_id=st.integers(1, 12),
        occurred_at=st.sampled_from(grid(at)),
        event_type=st.sampled_from(("changed", "opened", "renewed")),
        recorded_at=seldom(grid(at)),
        to_status=seldom(status, 2),
        to_plan_id=seldom(range(1, 6), 3),
        to_quantity=seldom(QUANTITIES),
        to_unit_price=seldom(PRICES, 6),
        to_discount_percent=seldom(PERCENTS, 6),
    )


@cache
def worlds(at: datetime) -> st.SearchStrategy[World]:
    """A few users, plans, subscriptions and events, of any order in time and consistent only in their keys.

    The least sizes are for density. A failing example keeps that many rows, but the simplest row begins at T: it
    does nothing.
    """
    subs = sound_subscriptions(at), sound_subscriptions(at), odd_subscriptions(at)
    return st.builds(
        numbered,
        st.lists(users(at), min_size=3, max_size=5),
        st.lists(plans(), min_size=3, max_size=5),
        st.lists(st.sampled_from(subs).flatmap(lambda sub: sub), min_size=6, max_size=12),
        st.lists(events(at), min_size=6, max_size=16),
    )


def numbered(
    users: Sequence[User], plans: Sequence[Plan], subs: Sequence[Subscription], events: Sequence[Event]
) -> World:
    """Give the rows their ids and point the keys at rows that exist."""

    def one_of(rows: Sequence[object], number: int) -> int:
        return (number - 1) % len(rows) + 1

    def change(number: int, event: Event) -> Event:
        plan = None if event.to_plan_id is None else one_of(plans, event.to_plan_id)
        sub = one_of(subs, event.subscription_id)
        return replace(event, id=number, subscription_id=sub, to_plan_id=plan)

    return World(
        users=tuple(replace(row, id=number) for number, row in enumerate(users, 1)),
        plans=tuple(replace(row, id=number) for number, row in enumerate(plans, 1)),
        subscriptions=tuple(
            replace(row, id=number, user_id=one_of(users, row.user_id), plan_id=one_of(plans, row.plan_id))
            for number, row in enumerate(subs, 1)
        ),
        events=tuple(change(number, row) for number, row in enumerate(events, 1)),
    )


def cases() -> st.SearchStrategy[Case]:
    def asked(at: datetime) -> st.SearchStrategy[Case]:
        return st.builds(Case, worlds(at), st.just(at), settings())

    return evaluations().flatmap(asked)


def load(connection: Connection, world: World) -> None:
    """Insert the rows into an empty schema (demo/schema.sql). The caller commits."""
    owners = [user.company_id for user in world.users] + [sub.company_id for sub in world.subscriptions]
    companies = {Company(number) for number in owners if number is not None}
    with connection.cursor() as cursor:
        insert(cursor, "companies_company", tuple(companies))
        insert(cursor, "accounts_user", world.users)
        insert(cursor, "billing_plan", world.plans)
        insert(cursor, "billing_customersubscription", world.subscriptions)
        insert(cursor, "billing_subscriptionevent", world.events)


@dataclass(frozen=True)
class Company:
    id: int


def insert(cursor: Cursor, table: str, rows: Sequence[Company | User | Plan | Subscription | Event]) -> None:
    if rows:
        columns = ", ".join(f'"{field.name}"' for field in fields(rows[0]))
        execute_values(cursor, f"INSERT INTO {table} ({columns}) VALUES %s", [astuple(row) for row in rows])


def clear(connection: Connection) -> None:
    """Empty what ``load`` fills; the caller commits. DELETE is faster than TRUNCATE for tables of ten rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM billing_subscriptionevent; DELETE FROM billing_customersubscription;"
            "DELETE FROM billing_plan; DELETE FROM accounts_user; DELETE FROM companies_company"
        )
