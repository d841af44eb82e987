"""Which alerts each Alertmanager is told of after a round, and in which words. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import quote_plus

from alerts.engine import Alerts
from alerts.model import Alert, AlertState, Outgoing
from alerts.promql.labels import Key, ordered
from alerts.promql.labels import key as key_of
from alerts.promql.tokens import one_line
from alerts.rounds import GroupState
from alerts.rule_round import RuleState
from alerts.rules import AlertingRule, Group

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# An alert ends by itself if nobody repeats it for so many rounds.
ROUNDS_TO_LIVE = 4
Failed = Mapping[str, Collection[Key]]


@dataclass(frozen=True, slots=True)
class Sending:
    """How alerts are told: what is added to them, when they are repeated, how long while their rule fails."""

    external_labels: Mapping[str, str] = field(default_factory=dict)
    drop_labels: tuple[str, ...] = ()
    external_url: str = ""
    resend_delay: timedelta = MINUTE
    error_resend: timedelta = HOUR


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be told to each Alertmanager, and the group as it is once that is on its way."""

    state: GroupState
    outgoing: Mapping[str, tuple[Outgoing, ...]]


def plan(
    group: Group, state: GroupState, ts: datetime, alertmanagers: Sequence[str], failed: Failed, sending: Sending
) -> Plan:
    """Return what is to be sent after the round at `ts`; `failed` are deliveries to be tried again."""
    outgoing: dict[str, list[Outgoing]] = {name: [] for name in alertmanagers}
    state, rules = undelivered(group, state, failed, sending), []
    for rule, before in zip(group.rules, state.rules, strict=True):
        if isinstance(rule, AlertingRule) and not _is_mute(before, ts, sending):
            alerts = _told(group, rule, before.alerts, ts, sending, outgoing)
            rules.append(replace(before, alerts=alerts))
        else:
            rules.append(before)
    return Plan(replace(state, rules=tuple(rules)), {name: tuple(alerts) for name, alerts in outgoing.items()})


def undelivered(group: Group, state: GroupState, failed: Failed, sending: Sending) -> GroupState:
    """Forget who was told of an alert and never heard of it, so that the next round tries again."""
    if not any(failed.values()):
        return state
    rules = []
    for rule, before in zip(group.rules, state.rules, strict=True):
        alerts = dict(before.alerts)
        for key, alert in before.alerts.items() if isinstance(rule, AlertingRule) else ():
            identity = labels_of(alert, sending)
            heard = {name: at for name, at in alert.last_sent.items() if identity not in failed.get(name, ())}
            alerts[key] = replace(alert, last_sent=heard)
        rules.append(replace(before, alerts=alerts))
    return replace(state, rules=tuple(rules))


def labels_of(alert: Alert, sending: Sending) -> Key:
    """Return the labels under which Alertmanager knows an alert."""
    added = {name: value for name, value in sending.external_labels.items() if not alert.labels.get(name)}
    kept = {name: value for name, value in {**added, **alert.labels}.items() if name not in sending.drop_labels}
    return key_of(ordered(kept.items()))


def is_due(alert: Alert, alertmanager: str, ts: datetime, resend_delay: timedelta) -> bool:
    """Tell whether an Alertmanager is to be told of an alert now."""
    if alert.state is AlertState.PENDING:
        return False
    last = alert.last_sent.get(alertmanager)
    if last is None or (alert.resolved_at is not None and alert.resolved_at > last):
        return True
    return last + resend_delay < ts


def said(group: Group, rule: AlertingRule, alert: Alert, ts: datetime, sending: Sending) -> Outgoing:
    """Return an alert that fires or was resolved as Alertmanager is told of it."""
    expression = quote_plus(one_line(rule.expression.text))
    return Outgoing(
        labels=dict(labels_of(alert, sending)),
        annotations={name: text for name, text in alert.annotations.items() if text},
        starts_at=alert.fired_at or alert.active_at,
        ends_at=alert.resolved_at or ts + ROUNDS_TO_LIVE * max(group.interval, sending.resend_delay),
        generator_url=f"{sending.external_url.rstrip('/')}/graph?g0.expr={expression}&g0.tab=1",
    )


def _is_mute(state: RuleState, ts: datetime, sending: Sending) -> bool:
    """Tell whether a rule fails for too long to speak for its alerts."""
    if state.erring_since is None:
        return False
    return not sending.error_resend or ts - state.erring_since > sending.error_resend


def _told(
    group: Group,
    rule: AlertingRule,
    alerts: Alerts,
    ts: datetime,
    sending: Sending,
    outgoing: Mapping[str, list[Outgoing]],
) -> Alerts:
    """Append to `outgoing` what is due, and return the alerts with who was told when."""
    after = {}
    for key, alert in alerts.items():
        after[key] = alert
        if due := [name for name in outgoing if is_due(alert, name, ts, sending.resend_delay)]:
            message = said(group, rule, alert, ts, sending)
            for name in due:
                outgoing[name].append(message)
            after[key] = replace(alert, last_sent={**alert.last_sent, **dict.fromkeys(due, ts)})
    return after
