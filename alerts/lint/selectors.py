"""What selectors ask for is there."""

from collections.abc import Iterator, Mapping, Sequence

from alerts.lint.findings import Fault, Subject
from alerts.lint.knowledge import OF_PROMETHEUS, OF_REPLICA, OF_TARGET
from alerts.lint.trees import AGGREGATIONS, above, parents
from alerts.promql.aggregation import Ranking
from alerts.promql.matchers import Matcher
from alerts.promql.nodes import Node
from alerts.promql.selectors import Selector
from alerts.rules import RecordingRule
from exporter.model import Family


def series(subject: Subject) -> Iterator[Fault]:
    """Names, labels and their values are in the catalogue, or recorded."""
    known = subject.known
    for selector in subject.rule.expression.selectors:
        if selector.name in known.families:
            yield from _matchers(selector, known.families[selector.name])
        elif selector.name and selector.name not in known.recorded and selector.name not in OF_PROMETHEUS:
            yield Fault("expr", f"there is no metric {selector.name}, so this never matches")


def _matchers(selector: Selector, family: Family) -> Iterator[Fault]:
    domains = {label.name: label.values for label in family.labels}
    for matcher in selector.matchers:
        written_as = f'{matcher.label}{matcher.operator}"{matcher.value}"'
        if matcher.label in OF_TARGET:
            continue
        if matcher.label not in domains:
            if not matcher.matches(""):
                yield Fault("expr", f"{family.name} has no label {matcher.label}, so {written_as} never matches")
        elif (values := domains[matcher.label]) is not None and not any(map(matcher.matches, ("", *values))):
            yield Fault("expr", f"{written_as} of {family.name} never matches; there are {', '.join(values)}")


def window(subject: Subject) -> Iterator[Fault]:
    """One window, and either all kinds together or each for itself."""
    of = parents(subject.rule.expression)
    for selector in subject.rule.expression.selectors:
        family = subject.known.families.get(selector.name)
        domains = {label.name: label.values or () for label in family.labels} if family else {}
        if "window" in domains and not _pinned("window", selector.matchers):
            example = f'{{window="{domains["window"][0]}"}}'
            yield Fault("expr", f"{selector.name} has a series for each window; write for example {example}")
        around = of.get(id(selector))
        kept = isinstance(around, AGGREGATIONS) and "kind" in around.grouping.labels and not around.grouping.excluded
        if "all" in domains.get("kind", ()) and not kept and all(one.label != "kind" for one in selector.matchers):
            text = f'{selector.name} has the sum of all kinds beside them; write {{kind="all"}} or {{kind!="all"}}'
            yield Fault("expr", text)


def _pinned(label: str, matchers: Sequence[Matcher]) -> bool:
    return any(matcher.label == label and matcher.operator == "=" for matcher in matchers)


def aggregate(subject: Subject) -> Iterator[Fault]:
    """Two replicas make one alert."""
    rule = subject.rule
    if isinstance(rule, RecordingRule) or rule.labels.get("area") == "exporter":
        return
    for node in rule.expression.nodes:
        if isinstance(node, AGGREGATIONS) and node.grouping.excluded:
            yield Fault("expr", "without (…) keeps the labels of replicas; write by (…)")
        elif isinstance(node, AGGREGATIONS) and (kept := set(node.grouping.labels) & set(OF_REPLICA)):
            names = ", ".join(sorted(kept))
            yield Fault("expr", f"by (…) keeps {names}, so each replica makes an alert of its own; leave it out")
    of = parents(rule.expression)
    for selector in rule.expression.selectors:
        if selector.name not in OF_PROMETHEUS and not _is_aggregated(selector, of):
            text = f"{selector.name} is not aggregated, so each replica makes an alert of its own; write max by (…) (…)"
            yield Fault("expr", text)


def _is_aggregated(node: Node, of: Mapping[int, Node]) -> bool:
    return any(isinstance(one, AGGREGATIONS) and not isinstance(one, Ranking) for one, _ in above(node, of))
