"""Statistics of samples: plain functions of instants and values, in seconds and in any unit (metrics.md 4.9, C11)."""

from bisect import bisect_left
from collections.abc import Sequence
from math import fsum
from operator import mul

P95_MIN, BIN_SECONDS = 20, 300.0
FEWEST_BINS = 24
SLOPE_MIN = 10
# The share of a window that samples must span for their slope to speak of it.
SLOPE_SPAN = 0.25
# All pairs of more would take too long; beyond it every n-th sample stands for its neighbours.
THEIL_SEN_MOST = 200


def percentile(ordered: Sequence[float], share: float) -> float:
    """Interpolate between order statistics ("type 7", as PostgreSQL's percentile_cont); 1..10 gives p95 = 9.55."""
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def slope(times: Sequence[float], values: Sequence[float]) -> float | None:
    """Return the least-squares slope, Σ(t−t̄)(v−v̄)/Σ(t−t̄)²; None where all instants are one."""
    if len(times) < 2:
        return None
    # Seconds since the epoch are large and near to each other: taken from the first one they lose nothing.
    since = [time - times[0] for time in times]
    middle, mean = fsum(since) / len(since), fsum(values) / len(values)
    apart = [time - middle for time in since]
    spread = fsum(map(mul, apart, apart))
    return fsum(map(mul, apart, (value - mean for value in values))) / spread if spread else None


def is_told(times: Sequence[float], window: float) -> bool:
    """Tell whether samples, oldest first, are enough for a slope over a window."""
    return len(times) >= SLOPE_MIN and times[-1] - times[0] >= window * SLOPE_SPAN


def trend(slope_: float, window: float, values: Sequence[float]) -> float | None:
    """Return the relative change over a window; None where the mean is 0."""
    mean = fsum(values) / len(values)
    return slope_ * window / mean if mean else None


def thinned(items: Sequence[float], most: int) -> Sequence[float]:
    """Return at most so many items, evenly apart, the first and the last among them."""
    if len(items) <= most:
        return items
    return [items[index * (len(items) - 1) // (most - 1)] for index in range(most)]


def theil_sen(times: Sequence[float], values: Sequence[float]) -> float | None:
    """Return the median of the slopes of all pairs, of at most THEIL_SEN_MOST samples."""
    times, values = thinned(times, THEIL_SEN_MOST), thinned(values, THEIL_SEN_MOST)
    slopes = sorted(
        (values[j] - values[i]) / (times[j] - times[i])
        for i in range(len(times))
        for j in range(i + 1, len(times))
        if times[j] > times[i]
    )
    return percentile(slopes, 0.5) if slopes else None


def usual_p95(times: Sequence[float], values: Sequence[float], start: float, end: float) -> float | None:
    """Return the median of the p95s of 5-minute bins over [start, end), counted backwards from `end`.

    Bins with fewer than 20 samples do not count; None where fewer than 24 do.
    """
    found = []
    for number in range(round((end - start) / BIN_SECONDS)):
        upper = end - number * BIN_SECONDS
        first, last = bisect_left(times, upper - BIN_SECONDS), bisect_left(times, upper)
        if last - first >= P95_MIN:
            found.append(percentile(sorted(values[first:last]), 0.95))
    return percentile(sorted(found), 0.5) if len(found) >= FEWEST_BINS else None
