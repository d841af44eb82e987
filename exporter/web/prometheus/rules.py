"""The rules with their alerts, in the shapes of `/api/v1/rules` and `/api/v1/alerts`. Pure.

Members are those of Prometheus, in its order, and two of ours: `heldBy` has what a rule waits for because nobody knows
of it, `lacks` the collectors without which it is not asked because they are not configured. Labels and annotations of a
rule are as written.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from alerts.engine import is_active
from alerts.manager import Standing
from alerts.model import Alert, AlertState
from alerts.promql.expression import Expression
from alerts.promql.literals import exponential
from alerts.rule_round import RuleState
from alerts.rules import AlertingRule, RecordingRule
from exporter.web.prometheus.answers import instant, seconds

Json = dict[str, Any]
SEVERITY = (AlertState.FIRING, AlertState.PENDING)


def alerts(groups: Iterable[Standing]) -> list[Json]:
    """Return the alerts that are pending or firing."""
    return [alert for group in in_order(groups) for state in group.state.rules for alert in _alerts(state)]


def in_order(groups: Iterable[Standing]) -> Sequence[Standing]:
    """Return the groups by file and name, as Prometheus lists them."""
    return sorted(groups, key=lambda one: (one.group.file, one.group.name))


def group(standing: Standing, rules: Iterable[Json]) -> Json:
    """Return a group with some of its rules."""
    group, state = standing.group, standing.state
    return {
        "name": group.name,
        "file": group.file,
        "rules": list(rules),
        "interval": seconds(group.interval.total_seconds()),
        "limit": group.limit,
        "evaluationTime": seconds(state.seconds),
        "lastEvaluation": instant(state.ts),
    }


def alerting(rule: AlertingRule, state: RuleState, lacking: Collection[str], *, with_alerts: bool) -> Json:
    """Return an alerting rule; who asks for no alerts gets null for them, as in Prometheus."""
    return {
        "state": _state(state, lacking),
        "name": rule.name,
        "query": query(rule.expression),
        "duration": seconds(rule.hold_for.total_seconds()),
        "keepFiringFor": seconds(rule.keep_firing_for.total_seconds()),
        "labels": _sorted(rule.labels),
        "annotations": _sorted(rule.annotations),
        "alerts": _alerts(state) if with_alerts else None,
        **_evaluation(state, lacking),
        "type": "alerting",
    }


def recording(rule: RecordingRule, state: RuleState, lacking: Collection[str]) -> Json:
    """Return a recording rule."""
    return {
        "name": rule.name,
        "query": query(rule.expression),
        **({"labels": _sorted(rule.labels)} if rule.labels else {}),
        **_evaluation(state, lacking),
        "type": "recording",
    }


def query(expression: Expression) -> str:
    """Return an expression as it is written, without the blanks around it."""
    return expression.text.strip()


def _state(state: RuleState, lacking: Collection[str]) -> str:
    """Return the state of the most severe alert; nobody knows any before the first round, unless there is none."""
    found = {alert.state for alert in state.alerts.values()}
    for severe in SEVERITY:
        if severe in found:
            return str(severe)
    return str(AlertState.INACTIVE) if state.evaluated_at or lacking else "unknown"


def _evaluation(state: RuleState, lacking: Collection[str]) -> Json:
    return {
        "health": state.health,
        **({"lastError": state.error} if state.error else {}),
        **({"heldBy": list(state.held_by)} if state.held_by else {}),
        **({"lacks": sorted(lacking)} if lacking else {}),
        "evaluationTime": seconds(state.seconds),
        "lastEvaluation": instant(state.evaluated_at),
    }


def _alerts(state: RuleState) -> list[Json]:
    return [_alert(alert) for _, alert in sorted(state.alerts.items()) if is_active(alert)]


def _alert(alert: Alert) -> Json:
    kept = alert.keep_firing_since
    return {
        "labels": _sorted(alert.labels),
        "annotations": _sorted(alert.annotations),
        "state": str(alert.state),
        "activeAt": instant(alert.active_at),
        **({"keepFiringSince": instant(kept)} if kept else {}),
        "value": exponential(alert.value),
    }


def _sorted(texts: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(texts.items()))
