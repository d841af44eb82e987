"""Alerts that fire for nothing: on gaps between collections, on few samples, on a single round."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from alerts.durations import duration, written
from alerts.lint.findings import WATCHDOG, Fault, Subject
from alerts.lint.knowledge import OF_ALERTS
from alerts.lint.trees import above, compares, parents, telling, within
from alerts.promql.aggregation import Ranking
from alerts.promql.binary import Binary
from alerts.promql.floats import ARITHMETIC
from alerts.promql.functions import Call
from alerts.promql.nodes import Node, Type
from alerts.promql.selectors import Absent, Selector
from alerts.promql.sets import SetOperation

ROUNDS = 2
LONG_WINDOW, SHORT_FOR = timedelta(hours=24), timedelta(minutes=5)
# The share of something bounded that is in use: it means as much when little is.
RATIO, USAGE = "_ratio", "_usage_ratio"


def comparison(subject: Subject) -> Iterator[Fault]:
    """An alert says when it fires, and its label sets stay the same."""
    if not subject.alert:
        return
    expression = subject.rule.expression
    if any(isinstance(node, Ranking) for node in expression.nodes):
        text = "topk and bottomk choose other series each time, so alerts come and go; compare with a limit"
        yield Fault("expr", text)
    decides = any(isinstance(node, Absent) or (isinstance(node, Binary) and node.filters) for node in expression.nodes)
    of_alerts = bool(expression.selectors) and all(one.name in OF_ALERTS for one in expression.selectors)
    if not decides and not of_alerts and subject.rule.name != WATCHDOG:
        yield Fault("expr", "there is no comparison, so it fires whatever the value is; write for example > 0")


def fragile(subject: Subject) -> Iterator[Fault]:
    """What is briefly so between two collections is no reason to page."""
    if not subject.alert:
        return
    least = ROUNDS * subject.group.interval
    brief = subject.alert.hold_for < least
    mend = f"it may be so for a moment only; write for: {written(least)} or longer"
    for node in subject.rule.expression.nodes:
        if brief and isinstance(node, Absent):
            yield Fault("expr", f"absent() is true between two collections; {mend}")
        if brief and isinstance(node, Binary) and node.operator in ARITHMETIC:
            left, right = (_collectors(child, subject) for child in node.children)
            if left and right and left != right:
                names = ", ".join(sorted(left | right))
                yield Fault("expr", f"{node.operator} combines collectors that run at other times ({names}); {mend}")
        if compares(node) and any(_is_scalar(one) for child in node.children for one in within(child)):
            text = "scalar() of nothing is NaN, and no comparison with NaN is true; join it: > on () group_left () …"
            yield Fault("expr", text)


def _collectors(node: Node, subject: Subject) -> frozenset[str]:
    owners = subject.known.owners
    return frozenset(owners[one.name] for one in within(node) if isinstance(one, Selector) and one.name in owners)


def _is_scalar(node: Node) -> bool:
    return isinstance(node, Call) and node.function.name == "scalar"


def volume(subject: Subject) -> Iterator[Fault]:
    """A ratio of few is chance, and a long window moves slowly."""
    if not subject.alert:
        return
    of = parents(subject.rule.expression)
    for selector in telling(subject.rule.expression):
        if not isinstance(selector, Selector):
            continue
        if selector.name.endswith(RATIO) and not selector.name.endswith(USAGE) and not _has_guard(selector, of):
            text = f"{selector.name} is chance where samples are few; add a guard: and max by (…) (…_samples) >= 30"
            yield Fault("expr", text)
        window = _window(selector)
        if window and window >= LONG_WINDOW and subject.alert.hold_for < SHORT_FOR:
            text = f"{selector.name} is of the last {written(window)} and moves slowly; write for: 5m or longer"
            yield Fault("for", text)


def _has_guard(selector: Selector, of: Mapping[int, Node]) -> bool:
    """Tell whether an `and` above compares something else than a ratio with a number."""
    return any(
        isinstance(node, SetOperation)
        and node.operator == "and"
        and any(_is_guard(side) for side in node.children if side is not child)
        for node, child in above(selector, of)
    )


def _is_guard(side: Node) -> bool:
    return any(
        compares(node)
        and any(child.type is Type.SCALAR for child in node.children)
        and any(isinstance(one, Selector) and not one.name.endswith(RATIO) for one in within(node))
        for node in within(side)
    )


def _window(selector: Selector) -> timedelta | None:
    """Return the window that a selector pins, None if it pins none that is a duration."""
    for matcher in selector.matchers:
        if matcher.label == "window" and matcher.operator == "=":
            try:
                return duration(matcher.value)
            except ValueError:
                return None
    return None
