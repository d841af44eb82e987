"""Retention of the monthly cohorts, UJ6 to UJ6c of metrics.md 4.7."""

from datetime import date, datetime

from tests.oracle.activity import active_in, activity, business_date, days, population
from tests.oracle.measures import Window
from tests.oracle.revenue import Values, key, ratio
from tests.oracle.usage_rows import Settings, World

COHORTS = 13
LAST_MONTH = 12


def month(count: int) -> date:
    """The first day of the month that is so many months after January of year 0."""
    return date(count // 12, count % 12 + 1, 1)


def span(count: int, settings: Settings) -> Window:
    return days(month(count), month(count + 1), settings.timezone)


def expected_cohorts(world: World, at: datetime, settings: Settings) -> Values:
    today = business_date(at, settings.timezone)
    now = today.year * 12 + today.month - 1
    values: Values = {}
    for count in range(now - COHORTS, now):
        first, stop = span(count, settings)
        users = population(world, at, settings)
        members = frozenset(user.id for user in users if first <= user.date_joined < stop)
        name = month(count).strftime("%Y-%m")
        values[key("jobhive_cohort_users", cohort=name)] = len(members)
        if settings.activity_source != "login":
            values |= returned(world, at, settings, members, (count, now))
    return values


def returned(
    world: World, at: datetime, settings: Settings, members: frozenset[int], months: tuple[int, int]
) -> Values:
    """UJ6, UJ6b. The month of T is not over, also at its first instant."""
    events = activity(world, at, settings)
    count, now = months
    values: Values = {}
    for k in range(1, LAST_MONTH + 1):
        if count + k < now:
            labels = {"cohort": month(count).strftime("%Y-%m"), "month": str(k)}
            here = len(members & active_in(events, span(count + k, settings)))
            values[key("jobhive_cohort_active_users", **labels)] = here
            values |= ratio(key("jobhive_cohort_retention_ratio", **labels), here, len(members))
    return values
