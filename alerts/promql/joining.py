"""Operators between two vectors: each sample of the many with its partner on the side of the one."""

from collections.abc import Callable, Hashable

from alerts.promql.errors import EvaluationError
from alerts.promql.labels import Labels, Signature, key, written
from alerts.promql.matching import Matching
from alerts.promql.nodes import unique
from alerts.promql.samples import Sample, Vector

# The number for a left and a right one; None leaves the sample out.
Combine = Callable[[float, float], float | None]
# The labels of the result for those of the many and of the one.
Label = Callable[[Labels, Labels], Labels]


def joined(left: Vector, right: Vector, matching: Matching, combine: Combine, label: Label) -> Vector:
    """Return what becomes of the samples that match; raises EvaluationError."""
    if not left or not right:
        return ()
    many, one, of = left, right, combine
    if matching.cardinality == "one-to-many":
        many, one, of = right, left, lambda number, other: combine(other, number)
    signature = matching.signature()
    partners = _partners(one, matching, signature)
    found, taken = [], set[Hashable]()
    for sample in many:
        group = signature(sample.labels)
        partner = partners.get(group)
        number = None if partner is None else of(sample.value, partner.value)
        if partner is None or number is None:
            continue
        labels = label(sample.labels, partner.labels)
        _take(taken, matching, group, labels)
        found.append(Sample(labels, number))
    return unique(found)


def _partners(one: Vector, matching: Matching, signature: Signature) -> dict[Hashable, Sample]:
    partners: dict[Hashable, Sample] = {}
    for sample in one:
        group = signature(sample.labels)
        if group in partners:
            side = "left" if matching.cardinality == "one-to-many" else "right"
            raise EvaluationError(
                f"found duplicate series for the match group {written(matching.group(sample.labels))} "
                f"on the {side} hand-side of the operation: "
                f"[{written(sample.labels)}, {written(partners[group].labels)}];"
                "many-to-many matching not allowed: matching labels must be unique on one side"
            )
        partners[group] = sample
    return partners


def _take(taken: set[Hashable], matching: Matching, group: Hashable, labels: Labels) -> None:
    """Note a result; raises EvaluationError if its place is taken."""
    if matching.cardinality == "one-to-one":
        place, problem = group, "many-to-one matching must be explicit (group_left/group_right)"
    else:
        place, problem = (group, key(labels)), "grouping labels must ensure unique matches"
    if place in taken:
        raise EvaluationError(f"multiple matches for labels: {problem}")
    taken.add(place)
