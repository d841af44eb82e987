"""Who stays: users by the business month they joined, and the months they were active later (metrics.md UJ6)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, func, select

from collectors.activity import Activity
from collectors.journey.families import COHORT_ACTIVE, COHORT_USERS, MONTHS
from collectors.schema import Schema
from collectors.slots import Slots
from exporter.model import Sample
from exporter.windows import Window, complete_months


class Cohorts:
    """The thirteen complete months before `at`: what to ask about them, and what the answer means."""

    def __init__(self, at: datetime, zone: ZoneInfo) -> None:
        self._at = at
        self._months: Sequence[Window] = complete_months(at, zone, MONTHS)
        self._start, self._end = self._months[0].start, self._months[-1].end

    def statement(self, schema: Schema, activity: Activity) -> Select[*tuple[Any, ...]]:
        """Select a row per month in which users joined: its number from 1 on, how many did, how many of them were
        active so many months later, as far as those months are over.

        From logins alone nothing is known of the past, so that only the sizes are there.
        """
        slots, users = Slots([*(month.start for month in self._months), self._end]), schema.users(self._at)
        joined = slots.number(users.c.date_joined)
        here = (users.c.date_joined >= self._start, users.c.date_joined < self._end)
        if activity.source == "login":
            return select(joined.label("number"), func.count().label("users")).where(*here).group_by(joined)
        pairs = activity.of_anyone(self._start, self._end)
        active = slots.seen(pairs.c.occurred_at).label("active")
        # By user before the users are looked at: an index that has the activity in this order spares all sorting.
        seen = select(pairs.c.user_id, active).group_by(pairs.c.user_id).subquery("users_seen")
        member = (
            select(joined.label("joined"), seen.c.active)
            .select_from(users.outerjoin(seen, seen.c.user_id == users.c.id))
            .where(*here)
            .offset(0)
            .subquery("members")
        )
        later = (
            func.count().filter(member.c.active.bitwise_rshift(member.c.joined + month).bitwise_and(1) == 1)
            for month in range(MONTHS)
        )
        counts = (count.label(f"active_{month}") for month, count in enumerate(later))
        number = member.c.joined.label("number")
        return select(number, func.count().label("users"), *counts).group_by(member.c.joined)

    def samples(self, rows: Sequence[Row[Any]], *, with_activity: bool) -> Iterator[Sample]:
        """Turn the rows into samples; a month in which nobody joined has no row."""
        found = {row.number: row._asdict() for row in rows}
        for number, month in enumerate(self._months, 1):
            counts = found.get(number, {})
            yield COHORT_USERS.sample(counts.get("users", 0), cohort=month.key)
            for later in range(1, MONTHS - number + 1) if with_activity else ():
                yield COHORT_ACTIVE.sample(counts.get(f"active_{later}", 0), cohort=month.key, month=str(later))

    def active_at_once(self, rows: Sequence[Row[Any]]) -> Mapping[str, int]:
        """Return how many were active in the month they joined, by cohort (month 0, which is JSON only)."""
        found = {row.number: row.active_0 for row in rows}
        return {month.key: found.get(number, 0) for number, month in enumerate(self._months, 1)}
