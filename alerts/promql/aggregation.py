"""Aggregations: samples by groups of their labels."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from alerts.promql.errors import EvaluationError
from alerts.promql.labels import NAME, Labels, changed, only, signature, without
from alerts.promql.literals import general, plain
from alerts.promql.nodes import Operation
from alerts.promql.ranking import largest, smallest
from alerts.promql.samples import Sample, Vector
from alerts.promql.statistics import STATISTICS, quantile

RANKINGS: dict[str, Callable[[Vector, int], Vector]] = {"topk": largest, "bottomk": smallest}
BEYOND_INTEGERS = 2.0**63


@dataclass(frozen=True, slots=True)
class Grouping:
    """By which labels samples are grouped: those in `labels`, or if `excluded` all others but the metric's name.

    `labels` are in order, and none is there twice.
    """

    labels: tuple[str, ...] = ()
    excluded: bool = False

    def groups(self, vector: Iterable[Sample]) -> Iterable[tuple[Labels, list[Sample]]]:
        """Return the samples of each group with the labels that they share, in the order of their first samples."""
        found: dict[Hashable, list[Sample]] = {}
        group = signature(self.labels, excluded=self.excluded)
        for sample in vector:
            found.setdefault(group(sample.labels), []).append(sample)
        return [(self._shared(samples[0].labels), samples) for samples in found.values()]

    def _shared(self, labels: Labels) -> Labels:
        if self.excluded:
            return without(labels, (NAME, *self.labels))
        return only(labels, self.labels)


@dataclass(frozen=True, slots=True)
class Statistic(Operation):
    """One number for each group."""

    operator: str
    grouping: Grouping

    def _result(self, operands: Sequence[Vector]) -> Vector:
        of = STATISTICS[self.operator]
        groups = self.grouping.groups(operands[0])
        return [Sample(labels, of([sample.value for sample in samples])) for labels, samples in groups]


@dataclass(frozen=True, slots=True)
class Quantile(Operation):
    """A quantile of each group; its share is the first operand."""

    grouping: Grouping

    def _result(self, operands: Sequence[Vector]) -> Vector:
        share, groups = operands[0][0].value, self.grouping.groups(operands[1])
        return [Sample(labels, quantile(share, [sample.value for sample in samples])) for labels, samples in groups]


@dataclass(frozen=True, slots=True)
class Ranking(Operation):
    """The largest or smallest samples of each group, as they are; their number is the first operand."""

    operator: str
    grouping: Grouping

    def _result(self, operands: Sequence[Vector]) -> Vector:
        count = operands[0][0].value
        if not -BEYOND_INTEGERS <= count < BEYOND_INTEGERS:
            raise EvaluationError(f"Scalar value {general(count)} overflows int64")
        if count < 1:
            return ()
        of = RANKINGS[self.operator]
        return [sample for _, samples in self.grouping.groups(operands[1]) for sample in of(samples, int(count))]


@dataclass(frozen=True, slots=True)
class CountValues(Operation):
    """How often each value occurs in each group; the value is the label `label`."""

    label: str
    grouping: Grouping

    def _result(self, operands: Sequence[Vector]) -> Vector:
        grouping = self.grouping
        if not grouping.excluded:
            grouping = Grouping(tuple(sorted({*grouping.labels, self.label})))
        told = [Sample(changed(labels, self.label, plain(number)), number) for labels, number in operands[0]]
        return [Sample(labels, float(len(samples))) for labels, samples in grouping.groups(told)]
