"""Samples as they are in Redis, and as they are kept between runs (sources.md 2.1).

The last 24 hours of a busy component are a hundred thousand samples: they are read once, in segments of five minutes,
and a segment again only if Redis counts other members in it than were read.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Literal, Self

SEGMENT_SECONDS = 300
Check = Literal["legacy_member", "sample_invalid"]


def value_of(member: str, highest: float) -> float | Check:
    """Return the value of a member `ts:id:value`, or the check that it breaks."""
    at, _, rest = member.partition(":")
    name, separator, text = rest.rpartition(":")
    if not separator or not name or number(at) is None:
        return "legacy_member"
    value = number(text)
    return value if value is not None and isfinite(value) and 0 <= value <= highest else "sample_invalid"


def number(text: str) -> float | None:
    """Return what a text says, None if it is no number; an underscore is Python's own way of writing one."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def pairs(reply: Sequence[str]) -> list[tuple[str, float]]:
    """Return members with their scores, as ZRANGE … WITHSCORES lists them."""
    return list(zip(reply[::2], map(float, reply[1::2]), strict=True))


def segments(start: float, end: float) -> range:
    """Return the numbers of the segments that hold [start, end)."""
    return range(int(start // SEGMENT_SECONDS), -int(-end // SEGMENT_SECONDS))


@dataclass(frozen=True, slots=True)
class Scale:
    """What the values of a series may be, and by what they are divided."""

    highest: float = inf
    unit: float = 1.0


@dataclass(slots=True)
class Segment:
    """Five minutes of a key: how many members it had, its samples by time, and the members that are none."""

    members: int = 0
    times: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    flaws: list[tuple[float, Check]] = field(default_factory=list)

    @classmethod
    def of(cls, found: Iterable[tuple[str, float]], scale: Scale) -> Self:
        """Make a segment of its members, the oldest first."""
        segment = cls()
        for member, score in found:
            segment.members += 1
            value = value_of(member, scale.highest)
            if isinstance(value, str):
                segment.flaws.append((score, value))
            else:
                segment.times.append(score)
                segment.values.append(value / scale.unit)
        return segment


@dataclass(slots=True)
class Series:
    """The samples of one key that are known."""

    scale: Scale
    known: dict[int, Segment] = field(default_factory=dict)

    def members(self, number: int) -> int:
        """Return how many members a segment had when it was read."""
        segment = self.known.get(number)
        return segment.members if segment else 0

    def keep(self, numbers: range) -> None:
        """Forget what is outside of these segments."""
        for gone in [number for number in self.known if number not in numbers]:
            del self.known[gone]

    def between(self, start: float, end: float) -> "tuple[array[float], array[float]]":
        """Return instants and values in [start, end), by time."""
        times, values = array("d"), array("d")
        for number in segments(start, end):
            if segment := self.known.get(number):
                first, last = bisect_left(segment.times, start), bisect_left(segment.times, end)
                times.extend(segment.times[first:last])
                values.extend(segment.values[first:last])
        return times, values

    def flaws(self, start: float, end: float) -> list[Check]:
        """Return the check that each member in [start, end) breaks that is no sample."""
        numbers = segments(start, end)
        found = (flaw for number, segment in self.known.items() if number in numbers for flaw in segment.flaws)
        return [check for score, check in found if start <= score < end]
