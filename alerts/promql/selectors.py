"""Selectors, and the question whether one finds nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.promql.labels import NAME, NOTHING, Labels, ordered
from alerts.promql.matchers import Matcher
from alerts.promql.nodes import Context, Node, Operation
from alerts.promql.samples import Sample, Vector


@dataclass(frozen=True, slots=True)
class Selector(Node):
    """All samples of a name, or of any if `name` is empty, that meet every condition."""

    name: str
    matchers: tuple[Matcher, ...]

    def value(self, context: Context, operands: Sequence[Vector]) -> Vector:  # noqa: ARG002
        """Return the samples it selects."""
        return context.samples.select(self.name, self.matchers)

    def could_match(self, name: str) -> bool:
        """Tell whether a metric of that name can be selected, whatever its labels are."""
        if self.name and self.name != name:
            return False
        return all(matcher.matches(name) for matcher in self.matchers if matcher.label == NAME)

    def fixed(self) -> Labels:
        """Return the labels that `absent()` gives: those that a condition `=` fixes, and no other speaks of."""
        known: dict[str, str] = {}
        seen = set()
        for matcher in self.matchers:
            if matcher.operator == "=" and matcher.label not in seen:
                known[matcher.label] = matcher.value
                seen.add(matcher.label)
            else:
                known.pop(matcher.label, None)
        known.pop(NAME, None)
        return ordered(known.items())


@dataclass(frozen=True, slots=True)
class Absent(Operation):
    """One sample of value 1 if the operand has none."""

    def _result(self, operands: Sequence[Vector]) -> Vector:
        if operands[0]:
            return ()
        operand = self.children[0]
        return (Sample(operand.fixed() if isinstance(operand, Selector) else NOTHING, 1.0),)
