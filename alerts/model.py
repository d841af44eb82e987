"""The values that rules, engine, templates and notifier exchange. All are frozen; instants are aware."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from alerts.promql.labels import Key, Labels, key
from alerts.promql.samples import Vector
from exporter.model import ExporterError

# Evaluates an expression at the instant of the round on its samples; raises PromQLError.
Query = Callable[[str], Vector | float]


class AlertState(StrEnum):
    """The state of an alert, by Prometheus' name for it; one that was resolved is inactive."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of a rule: a label set, which is its identity, and where it stands.

    `active_at` is when its expression became true, `fired_at` when it began to fire, `keep_firing_since` since when
    it fires only because of `keep_firing_for`, `resolved_at` when it ended, `held_since` since when nobody knows
    whether it is true; `last_sent` is by Alertmanager.
    """

    labels: Labels
    annotations: Mapping[str, str]
    value: float
    state: AlertState
    active_at: datetime
    fired_at: datetime | None = None
    keep_firing_since: datetime | None = None
    resolved_at: datetime | None = None
    held_since: datetime | None = None
    last_sent: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """Return what tells it from the other alerts of its rule."""
        return key(self.labels)


class Outgoing(NamedTuple):
    """An alert as Alertmanager is told of it: final labels, no empty texts; its identity is its labels."""

    labels: Labels
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    generator_url: str

    @property
    def key(self) -> Key:
        """Return what tells it from other alerts."""
        return key(self.labels)


class Notifier(Protocol):
    """What delivers alerts; nothing here waits for an Alertmanager."""

    @property
    def alertmanagers(self) -> Sequence[str]:
        """The names of the Alertmanagers, host:port."""

    def enqueue(self, alertmanager: str, alerts: Sequence[Outgoing]) -> None:
        """Have alerts delivered soon; the newest state of an alert replaces one that waits."""

    def failed(self) -> Mapping[str, Collection[Key]]:
        """Return and forget, by Alertmanager, whose delivery failed since the last call so that a repeat may help."""


class TemplateError(ExporterError):
    """A text that is no template, or asks for what this daemon or the least Prometheus does not have."""


class Template(Protocol):
    """A text of a rule, parsed."""

    def expand(
        self,
        labels: Labels,
        value: float,
        external_labels: Labels,
        external_url: str,
        query: Query,
    ) -> str:
        """Return the text for a sample with these labels, `__name__` included.

        Never raises: what fails is `<error expanding template: …>`.
        """


class CompileTemplate(Protocol):
    """Parses a text of the rule `name`; raises TemplateError."""

    def __call__(self, text: str, name: str) -> Template:
        """Return the template."""
