"""Arithmetic and comparisons between two scalars, a vector and a scalar, or two vectors."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from alerts.promql.errors import EvaluationError
from alerts.promql.floats import ARITHMETIC, COMPARISONS
from alerts.promql.labels import Labels, key, nameless, written
from alerts.promql.matching import Matching
from alerts.promql.nodes import Operation, Type, scalar, unique
from alerts.promql.samples import Sample, Vector

# The value for a left and a right number; None leaves the sample out.
Combine = Callable[[float, float], float | None]
# Prometheus 2.42 forgets this one where it removes names.
KEEPS_NAME = "atan2"


@dataclass(frozen=True, slots=True)
class Binary(Operation):
    """An operator between two operands; `counts` is the modifier `bool`, which makes a comparison 0 or 1."""

    operator: str
    matching: Matching
    counts: bool = False

    @property
    def named(self) -> bool:
        """Tell whether results keep the name of their metric."""
        return self.operator == KEEPS_NAME or (self.operator in COMPARISONS and not self.counts)

    def _result(self, operands: Sequence[Vector]) -> Vector:
        left, right = operands
        left_type, right_type = (child.type for child in self.children)
        if left_type is right_type is Type.VECTOR:
            return self._joined(left, right)
        if left_type is right_type:
            found = self._combine()(left[0].value, right[0].value)
            return scalar(float("nan") if found is None else found)
        if left_type is Type.VECTOR:
            return self._each(left, self._combine(), right[0].value)
        return self._each(right, _swapped(self._combine(keep_right=True)), left[0].value)

    def _combine(self, *, keep_right: bool = False) -> Combine:
        """Return how two numbers are combined; a filter returns the left one, unless told otherwise."""
        if self.operator in ARITHMETIC:
            return ARITHMETIC[self.operator]
        holds = COMPARISONS[self.operator]
        if self.counts:
            return lambda left, right: float(holds(left, right))
        if keep_right:
            return lambda left, right: right if holds(left, right) else None
        return lambda left, right: left if holds(left, right) else None

    def _each(self, vector: Vector, combine: Combine, other: float) -> Vector:
        found = []
        for sample in vector:
            number = combine(sample.value, other)
            if number is not None:
                found.append(Sample(sample.labels if self.named else nameless(sample.labels), number))
        return found if self.named else unique(found)

    def _joined(self, left: Vector, right: Vector) -> Vector:
        if not left or not right:
            return ()
        combine, many, one = self._combine(), left, right
        if self.matching.cardinality == "one-to-many":
            combine, many, one = _swapped(combine), right, left
        signature = self.matching.signature()
        partners = self._partners(one, signature)
        found, taken = [], set[Hashable]()
        for sample in many:
            group = signature(sample.labels)
            if (partner := partners.get(group)) is None:
                continue
            if (number := combine(sample.value, partner.value)) is None:
                continue
            labels = self.matching.result(sample.labels, partner.labels, named=self.named)
            self._take(taken, group, labels)
            found.append(Sample(labels, number))
        return unique(found)

    def _partners(self, one: Vector, signature: Callable[[Labels], Hashable]) -> dict[Hashable, Sample]:
        partners: dict[Hashable, Sample] = {}
        for sample in one:
            group = signature(sample.labels)
            if group in partners:
                side = "left" if self.matching.cardinality == "one-to-many" else "right"
                raise EvaluationError(
                    f"found duplicate series for the match group {written(self.matching.group(sample.labels))} "
                    f"on the {side} hand-side of the operation: "
                    f"[{written(sample.labels)}, {written(partners[group].labels)}];"
                    "many-to-many matching not allowed: matching labels must be unique on one side"
                )
            partners[group] = sample
        return partners

    def _take(self, taken: set[Hashable], group: Hashable, labels: Labels) -> None:
        """Note a result; raises EvaluationError if its place is taken."""
        if self.matching.cardinality == "one-to-one":
            place, problem = group, "many-to-one matching must be explicit (group_left/group_right)"
        else:
            place, problem = (group, key(labels)), "grouping labels must ensure unique matches"
        if place in taken:
            raise EvaluationError(f"multiple matches for labels: {problem}")
        taken.add(place)


def _swapped(combine: Combine) -> Combine:
    return lambda left, right: combine(right, left)
