"""Who was active in which period: one pass over the activity of the last two months (metrics.md UE1, UE2, UE3)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import Label, Row, Select, func, select

from collectors.activity import Activity
from collectors.definitions import Definitions
from collectors.engagement.families import ACTIVE, ACTIVE_UTC, DAILY_MEAN, LAGS, MONTH_KEY, STICKINESS_BASE, TRAILING
from collectors.slots import Slots
from exporter.model import Sample
from exporter.windows import Window, business_date, midnight, previous_day, previous_month, previous_week, trailing

DAYS = 30


class Counted(NamedTuple):
    """A sample to come: its value is the distinct users of the period [start, end)."""

    sample: Sample
    start: datetime
    end: datetime


class Active:
    """What to ask about active users, and what the answer means; `activity` decides what can be known."""

    def __init__(self, activity: Activity, definitions: Definitions, at: datetime) -> None:
        self._activity, self._at = activity, at
        self._has_history = activity.source != "login"
        self._days = _midnights(at, definitions)
        self._counted = [_of(ACTIVE.sample(0, window=key), trailing(key, at)) for key in TRAILING]
        if self._has_history:
            self._counted += [_of(ACTIVE.sample(0, window=window.key), window) for window in _complete(at, definitions)]
            self._counted += [_of(ACTIVE_UTC.sample(0, lag_days=str(lag)), _utc_days(at, lag)) for lag in LAGS]
            base = STICKINESS_BASE.sample(0, window=MONTH_KEY)
            self._counted.append(Counted(base, self._days[0], self._days[-1]))

    def statement(self) -> Select[*tuple[Any, ...]]:
        """Select one row: the distinct users of each period; with a history, those of each day and if it is complete.

        Activity is reduced to one row per user, and nothing is sorted.
        """
        periods, days = Slots({edge for _, *ends in self._counted for edge in ends}), Slots(self._days)
        pairs = self._activity.pairs(periods.edges[0], self._at)
        seen = (cut.seen(pairs.c.occurred_at).label(name) for name, cut in {"periods": periods, "days": days}.items())
        users = select(*seen).group_by(pairs.c.user_id).subquery("users_seen")
        counts = [
            func.count().filter(periods.during(users.c.periods, start, end)).label(f"period_{number}")
            for number, (_, start, end) in enumerate(self._counted)
        ]
        if not self._has_history:
            return select(*counts)
        daily = [func.count().filter(days.during(users.c.days, *day)) for day in pairwise(self._days)]
        return select(*counts, sum(daily[1:], daily[0]).label("daily"), self._is_known())

    def _is_known(self) -> Label[bool]:
        """Tell whether there was activity at the start of the first day or before it."""
        pairs = self._activity.pairs()
        return select(pairs.c.user_id).where(pairs.c.occurred_at <= self._days[0]).exists().label("is_known")

    def samples(self, row: Row[Any]) -> Iterator[Sample]:
        """Turn the row into samples."""
        for (sample, _, _), users in zip(self._counted, tuple(row), strict=False):
            yield sample._replace(value=users)
        if self._has_history and row.is_known:
            yield DAILY_MEAN.sample(Decimal(row.daily) / DAYS, window=MONTH_KEY)


def _of(sample: Sample, window: Window) -> Counted:
    return Counted(sample, window.start, window.end)


def _complete(at: datetime, definitions: Definitions) -> Sequence[Window]:
    zone = definitions.timezone
    return previous_day(at, zone), previous_week(at, zone, definitions.week_start), previous_month(at, zone)


def _utc_days(at: datetime, lag: int) -> Window:
    end = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=lag)
    return Window("", end - timedelta(days=DAYS), end)


def _midnights(at: datetime, definitions: Definitions) -> Sequence[datetime]:
    """Return the starts of the 30 complete business days before `at`, and the end of the last."""
    today = business_date(at, definitions.timezone)
    return [midnight(today - timedelta(days=ago), definitions.timezone) for ago in range(DAYS, -1, -1)]
