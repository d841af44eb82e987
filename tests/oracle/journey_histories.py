"""Hypothesis strategies for the journey of users (metrics.md 4.7), also where a month begins at no or at two midnights."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.oracle import histories, usage_histories
from tests.oracle.histories import rarely, seldom
from tests.oracle.measures import midnight
from tests.oracle.part_histories import mixed_sessions
from tests.oracle.usage_histories import BESIDE, COMPANIES, DAY, HOUR, TICK, Case, ids, jobs, numbered, recent
from tests.oracle.usage_rows import Activity, Settings, User, World

# Where and when a month began with a midnight that did not exist (Asuncion, Amman; Beirut: a day) or existed twice (Havana).
ODD_MONTHS = {
    "America/Asuncion": datetime(2023, 10, 1, 4, tzinfo=UTC),
    "Asia/Amman": datetime(2016, 3, 31, 22, tzinfo=UTC),
    "America/Havana": datetime(2026, 11, 1, 4, tzinfo=UTC),
    "Asia/Beirut": datetime(2026, 3, 28, 22, tzinfo=UTC),
}


def journey_cases() -> st.SearchStrategy[Case]:
    def asked(place: tuple[str, datetime]) -> st.SearchStrategy[Case]:
        zone, at = place
        return st.builds(Case, journey_worlds(at, zone), st.just(at), journey_settings(zone))

    return st.sampled_from(places()).flatmap(asked)


def places() -> list[tuple[str, datetime]]:
    """Time zones with values of T: noon, the ends of months, and the odd months themselves or months after them."""
    plain = [(zone, datetime(2026, 4, 20, 12, tzinfo=UTC)) for zone in usage_histories.ZONES]
    months = [(zone, midnight(date(2026, 4, 1), ZoneInfo(zone))) for zone in usage_histories.ZONES]
    odd = list(ODD_MONTHS.items())
    since = [(zone, edge + days * DAY) for zone, edge in odd for days in (10, 45, 130)]
    beside = [(zone, edge + shift) for zone, edge in [*months, *odd] for shift in (-TICK, 0 * TICK, HOUR)]
    return [*plain * 6, *beside, *since]


def journey_settings(zone: str) -> st.SearchStrategy[Settings]:
    return st.builds(
        lambda chosen, currencies, customer: replace(
            chosen, timezone=zone, currencies=currencies, customer_key=customer
        ),
        usage_histories.settings(),
        st.sampled_from((("USD",), ("USD", "EUR"))),
        st.sampled_from(("user", "company")),
    )


@cache
def month_edges(at: datetime, zone: str) -> list[datetime]:
    """Where the current month and the fifteen before it begin."""
    place, found = ZoneInfo(zone), []
    first = at.astimezone(place).date().replace(day=1)
    for _ in range(16):
        found.append(midnight(first, place))
        first = (first - DAY).replace(day=1)
    return [edge + shift for edge in found for shift in (0 * TICK, 0 * TICK, -TICK)]


@cache
def joiners(at: datetime, zone: str) -> st.SearchStrategy[User]:
    """Who joined with a month, or where a cohort of the funnel begins or ends."""
    windows = [at - days * DAY + shift for days in (0, 1, 30, 90, 100) for shift in BESIDE]
    return st.builds(
        lambda joined, verified, **more: User(
            0, joined, email_verified_at=None if verified is None else joined + verified, **more
        ),
        st.sampled_from([*windows, *month_edges(at, zone)]),
        st.sampled_from((0 * DAY, HOUR, DAY, 20 * DAY, -HOUR, 90 * DAY, None)),
        is_verified=st.booleans(),
        is_staff=rarely(),
        is_superuser=rarely(),
        is_test=rarely(),
        deleted_at=seldom([at - DAY, at + DAY], 8),
        company_id=st.sampled_from((None, None, *COMPANIES)),
        last_login=seldom(recent(at), 2),
    )


@cache
def journey_worlds(at: datetime, zone: str) -> st.SearchStrategy[World]:
    seen = [*month_edges(at, zone) * 3, *recent(at)]
    subscriptions = st.sampled_from(
        (histories.sound_subscriptions(at), histories.sound_subscriptions(at), histories.odd_subscriptions(at))
    )
    return st.builds(
        numbered,
        users=st.lists(joiners(at, zone), min_size=4, max_size=8),
        jobs=jobs(),
        sessions=st.lists(mixed_sessions(at), min_size=4, max_size=14),
        activities=st.lists(st.builds(Activity, st.just(0), ids(8), st.sampled_from(seen)), min_size=6, max_size=24),
        plans=st.lists(histories.plans(), min_size=2, max_size=4),
        subscriptions=st.lists(subscriptions.flatmap(lambda one: one), min_size=3, max_size=10),
        events=st.lists(histories.events(at), max_size=10),
    )
