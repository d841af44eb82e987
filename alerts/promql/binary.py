"""Arithmetic and comparisons between two scalars, a vector and a scalar, or two vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alerts.promql.floats import ARITHMETIC, COMPARISONS, Calculation
from alerts.promql.joining import Combine, joined
from alerts.promql.labels import Labels, nameless
from alerts.promql.matching import Matching
from alerts.promql.nodes import Operation, Type, each, scalar
from alerts.promql.samples import Sample, Vector

# Prometheus 2.42 forgets this one where it removes names.
KEEPS_NAME = "atan2"


@dataclass(frozen=True, slots=True)
class Binary(Operation):
    """An operator between two operands; `counts` is the modifier `bool`, which makes a comparison 0 or 1."""

    operator: str
    matching: Matching
    counts: bool = False

    @property
    def filters(self) -> bool:
        """Tell whether it leaves out samples instead of computing others."""
        return self.operator in COMPARISONS and not self.counts

    def _result(self, operands: Sequence[Vector]) -> Vector:
        left, right = operands
        match [child.type for child in self.children]:
            case [Type.VECTOR, Type.VECTOR]:
                return joined(left, right, self.matching, self._combine(), self._labels)
            case [Type.VECTOR, _]:
                return self._with_scalar(left, right[0].value, lambda one, other: (one, other))
            case [_, Type.VECTOR]:
                return self._with_scalar(right, left[0].value, lambda one, other: (other, one))
            case _:
                return scalar(self._calculation()(left[0].value, right[0].value))

    def _with_scalar(
        self, vector: Vector, number: float, order: Callable[[float, float], tuple[float, float]]
    ) -> Vector:
        if self.filters:
            holds = COMPARISONS[self.operator]
            return [sample for sample in vector if holds(*order(sample.value, number))]
        calculate = self._calculation()
        if self.operator == KEEPS_NAME:
            return [Sample(labels, calculate(*order(value, number))) for labels, value in vector]
        return each(vector, lambda value: calculate(*order(value, number)))

    def _labels(self, many: Labels, one: Labels) -> Labels:
        """Return the labels of a result; `bool` also removes a name that was included."""
        found = self.matching.result(many, one, named=self.filters or self.operator == KEEPS_NAME)
        return nameless(found) if self.counts else found

    def _calculation(self) -> Calculation:
        """Return what computes a number from two."""
        if self.operator in ARITHMETIC:
            return ARITHMETIC[self.operator]
        holds = COMPARISONS[self.operator]
        return lambda left, right: float(holds(left, right))

    def _combine(self) -> Combine:
        """Return what computes a number from two, or leaves the sample out."""
        if not self.filters:
            return self._calculation()
        holds = COMPARISONS[self.operator]
        return lambda left, right: left if holds(left, right) else None
