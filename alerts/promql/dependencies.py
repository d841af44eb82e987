"""Which families an expression reads, so that it is known which sources it depends on."""

from collections.abc import Iterable

from alerts.promql.expression import Expression
from exporter.model import Family


def families(expression: Expression, catalogue: Iterable[Family]) -> tuple[Family, ...]:
    """Return the families that a selector can match: by its name, by a condition on the name, or all without either."""
    selectors = expression.selectors
    return tuple(family for family in catalogue if any(one.could_match(family.name) for one in selectors))
