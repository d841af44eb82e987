"""Ways through the tree of an expression; never by recursion, as it can be 500 levels deep."""

from collections.abc import Iterator, Mapping

from alerts.promql.aggregation import CountValues, Quantile, Ranking, Statistic
from alerts.promql.binary import Binary
from alerts.promql.expression import Expression
from alerts.promql.floats import COMPARISONS
from alerts.promql.nodes import Node, Type, postorder
from alerts.promql.selectors import Absent, Selector
from alerts.promql.sets import SetOperation

AGGREGATIONS = (Statistic, Quantile, CountValues, Ranking)


def parents(expression: Expression) -> Mapping[int, Node]:
    """Return the node above each node, by id."""
    return {id(child): node for node in expression.nodes for child in node.children}


def above(node: Node, of: Mapping[int, Node]) -> Iterator[tuple[Node, Node]]:
    """Yield the nodes above a node from near to far, each with its child on that way."""
    while (found := of.get(id(node))) is not None:
        yield found, node
        node = found


def within(node: Node) -> tuple[Node, ...]:
    """Return a node and all below it."""
    return tuple(postorder(node))


def compares(node: Node) -> bool:
    """Tell whether a node is a comparison, with or without `bool`."""
    return isinstance(node, Binary) and node.operator in COMPARISONS


def telling(expression: Expression) -> list[Node]:
    """Return the selectors and divisions whose value the result has.

    A comparison that filters, `and` and `unless` have that of their left side; aggregations and functions that of
    what they are given.
    """
    waiting, found = [expression.root], list[Node]()
    while waiting:
        node = waiting.pop()
        if isinstance(node, Selector) or (isinstance(node, Binary) and node.operator == "/"):
            found.append(node)
        elif isinstance(node, Binary) and node.filters:
            waiting.append(node.children[0] if node.children[0].type is Type.VECTOR else node.children[1])
        elif isinstance(node, SetOperation) and node.operator != "or":
            waiting.append(node.children[0])
        elif not isinstance(node, Absent | CountValues) and not compares(node):
            waiting.extend(node.children)
    return found
