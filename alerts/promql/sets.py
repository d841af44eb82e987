"""The set operators, which match many to many and leave samples as they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.promql.matching import Matching
from alerts.promql.nodes import Operation
from alerts.promql.samples import Vector

OPERATORS = ("and", "or", "unless")


@dataclass(frozen=True, slots=True)
class SetOperation(Operation):
    """One of `and`, `or` and `unless` between two vectors."""

    operator: str
    matching: Matching

    def _result(self, operands: Sequence[Vector]) -> Vector:
        left, right = operands
        signature = self.matching.signature()
        if self.operator == "or":
            known = {signature(sample.labels) for sample in left}
            return [*left, *(sample for sample in right if signature(sample.labels) not in known)]
        known = {signature(sample.labels) for sample in right}
        wanted = self.operator == "and"
        return [sample for sample in left if (signature(sample.labels) in known) is wanted]
