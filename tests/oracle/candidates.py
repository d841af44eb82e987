"""The population families of metrics.md 4.5 as exact fractions, from each candidate's history."""

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction

from tests.oracle.measures import DAY
from tests.oracle.revenue import Values, key, ratio
from tests.oracle.samples import mean, seconds
from tests.oracle.sessions import DIMENSIONS, completed, end, score
from tests.oracle.usage_rows import Session, Settings, World
from tests.oracle.windowed import scope_of

Point = tuple[Fraction, Fraction]
Scored = list[tuple[Session, Fraction]]

PERS = ("interview", "30d")
WINDOWS = {"30d": 30, "90d": 90}
IMPROVEMENT = 90
FEWEST = 3
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATE = datetime.max.replace(tzinfo=UTC)


def expected_candidates(world: World, at: datetime, settings: Settings) -> Values:
    found = list(histories(world, at, settings).values())
    values = interviews_each(found, at, settings)
    for dimension in DIMENSIONS:
        values |= improvements(found, dimension, at, settings)
    for per in PERS:
        values |= rates(found, per, at, settings)
    return values


def histories(world: World, at: datetime, settings: Settings) -> dict[int, list[Session]]:
    """The completed(T) sessions of each candidate of P0(T) who has one, in the order of the contract."""
    scope = scope_of(world, at, settings).of_kind(settings.candidate_kind)
    found: dict[int, list[Session]] = {}
    for row in sorted(scope.sessions, key=lambda row: (row.start_time or LATE, row.id)):
        if completed(row, at, settings):
            found.setdefault(row.user_id, []).append(row)
    return found


def ended_since(row: Session, first: datetime, settings: Settings) -> bool:
    """Of a completed(T) session, whose end is before T."""
    stop = end(row, settings)
    return stop is not None and stop >= first


def scored(history: Sequence[Session], dimension: str, settings: Settings) -> Scored:
    found = [(row, score(row, dimension, settings)) for row in history]
    return [(row, value) for row, value in found if value is not None]


def interviews_each(found: Sequence[Sequence[Session]], at: datetime, settings: Settings) -> Values:
    """CA3, CA3b."""
    values: Values = {}
    for window, days in WINDOWS.items():
        counts = [sum(ended_since(row, at - days * DAY, settings) for row in history) for history in found]
        candidates = sum(count > 0 for count in counts)
        values[key("jobhive_candidates", window=window)] = candidates
        values |= ratio(key("jobhive_candidate_interviews_avg", window=window), sum(counts), candidates)
    return values


def improvements(found: Sequence[Sequence[Session]], dimension: str, at: datetime, settings: Settings) -> Values:
    """CA2 to CA2d."""
    changes = []
    for history in found:
        pairs = scored(history, dimension, settings)
        if len(pairs) >= 2 and ended_since(pairs[-1][0], at - IMPROVEMENT * DAY, settings):
            changes.append(pairs[-1][1] - pairs[0][1])
    improved, labels = sum(change > 0 for change in changes), {"dimension": dimension, "window": "90d"}
    return {
        key("jobhive_candidates_repeat", **labels): len(changes),
        key("jobhive_candidates_improved", **labels): improved,
        **mean(key("jobhive_candidate_improvement_avg_ratio", **labels), changes),
        **ratio(key("jobhive_candidate_improved_ratio", **labels), improved, len(changes)),
    }


def rates(found: Sequence[Sequence[Session]], per: str, at: datetime, settings: Settings) -> Values:
    """CA5, CA5b. Who is a candidate of the family, all values tell, also those without a start."""
    slopes = []
    for history in found:
        pairs = scored(history, "completion", settings)
        if len(pairs) >= FEWEST and ended_since(pairs[-1][0], at - IMPROVEMENT * DAY, settings):
            slopes.append(slope(points(pairs, per)))
    sample, labels = [value for value in slopes if value is not None], {"per": per, "window": "90d"}
    return {
        key("jobhive_candidate_improvement_rate_candidates", **labels): len(sample),
        **mean(key("jobhive_candidate_improvement_rate_avg_ratio", **labels), sample),
    }


def points(pairs: Scored, per: str) -> list[Point]:
    if per == "interview":
        return [(Fraction(place), value) for place, (_, value) in enumerate(pairs, 1)]
    timed = [(row.start_time, value) for row, value in pairs]
    month = seconds(30 * DAY)
    return [(seconds(start - EPOCH) / month, value) for start, value in timed if start is not None]


def slope(line: Sequence[Point]) -> Fraction | None:
    """Least squares; None for fewer than three points, and where they have no spread."""
    if len(line) < FEWEST:
        return None
    middle = sum((x for x, _ in line), Fraction(0)) / len(line)
    level = sum((y for _, y in line), Fraction(0)) / len(line)
    spread = sum(((x - middle) ** 2 for x, _ in line), Fraction(0))
    return sum(((x - middle) * (y - level) for x, y in line), Fraction(0)) / spread if spread else None
