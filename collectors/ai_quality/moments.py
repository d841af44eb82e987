"""Means and spreads that can be put together from parts: sums about the mean, never of squares (Chan et al. 1983)."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any

from sqlalchemy import ColumnElement, Label, func


@dataclass(frozen=True, slots=True)
class Spread:
    """How many values there are, their mean, the sum of their squared distances from it, and their ends."""

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0
    low: float = inf
    high: float = -inf

    def __add__(self, other: "Spread") -> "Spread":
        """Put two samples together."""
        if not self.n or not other.n:
            return self if self.n else other
        n, apart = self.n + other.n, other.mean - self.mean
        return Spread(
            n,
            self.mean + apart * other.n / n,
            self.squares + other.squares + apart * apart * self.n * other.n / n,
            min(self.low, other.low),
            max(self.high, other.high),
        )

    @property
    def is_constant(self) -> bool:
        """Tell that no two values differ; the sum of squares of equal values need not be exactly 0."""
        return self.low >= self.high

    @property
    def deviation(self) -> float:
        """Return the standard deviation of a sample of two or more."""
        return sqrt(self.squares / (self.n - 1))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of values: each side's spread, and the sum of the products of the distances from the two means."""

    x: Spread = Spread()
    y: Spread = Spread()
    products: float = 0.0

    def __add__(self, other: "Pairs") -> "Pairs":
        """Put two samples together."""
        x, y, weight = self.x + other.x, self.y + other.y, 0.0
        if self.x.n and other.x.n:
            weight = self.x.n * other.x.n / x.n
        apart = (other.x.mean - self.x.mean) * (other.y.mean - self.y.mean)
        return Pairs(x, y, self.products + other.products + apart * weight)

    @property
    def correlation(self) -> float | None:
        """Return Pearson's r; None where one side does not vary, or so little that its squares are 0."""
        spread = sqrt(self.x.squares) * sqrt(self.y.squares)
        if self.x.is_constant or self.y.is_constant or not spread:
            return None
        return max(-1.0, min(1.0, self.products / spread))


def spread_of(value: ColumnElement[float], name: str) -> tuple[Label[Any], ...]:
    """Return the columns that `spread` reads; PostgreSQL sums up about the mean (Youngs and Cramer 1971)."""
    return (
        func.count(value).label(f"{name}_n"),
        func.avg(value).label(f"{name}_mean"),
        func.var_pop(value).label(f"{name}_variance"),
        func.min(value).label(f"{name}_low"),
        func.max(value).label(f"{name}_high"),
    )


def spread(row: Mapping[str, Any], name: str) -> Spread:
    """Read the spread of a column."""
    n = row[f"{name}_n"]
    if not n:
        return Spread()
    mean, variance, low, high = (row[f"{name}_{what}"] for what in ("mean", "variance", "low", "high"))
    return Spread(n, mean, variance * n, low, high)
