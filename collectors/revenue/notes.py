"""What is disabled or computed from a substitute, and why (metrics.md C18, sources.md 1.8)."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Row

from collectors.schema import Schema
from collectors.subscriptions import span_known
from exporter.model import Family, Note

# Families by what they look at: only users, the present only, no status but the row's own.
USERS_ONLY = {"jobhive_free_to_paid_cohort_users"}
PRESENT = {
    *("jobhive_mrr", "jobhive_mrr_by_plan", "jobhive_arr", "jobhive_arpu", "jobhive_paying_customers"),
    *("jobhive_paying_subscriptions", "jobhive_subscriptions", "jobhive_subscriptions_canceling"),
    *("jobhive_paying_users", "jobhive_paying_users_ratio"),
}
NO_STATUS = {"jobhive_free_to_paid_conversion_ratio", "jobhive_free_to_paid_converted_users"}
NO_PRICE = {"jobhive_subscriptions", "jobhive_trials_ended"}
NEEDS = {
    "jobhive_subscriptions_canceling": ("subscription", "cancel_at_period_end"),
    "jobhive_churned_by_reason": ("subscription", "cancel_reason"),
    **dict.fromkeys(
        ("jobhive_trial_conversion_ratio", "jobhive_trials_ended", "jobhive_trials_converted"),
        ("subscription", "trial_end"),
    ),
}


def notes(
    schema: Schema, families: Iterable[Family], unlogged: Row[Any], since_unknown: bool, *, by_plan: bool
) -> Iterator[Note]:
    """Yield the notes of a run; `unlogged` says for price and status whether some log misses the beginning."""
    names = {family.name for family in families}
    disabled = {name for name, place in NEEDS.items() if not schema.has(*place)}
    yield from (Note("disabled", name, "column_unmapped") for name in sorted(disabled))
    if not by_plan:
        yield Note("disabled", "jobhive_mrr_by_plan", "not_enabled")
        disabled.add("jobhive_mrr_by_plan")
    elif not schema.has("plan", "slug"):
        yield Note("disabled", "jobhive_mrr_by_plan", "column_unmapped")
        disabled.add("jobhive_mrr_by_plan")
    paid = names - disabled - USERS_ONLY
    past = paid - PRESENT - {"jobhive_trials_ended"}
    approximations = {
        "seed_only_subscription_span": set() if span_known(schema) else paid,
        "past_due_since_unknown": paid - NO_PRICE - NO_STATUS if since_unknown else set(),
        "price_history_unknown": past if unlogged.price else set(),
        "status_history_unknown": past - NO_STATUS if unlogged.status else set(),
    }
    for reason, affected in approximations.items():
        yield from (Note("approximate", name, reason) for name in sorted(affected))
