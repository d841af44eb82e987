"""Deciles of a sample, type 7, from the values at two ranks each (pure)."""

from collections.abc import Sequence
from fractions import Fraction
from math import inf, nextafter

TENTHS = range(1, 10)
# Edges that lie closer together are one.
CLOSEST = Fraction(1, 10**9)


def shares(n: int) -> list[float]:
    """Return where the values that the deciles of n values lie between are found: for percentile_disc, in pairs.

    The value of rank k is that at the share (k − ½)/n, however the server rounds.
    """
    places = [(n - 1) * tenth // 10 for tenth in TENTHS]
    return [(place + 0.5) / n for lower in places for place in (lower, min(lower + 1, n - 1))]


def edges(n: int, ordered: Sequence[float], scale: float) -> list[float]:
    """Return the deciles, of those that are equal one; `ordered` are the values at the shares, from 0 to `scale`.

    Decimals are taken as they are written: a value may lie on an edge between two others, and must be seen to.
    """
    written = [Fraction(repr(value)) for value in ordered]
    found: list[Fraction] = []
    for tenth, lower, upper in zip(TENTHS, written[::2], written[1::2], strict=True):
        edge = lower + (upper - lower) * Fraction((n - 1) * tenth % 10, 10)
        if not found or edge - found[-1] >= CLOSEST * Fraction(scale):
            found.append(edge)
    return [_at_least(edge) for edge in found]


def _at_least(edge: Fraction) -> float:
    """Return the first float that is not below the edge: the nearest one may be, and a value left of it would count."""
    nearest = float(edge)
    return nearest if Fraction(repr(nearest)) >= edge else nextafter(nearest, inf)
