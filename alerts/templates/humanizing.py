"""Numbers for people: the functions whose names begin with `humanize`."""

import math

from alerts.templates.conversions import as_float
from alerts.templates.errors import ExpansionError
from alerts.templates.formatting import formatted
from alerts.templates.values import Instant, Value
from alerts.templates.verbs import Verb

LARGE, SMALL = "kMGTPEZY", "munpfazy"
BINARY = [f"{letter}i" for letter in "kMGTPEZY"]
SHORT = Verb("g", precision=4)
LARGEST_NANOSECONDS = 2**63


def _short(number: float) -> str:
    return formatted(number, SHORT)


def humanize(value: Value) -> str:
    """Write a number with a metric prefix."""
    number = as_float(value)
    if number == 0 or not math.isfinite(number):
        return _short(number)
    if abs(number) >= 1:
        return _scaled_down(number, list(LARGE), 1000)
    number, prefix = _scaled_up(number)
    return _short(number) + prefix


def humanize1024(value: Value) -> str:
    """Write a number with a binary prefix."""
    number = as_float(value)
    if abs(number) <= 1 or not math.isfinite(number):
        return _short(number)
    return _scaled_down(number, BINARY, 1024)


def _scaled_down(number: float, prefixes: list[str], by: int) -> str:
    shown = ""
    for prefix in prefixes:
        if abs(number) < by:
            break
        shown, number = prefix, number / by
    return _short(number) + shown


def _scaled_up(number: float) -> tuple[float, str]:
    shown = ""
    for prefix in SMALL:
        if abs(number) >= 1:
            break
        shown, number = prefix, number * 1000
    return number, shown


def humanize_duration(value: Value) -> str:
    """Write seconds as days, hours, minutes and seconds, or as parts of a second."""
    number = as_float(value)
    if not math.isfinite(number):
        return _short(number)
    if number == 0:
        return f"{_short(number)}s"
    if abs(number) < 1:
        number, prefix = _scaled_up(number)
        return f"{_short(number)}{prefix}s"
    sign, number = ("-" if number < 0 else ""), abs(number)
    minutes, seconds = divmod(_int64(number), 60)
    if minutes == 0:
        return f"{sign}{_short(number)}s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")]
    while parts[0][0] == 0:
        del parts[0]
    return sign + " ".join(f"{amount}{unit}" for amount, unit in parts)


def _int64(number: float) -> int:
    if number >= LARGEST_NANOSECONDS:
        raise ExpansionError(f"{_short(number)} seconds overflow int64")
    return int(number)


def humanize_percentage(value: Value) -> str:
    """Write a ratio as a percentage."""
    return f"{_short(as_float(value) * 100)}%"


def humanize_timestamp(value: Value) -> str:
    """Write seconds since 1970 as an instant."""
    number = as_float(value)
    return str(instant(number)) if math.isfinite(number) else _short(number)


def to_time(value: Value) -> Instant:
    """Return an instant; ExpansionError for what is none."""
    number = as_float(value)
    if not math.isfinite(number):
        raise ExpansionError("value is NaN or Inf")
    return instant(number)


def instant(number: float) -> Instant:
    """Return the instant of seconds since 1970."""
    nanoseconds = number * 1e9
    if not -LARGEST_NANOSECONDS <= nanoseconds < LARGEST_NANOSECONDS:
        raise ExpansionError(
            f"{formatted(number, Verb('v'))} cannot be represented as a nanoseconds timestamp since it overflows int64"
        )
    # Go divides towards zero.
    milliseconds = abs(int(nanoseconds)) // 10**6
    return Instant(-milliseconds if nanoseconds < 0 else milliseconds)
