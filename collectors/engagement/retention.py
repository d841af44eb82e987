"""Who comes back: users by the date they joined, and the dates they were active later (metrics.md UE4)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, func, select

from collectors.activity import Activity
from collectors.engagement.families import COHORT, DAYS, KINDS, RETAINED
from collectors.schema import Schema
from collectors.slots import Slots
from exporter.model import Sample
from exporter.windows import business_date, midnight

WEEK = 7
# The bracket of day 30 looks at users who joined 43 days ago, and every bracket at activity of the last 13 days.
OLDEST, RECENT = max(DAYS) + 2 * WEEK - 1, 2 * WEEK - 1
# Business dates are numbered: 1 is the oldest, this is today.
TODAY = OLDEST + 1


def retention(schema: Schema, activity: Activity, at: datetime, zone: ZoneInfo) -> Select[*tuple[Any, ...]]:
    """Select one row: the size of each cohort, and how many of it were retained.

    From logins alone nothing is known of the past, so that only the sizes are there.
    """
    today = business_date(at, zone)
    dates = Slots(midnight(today - timedelta(days=ago), zone) for ago in range(OLDEST + 1))
    users = _users(schema, activity, at, dates)
    counts = []
    for day, kind in product(DAYS, KINDS):
        member = _is_member(users.c.joined, day, kind)
        counts.append(func.count().filter(member).label(_name("cohort", day, kind)))
        if "active" in users.c:
            came_back = _came_back(users, day, kind)
            counts.append(func.count().filter(and_(member, came_back)).label(_name("retained", day, kind)))
    return select(*counts)


def _users(schema: Schema, activity: Activity, at: datetime, dates: Slots) -> Subquery:
    """One row per user who joined on one of the dates: the number of that date, and the dates active as bits."""
    users = schema.users(at)
    joined = dates.number(users.c.date_joined).label("joined")
    recent = users.c.date_joined >= dates.edges[0]
    if activity.source == "login":
        return select(joined).where(recent).subquery("joined")
    pairs = activity.pairs(dates.edges[-1 - RECENT], at)
    return (
        select(func.min(joined).label("joined"), dates.seen(pairs.c.occurred_at).label("active"))
        .select_from(users.outerjoin(pairs, pairs.c.user_id == users.c.id))
        .where(recent)
        .group_by(users.c.id)
        .subquery("joined")
    )


def _is_member(joined: ColumnElement[int], day: int, kind: str) -> ColumnElement[bool]:
    """Tell that a user is of the seven latest dates whose observation is complete; a bracket takes six days more."""
    end = TODAY - day - (WEEK - 1 if kind == "bracket" else 0)
    return and_(joined >= end - WEEK, joined < end)


def _came_back(users: Subquery, day: int, kind: str) -> ColumnElement[bool]:
    """Look at the dates from `day` days after joining: the first of them, the first seven, or all."""
    since = users.c.active.bitwise_rshift(users.c.joined + day)
    if kind == "unbounded":
        return since != 0
    return since.bitwise_and(1 if kind == "n_day" else (1 << WEEK) - 1) != 0


def _name(what: str, day: int, kind: str) -> str:
    return f"{what}_{day}_{kind}"


def samples(row: Row[Any]) -> Iterator[Sample]:
    """Turn the row into samples."""
    counts = row._asdict()
    for (what, family), day, kind in product({"cohort": COHORT, "retained": RETAINED}.items(), DAYS, KINDS):
        if (name := _name(what, day, kind)) in counts:
            yield family.sample(counts[name], day=str(day), kind=kind)
