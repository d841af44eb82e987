"""Rules and groups, checked and frozen; `rulefile` makes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePath

from alerts.model import Template
from alerts.promql.expression import Expression
from alerts.yaml_source import Place

NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """Publishes the result of its expression as the series `name`; `places` is where its keys stand in the file."""

    name: str
    expression: Expression
    labels: Mapping[str, str]
    line: int
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class AlertingRule:
    """Makes an alert of each sample of its result.

    `hold_for` is what the file calls `for`. `labels` and `annotations` are as written, those of the group among the
    labels; `templates` has the parsed form of every text of both; `places` is where its keys stand in the file.
    """

    name: str
    expression: Expression
    hold_for: timedelta
    keep_firing_for: timedelta
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    templates: Mapping[str, Template]
    line: int
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)

    @property
    def identity(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Return by what its alerts are found again after a restart or a reload: name and static labels."""
        return self.name, tuple(sorted(self.labels.items()))


Rule = RecordingRule | AlertingRule
Meaning = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated together, in order, each seeing what those before it published.

    `unsupported` names the rules that stand in the file and that Prometheus alone can evaluate.
    """

    name: str
    file: str
    interval: timedelta
    limit: int
    rules: tuple[Rule, ...]
    unsupported: tuple[str, ...] = ()

    @property
    def id(self) -> tuple[str, str]:
        """Return what tells it from other groups, also on a replica whose files lie in another folder."""
        return PurePath(self.file).name, self.name

    @property
    def meaning(self) -> Meaning:
        """Return what two groups have in common that do the same; where they stand in the file is no part of it."""
        return self.id, self.interval, self.limit, tuple(_meaning(rule) for rule in self.rules)


def _meaning(rule: Rule) -> Meaning:
    shared = (rule.name, rule.expression.text, tuple(rule.labels.items()))
    if isinstance(rule, RecordingRule):
        return shared
    return (*shared, rule.hold_for, rule.keep_firing_for, tuple(rule.annotations.items()))
