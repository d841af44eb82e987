"""Parts of a date, in UTC, of a number of seconds since 1970 however large."""

import calendar
import math
from collections.abc import Callable
from datetime import date

DAY = 86400
# The calendar repeats after this many days, which Python's years from 1 to 9999 then suffice for.
ERA_YEARS, ERA_DAYS = 400, 146097
EPOCH = date(1970, 1, 1).toordinal()
BEYOND_INTEGERS = 2.0**63


def _of_date(part: Callable[[date, int], int]) -> Callable[[float], float]:
    """Return a function of seconds from one of a date and the second of its day."""

    def found(seconds: float) -> float:
        # Go turns what is no 64-bit integer into rubbish.
        if not math.isfinite(seconds) or abs(seconds) >= BEYOND_INTEGERS:
            return math.nan
        days, second = divmod(int(seconds), DAY)
        return float(part(date.fromordinal(EPOCH + days % ERA_DAYS), second))

    return found


def year(seconds: float) -> float:
    """Return the year."""
    within = _of_date(lambda day, _: day.year)(seconds)
    return within if math.isnan(within) else within + int(seconds) // DAY // ERA_DAYS * ERA_YEARS


minute = _of_date(lambda _, second: second % 3600 // 60)
hour = _of_date(lambda _, second: second // 3600)
day_of_week = _of_date(lambda day, _: day.isoweekday() % 7)
day_of_month = _of_date(lambda day, _: day.day)
day_of_year = _of_date(lambda day, _: day.timetuple().tm_yday)
days_in_month = _of_date(lambda day, _: calendar.monthrange(day.year, day.month)[1])
month = _of_date(lambda day, _: day.month)
