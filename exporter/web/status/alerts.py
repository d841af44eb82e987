"""Where the rules stand → what the status page says of alerts. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from alerts.manager import Standing
from alerts.model import Alert, AlertState
from alerts.rule_round import RuleState
from alerts.rules import Rule
from exporter.web.status.words import span

HIDDEN = ("alertname", "severity")
ORDER = (AlertState.FIRING, AlertState.PENDING)


class AlertRow(NamedTuple):
    """An alert that fires, or is about to; `labels` are those that its name and severity do not tell."""

    name: str
    state: str
    severity: str
    since: str
    labels: str
    summary: str

    @property
    def fires(self) -> bool:
        """Tell whether somebody is told of it."""
        return self.state.startswith(AlertState.FIRING)


class GroupRow(NamedTuple):
    """A group of rules; `trouble` names the rules that fail, are held or cannot run, and why."""

    name: str
    rules: int
    latest: str
    asked: bool
    trouble: tuple[str, ...]

    @property
    def good(self) -> bool | None:
        """Tell whether every rule was asked; None before the first round."""
        return False if self.trouble else self.asked or None


def alert_rows(standing: Iterable[Standing], now: datetime) -> tuple[AlertRow, ...]:
    """Return the alerts, firing ones first, the newest of them first."""
    alerts = [alert for _, state, *_ in standing for rule in state.rules for alert in rule.alerts.values()]
    shown = sorted((alert for alert in alerts if alert.state in ORDER), key=_since, reverse=True)
    return tuple(_alert(alert, now) for alert in sorted(shown, key=lambda alert: ORDER.index(alert.state)))


def group_rows(standing: Iterable[Standing], now: datetime) -> tuple[GroupRow, ...]:
    """Return the groups, in their order."""
    return tuple(_group(one, now) for one in standing)


def _since(alert: Alert) -> datetime:
    return alert.fired_at or alert.active_at


def _alert(alert: Alert, now: datetime) -> AlertRow:
    return AlertRow(
        name=alert.labels.get("alertname", ""),
        state=f"{alert.state}, held" if alert.held_since else str(alert.state),
        severity=alert.labels.get("severity", ""),
        since=f"{span(now - _since(alert))} ago",
        labels=", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()) if name not in HIDDEN),
        summary=alert.annotations.get("summary", ""),
    )


def _group(one: Standing, now: datetime) -> GroupRow:
    rules = zip(one.group.rules, one.state.rules, one.lacking, strict=True)
    trouble = [line for rule, state, lacking in rules for line in _trouble(rule, state, lacking)]
    trouble += [f"{name}: only Prometheus can evaluate it" for name in one.group.unsupported]
    latest = f"{span(now - one.state.ts)} ago, took {one.state.seconds:.3f} s" if one.state.ts else "not yet"
    return GroupRow(one.group.name, len(one.group.rules), latest, one.state.ts is not None, tuple(trouble))


def _trouble(rule: Rule, state: RuleState, lacking: frozenset[str]) -> Iterator[str]:
    if lacking:
        yield f"{rule.name}: inactive, {', '.join(sorted(lacking))} is not configured"
    elif state.health == "err":
        yield f"{rule.name}: {state.error}"
    elif state.held_by:
        yield f"{rule.name}: held, nobody knows of {', '.join(state.held_by)}"
