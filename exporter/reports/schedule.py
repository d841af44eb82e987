"""When a report is owed, and when a failed one is tried again. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from exporter.reports.calendar import Week, last_complete
from exporter.triggers import Trigger, firings

TICK = timedelta(microseconds=1)
# The latest firing is looked for nearby first: an expression may fire every minute.
NEARBY = (timedelta(hours=1), timedelta(days=1))
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)


class Due(NamedTuple):
    """A report that is owed since `slot`, about a week."""

    week: Week
    slot: datetime


def owed(trigger: Trigger, zone: ZoneInfo, week_start: int, now: datetime, catch_up: timedelta) -> Due | None:
    """Return the report of the latest firing; None where that is longer ago than a missed one is made up for."""
    for span in (*(near for near in NEARBY if near < catch_up), catch_up):
        found = list(firings(trigger, now - span - TICK, now + TICK))
        if found:
            return Due(last_complete(found[-1], zone, week_start), found[-1])
    return None


def pause(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row: a minute, twice as long each time, up to an hour."""
    doubled: int = 2 ** min(failures - 1, 10)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)
