"""What becomes of alerts over a restart, a reload and a step of the clock. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from alerts.engine import FIRING, INACTIVE, PENDING, Alerts, is_active, is_forgotten
from alerts.model import Alert
from alerts.promql import PromQLError, parse
from alerts.rounds import GroupState
from alerts.rule_round import RuleState
from alerts.rules import NO_TIME, AlertingRule, Group, Rule

Identity = tuple[str, tuple[tuple[str, str], ...]]


class Running(NamedTuple):
    """A group with where it stands."""

    group: Group
    state: GroupState


@dataclass(frozen=True, slots=True)
class Saved:
    """The alerts of a rule as the state file has them; `seen_at` is the round they are of."""

    group: tuple[str, str]
    rule: Identity
    expression: str
    seen_at: datetime
    alerts: Alerts


def restored(group: Group, saved: Iterable[Saved], now: datetime, tolerance: timedelta) -> GroupState:
    """Return a group as it was before a restart: the time between does not count.

    A rule is found by its name and labels, whatever its expression is now. After an outage longer than `tolerance`
    nobody knows what became of the alerts that were pending or firing: they are dropped.
    """
    known = {one.rule: one for one in saved if one.group == group.id}
    states = [_after_outage(rule, known, now, tolerance) for rule in group.rules]
    return GroupState(tuple(states), restored=any(state.alerts for state in states))


def saved(group: Group, state: GroupState) -> list[Saved]:
    """Return what is to be written after a round; of two rules with one identity the first is."""
    found: dict[Identity, Saved] = {}
    for rule, one in zip(group.rules, state.rules, strict=True):
        if isinstance(rule, AlertingRule) and state.ts is not None and one.alerts:
            found.setdefault(rule.identity, Saved(group.id, rule.identity, rule.expression.text, state.ts, one.alerts))
    return list(found.values())


def left_over(saved: Iterable[Saved], groups: Sequence[Group], interval: timedelta, now: datetime) -> list[Running]:
    """Return the rules that went away while nothing ran, as `carried` does, with their alerts resolved at `now`."""
    known = {_identity(rule) for group in groups for rule in group.rules}
    found: dict[tuple[str, str], list[tuple[AlertingRule, RuleState, datetime]]] = {}
    for one in saved:
        alerts = _resolved(one.alerts, now)
        untold = {key: alert for key, alert in alerts.items() if not is_forgotten(alert, now) or not _is_told(alert)}
        rule = _remembered(one)
        if one.rule not in known and untold and rule:
            found.setdefault(one.group, []).append((rule, RuleState(alerts=untold), one.seen_at))
    return [
        Running(
            Group(name, file, interval, 0, tuple(rule for rule, _, _ in rules)),
            GroupState(tuple(state for _, state, _ in rules), max(at for _, _, at in rules), restored=True),
        )
        for (file, name), rules in found.items()
    ]


def _remembered(saved: Saved) -> AlertingRule | None:
    """Make a rule of which only name, labels and expression are known, which is what a message needs."""
    try:
        expression = parse(saved.expression)
    except PromQLError:
        return None
    name, labels = saved.rule
    return AlertingRule(name, expression, NO_TIME, NO_TIME, dict(labels), {}, {}, 0)


def carried(before: Sequence[Running], groups: Sequence[Group], ts: Callable[[Group], datetime]) -> list[Running]:
    """Return the groups of a reload with the alerts of those before it.

    What did not change is taken over whole. Alerts of rules that are gone are resolved at `ts` of their group; these
    rules come last, in groups of their own, which are not evaluated but tell for a while what became of them.
    """
    unchanged = {one.group.meaning: one.state for one in before}
    times = {one.group.id: one.state.ts for one in before}
    places = {(group.id, _identity(rule)) for group in groups for rule in group.rules}
    waiting = _by_place(before)
    # A rule that went to another group takes its alerts with it.
    homeless = {rule: state for (group, rule), state in waiting.items() if (group, rule) not in places}

    def state(group: Group, rule: Rule) -> RuleState:
        identity = _identity(rule)
        if identity is None:
            return RuleState()
        return waiting.pop((group.id, identity), None) or homeless.pop(identity, RuleState())

    after = []
    for group in groups:
        changed = GroupState(tuple(state(group, rule) for rule in group.rules), times.get(group.id))
        after.append(Running(group, unchanged.get(group.meaning, changed)))
    left = {identity for _, identity in places}
    ended = (_ended(one, left, ts(one.group)) for one in before)
    return after + [one for one in ended if one.group.rules]


def _by_place(before: Sequence[Running]) -> dict[tuple[tuple[str, str], Identity], RuleState]:
    """Index the states of alerting rules; of two with one identity the first counts."""
    found: dict[tuple[tuple[str, str], Identity], RuleState] = {}
    for group, state in before:
        for rule, own in zip(group.rules, state.rules, strict=True):
            if isinstance(rule, AlertingRule):
                found.setdefault((group.id, rule.identity), own)
    return found


def moved(state: GroupState, jump: timedelta, ts: datetime) -> GroupState:
    """Return a group after the wall clock jumped: no time has passed for its alerts."""

    def later(instant: datetime | None) -> datetime | None:
        return instant + jump if instant else None

    def alert(one: Alert) -> Alert:
        resolved_at = later(one.resolved_at)
        return replace(
            one,
            active_at=one.active_at + jump,
            fired_at=min(one.fired_at, resolved_at or ts, ts) if one.fired_at else None,
            keep_firing_since=later(one.keep_firing_since),
            resolved_at=resolved_at,
            held_since=later(one.held_since),
            last_sent={name: at + jump for name, at in one.last_sent.items()},
        )

    def rule(one: RuleState) -> RuleState:
        alerts = {key: alert(each) for key, each in one.alerts.items()}
        return replace(
            one,
            alerts=alerts,
            held_since=later(one.held_since),
            erring_since=later(one.erring_since),
            evaluated_at=later(one.evaluated_at),
        )

    return replace(state, rules=tuple(rule(one) for one in state.rules), ts=later(state.ts))


def _identity(rule: Rule) -> Identity | None:
    return rule.identity if isinstance(rule, AlertingRule) else None


def _after_outage(rule: Rule, known: dict[Identity, Saved], now: datetime, tolerance: timedelta) -> RuleState:
    # Of two rules with one identity the first takes what there is: it is written as one.
    saved = known.pop(rule.identity, None) if isinstance(rule, AlertingRule) else None
    if saved is None:
        return RuleState()
    outage = max(now - saved.seen_at, timedelta(0))
    alerts = {key: _shifted(alert, outage) for key, alert in saved.alerts.items()}
    if outage > tolerance:
        alerts = {key: alert for key, alert in alerts.items() if not is_active(alert)}
    kept = {key: alert for key, alert in alerts.items() if not is_forgotten(alert, now) or not _is_told(alert)}
    return RuleState(alerts=kept)


def _is_told(alert: Alert) -> bool:
    """Tell whether an Alertmanager knows that an alert was resolved."""
    return any(alert.resolved_at is not None and at >= alert.resolved_at for at in alert.last_sent.values())


def _shifted(alert: Alert, outage: timedelta) -> Alert:
    if not is_active(alert):
        return alert
    return replace(
        alert,
        active_at=alert.active_at + outage if alert.state is PENDING else alert.active_at,
        keep_firing_since=alert.keep_firing_since + outage if alert.keep_firing_since else None,
        held_since=alert.held_since + outage if alert.held_since else None,
    )


def _ended(before: Running, left: set[Identity | None], ts: datetime) -> Running:
    """Return the rules of a group that are gone from everywhere, with what they have to tell."""
    gone = [
        (rule, replace(RuleState(), alerts=_resolved(state.alerts, ts)))
        for rule, state in zip(before.group.rules, before.state.rules, strict=True)
        if isinstance(rule, AlertingRule) and rule.identity not in left
    ]
    kept = [(rule, state) for rule, state in gone if state.alerts]
    group = replace(before.group, rules=tuple(rule for rule, _ in kept))
    return Running(group, GroupState(tuple(state for _, state in kept), ts))


def _resolved(alerts: Alerts, ts: datetime) -> Alerts:
    return {
        key: replace(alert, state=INACTIVE, resolved_at=max(ts, alert.fired_at or ts))
        if alert.state is FIRING
        else alert
        for key, alert in alerts.items()
        if alert.state is not PENDING
    }
