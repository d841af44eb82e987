"""Every family of metrics.md 4.1 as exact fractions; an absent sample is a missing key, counts are zero-filled."""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from tests.oracle.activity import (
    GAP,
    Events,
    active_in,
    activity,
    business_date,
    calendar_windows,
    days,
    population,
    utc_30d,
    visits,
)
from tests.oracle.measures import DAY, Window, trailing
from tests.oracle.revenue import Values, key, ratio
from tests.oracle.samples import mean, seconds
from tests.oracle.usage_rows import Settings, User, World

WINDOWS = {"24h": 1, "7d": 7, "30d": 30}
LAGS = (0, 1, 2, 3)
RETENTION_DAYS = (1, 7, 30)


@dataclass(frozen=True)
class View:
    """A world seen at T: users of P0(T) and what they did."""

    world: World
    at: datetime
    settings: Settings
    users: tuple[User, ...]
    events: Events


def view(world: World, at: datetime, settings: Settings) -> View:
    return View(world, at, settings, population(world, at, settings), activity(world, at, settings))


def expected_engagement(world: World, at: datetime, settings: Settings) -> Values:
    seen = view(world, at, settings)
    parts = [active_users, cohorts, registered, joined, source]
    if settings.activity_source != "login":
        parts += [calendar_users, utc_users, stickiness, retention]
    if settings.app_sessions is not None:
        parts.append(app_sessions)
    values: Values = {}
    for part in parts:
        values |= part(seen)
    return values


def active_users(seen: View) -> Values:
    """UE1 over the trailing windows."""
    return {
        key("jobhive_active_users", window=name): len(active_in(seen.events, trailing(seen.at, length)))
        for name, length in WINDOWS.items()
    }


def calendar_users(seen: View) -> Values:
    """UE1 over the business calendar."""
    return {
        key("jobhive_active_users", window=name): len(active_in(seen.events, window))
        for name, window in calendar_windows(seen.at, seen.settings).items()
    }


def utc_users(seen: View) -> Values:
    """UE2."""
    return {
        key("jobhive_active_users_utc_30d", lag_days=str(lag)): len(active_in(seen.events, utc_30d(seen.at, lag)))
        for lag in LAGS
    }


def stickiness(seen: View) -> Values:
    """UE3, UE3b. "Later than the start of day D − 30" is strict; without any activity the base is 0 anyway."""
    zone, today = seen.settings.timezone, business_date(seen.at, seen.settings.timezone)
    dates = [today - back * DAY for back in range(30, 0, -1)]
    whole = days(dates[0], today, zone)
    base = len(active_in(seen.events, whole))
    values: Values = {key("jobhive_user_stickiness_base_users", window="30d"): base}
    if any(instant <= whole[0] for _, instant in seen.events):
        daily = sum(len(active_in(seen.events, days(day, day + DAY, zone))) for day in dates)
        values |= ratio(key("jobhive_user_stickiness_ratio", window="30d"), Fraction(daily, 30), base)
    return values


# UE4: retention


def cohort(seen: View, day: int, kind: str) -> list[tuple[User, date]]:
    """Users whose observation is complete, with the business date they joined."""
    zone = seen.settings.timezone
    today = business_date(seen.at, zone)
    first, end = (day + 13, day + 6) if kind == "bracket" else (day + 7, day)
    joined = [(user, business_date(user.date_joined, zone)) for user in seen.users]
    return [(user, date) for user, date in joined if today - first * DAY <= date < today - end * DAY]


def observation(seen: View, joined: date, day: int, kind: str) -> Window:
    """When a user of the cohort must be active to be retained."""
    first = joined + day * DAY
    if kind == "unbounded":
        return days(first, first, seen.settings.timezone)[0], seen.at
    return days(first, first + (7 if kind == "bracket" else 1) * DAY, seen.settings.timezone)


def cohorts(seen: View) -> Values:
    """UE4b, which needs no activity."""
    return {
        key("jobhive_user_retention_cohort_users", day=str(day), kind=kind): len(cohort(seen, day, kind))
        for day in RETENTION_DAYS
        for kind in ("n_day", "unbounded", "bracket")
    }


def retention(seen: View) -> Values:
    """UE4, UE4c."""
    values: Values = {}
    for day in RETENTION_DAYS:
        for kind in ("n_day", "unbounded", "bracket"):
            members, labels = cohort(seen, day, kind), {"day": str(day), "kind": kind}
            retained = sum(
                user.id in active_in(seen.events, observation(seen, joined, day, kind)) for user, joined in members
            )
            values[key("jobhive_user_retention_retained_users", **labels)] = retained
            values |= ratio(key("jobhive_user_retention_ratio", **labels), retained, len(members))
    return values


# UE5b, UE5c: application sessions


def app_sessions(seen: View) -> Values:
    """Open until 30 minutes have passed, the 30th included: a gap must be longer than that to end a session."""
    spans = app_spans(seen)
    if spans is None:
        return {}
    values: Values = {}
    for name, length in WINDOWS.items():
        closed = [(a, b) for a, b in spans if seen.at - length * DAY <= b < seen.at - GAP]
        valid = [seconds(b - a) for a, b in closed if 0 * DAY <= b - a <= DAY]
        values[key("jobhive_user_sessions", window=name)] = len(valid)
        values |= mean(key("jobhive_user_session_duration_avg_seconds", window=name), valid)
    return values


def app_spans(seen: View) -> list[Window] | None:
    """None where nothing tells: sources.md 1.8 cuts no derived activity (and no logins) into sessions."""
    ids = {user.id for user in seen.users}
    if seen.settings.app_sessions == "usersession":
        return [(row.started_at, row.last_seen_at) for row in seen.world.user_sessions if row.user_id in ids]
    return visits(seen.events, seen.at) if seen.settings.activity_source == "activity" else None


# UE9, UE10: users


def registered(seen: View) -> Values:
    """UE9. With the column mapped a null there is not verified, whatever ``is_verified`` says."""
    here = [user for user in seen.users if user.deleted_at is None or user.deleted_at >= seen.at]
    verified = [user for user in here if is_verified(user, seen)]
    return {
        key("jobhive_users", state="registered"): len(here),
        key("jobhive_users", state="verified"): len(verified),
    }


def is_verified(user: User, seen: View) -> bool:
    if not seen.settings.verification_time:
        return user.is_verified
    return user.email_verified_at is not None and user.email_verified_at < seen.at


def joined(seen: View) -> Values:
    """UE9b. Users deleted since stay: the contract takes them out of UE9 only."""
    return {
        key("jobhive_users_new", window=name): sum(user.date_joined >= seen.at - length * DAY for user in seen.users)
        for name, length in WINDOWS.items()
    }


def source(seen: View) -> Values:
    """UE10."""
    return {key("jobhive_activity_source_info", source=seen.settings.activity_source): 1}
