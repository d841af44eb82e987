"""How far the clock of this machine is off, by the date in the head of an answer. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def ahead(headers: Mapping[str, str] | None, now: datetime) -> timedelta:
    """Return by how much we are ahead of a server, below 0 where we are behind; 0 where it tells no date."""
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    try:
        return now - parsedate_to_datetime(lower["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return timedelta(0)


def worded(skew: timedelta, server: str) -> str:
    """Say how far the clock is off, and what to do."""
    direction = "ahead of" if skew > timedelta(0) else "behind"
    return f"the clock of this machine is {abs(round(skew.total_seconds()))} s {direction} {server}; set it by NTP"
