"""What there is: families, what rules publish, pages that texts point at."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from alerts.engine import ALERTS, ALERTS_FOR_STATE
from alerts.rules import AlertingRule, Group, RecordingRule, Rule
from exporter.model import Family

# Labels of the target, which every series of a scrape has, and what tells replicas apart.
OF_TARGET = ("job", "instance")
OF_REPLICA = (*OF_TARGET, "pod")
UP = "up"
OF_ALERTS = (ALERTS, ALERTS_FOR_STATE)
OF_PROMETHEUS = {UP, *OF_ALERTS}
# A rule as its alerts or series are known: kind, name and static labels.
Identity = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Families by name and their collectors, what all rules that are checked together publish, and what texts may name.

    `recorded` has the groups of each series, `first` where each rule stands for the first time.
    `runbooks` and `dashboards` are None if nobody knows which there are; `external` names the external labels.
    """

    families: Mapping[str, Family]
    owners: Mapping[str, str] = field(default_factory=dict)
    recorded: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    first: Mapping[Identity, str] = field(default_factory=dict)
    runbooks: Collection[str] | None = None
    dashboards: Collection[str] | None = None
    external: Collection[str] = ()


def recorded(groups: Sequence[Group]) -> Mapping[str, frozenset[tuple[str, str]]]:
    """Return the groups that record each series."""
    found: dict[str, frozenset[tuple[str, str]]] = {}
    for group, rule in _all(groups):
        if isinstance(rule, RecordingRule):
            found[rule.name] = found.get(rule.name, frozenset()) | {group.id}
    return found


def first(groups: Sequence[Group]) -> Mapping[Identity, str]:
    """Return where each rule stands for the first time, as file:line."""
    found: dict[Identity, str] = {}
    for group, rule in _all(groups):
        found.setdefault(identity(rule), place(group, rule))
    return found


def identity(rule: Rule) -> Identity:
    """Return what a rule may not share with another: their alerts or series would be the same."""
    kind = "alert" if isinstance(rule, AlertingRule) else "record"
    return kind, rule.name, tuple(sorted(rule.labels.items()))


def place(group: Group, rule: Rule) -> str:
    """Return where a rule stands, as file:line."""
    return f"{group.file}:{rule.line}"


def _all(groups: Sequence[Group]) -> Iterator[tuple[Group, Rule]]:
    return ((group, rule) for group in groups for rule in group.rules)
