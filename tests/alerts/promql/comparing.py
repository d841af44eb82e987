"""When two answers are the same, and the smallest expression for which they are not."""

import math
from collections.abc import Callable, Sequence

from tests.alerts.promql.generator import Made
from tests.alerts.promql.prometheus import Answer
from tests.alerts.promql.worlds import Labels

TOLERANCE = 1e-9
ORDERED = ("sort(", "sort_desc(", "topk", "bottomk")
# What Prometheus takes and we do not, on purpose (docs/promql.md).
LOST = (
    *("anchored", "smoothed", "whose bytes are no UTF-8", "plus sign before the operand of absent()"),
    *("pattern too large", "of label_replace() is not valid RE2: unexpected )"),
)
Difference = Callable[[Made], str]


def difference(made: Made, theirs: Answer, mine: Answer) -> str:
    """Say in which way two answers differ; nothing if they are the same."""
    if mine.error and not theirs.error and any(one in made.text + mine.error for one in LOST):
        return ""
    if bool(theirs.error) != bool(mine.error):
        return f"theirs: {theirs.error or 'fine'}; ours: {mine.error or 'fine'}"
    if theirs.scalar != mine.scalar or len(theirs.found) != len(mine.found):
        return f"theirs: {theirs}; ours: {mine}"
    for (labels, value), (my_labels, my_value) in zip(_sorted(theirs), _sorted(mine), strict=True):
        if labels != my_labels or not same(value, my_value, exact=made.exact):
            return f"theirs: {labels} {value!r}; ours: {my_labels} {my_value!r}"
    if made.text.startswith(ORDERED) and not _alike_in_order(theirs.found, mine.found):
        return f"theirs in this order: {theirs.found}; ours: {mine.found}"
    return ""


def same(value: float, other: float, *, exact: bool) -> bool:
    """Tell whether two numbers are the same, NaN and the sign of zero included."""
    if math.isnan(value) or math.isnan(other):
        return math.isnan(value) and math.isnan(other)
    if exact or value == other:
        return value == other and math.copysign(1, value) == math.copysign(1, other)
    return math.isclose(value, other, rel_tol=TOLERANCE, abs_tol=1e-300)


def smallest(made: Made, differs: Difference) -> Made:
    """Return the smallest part that differs by itself, the whole if there is none."""
    for part in made.parts:
        if differs(part):
            return smallest(part, differs)
    return made


def _sorted(answer: Answer) -> list[tuple[Labels, float]]:
    return sorted(answer.found, key=lambda one: sorted(one[0].items()))


def _alike_in_order(found: Sequence[tuple[Labels, float]], other: Sequence[tuple[Labels, float]]) -> bool:
    """Tell whether numbers come in the same order; of equal ones the order does not matter."""
    return all(same(one[1], two[1], exact=True) or one[1] == two[1] == 0 for one, two in zip(found, other, strict=True))
