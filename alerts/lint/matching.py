"""Labels by which samples are grouped or matched are there."""

from collections.abc import Iterator, Sequence

from alerts.lint.findings import Fault, Subject
from alerts.lint.shapes import Shape, shapes
from alerts.promql.aggregation import CountValues, Quantile, Statistic
from alerts.promql.binary import Binary
from alerts.promql.matching import Matching
from alerts.promql.nodes import Type
from alerts.promql.sets import SetOperation

# A match with its operator and the labels of both sides.
Match = tuple[str, Matching, Shape, Shape]


def impossible(subject: Subject) -> Iterator[Fault]:
    """Nothing is grouped or matched by labels that are gone, and the sides of an operator can be alike."""
    found = shapes(subject.rule.expression, subject.known.families)
    for node in subject.rule.expression.nodes:
        if isinstance(node, Statistic | Quantile | CountValues) and not node.grouping.excluded:
            below = found[id(node.children[-1])]
            for label in node.grouping.labels:
                if not below.may_have(label):
                    yield Fault("expr", f"by ({label}) groups by a label that {_lack(below, label)}")
    for operator, matching, left, right in _matches(subject):
        yield from _gone(matching, (left, right))
        if operator != "or" and not matching.on:
            yield from _different(operator, matching, left, right)


def matching(subject: Subject) -> Iterator[Fault]:
    """Both sides have the labels that `on` names."""
    for _, how, *sides in _matches(subject):
        for label in how.labels if how.on else ():
            if any(label in side.dropped and not side.may_have(label) for side in sides):
                continue
            lacking = [side for side, shape in zip(("left", "right"), sides, strict=True) if not shape.may_have(label)]
            if len(lacking) == 1:
                yield Fault("expr", f"on ({label}) names a label that the {lacking[0]} side has not; nothing matches")
            elif lacking:
                yield Fault("expr", f"on ({label}) names a label that neither side has; leave it out")


def _matches(subject: Subject) -> Iterator[Match]:
    found = shapes(subject.rule.expression, subject.known.families)
    for node in subject.rule.expression.nodes:
        if isinstance(node, Binary | SetOperation) and all(child.type is Type.VECTOR for child in node.children):
            left, right = (found[id(child)] for child in node.children)
            yield node.operator, node.matching, left, right


def _gone(how: Matching, sides: Sequence[Shape]) -> Iterator[Fault]:
    for label in how.labels if how.on else ():
        for side, shape in zip(("left", "right"), sides, strict=True):
            if label in shape.dropped and not shape.may_have(label):
                text = f"on ({label}) names a label that is aggregated away on the {side} side; keep it there"
                yield Fault("expr", text)


def _different(operator: str, how: Matching, left: Shape, right: Shape) -> Iterator[Fault]:
    """Without `on` samples match only if they have the same labels, but those that are ignored."""
    ignored = set(how.labels)
    for one, other, side in ((left, right, "right"), (right, left, "left")):
        alone = {label for label in one.certain - ignored if not other.may_have(label)}
        if alone:
            names = ", ".join(sorted(alone))
            text = f"the {side} side of {operator} has no {names}, so nothing matches; write {operator} on (…)"
            yield Fault("expr", text)
            return


def _lack(below: Shape, label: str) -> str:
    if label in below.dropped:
        return "is aggregated away below; keep it there"
    return f"nothing below has; there are {', '.join(sorted(below.possible or ())) or 'none'}"
