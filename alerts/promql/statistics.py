"""What becomes of the numbers of a group; each function is given at least one."""

import math
import operator
from collections.abc import Callable, Sequence
from functools import reduce

from alerts.promql.floats import floor, sqrt

Numbers = Sequence[float]


def total(numbers: Numbers) -> float:
    """Return the sum, added up one by one as Prometheus 2.42 does."""
    return reduce(operator.add, numbers)


def mean(numbers: Numbers) -> float:
    """Return the mean, which does not overflow where a sum would; infinity only gives way to its opposite and NaN."""
    found = numbers[0]
    for count, number in enumerate(numbers[1:], start=2):
        if math.isinf(found) and (found == number or math.isfinite(number)):
            continue
        found += number / count - found / count
    return found


def largest(numbers: Numbers) -> float:
    """Return the largest number, NaN if there is no other."""
    return max((number for number in numbers if not math.isnan(number)), default=math.nan)


def smallest(numbers: Numbers) -> float:
    """Return the smallest number, NaN if there is no other."""
    return min((number for number in numbers if not math.isnan(number)), default=math.nan)


def count(numbers: Numbers) -> float:
    """Return how many there are."""
    return float(len(numbers))


def presence(_numbers: Numbers) -> float:
    """Return 1."""
    return 1.0


def variance(numbers: Numbers) -> float:
    """Return the population's variance, by Welford's method; 0 of a single number, whatever it is."""
    average, squares = numbers[0], 0.0
    for seen, number in enumerate(numbers[1:], start=2):
        delta = number - average
        average += delta / seen
        squares += delta * (number - average)
    return squares / len(numbers)


def deviation(numbers: Numbers) -> float:
    """Return the population's standard deviation."""
    return sqrt(variance(numbers))


def quantile(share: float, numbers: Numbers) -> float:
    """Return a quantile, between two numbers by linear interpolation; NaN counts as the smallest number."""
    if math.isnan(share):
        return math.nan
    if not 0 <= share <= 1:
        return math.copysign(math.inf, share)
    ranked = sorted(numbers, key=lambda number: (not math.isnan(number), number))
    rank = share * (len(ranked) - 1)
    lower = int(rank)
    weight = rank - floor(rank)
    return ranked[lower] * (1 - weight) + ranked[min(len(ranked) - 1, lower + 1)] * weight


STATISTICS: dict[str, Callable[[Numbers], float]] = {
    "sum": total,
    "avg": mean,
    "min": smallest,
    "max": largest,
    "count": count,
    "group": presence,
    "stddev": deviation,
    "stdvar": variance,
}
