"""Whether the series that an alert speaks of are there: without them a healthy source has told nothing of it."""

from collections.abc import Iterator

from alerts.engine import ALERTS, ALERTS_FOR_STATE
from alerts.owners import Catalogue
from alerts.promql.expression import Expression
from alerts.promql.labels import Labels
from alerts.promql.samples import Samples
from alerts.promql.selectors import Absent, Selector


def is_missing(expression: Expression, labels: Labels, samples: Samples, catalogue: Catalogue) -> bool:
    """Tell whether a selector, narrowed by those labels of an alert that its family declares, finds no series."""
    return any(not _narrowed(selector, labels, samples, catalogue) for selector in _telling(expression))


def _narrowed(selector: Selector, labels: Labels, samples: Samples, catalogue: Catalogue) -> bool:
    declared = {name: value for name, value in labels.items() if name in catalogue.declared(selector.name)}
    found = samples.select(selector.name, selector.matchers)
    return any(declared.items() <= sample.labels.items() for sample in found)


def _telling(expression: Expression) -> Iterator[Selector]:
    """Yield the selectors but those of ALERTS, which are our own, and inside absent(), which are to find nothing."""
    absent = {id(child) for node in expression.nodes if isinstance(node, Absent) for child in node.children}
    ours = (ALERTS, ALERTS_FOR_STATE)
    yield from (one for one in expression.selectors if one.name not in ours and id(one) not in absent)
