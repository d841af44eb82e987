"""Durations as rule files write them: `1h30m`, units in falling order, no fractions."""

import re
from datetime import timedelta

UNITS = {
    "y": timedelta(days=365),
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
NOTATION = re.compile("".join(f"(?:([0-9]+){unit})?" for unit in UNITS))
# What Prometheus can hold: 63 bits of nanoseconds.
LONGEST = timedelta(microseconds=2**63 // 1000)


def duration(text: str) -> timedelta:
    """Read a duration; ValueError with the mend if it is none."""
    if text == "0":
        return timedelta(0)
    found = NOTATION.fullmatch(text) if text.isascii() else None
    if not text or found is None:
        raise ValueError(f"{text!r} is not a duration; write for example 90s, 5m or 1h30m")
    try:
        total = sum(
            (int(count) * unit for count, unit in zip(found.groups(), UNITS.values(), strict=True) if count), NONE
        )
    except (OverflowError, ValueError):
        total = LONGEST + UNITS["ms"]
    if total > LONGEST:
        raise ValueError(f"the duration {text[:40]} is out of range; write less than 292 years")
    return total


def written(span: timedelta) -> str:
    """Write a duration in as few units as tell it exactly, as Prometheus does: 90 minutes are `1h30m`."""
    left, parts = span, []
    for unit, size in UNITS.items():
        # Weeks and years stand only where nothing smaller follows: 8 days are 8d.
        if unit in ("y", "w") and left % size:
            continue
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


NONE = timedelta(0)
