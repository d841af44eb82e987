"""Rules beside one another: what they read of each other, and whether both can be."""

from collections.abc import Iterator

from alerts.lint.findings import Fault, Subject
from alerts.lint.knowledge import identity, place


def reads(subject: Subject) -> Iterator[Fault]:
    """A recording of another group may be a round old."""
    if subject.alert:
        return
    for selector in subject.rule.expression.selectors:
        groups = subject.known.recorded.get(selector.name, frozenset())
        if groups and subject.group.id not in groups:
            name = min(groups)[1]
            yield Fault(
                "expr",
                f'{selector.name} is recorded by the group "{name}", so it may be a round old; move the rule there',
            )


def clashes(subject: Subject) -> Iterator[Fault]:
    """No two rules make the same alerts or series, and labels of the rule do not hide external ones."""
    kind = "alert" if subject.alert else "record"
    first = subject.known.first.get(identity(subject.rule))
    if first and first != place(subject.group, subject.rule):
        yield Fault(
            kind, f"the same {kind} with the same labels stands in {first}; remove one or tell them apart by a label"
        )
    for label in subject.rule.labels:
        if label in subject.known.external:
            yield Fault(
                f"labels.{label}", f"the label {label} is an external label too, which it hides; choose another name"
            )
