"""What a database says → the value of a sample, or the value of a label. Pure."""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from exporter.model import Value

MOST_CHARACTERS = 100


def number(found: object) -> Value | None:
    """Return a value, None where there is none to be had: not a number, or none that is finite.

    An interval is in seconds, an instant in seconds since the epoch; one without a time zone is in UTC.
    """
    if isinstance(found, bool):
        return int(found)
    if isinstance(found, timedelta):
        return found.total_seconds()
    if isinstance(found, datetime):
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    if not isinstance(found, int | float | Decimal):
        return None
    try:
        return found if math.isfinite(float(found)) else None
    except (OverflowError, ValueError):
        return None


def label(found: object) -> str | None:
    """Return the value of a label as the contract wants it (metrics.md C10), None where there is none."""
    if found is None:
        return None
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, date):
        return found.isoformat()
    text = "".join(character for character in str(found) if character.isprintable())
    return text[:MOST_CHARACTERS] or None
