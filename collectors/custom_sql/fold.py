"""Folding: what does not fit into the budget of series is summed up as `other` (metrics.md C10). Pure."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from math import fsum

from collectors.custom_sql.rows import Series
from exporter.model import Labels, Value

OTHER = "other"


def folded(series: Iterable[Series], budget: int) -> Iterator[Series]:
    """Yield at most `budget` series, with the same sum: the largest as they are, the others as one `other`.

    Only labels that come from rows are replaced. Where further labels part the series (a parameter, the column of the
    value), each part is folded for itself, with an equal share of the budget.
    """
    parts: dict[Labels, list[Series]] = {}
    for one in series:
        parts.setdefault(one.fixed, []).append(one)
    share = budget // max(len(parts), 1)
    for fixed, part in parts.items():
        yield from _folded(fixed, part, max(share, 1))


def _folded(fixed: Labels, part: list[Series], share: int) -> Iterator[Series]:
    if len(part) <= share:
        yield from part
        return
    other = tuple((name, OTHER) for name, _ in part[0].own)
    # A row that calls itself `other` is one of them; ties are parted by the labels, so that equal rows fold equally.
    ranked = sorted(part, key=lambda one: (one.own == other, -one.value, one.own))
    yield from ranked[: share - 1]
    yield Series(fixed, other, total(one.value for one in ranked[share - 1 :]))


def total(values: Iterable[Value]) -> Value:
    """Return a sum, exact where no value is a float."""
    found = list(values)
    if any(isinstance(value, float) for value in found):
        return fsum(map(float, found))
    return sum(found, start=Decimal(0) if any(isinstance(value, Decimal) for value in found) else 0)
