"""What is asked of Redis: counts, the segments that have changed, the newest samples; in rounds of bounded size."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from collectors.ai_realtime.samples import SEGMENT_SECONDS, Scale, Segment, Series, pairs, value_of
from collectors.base import Round

COUNTS_PER_ROUND = 1000
# About two megabytes, and some milliseconds of the server's time.
MEMBERS_PER_ROUND = 20_000
LAST, FURTHER = 100, 1000
# A member of the original layout has a value as its score: as an instant that is decades ago.
ANCIENT_SECONDS, SKEW_SECONDS = 48 * 3600, 60
Command = tuple[str | int, ...]


class Tail(NamedTuple):
    """The end of a key: the time of its newest sample, the last (time, value) before T, newest first, and how many
    members lie outside of any time that a sample may have."""

    newest: float | None
    last: list[tuple[float, float]]
    ancient: int
    future: int


class Stale(NamedTuple):
    """A segment that is to be read, and how many members it has."""

    key: str
    number: int
    members: int


def load(round_: Round, wanted: Mapping[str, range], series: Mapping[str, Series]) -> set[str]:
    """Bring the wanted segments of each key up to date; returns the keys that are no sorted sets."""
    asked = [(key, number) for key, numbers in wanted.items() for number in numbers]
    counts = _ask(round_, [("ZCOUNT", key, *_bounds(number)) for key, number in asked])
    stale, wrong = [], set()
    for (key, number), count in zip(asked, counts, strict=True):
        if count is None:
            wrong.add(key)
        elif count != series[key].members(number):
            stale.append(Stale(key, number, count))
    for some in _rounds(stale):
        for segment, found in zip(some, _read(round_, some), strict=True):
            series[segment.key].known[segment.number] = Segment.of(found, series[segment.key].scale)
    return wrong


def tails(round_: Round, scales: Mapping[str, Scale], at: float) -> dict[str, Tail]:
    """Return the end of each key as of an instant; a key that is no sorted set is left out."""
    ancient, future = f"{at - ANCIENT_SECONDS:.6f}", f"{at + SKEW_SECONDS:.6f}"
    commands: list[Command] = []
    for key in scales:
        commands += [_newest(key, ancient, future, 0, LAST), ("ZCOUNT", key, "-inf", f"({ancient}")]
        commands += [("ZCOUNT", key, future, "+inf")]
    replies, found = iter(_ask(round_, commands)), {}
    for key, (members, old, ahead) in zip(scales, zip(replies, replies, replies, strict=True), strict=True):
        if members is None or old is None or ahead is None:
            continue
        valid, offset, size = _valid(members, scales[key]), LAST, LAST
        while len(members) == 2 * size and _is_short(valid, at):
            size = FURTHER
            members = round_.ask([_newest(key, ancient, future, offset, size)])[0] or []
            valid, offset = valid + _valid(members, scales[key]), offset + size
        last = [sample for sample in valid if sample[0] < at][:LAST]
        found[key] = Tail(valid[0][0] if valid else None, last, old, ahead)
    return found


def _newest(key: str, ancient: str, future: str, offset: int, size: int) -> Command:
    return "ZRANGE", key, f"({future}", ancient, "BYSCORE", "REV", "LIMIT", offset, size, "WITHSCORES"


def _valid(reply: Sequence[str], scale: Scale) -> list[tuple[float, float]]:
    valued = ((score, value_of(member, scale.highest)) for member, score in pairs(reply))
    return [(score, value / scale.unit) for score, value in valued if not isinstance(value, str)]


def _is_short(valid: Sequence[tuple[float, float]], at: float) -> bool:
    return sum(score < at for score, _ in valid) < LAST


def _bounds(number: int) -> tuple[str, str]:
    return str(number * SEGMENT_SECONDS), f"({(number + 1) * SEGMENT_SECONDS}"


def _rounds(stale: Sequence[Stale]) -> Iterator[list[Stale]]:
    """Group segments that are read at once; one that is too large for that stands alone."""
    some, members = list[Stale](), 0
    for segment in stale:
        if some and members + segment.members > MEMBERS_PER_ROUND:
            yield some
            some, members = [], 0
        some.append(segment)
        members += segment.members
    if some:
        yield some


def _read(round_: Round, some: Sequence[Stale]) -> list[list[tuple[str, float]]]:
    """Return the members of each segment with their scores, the oldest first."""
    replies = round_.ask([_page(segment, 0) for segment in some])
    found = [pairs(reply or []) for reply in replies]
    for segment, members in zip(some, found, strict=True):
        for offset in range(MEMBERS_PER_ROUND, segment.members, MEMBERS_PER_ROUND):
            members += pairs(round_.ask([_page(segment, offset)])[0] or [])
    # What comes in between two pages pushes a member from the one onto the other.
    return [list(dict.fromkeys(members)) for members in found]


def _page(segment: Stale, offset: int) -> Command:
    start, end = _bounds(segment.number)
    return "ZRANGE", segment.key, start, end, "BYSCORE", "LIMIT", offset, MEMBERS_PER_ROUND, "WITHSCORES"


def _ask(round_: Round, commands: Sequence[Command]) -> list[Any]:
    replies: list[Any] = []
    for first in range(0, len(commands), COUNTS_PER_ROUND):
        replies += round_.ask(commands[first : first + COUNTS_PER_ROUND])
    return replies
