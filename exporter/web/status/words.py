"""Ages, outcomes and values as people read them. Pure."""

from datetime import UTC, datetime, timedelta

from exporter.model import Reason, Value

UNITS = (("d", 86400), ("h", 3600), ("min", 60))
BINARY = ("B", "KiB", "MiB", "GiB", "TiB")
REASONS = {
    Reason.CONNECT: "the source cannot be reached",
    Reason.TIMEOUT: "the source did not answer in time",
    Reason.QUERY: "the source refused the question",
    Reason.AUTH: "the source refused us access",
    Reason.RATELIMIT: "the source asks us to wait",
    Reason.BUDGET: "our own budget is spent",
    Reason.INVALID: "the result was rejected",
    Reason.INTERNAL: "a mistake in the exporter",
}


def span(length: timedelta) -> str:
    """Write a length of time with its largest unit; one below zero is 0 s."""
    seconds = max(int(length.total_seconds()), 0)
    for unit, size in UNITS:
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def instant(at: datetime) -> str:
    """Write an instant, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def plain(family: str, value: Value) -> str:
    """Write a value in the unit that the name of its family tells."""
    if family.endswith("_timestamp_seconds"):
        return instant(datetime.fromtimestamp(float(value), UTC)) if value else "never"
    if family.endswith("_ratio"):
        return f"{float(value):.2%}"
    if family.endswith("_bytes"):
        return _bytes(float(value))
    text = f"{float(value):,.4f}".rstrip("0").rstrip(".")
    return f"{text} s" if family.endswith("_seconds") else text


def _bytes(size: float) -> str:
    for unit in BINARY[:-1]:
        if abs(size) < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} {BINARY[-1]}"
