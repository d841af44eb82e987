"""Which labels the parts of an expression have: some for certain, others perhaps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alerts.lint.knowledge import OF_ALERTS, OF_REPLICA, OF_TARGET, UP
from alerts.promql.aggregation import CountValues, Grouping, Quantile, Ranking, Statistic
from alerts.promql.binary import Binary
from alerts.promql.expression import Expression
from alerts.promql.functions import Call
from alerts.promql.labels import NAME
from alerts.promql.nodes import Node, Type
from alerts.promql.relabelling import Relabelled
from alerts.promql.selectors import Absent, Selector
from alerts.promql.sets import SetOperation
from exporter.model import Family

Names = frozenset[str]
NONE: Names = frozenset()


@dataclass(frozen=True, slots=True)
class Shape:
    """The labels of a vector: `certain` ones, which every sample has, and all that are `possible`.

    None: any are. `dropped` are those that an aggregation or a match took away. The metric's name is none of them.
    """

    certain: Names = NONE
    possible: Names | None = NONE
    dropped: Names = NONE

    def may_have(self, label: str) -> bool:
        """Tell whether a sample may have a label."""
        return self.possible is None or label in self.possible

    def only(self, labels: Names) -> "Shape":
        """Return what is left if only these labels stay."""
        possible = labels if self.possible is None else labels & self.possible
        return Shape(self.certain & labels, possible, (self.dropped | (self.possible or NONE)) - labels)

    def without(self, labels: Names) -> "Shape":
        """Return what is left if these labels go."""
        possible = None if self.possible is None else self.possible - labels
        return Shape(self.certain - labels, possible, self.dropped | labels)

    def with_(self, labels: Names, *, certain: bool = False) -> "Shape":
        """Return what there is if these labels come."""
        possible = None if self.possible is None else self.possible | labels
        return Shape(self.certain | labels if certain else self.certain - labels, possible, self.dropped - labels)

    def __or__(self, other: "Shape") -> "Shape":
        """Return what samples of either have."""
        both = self.possible is None or other.possible is None
        possible = None if both else (self.possible or NONE) | (other.possible or NONE)
        return Shape(self.certain & other.certain, possible, (self.dropped | other.dropped) - (possible or NONE))


ANY = Shape(possible=None)


def shapes(expression: Expression, families: Mapping[str, Family]) -> Mapping[int, Shape]:
    """Return the shape of each part that is a vector, by id."""
    found: dict[int, Shape] = {}
    for node in expression.nodes:
        if node.type is Type.VECTOR:
            found[id(node)] = _shape(node, [found.get(id(child), Shape()) for child in node.children], families)
    return found


def _shape(node: Node, below: list[Shape], families: Mapping[str, Family]) -> Shape:
    match node:
        case Selector():
            return _selected(node, families)
        case Absent():
            operand = node.children[0]
            labels = frozenset(operand.fixed() if isinstance(operand, Selector) else ())
            return Shape(labels, labels)
        case Statistic() | Quantile():
            return _grouped(below[-1], node.grouping)
        case CountValues():
            return _grouped(below[-1], node.grouping).with_(frozenset({node.label}), certain=True)
        case Ranking():
            return below[-1]
        case SetOperation():
            return below[0] | below[1] if node.operator == "or" else below[0]
        case Binary():
            return _matched(node, *below)
        case Relabelled():
            return below[0].with_(frozenset({node.arguments[0]}))
        case Call() if not node.children:
            return Shape()
    return below[0]


def _selected(selector: Selector, families: Mapping[str, Family]) -> Shape:
    if selector.name == UP:
        labels = frozenset(OF_TARGET)
    elif selector.name in families and selector.name not in OF_ALERTS:
        labels = frozenset({*OF_TARGET, *(label.name for label in families[selector.name].labels)})
    else:
        fixed = frozenset(one.label for one in selector.matchers if not one.matches("") and one.label != NAME)
        return Shape(fixed, None)
    empty = frozenset(one.label for one in selector.matchers if one.operator == "=" and not one.value)
    return Shape(labels - empty, (labels | frozenset(OF_REPLICA)) - empty)


def _grouped(below: Shape, grouping: Grouping) -> Shape:
    keep: Callable[[Names], Shape] = below.without if grouping.excluded else below.only
    return keep(frozenset(grouping.labels))


def _matched(node: Binary, left: Shape, right: Shape) -> Shape:
    if any(child.type is not Type.VECTOR for child in node.children):
        return left if node.children[0].type is Type.VECTOR else right
    matching, labels = node.matching, frozenset(node.matching.labels)
    if matching.cardinality == "one-to-one":
        return left.only(labels) if matching.on else left.without(labels)
    many = left if matching.cardinality == "many-to-one" else right
    return many.with_(frozenset(matching.included))
