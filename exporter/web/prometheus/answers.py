"""Answers as Prometheus sends them: JSON as Go writes it, and errors with their type and status. Pure."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from alerts.promql.literals import exponential, plain
from exporter.model import ExporterError

ErrorType = Literal["bad_data", "execution", "timeout", "unavailable", "internal"]
STATUSES: dict[ErrorType, int] = {
    "bad_data": 400,
    "execution": 422,
    "timeout": 503,
    "unavailable": 503,
    "internal": 500,
}
# What Go writes as escapes, so that a browser that takes JSON for a page finds no tag in it.
ESCAPED = str.maketrans({one: f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"})
# Go's time before any other, which Prometheus tells for never.
NEVER = "0001-01-01T00:00:00Z"
# Between these a number is written without exponent.
SMALL, LARGE = 1e-6, 1e21


class Refused(ExporterError):
    """A question that is not answered; `kind` is what Prometheus calls the error."""

    def __init__(self, kind: ErrorType, message: str) -> None:
        super().__init__(message)
        self.kind: ErrorType = kind

    @property
    def status(self) -> int:
        """Return the status of HTTP."""
        return STATUSES[self.kind]


class BadParameter(Refused):
    """A parameter that says nothing sensible."""

    def __init__(self, name: str, problem: object) -> None:
        super().__init__("bad_data", f'invalid parameter "{name}": {problem}')


def success(data: str, warnings: Sequence[str] = ()) -> str:
    """Wrap data, which are JSON already."""
    told = f',"warnings":{written(list(warnings))}' if warnings else ""
    return f'{{"status":"success","data":{data}{told}}}'


def failure(error: Refused) -> str:
    """Tell an error."""
    return written({"status": "error", "errorType": error.kind, "error": str(error)})


def written(value: Any) -> str:
    """Write a value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(ESCAPED)


def seconds(span: float) -> int | float:
    """Return a number of seconds as Go writes it: whole ones have no point."""
    return int(span) if span.is_integer() else span


def instant(at: datetime | None) -> str:
    """Write an instant as RFC 3339 in UTC, with as many digits as it needs."""
    if at is None:
        return NEVER
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"


def number(value: float) -> str:
    """Write the value of a sample."""
    return plain(value) if value == 0 or SMALL <= abs(value) < LARGE else exponential(value)
