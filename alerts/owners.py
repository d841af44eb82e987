"""Which collectors a rule depends on: whose families its selectors can match, also through what other rules publish."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from alerts.engine import ALERTS, ALERTS_FOR_STATE
from alerts.labelling import ALERT_NAME
from alerts.promql.expression import Expression
from alerts.promql.selectors import Selector
from alerts.rules import Group, RecordingRule, Rule
from exporter.model import Family

# A rule by its group and its place in it.
RuleId = tuple[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The families of every configured collector, by its name; the daemon's own are nobody's.

    `reads` names, for a collector that computes with the families of others, these others.
    """

    families: Mapping[str, Sequence[Family]]
    reads: Mapping[str, frozenset[str]]

    def owners(self, expression: Expression) -> frozenset[str]:
        """Return the collectors whose families an expression can select, and those that these read."""
        direct = {
            collector
            for collector, families in self.families.items()
            if any(one.could_match(family.name) for one in expression.selectors for family in families)
        }
        return frozenset(direct).union(*(self.reads.get(collector, frozenset()) for collector in direct))

    def names(self, collectors: frozenset[str]) -> frozenset[str]:
        """Return the names of the families of some collectors."""
        return frozenset(family.name for one in collectors for family in self.families.get(one, ()))

    def declared(self, name: str) -> frozenset[str]:
        """Return the labels that a family of that name declares, none if there is no such family."""
        families = (family for families in self.families.values() for family in families)
        return frozenset(label.name for family in families if family.name == name for label in family.labels)


def owners(groups: Sequence[Group], catalogue: Catalogue) -> Mapping[RuleId, frozenset[str]]:
    """Return the collectors that each rule depends on; rules that read one another share theirs."""
    rules = {(group.id, place): rule for group in groups for place, rule in enumerate(group.rules)}
    direct = {id_: catalogue.owners(rule.expression) for id_, rule in rules.items()}
    return _shared(direct, _read(rules))


def _read(rules: Mapping[RuleId, Rule]) -> Mapping[RuleId, Sequence[RuleId]]:
    """Return the rules that each rule reads; those that publish no series of a selector's name are not looked at."""
    publishers = defaultdict[str, list[RuleId]](list)
    for id_, rule in rules.items():
        for name in (rule.name,) if isinstance(rule, RecordingRule) else (ALERTS, ALERTS_FOR_STATE):
            publishers[name].append(id_)

    def read(selector: Selector) -> Iterator[RuleId]:
        possible = publishers.get(selector.name, ()) if selector.name else rules
        return (id_ for id_ in possible if _publishes(rules[id_], selector))

    return {id_: [*chain.from_iterable(map(read, rule.expression.selectors))] for id_, rule in rules.items()}


def lacking(groups: Sequence[Group], configured: Catalogue, every: Catalogue) -> Mapping[RuleId, frozenset[str]]:
    """Return the rules that ask by name for families of collectors that are not configured, with these collectors."""
    rules = {(group.id, place): rule for group in groups for place, rule in enumerate(group.rules)}
    served = {family.name for families in configured.families.values() for family in families}
    idle = {
        family.name: frozenset({collector})
        for collector in every.families.keys() - configured.families.keys()
        for family in every.families[collector]
        if family.name not in served
    }
    recorded = {id_: rule.name for id_, rule in rules.items() if isinstance(rule, RecordingRule)}
    asked = {id_: {one.name for one in rule.expression.selectors} for id_, rule in rules.items()}
    direct = {id_: frozenset[str]().union(*(idle.get(name, ()) for name in names)) for id_, names in asked.items()}
    read = {id_: [other for other, name in recorded.items() if name in names] for id_, names in asked.items()}
    return {id_: collectors for id_, collectors in _shared(direct, read).items() if collectors}


def _shared(
    found: Mapping[RuleId, frozenset[str]], read: Mapping[RuleId, Sequence[RuleId]]
) -> Mapping[RuleId, frozenset[str]]:
    """Give what is known of each rule also to those that read what it publishes."""
    changed = True
    while changed:
        before = found
        found = {id_: own.union(*(before[other] for other in read[id_])) for id_, own in before.items()}
        changed = found != before
    return found


def _publishes(rule: Rule, selector: Selector) -> bool:
    if isinstance(rule, RecordingRule):
        return selector.could_match(rule.name)
    if not any(selector.could_match(name) for name in (ALERTS, ALERTS_FOR_STATE)):
        return False
    return all(matcher.matches(rule.name) for matcher in selector.matchers if matcher.label == ALERT_NAME)
