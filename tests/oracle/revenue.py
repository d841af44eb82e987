"""Brute-force oracle of metrics.md 4.2: every family the contract always exports, as exact fractions.

``expected`` maps (family, label pairs) to a value. An absent sample is a missing key; counts are zero-filled.
"""

from datetime import datetime
from fractions import Fraction

from tests.oracle.measures import (
    DAY,
    Scope,
    Window,
    churned,
    movement_amounts,
    mrr_by_customer,
    paid_active_subs,
    paid_in,
    paying,
    reason,
    retention_sums,
    scope_of,
    total_mrr,
    trailing,
    windows,
)
from tests.oracle.objects import STATUSES, paid_active, paid_start, subscription_class
from tests.oracle.quality import expected_quality
from tests.oracle.rows import Event, Plan, Settings, Subscription, User, World

__all__ = [
    "Event",
    "Plan",
    "Settings",
    "Subscription",
    "User",
    "World",
    "expected",
    "expected_quality",
    "key",
]

Key = tuple[str, frozenset[tuple[str, str]]]
Values = dict[Key, Fraction | int]


def key(family: str, **labels: str) -> Key:
    return family, frozenset(labels.items())


def ratio(name: Key, numerator: Fraction | int, denominator: Fraction | int) -> Values:
    return {name: Fraction(numerator) / Fraction(denominator)} if denominator else {}


def expected(world: World, at: datetime, settings: Settings) -> Values:
    scope = scope_of(world, at, settings)
    values: Values = {}
    for part in (stock, statuses, churn, lifetime, movements, retention, free_to_paid, trials, paying_users):
        values |= part(scope)
    return values


# RV1 to RV4c: stocks at T


def stock(scope: Scope) -> Values:
    values: Values = {}
    for currency in scope.settings.currencies:
        total = total_mrr(scope, scope.at, currency)
        customers = len(mrr_by_customer(scope, scope.at, currency))
        values[key("jobhive_mrr", currency=currency)] = total
        values[key("jobhive_arr", currency=currency)] = 12 * total
        values[key("jobhive_paying_customers", currency=currency)] = customers
        values[key("jobhive_paying_subscriptions", currency=currency)] = len(paid_in(scope, scope.at, currency))
        values |= ratio(key("jobhive_arpu", currency=currency), total, customers)
    return values


def statuses(scope: Scope) -> Values:
    classes = [subscription_class(scope.world, sub, scope.at) for sub in scope.subs]
    canceling = [sub for sub in paid_active_subs(scope, scope.at) if sub.cancel_at_period_end]
    counts = {key("jobhive_subscriptions", status=status): classes.count(status) for status in STATUSES}
    return {**counts, key("jobhive_subscriptions_canceling"): len(canceling)}


# RV5, RV6: churn


def churn(scope: Scope) -> Values:
    values: Values = {}
    for name, window in windows(scope).items():
        for level in ("customer", "subscription"):
            base, gone = paying(scope, window[0], level), churned(scope, window, level)
            reasons = [reason(scope, who, window) for who in gone]
            values[key("jobhive_churn_base", level=level, window=name)] = len(base)
            values[key("jobhive_churned", level=level, window=name)] = len(gone)
            values |= ratio(key("jobhive_churn_ratio", level=level, window=name), len(gone), len(base))
            for why in ("voluntary", "involuntary", "unknown"):
                labels = {"level": level, "reason": why, "window": name}
                values[key("jobhive_churned_by_reason", **labels)] = reasons.count(why)
    return values


def lifetime(scope: Scope) -> Values:
    spans = [(scope.at - (days + 30) * DAY, scope.at - days * DAY) for days in (0, 30, 60)]
    gone = sum(len(churned(scope, span, "customer")) for span in spans)
    base = sum(len(paying(scope, span[0], "customer")) for span in spans)
    values: Values = {}
    for currency in scope.settings.currencies:
        customers = len(mrr_by_customer(scope, scope.at, currency))
        if gone and customers:
            arpu = total_mrr(scope, scope.at, currency) / customers
            value = arpu * Fraction(scope.settings.gross_margin) / Fraction(gone, base)
            values[key("jobhive_customer_lifetime_value", currency=currency)] = value
    return values


# RV7, RV8, RV10, RV11: movements and retention


def movements(scope: Scope) -> Values:
    values: Values = {}
    for currency in scope.settings.currencies:
        for name, window in windows(scope).items():
            values |= movement_families(scope, window, {"currency": currency, "window": name})
        first = total_mrr(scope, scope.at - 365 * DAY, currency)
        values[key("jobhive_mrr_at_start", currency=currency, window="365d")] = first
    return values


def movement_families(scope: Scope, window: Window, labels: dict[str, str]) -> Values:
    first = total_mrr(scope, window[0], labels["currency"])
    moved = movement_amounts(scope, window, labels["currency"])
    gained = moved["new"] + moved["reactivation"] + moved["expansion"]
    lost = moved["churn"] + moved["contraction"]
    return {
        **{key("jobhive_mrr_movement", type=name, **labels): amount for name, amount in moved.items()},
        key("jobhive_mrr_at_start", **labels): first,
        key("jobhive_mrr_net_new", **labels): gained - lost,
        **ratio(key("jobhive_mrr_growth_ratio", **labels), gained - lost, first),
        **ratio(key("jobhive_mrr_churn_ratio", kind="gross", **labels), lost, first),
        **ratio(key("jobhive_mrr_churn_ratio", kind="net", **labels), lost - moved["expansion"], first),
        **ratio(key("jobhive_mrr_quick_ratio", **labels), gained, lost),
    }


def retention(scope: Scope) -> Values:
    values: Values = {}
    for currency in scope.settings.currencies:
        for days in (30, 365):
            labels = {"currency": currency, "window": f"{days}d"}
            base, net, gross = retention_sums(scope, trailing(scope.at, days), currency)
            values |= ratio(key("jobhive_net_revenue_retention_ratio", **labels), net, base)
            values |= ratio(key("jobhive_gross_revenue_retention_ratio", **labels), gross, base)
    return values


# RV9, RV12: conversion


def free_to_paid(scope: Scope) -> Values:
    values: Values = {}
    for days in (30, 90, 365):
        first, last = scope.at - (days + 30) * DAY, scope.at - 30 * DAY
        cohort = [user for user in scope.users if first <= user.date_joined < last]
        converted = [user for user in cohort if converts(scope, user)]
        name = f"{days}d"
        values[key("jobhive_free_to_paid_cohort_users", window=name)] = len(cohort)
        values[key("jobhive_free_to_paid_converted_users", window=name)] = len(converted)
        rate = key("jobhive_free_to_paid_conversion_ratio", window=name)
        values |= ratio(rate, len(converted), len(cohort))
    return values


def converts(scope: Scope, user: User) -> bool:
    """A paid start before date_joined counts too: the contract has an upper bound only."""
    starts = [paid_start(scope.world, sub, scope.settings) for sub in scope.subs if sub.user_id == user.id]
    return any(found is not None and found[0] < user.date_joined + 30 * DAY for found in starts)


def trials(scope: Scope) -> Values:
    values: Values = {}
    for days in (30, 90):
        ended = trials_ended(scope, days)
        converted = [sub for sub, judged in ended if paid_active(scope.world, sub, judged, scope.settings)]
        name = f"{days}d"
        values[key("jobhive_trials_ended", window=name)] = len(ended)
        values[key("jobhive_trials_converted", window=name)] = len(converted)
        values |= ratio(key("jobhive_trial_conversion_ratio", window=name), len(converted), len(ended))
    return values


def trials_ended(scope: Scope, days: int) -> list[tuple[Subscription, datetime]]:
    """Each with the instant its trial is judged. "Every subscription with that trial_end": no start is asked for."""
    grace = scope.settings.trial_grace
    first, last = scope.at - days * DAY - grace, scope.at - grace
    ends = ((sub, sub.trial_end) for sub in scope.subs)
    return [(sub, stop + grace) for sub, stop in ends if stop is not None and first <= stop < last]


def paying_users(scope: Scope) -> Values:
    registered = [user for user in scope.users if not (user.deleted_at and user.deleted_at < scope.at)]
    owners = {sub.user_id for sub in paid_active_subs(scope, scope.at)}
    count = sum(user.id in owners for user in registered)
    rate = ratio(key("jobhive_paying_users_ratio"), count, len(registered))
    return {key("jobhive_paying_users"): count, **rate}
