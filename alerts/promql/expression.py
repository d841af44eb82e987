"""Expressions: parsed and checked once, evaluated many times."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.promql.errors import TimedOut
from alerts.promql.nodes import Context, Node, Type, postorder
from alerts.promql.parser import tree
from alerts.promql.samples import Samples, Vector
from alerts.promql.selectors import Selector

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression of the subset: its source, and its nodes with children before parents."""

    text: str
    nodes: tuple[Node, ...]

    @property
    def root(self) -> Node:
        """Return the outermost node."""
        return self.nodes[-1]

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """Return the selectors, from left to right."""
        return tuple(node for node in self.nodes if isinstance(node, Selector))

    def evaluate(self, at: datetime, samples: Samples, expired: Callable[[], bool] = lambda: False) -> Vector | float:
        """Return the vector, or the number of a scalar, at an aware instant; raises EvaluationError.

        Samples are in the order in which Prometheus has them: that of their labels, unless a function sorts them.
        `expired` is asked before each node whether it took too long.
        """
        context, values = Context((at - EPOCH) // timedelta(milliseconds=1), samples), list[Vector]()
        for node in self.nodes:
            if expired():
                raise TimedOut
            first = len(values) - len(node.children)
            values[first:] = [node.value(context, values[first:])]
        (found,) = values
        return found[0].value if self.root.type is Type.SCALAR else list(found)


def parse(text: str) -> Expression:
    """Read an expression; raises BadExpression or Unsupported."""
    return Expression(text, tuple(postorder(tree(text))))
