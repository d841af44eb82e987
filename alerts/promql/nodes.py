"""An expression as a tree of checked, frozen nodes, each of which knows its value from the values of its children.

Parentheses and plus signs are gone, and constant strings are parts of the nodes that use them. A tree can be 500 levels
deep, more than Python's stack may hold: it is walked in `postorder`, never by recursion.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from alerts.promql.errors import EvaluationError
from alerts.promql.labels import NAME, NOTHING, key, nameless
from alerts.promql.samples import Sample, Samples, Vector


class Type(StrEnum):
    """The type of an expression, by Prometheus' name for it."""

    SCALAR = "scalar"
    VECTOR = "instant vector"
    STRING = "string"


@dataclass(frozen=True, slots=True)
class Context:
    """What an evaluation may look at: the instant, in milliseconds since 1970, and the samples."""

    milliseconds: int
    samples: Samples

    @property
    def seconds(self) -> float:
        """Return the instant in seconds."""
        return self.milliseconds / 1000


@dataclass(frozen=True, slots=True)
class Node(ABC):
    """A part of an expression; `children` are the parts whose values it needs, from left to right."""

    children: tuple["Node", ...]
    type: Type = field(default=Type.VECTOR, kw_only=True)

    @abstractmethod
    def value(self, context: Context, operands: Sequence[Vector]) -> Vector:
        """Return the value, given those of the children; that of a scalar is a vector of one sample without labels.

        Raises EvaluationError.
        """


class Operation(Node):
    """A part whose value depends on nothing but its operands."""

    __slots__ = ()

    def value(self, context: Context, operands: Sequence[Vector]) -> Vector:  # noqa: ARG002
        """Return the value for those of the children."""
        return self._result(operands)

    @abstractmethod
    def _result(self, operands: Sequence[Vector]) -> Vector: ...


@dataclass(frozen=True, slots=True)
class Number(Operation):
    """A literal."""

    number: float

    def _result(self, operands: Sequence[Vector]) -> Vector:  # noqa: ARG002
        return scalar(self.number)


@dataclass(frozen=True, slots=True)
class Text(Operation):
    """A string where no part of an expression uses it."""

    text: str

    def _result(self, operands: Sequence[Vector]) -> Vector:  # noqa: ARG002
        raise EvaluationError("rule result is not a vector or scalar")


@dataclass(frozen=True, slots=True)
class Negation(Operation):
    """An operand with the other sign; samples lose their names."""

    def _result(self, operands: Sequence[Vector]) -> Vector:
        return each(operands[0], operator.neg)


def scalar(number: float) -> Vector:
    """Return the value of a scalar."""
    return (Sample(NOTHING, number),)


def each(vector: Vector, of: Callable[[float], float]) -> Vector:
    """Return what becomes of each number; samples lose their names. Raises EvaluationError."""
    found = [Sample(nameless(labels), of(number)) for labels, number in vector]
    return found if len({labels.get(NAME) for labels, _ in vector}) == 1 else unique(found)


def unique(vector: Vector) -> Vector:
    """Return a vector whose samples have labels of their own; raises EvaluationError if it is none."""
    if len({key(sample.labels) for sample in vector}) != len(vector):
        raise EvaluationError("vector cannot contain metrics with the same labelset")
    return vector


def postorder(root: Node) -> Iterator[Node]:
    """Yield all nodes, children before parents and from left to right."""
    waiting, found = [root], []
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(node.children)
    return reversed(found)
