"""Lengths of time, means and percentiles as families: no sample where there is nothing to measure (C5, C11)."""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

from tests.oracle.revenue import Key, Values, ratio


def seconds(span: timedelta) -> Fraction:
    """Of any sign, to the microsecond."""
    return Fraction(span // timedelta(microseconds=1), 10**6)


def mean(name: Key, sample: Sequence[Fraction]) -> Values:
    return ratio(name, sum(sample, Fraction(0)), len(sample))


def percentile(name: Key, sample: Sequence[Fraction], p: Fraction) -> Values:
    return {name: quantile(sample, p)} if sample else {}


def quantile(sample: Sequence[Fraction], p: Fraction) -> Fraction:
    """Linear interpolation between order statistics, type 7; of one value or more."""
    ordered, h = sorted(sample), (len(sample) - 1) * p
    low = ordered[int(h)]
    high = ordered[min(int(h) + 1, len(sample) - 1)]
    return low + (h - int(h)) * (high - low)
