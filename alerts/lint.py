"""What is wrong with rules that Prometheus takes: names that cannot match, texts nobody can act on. Pure.

A rule is spared one check by a comment in the line above it, `# lint:ignore ID reason`.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from alerts.durations import written
from alerts.engine import ALERTS, ALERTS_FOR_STATE
from alerts.promql.aggregation import CountValues, Quantile, Ranking, Statistic
from alerts.promql.binary import Binary
from alerts.promql.expression import Expression
from alerts.promql.matchers import Matcher
from alerts.promql.nodes import Node
from alerts.promql.selectors import Absent, Selector
from alerts.rules import AlertingRule, Group, RecordingRule, Rule
from alerts.yaml_source import START, Place
from exporter.model import Family

WATCHDOG = "Watchdog"
CAMEL_CASE, LONGEST_NAME = re.compile("([A-Z]+[a-z0-9]+)+"), 40
MOST_RULES, LONGEST_INTERVAL = 20, timedelta(minutes=5)
SEVERITIES = ("critical", "warning", "info")
SUMMARY = re.compile(r"[A-Z].+\.", re.DOTALL)
VALUE = re.compile(r"\$value|\.Value")
IGNORE = re.compile(r"\s*# lint:ignore (\S+) \S")
# Labels of the target, which every series of a scrape has, and what tells replicas apart.
OF_TARGET = ("job", "instance")
OF_REPLICA = (*OF_TARGET, "pod")
OF_PROMETHEUS = {"up", ALERTS, ALERTS_FOR_STATE}
AGGREGATIONS = (Statistic, Quantile, CountValues, Ranking)


class Finding(NamedTuple):
    """What a check found; `id` is its name for `lint:ignore`."""

    place: Place
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What there is: families by name, recorded series, and the names of runbooks if they are known."""

    families: Mapping[str, Family]
    recorded: Collection[str] = ()
    runbooks: Collection[str] | None = None


def findings(group: Group, source: str, known: Knowledge) -> list[Finding]:
    """Return what is wrong with a group, without what its comments spare."""
    lines = source.splitlines()
    found = list(_of_group(group))
    for number, rule in enumerate(group.rules, 1):
        where = f'group "{group.name}", rule {number} "{rule.name}"'
        above = "".join(lines[max(rule.line - 2, 0) : rule.line - 1])
        spared = {spare[1] for spare in [IGNORE.match(above)] if spare}
        found += [
            Finding(rule.places.get("expr", START), check, f"{where}: {text}")
            for check, look in CHECKS.items()
            if check not in spared
            for text in dict.fromkeys(look(rule, known))
        ]
    return found


def _of_group(group: Group) -> Iterator[Finding]:
    line, where = Place(min((rule.line for rule in group.rules), default=1), 1), f'group "{group.name}"'
    if len(group.name) > LONGEST_NAME:
        yield Finding(line, "name", f"{where}: the name is longer than {LONGEST_NAME} characters")
    if len(group.rules) > MOST_RULES:
        yield Finding(line, "name", f"{where}: has more than {MOST_RULES} rules; split it")
    if group.interval > LONGEST_INTERVAL:
        text = f"the interval {written(group.interval)} is longer than 5m, after which Prometheus forgets a series"
        yield Finding(line, "name", f"{where}: {text}")


def _name(rule: Rule, _known: Knowledge) -> Iterator[str]:
    if isinstance(rule, AlertingRule):
        if not CAMEL_CASE.fullmatch(rule.name):
            yield "the name is not CamelCase; write for example JobHiveMRRDrop"
        if len(rule.name) > LONGEST_NAME:
            yield f"the name is longer than {LONGEST_NAME} characters"


def _severity(rule: Rule, _known: Knowledge) -> Iterator[str]:
    if not isinstance(rule, AlertingRule):
        return
    severity = rule.labels.get("severity")
    if severity not in SEVERITIES and (severity, rule.name) != ("none", WATCHDOG):
        yield f"severity is {severity or 'missing'}; write one of {', '.join(SEVERITIES)}"
    if not rule.labels.get("area"):
        yield "the label area is missing; it says who looks after the alert"


def _texts(rule: Rule, known: Knowledge) -> Iterator[str]:
    if not isinstance(rule, AlertingRule):
        return
    for name in ("summary", "description", "runbook_url", "dashboard_url"):
        if not rule.annotations.get(name):
            yield f"the annotation {name} is missing"
    summary, description = rule.annotations.get("summary", ""), rule.annotations.get("description", "")
    if "{{" in summary:
        yield "the summary is a template; it names many alerts at once, so write what they share"
    elif summary and not SUMMARY.fullmatch(summary):
        yield "the summary is no sentence; begin with a capital and end with a full stop"
    if description and "{{" not in description and rule.name != WATCHDOG:
        yield "the description says nothing of this alert; name its labels or its value"
    page = rule.annotations.get("runbook_url", "").rpartition("/")[2]
    if known.runbooks is not None and page and page not in known.runbooks:
        yield f"there is no runbook {page}; write alerts/runbooks/{page}.md"


def _comparison(rule: Rule, _known: Knowledge) -> Iterator[str]:
    if not isinstance(rule, AlertingRule):
        return
    nodes = rule.expression.nodes
    if any(isinstance(node, Ranking) for node in nodes):
        yield "topk and bottomk choose other series each time, so alerts come and go; compare with a limit"
    compares = any(isinstance(node, Absent) or (isinstance(node, Binary) and node.filters) for node in nodes)
    if not compares and not _only_alerts(rule.expression) and rule.name != WATCHDOG:
        yield "there is no comparison, so it fires whatever the value is; write for example > 0"


def _only_alerts(expression: Expression) -> bool:
    return bool(expression.selectors) and all(one.name in (ALERTS, ALERTS_FOR_STATE) for one in expression.selectors)


def _value_label(rule: Rule, _known: Knowledge) -> Iterator[str]:
    for name, text in rule.labels.items() if isinstance(rule, AlertingRule) else ():
        if VALUE.search(text):
            yield f"the label {name} has the value in it, so each round makes another alert; use an annotation"


def _series(rule: Rule, known: Knowledge) -> Iterator[str]:
    for selector in rule.expression.selectors:
        if selector.name in known.families:
            yield from _matchers(selector, known.families[selector.name])
        elif selector.name and selector.name not in known.recorded and selector.name not in OF_PROMETHEUS:
            yield f"there is no metric {selector.name}, so this never matches"


def _matchers(selector: Selector, family: Family) -> Iterator[str]:
    domains = {label.name: label.values for label in family.labels}
    for matcher in selector.matchers:
        written_as = f'{matcher.label}{matcher.operator}"{matcher.value}"'
        if matcher.label in OF_TARGET:
            continue
        if matcher.label not in domains:
            if not matcher.matches(""):
                yield f"{family.name} has no label {matcher.label}, so {written_as} never matches"
        elif (values := domains[matcher.label]) is not None and not any(map(matcher.matches, ("", *values))):
            yield f"{written_as} of {family.name} never matches; there are {', '.join(values)}"


def _window(rule: Rule, known: Knowledge) -> Iterator[str]:
    above = _parents(rule.expression)
    for selector in rule.expression.selectors:
        family = known.families.get(selector.name)
        domains = {label.name: label.values or () for label in family.labels} if family else {}
        if "window" in domains and not _pinned("window", selector.matchers):
            yield f'{selector.name} has a series for each window; write for example {{window="{domains["window"][0]}"}}'
        around = above.get(id(selector))
        kept = isinstance(around, AGGREGATIONS) and "kind" in around.grouping.labels and not around.grouping.excluded
        if "all" in domains.get("kind", ()) and not kept and all(one.label != "kind" for one in selector.matchers):
            yield f'{selector.name} has the sum of all kinds beside them; write {{kind="all"}} or {{kind!="all"}}'


def _pinned(label: str, matchers: Sequence[Matcher]) -> bool:
    return any(matcher.label == label and matcher.operator == "=" for matcher in matchers)


def _aggregate(rule: Rule, _known: Knowledge) -> Iterator[str]:
    if isinstance(rule, RecordingRule) or rule.labels.get("area") == "exporter":
        return
    above = _parents(rule.expression)
    for node in rule.expression.nodes:
        if isinstance(node, AGGREGATIONS) and node.grouping.excluded:
            yield "without (…) keeps the labels of replicas; write by (…)"
        elif isinstance(node, AGGREGATIONS) and (kept := set(node.grouping.labels) & set(OF_REPLICA)):
            yield f"by (…) keeps {', '.join(sorted(kept))}, so each replica makes an alert of its own; leave it out"
    for selector in rule.expression.selectors:
        if selector.name not in OF_PROMETHEUS and not _is_aggregated(selector, above):
            yield f"{selector.name} is not aggregated, so each replica makes an alert of its own; write max by (…) (…)"


def _is_aggregated(node: Node, above: Mapping[int, Node]) -> bool:
    while (found := above.get(id(node))) is not None:
        if isinstance(found, AGGREGATIONS) and not isinstance(found, Ranking):
            return True
        node = found
    return False


def _parents(expression: Expression) -> Mapping[int, Node]:
    return {id(child): node for node in expression.nodes for child in node.children}


CHECKS: Mapping[str, Callable[[Rule, Knowledge], Iterator[str]]] = {
    "name": _name,
    "severity": _severity,
    "texts": _texts,
    "comparison": _comparison,
    "value-label": _value_label,
    "series": _series,
    "window": _window,
    "aggregate": _aggregate,
}
