"""From the result of a rule to its alerts or series: labels and texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from alerts.model import Query
from alerts.promql.labels import NAME, Key, Labels, key, ordered
from alerts.promql.samples import Pair, Sample, Vector
from alerts.rules import AlertingRule, RecordingRule
from exporter.model import ExporterError

ALERT_NAME = "alertname"


class RuleError(ExporterError):
    """A rule that fails on these samples; its alerts stay what they are."""


class LimitExceeded(RuleError):
    """A rule with more alerts or series than its group allows."""

    def __init__(self, limit: int, count: int, what: str) -> None:
        super().__init__(f"exceeded limit of {limit} with {count} {what}")


class Found(NamedTuple):
    """What a sample of a result says of an alert."""

    labels: Labels
    annotations: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the texts of rules may speak of beside the sample."""

    query: Query
    external_labels: Mapping[str, str]
    external_url: str


def as_vector(result: Vector | float) -> Vector:
    """Return a result as a vector: a scalar is one sample without labels."""
    return (Sample({}, result),) if isinstance(result, float) else result


def found(rule: AlertingRule, vector: Vector, around: Surroundings) -> Mapping[Key, Found]:
    """Return the alerts that a result asks for; raises RuleError if two have the same labels."""
    alerts: dict[Key, Found] = {}
    for sample in vector:

        def expanded(texts: Mapping[str, str], sample: Sample = sample) -> dict[str, str]:
            return {
                name: rule.templates[text].expand(
                    sample.labels, sample.value, around.external_labels, around.external_url, around.query
                )
                for name, text in texts.items()
            }

        own = {name: value for name, value in sample.labels.items() if name != NAME}
        labels = ordered({**own, **expanded(rule.labels), ALERT_NAME: rule.name}.items())
        if key(labels) in alerts:
            raise RuleError("vector contains metrics with the same labelset after applying alert labels")
        alerts[key(labels)] = Found(labels, expanded(rule.annotations), sample.value)
    return alerts


def recorded(rule: RecordingRule, vector: Vector, limit: int) -> tuple[Pair, ...]:
    """Return the series that a recording rule publishes; raises RuleError if two are the same or they are too many."""
    series = {}
    for sample in vector:
        labels = ordered({**sample.labels, **rule.labels, NAME: rule.name}.items())
        if key(labels) in series:
            raise RuleError("vector contains metrics with the same labelset after applying rule labels")
        series[key(labels)] = (labels, sample.value)
    if 0 < limit < len(series):
        raise LimitExceeded(limit, len(series), "series")
    return tuple(series.values())
