"""What arguments can be: instants, durations, names; each refusal shows what to write."""

import re
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.durations import duration
from alerts.rulefile import Version
from exporter import order, rules_files
from exporter.alertmanager_settings import address
from exporter.reports.calendar import named

NAME = re.compile("[a-z_][a-z0-9_]{0,62}")
# Windows reach back from an instant, and PostgreSQL knows fewer years than Python has.
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def instant(text: str) -> datetime:
    """Read an instant."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo and EARLIEST <= found <= LATEST:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ArgumentTypeError("not an instant with a time zone; write for example 2026-04-01T00:00:00Z")


def whole_second(text: str) -> datetime:
    """Read an instant that is a whole second."""
    return order.whole(instant(text))


def span(text: str) -> timedelta:
    """Read a duration as rule files have them."""
    try:
        if found := duration(text):
            return found
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    raise ArgumentTypeError("must be longer than 0")


def version(text: str) -> Version:
    """Read a version of Prometheus."""
    try:
        return rules_files.version(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def alertmanager(text: str) -> str:
    """Read the address of an Alertmanager."""
    try:
        return address(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def plain_name(text: str) -> str:
    """Read the name of a schema or a role, which needs no quotes in SQL."""
    if not NAME.fullmatch(text):
        raise ArgumentTypeError("not a plain name; use at most 63 small letters, digits and _")
    return text


def week_name(text: str) -> str:
    """Read the name of a week."""
    try:
        week = named(text, ZoneInfo("UTC"), 0)
    except (ValueError, OverflowError) as error:
        raise ArgumentTypeError(str(error)) from None
    if not EARLIEST.year <= week.first.year < LATEST.year:
        raise ArgumentTypeError(f"{text} is too far away; write for example 2026-W46")
    return text
