"""Where in time a user was seen, as the bits of a number: one pass over the activity answers for every period."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, ColumnElement, cast, func, literal

from collectors.tables import INSTANT


class Slots:
    """Instants that cut time into numbered slots, at most 62; a period between two of them is a run of slots.

    The instants are boundaries made in Python: nothing is truncated in SQL. One that comes twice (a business day that
    a time zone leaves out) makes a slot in which nothing can be.
    """

    def __init__(self, edges: Iterable[datetime]) -> None:
        self.edges = sorted(edges)

    def number(self, instant: ColumnElement[datetime]) -> ColumnElement[int]:
        """Return the slot of an instant: how many of the edges are not after it."""
        return func.width_bucket(instant, cast(literal(self.edges, ARRAY(INSTANT)), ARRAY(INSTANT)))

    def seen(self, instant: ColumnElement[datetime]) -> ColumnElement[int]:
        """Aggregate the slots of instants: bit n is set if one of them is in slot n; null if there are none."""
        return func.bit_or(cast(1, BigInteger).bitwise_lshift(self.number(instant)))

    def during(self, seen: ColumnElement[int], start: datetime, end: datetime) -> ColumnElement[bool]:
        """Tell whether one of them is in the period between two edges."""
        run = (1 << bisect_left(self.edges, end) + 1) - (1 << bisect_right(self.edges, start))
        return seen.bitwise_and(run) != 0
