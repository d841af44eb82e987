"""What the scores of one candidate say: pure decisions over a history in order (metrics.md CA2j, CA4 to CA7)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal, NamedTuple

# A candidate gets better from the second score on; the mean of some first and last ones needs more of them.
FEWEST_FOR_ROBUST, ROBUST_MOST, FEWEST_FOR_SLOPE = 4, 3, 3
LATEST = 3
# A smaller population has no quartiles worth the name: fixed thresholds hold.
FEWEST_PEERS = 30
STRONG, WEAK = 0.75, 0.50
MOST_JUDGED = 5
# Means of floating numbers that are the same by rights may differ in the last digits.
TOLERANCE = 1e-9


class Subject(NamedTuple):
    """What is judged: a dimension of the scores, or a category of skills."""

    kind: Literal["dimension", "skill_category"]
    name: str


@dataclass(frozen=True, slots=True)
class Peers:
    """The quartiles of a statistic in the population, and how many candidates have it."""

    n: int
    p25: float
    p75: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A strength or an area for improvement: the candidate's mean, the threshold, and how far beyond it lies."""

    subject: Subject
    mean: float
    threshold: float
    margin: float


def improvement(scores: Sequence[float]) -> float | None:
    """Return the last less the first score; None for fewer than two."""
    return scores[-1] - scores[0] if len(scores) > 1 else None


def robust_improvement(scores: Sequence[float]) -> float | None:
    """Return the mean of the last less that of the first three scores, or of half of them if that is fewer.

    None for fewer than four: two single scores are mostly noise (regression to the mean).
    """
    if len(scores) < FEWEST_FOR_ROBUST:
        return None
    some = min(ROBUST_MOST, len(scores) // 2)
    return fmean(scores[-some:]) - fmean(scores[:some])


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Return the least-squares slope of (x, y); None for fewer than three points, or if all have one x."""
    if len(points) < FEWEST_FOR_SLOPE:
        return None
    middle, level = fmean(x for x, _ in points), fmean(y for _, y in points)
    if all(x == points[0][0] for x, _ in points):
        return None
    spread = sum((x - middle) ** 2 for x, _ in points)
    return sum((x - middle) * (y - level) for x, y in points) / spread


def latest_mean(scores: Sequence[float]) -> float | None:
    """Return the mean of the last three scores, or of as many as there are; None for none."""
    return fmean(scores[-LATEST:]) if scores else None


def judged(
    means: Mapping[Subject, float], peers: Mapping[Subject, Peers]
) -> tuple[tuple[Judged, ...], tuple[Judged, ...]]:
    """Return strengths and areas for improvement, the clearest first; what would be both is a strength."""
    strengths = list(_strengths(means, peers))
    taken = {found.subject for found in strengths}
    areas = (found for found in _areas(means, peers) if found.subject not in taken)
    return _clearest(strengths), _clearest(areas)


def _strengths(means: Mapping[Subject, float], peers: Mapping[Subject, Peers]) -> Iterator[Judged]:
    for subject, mean in means.items():
        known = _enough(peers.get(subject))
        threshold = known.p75 if known else STRONG
        if mean >= threshold - TOLERANCE:
            yield Judged(subject, mean, threshold, max(mean - threshold, 0.0))


def _areas(means: Mapping[Subject, float], peers: Mapping[Subject, Peers]) -> Iterator[Judged]:
    for subject, mean in means.items():
        known = _enough(peers.get(subject))
        threshold = known.p25 if known else WEAK
        if mean <= threshold + TOLERANCE:
            yield Judged(subject, mean, threshold, max(threshold - mean, 0.0))


def _enough(peers: Peers | None) -> Peers | None:
    return peers if peers and peers.n >= FEWEST_PEERS else None


def _clearest(found: Iterable[Judged]) -> tuple[Judged, ...]:
    return tuple(sorted(found, key=lambda one: (-one.margin, one.subject.name, one.subject.kind))[:MOST_JUDGED])
