"""What a question says, read as Prometheus reads it. Pure; everything here raises BadParameter."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from alerts.durations import duration
from alerts.promql import PromQLError, parse
from alerts.promql.errors import Unsupported
from alerts.promql.expression import EPOCH, Expression
from alerts.promql.selectors import Selector
from exporter.web.prometheus.answers import BadParameter, instant

# All values of each parameter, those of a form before those of the URL.
Form = Mapping[str, Sequence[str]]
# How far from now an instant may be: as far as Prometheus itself looks back.
LOOKBACK = timedelta(minutes=5)
# From here on a value of now is no longer taken for one of then without a word.
NEAR = timedelta(minutes=1)
ZONED = re.compile(r"[0-9-]{10}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})")
WHOLE = re.compile("[+-]?[0-9]{1,18}")
TRUE, FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("", "0", "f", "F", "FALSE", "false", "False")


def first(form: Form, name: str) -> str:
    """Return the first value of a parameter, which is the one that counts; nothing if there is none."""
    return next(iter(form.get(name, ())), "")


def truth(form: Form, name: str) -> bool:
    """Read yes or no; nothing is no."""
    text = first(form, name)
    if text not in TRUE + FALSE:
        raise BadParameter(name, f"cannot parse {text!r}: write true or false")
    return text in TRUE


def whole(form: Form, name: str) -> int | None:
    """Read a whole number; None if there is nothing, raises ValueError for what is none."""
    text = first(form, name)
    if text and not WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text) if text else None


def expression(form: Form, name: str) -> Expression:
    """Read an expression of the subset that the daemon evaluates."""
    return _parsed(name, first(form, name))


def selectors(form: Form, name: str) -> list[Selector]:
    """Read every value as a selector."""
    found = []
    for text in form.get(name, ()):
        root = _parsed(name, text).root
        if not isinstance(root, Selector):
            raise BadParameter(name, f'{text!r} is no selector; write for example up{{job="jobhive"}}')
        found.append(root)
    return found


def _parsed(name: str, text: str) -> Expression:
    try:
        return parse(text)
    except Unsupported as error:
        # Whoever asks has no rule to move.
        raise BadParameter(name, f"{error.what}. Prometheus can evaluate it.") from None
    except PromQLError as error:
        raise BadParameter(name, error) from None


def evaluation_time(form: Form, now: datetime) -> tuple[datetime, list[str]]:
    """Read the instant of an evaluation, by default now, with what has to be said about it.

    There is no history: an instant that is farther away than Prometheus looks back is refused.
    """
    text = first(form, "time")
    if not text:
        return now, []
    at = _instant(text)
    away = now - at
    if abs(away) > LOOKBACK:
        raise BadParameter(
            "time",
            f"{instant(at)} is more than 5 minutes from now; this daemon has no history and tells what it knows now. "
            "Leave the time out, or ask Prometheus",
        )
    if away <= NEAR:
        return at, []
    return at, [f"the values are those of {instant(now)}: this daemon has no history"]


def _instant(text: str) -> datetime:
    try:
        return (_of_seconds(text) or datetime.fromisoformat(_with_zone(text))).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadParameter(
            "time", f"cannot parse {text!r}; write seconds since 1970, or 2026-11-22T23:59:36Z"
        ) from None


def _of_seconds(text: str) -> datetime | None:
    """Read seconds since 1970, to the millisecond."""
    try:
        number = float(text)
    except ValueError:
        return None
    return EPOCH + timedelta(milliseconds=round(number * 1000))


def _with_zone(text: str) -> str:
    """Return a text if it is an instant of RFC 3339, which tells its offset from UTC."""
    if not ZONED.fullmatch(text):
        raise ValueError(text)
    return text


def timeout(form: Form, longest: float) -> float:
    """Read how many seconds an answer may take, at most `longest`."""
    text = first(form, "timeout")
    if not text:
        return longest
    try:
        asked = float(text)
    except ValueError:
        try:
            asked = duration(text).total_seconds()
        except ValueError as error:
            raise BadParameter("timeout", error) from None
    return 0.0 if math.isnan(asked) else min(asked, longest)
