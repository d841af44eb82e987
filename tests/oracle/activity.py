"""Who was active when (metrics.md 4.1), and the business calendar of 2.3."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.oracle.measures import DAY, Window, midnight, prev_month
from tests.oracle.objects import in_population
from tests.oracle.usage_rows import Settings, User, World

Events = frozenset[tuple[int, datetime]]

GAP = timedelta(minutes=30)


def population(world: World, at: datetime, settings: Settings) -> tuple[User, ...]:
    return tuple(user for user in world.users if in_population(user, at, settings))


def activity(world: World, at: datetime, settings: Settings) -> Events:
    """The set of (user, instant) pairs of users in P0(T), of any time; windows cut it."""
    sources = {"activity": recorded, "derived": derived, "login": logins}
    ids = {user.id for user in population(world, at, settings)}
    return frozenset((user, instant) for user, instant in sources[settings.activity_source](world) if user in ids)


def recorded(world: World) -> Events:
    return frozenset((row.user_id, row.occurred_at) for row in world.activities)


def logins(world: World) -> Events:
    return frozenset((user.id, user.last_login) for user in world.users if user.last_login is not None)


def derived(world: World) -> Events:
    """A recommendation belongs to its own ``user_id``: without one it is nobody's activity, whatever its session."""
    owner = {session.id: session.user_id for session in world.sessions}
    pairs: list[tuple[int | None, datetime | None]] = []
    pairs += [(row.user_id, row.start_time) for row in world.sessions]
    pairs += [(row.user_id, row.end_time) for row in world.sessions]
    pairs += [(owner[row.interview_session_id], row.created_at) for row in world.assessments]
    pairs += [(row.user_id, row.accepted_at) for row in world.recommendations]
    pairs += [(row.user_id, row.created_at) for row in world.subscriptions]
    pairs += [(row.id, row.date_joined) for row in world.users]
    pairs += [(row.id, row.last_login) for row in world.users]
    return frozenset((user, instant) for user, instant in pairs if user is not None and instant is not None)


def active_in(events: Events, window: Window) -> frozenset[int]:
    return frozenset(user for user, instant in events if window[0] <= instant < window[1])


def visits(events: Events, at: datetime) -> list[tuple[datetime, datetime]]:
    """First and last event of each app session that activity before T shows, single-event sessions left out.

    Activity is a set of pairs: two rows of one user at one instant are a single event.
    """
    found = []
    for user in {user for user, _ in events}:
        instants = sorted(instant for who, instant in events if who == user and instant < at)
        runs: list[list[datetime]] = []
        for instant in instants:
            if runs and instant - runs[-1][-1] <= GAP:
                runs[-1].append(instant)
            else:
                runs.append([instant])
        found += [(run[0], run[-1]) for run in runs if len(run) > 1]
    return found


def business_date(instant: datetime, timezone: str) -> date:
    """The date whose boundaries enclose the instant; where clocks cross midnight twice this is not the wall's date."""
    zone = ZoneInfo(timezone)
    day = instant.astimezone(zone).date()
    while instant < midnight(day, zone):
        day -= DAY
    while instant >= midnight(day + DAY, zone):
        day += DAY
    return day


def days(first: date, end: date, timezone: str) -> Window:
    """The window from the first midnight of a date to that of another."""
    zone = ZoneInfo(timezone)
    return midnight(first, zone), midnight(end, zone)


def calendar_windows(at: datetime, settings: Settings) -> dict[str, Window]:
    today = business_date(at, settings.timezone)
    week = today - ((today.weekday() - settings.week_start) % 7) * DAY
    return {
        "prev_day": days(today - DAY, today, settings.timezone),
        "prev_week": days(week - 7 * DAY, week, settings.timezone),
        "prev_month": prev_month(at, settings.timezone),
    }


def utc_30d(at: datetime, lag: int) -> Window:
    utc = at.astimezone(UTC)
    last = utc.replace(hour=0, minute=0, second=0, microsecond=0) - lag * DAY
    return last - 30 * DAY, last
