"""What works, but not as it reads."""

import re
from collections.abc import Iterator

from alerts.durations import written
from alerts.lint.findings import Fault, Subject
from alerts.lint.trees import within
from alerts.promql.aggregation import Statistic
from alerts.promql.binary import Binary
from alerts.promql.selectors import Selector
from alerts.rules import NO_TIME

SPREADS_NAN = ("sum", "avg", "stddev", "stdvar")
PATTERN = re.compile(r"[.*+?()\[\]{}|^$\\]")
COUNTER = "_total"


def style(subject: Subject) -> Iterator[Fault]:
    """Divisions stand outside of sums, counters are not compared, regexes have a pattern, `for` fits the rounds."""
    for node in subject.rule.expression.nodes:
        if isinstance(node, Statistic) and node.operator in SPREADS_NAN and any(map(_divides, within(node))):
            text = f"one 0/0 makes the whole {node.operator} NaN; divide the sums instead"
            yield Fault("expr", text)
        if isinstance(node, Selector):
            yield from _regexes(node)
            if subject.alert and _counts(node, subject):
                yield Fault("expr", f"{node.name} only grows until a restart; compare a family of a window instead")
    yield from _times(subject)


def _divides(node: object) -> bool:
    return isinstance(node, Binary) and node.operator == "/"


def _counts(selector: Selector, subject: Subject) -> bool:
    family = subject.known.families.get(selector.name)
    return selector.name.endswith(COUNTER) or (family is not None and family.kind == "counter")


def _regexes(selector: Selector) -> Iterator[Fault]:
    for matcher in selector.matchers:
        if not matcher.operator.endswith("~"):
            continue
        shown = f'{matcher.label}{matcher.operator}"{matcher.value}"'
        if matcher.value.startswith("^") or re.search(r"(?<!\\)\$$", matcher.value):
            yield Fault("expr", f"{shown}: regexes match whole values, so leave ^ and $ out")
        elif not PATTERN.search(matcher.value):
            plain = {"=~": "=", "!~": "!="}[matcher.operator]
            yield Fault("expr", f'{shown} has no pattern; write {matcher.label}{plain}"{matcher.value}"')


def _times(subject: Subject) -> Iterator[Fault]:
    if not subject.alert:
        return
    if "for" in subject.rule.places and subject.alert.hold_for == NO_TIME:
        yield Fault("for", "for: 0s is what is without it; leave it out")
    for key, span in (("for", subject.alert.hold_for), ("keep_firing_for", subject.alert.keep_firing_for)):
        if span % subject.group.interval:
            every = written(subject.group.interval)
            yield Fault(key, f"{key}: {written(span)} is no multiple of the interval {every}, so it lasts longer")
