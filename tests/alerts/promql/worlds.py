"""Sample sets in which everything occurs that an expression can trip over, each at an instant of its own."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

Labels = dict[str, str]
# As few as that their label sets collide, and one for the engine's own series.
NAMES = ("m0", "m1", "m2", "m3", "m4:sum", "M5", "ALERTS", "instant")
# No newline: there the dot of a regex differs on purpose. No number near 2.2e-308: Go's logarithms fail there.
VALUES = {"a": ("", "1", "2", "3"), "b": ("", "x", "yy"), "c": ("", "1.5", 'é"q\\'), "B": ("", "u")}
SPECIAL = (math.nan, math.inf, -math.inf, -0.0, 0.0, 1e300, -1e300, 2.3e-300, 2.0**53, 1e-7, 0.1)
# Both sides of 1970, of leap days and of a year's end.
DATES = (0.0, -1.0, 951782400.0, 951868799.5, 4107542400.0, -62135596801.0, 1e12, -1e14, 1798761599.999)
FIRST = datetime(2024, 2, 28, 22, 59, 59, tzinfo=UTC)
APART = timedelta(hours=11, minutes=7, seconds=1)


class World(NamedTuple):
    """The samples of an instant."""

    at: datetime
    samples: Sequence[tuple[Labels, float]]


def worlds(random: Random, count: int) -> list[World]:
    """Make sample sets."""
    return [World(FIRST + number * APART, list(_samples(random))) for number in range(count)]


def _samples(random: Random) -> Iterator[tuple[Labels, float]]:
    for name in NAMES:
        # Often few, so that sides of a match are empty or single.
        for labels in _label_sets(random, random.choice((0, 1, 2, 4, 6, 10, 20))):
            yield {"__name__": name, **labels}, random.choice(DATES) if name == "instant" else number(random)


def _label_sets(random: Random, count: int) -> list[Labels]:
    found = {
        tuple((label, value) for label, values in VALUES.items() if (value := random.choice(values)))
        for _ in range(count)
    }
    return [dict(labels) for labels in sorted(found)]


def number(random: Random) -> float:
    """Return a number: one of few small ones, so that there are ties, a special one, or any."""
    kind = random.random()
    if kind < 0.5:
        return float(random.randint(-3, 4))
    if kind < 0.75:
        return random.choice(SPECIAL)
    return random.uniform(-10, 10) * 10.0 ** random.randint(-3, 6)


def openmetrics(found: Sequence[World]) -> str:
    """Write sample sets for promtool."""
    points: dict[tuple[tuple[str, str], ...], list[tuple[datetime, float]]] = {}
    for world in found:
        for labels, value in world.samples:
            points.setdefault(tuple(sorted(labels.items())), []).append((world.at, value))
    lines = []
    for series, course in sorted(points.items()):
        inner = ",".join(f"{name}={_quoted(value)}" for name, value in series if name != "__name__")
        for at, value in course:
            written = repr(value).replace("inf", "Inf").replace("nan", "NaN")
            lines.append(f"{dict(series)['__name__']}{{{inner}}} {written} {at.timestamp():.3f}\n")
    return "".join(lines) + "# EOF\n"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
