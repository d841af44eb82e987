"""The state machine of an alerting rule, as Prometheus has it, and what is done to it when nobody knows. Pure.

A step takes the alerts of a rule by their labels, and returns them as they are after a round at `ts`.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.labelling import ALERT_NAME, Found, LimitExceeded
from alerts.model import Alert, AlertState
from alerts.promql.expression import EPOCH
from alerts.promql.labels import NAME, Key, ordered
from alerts.promql.samples import Pair
from alerts.rules import AlertingRule

ALERTS, ALERTS_FOR_STATE = "ALERTS", "ALERTS_FOR_STATE"
RETENTION = timedelta(minutes=15)
PENDING, FIRING, INACTIVE = AlertState.PENDING, AlertState.FIRING, AlertState.INACTIVE
Alerts = Mapping[Key, Alert]


def step(
    rule: AlertingRule, alerts: Alerts, found: Mapping[Key, Found], ts: datetime, held: Container[Key] = ()
) -> Alerts:
    """Take in the result of a round; alerts that are `held` stay although the result lacks them."""
    after = {key: _true(rule, alerts.get(key), one, ts) for key, one in found.items()}
    for key, alert in alerts.items():
        if key in found:
            continue
        one = _held(alert, ts) if key in held and is_active(alert) else _false(rule, _released(alert, ts), ts)
        if one is not None:
            after[key] = one
    return after


def hold(alerts: Alerts, ts: datetime) -> Alerts:
    """Pass a round in which nobody knows: nothing starts, ends or counts; what was resolved is forgotten in time."""
    return {key: _held(alert, ts) if is_active(alert) else alert for key, alert in remembered(alerts, ts).items()}


def remembered(alerts: Alerts, ts: datetime) -> Alerts:
    """Return the alerts without those that were resolved too long ago."""
    return {key: alert for key, alert in alerts.items() if not is_forgotten(alert, ts)}


def is_active(alert: Alert) -> bool:
    """Tell whether an alert is pending or firing."""
    return alert.state is not INACTIVE


def is_forgotten(alert: Alert, ts: datetime) -> bool:
    """Tell whether an alert was resolved too long ago to be told again."""
    return alert.resolved_at is not None and ts - alert.resolved_at > RETENTION


def check_limit(alerts: Iterable[Alert], limit: int) -> None:
    """Raise LimitExceeded if more alerts than `limit` are active; 0 is no limit."""
    count = sum(map(is_active, alerts))
    if 0 < limit < count:
        raise LimitExceeded(limit, count, "alerts")


def series(rule: AlertingRule, alerts: Iterable[Alert]) -> Iterator[Pair]:
    """Yield ALERTS and ALERTS_FOR_STATE of the alerts that are pending or firing."""
    for alert in filter(is_active, alerts):
        labels = {**rule.labels, **alert.labels, ALERT_NAME: rule.name}
        yield ordered({**labels, NAME: ALERTS, "alertstate": str(alert.state)}.items()), 1.0
        since = (alert.active_at - EPOCH) // timedelta(seconds=1)
        yield ordered({**labels, NAME: ALERTS_FOR_STATE}.items()), float(since)


def _true(rule: AlertingRule, alert: Alert | None, found: Found, ts: datetime) -> Alert:
    if alert is None or not is_active(alert):
        alert = Alert(found.labels, found.annotations, found.value, PENDING, active_at=ts)
    else:
        alert = _released(alert, ts)
        alert = replace(alert, annotations=found.annotations, value=found.value, keep_firing_since=None)
    if alert.state is PENDING and ts - alert.active_at >= rule.hold_for:
        return replace(alert, state=FIRING, fired_at=ts)
    return alert


def _false(rule: AlertingRule, alert: Alert, ts: datetime) -> Alert | None:
    if alert.state is PENDING or is_forgotten(alert, ts):
        return None
    if alert.state is INACTIVE:
        return alert
    if rule.keep_firing_for:
        since = alert.keep_firing_since or ts
        if ts - since < rule.keep_firing_for:
            return replace(alert, keep_firing_since=since)
    return replace(alert, state=INACTIVE, resolved_at=ts, keep_firing_since=None)


def _held(alert: Alert, ts: datetime) -> Alert:
    return alert if alert.held_since else replace(alert, held_since=ts)


def _released(alert: Alert, ts: datetime) -> Alert:
    """Return an alert of which one knows again: the time of the hold does not count."""
    if alert.held_since is None:
        return alert
    gap = ts - alert.held_since
    return replace(
        alert,
        held_since=None,
        active_at=alert.active_at + gap if alert.state is PENDING else alert.active_at,
        keep_firing_since=alert.keep_firing_since + gap if alert.keep_firing_since else None,
    )
