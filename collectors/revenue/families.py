"""What the collector `revenue` exports, and what may be chosen."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from collectors.base import CollectorOptions, Duration, additive, gauge, ratio
from exporter.model import Family, Label

STATUSES = ("active", "past_due", "trialing", "paused", "unpaid", "canceled", "other")
MOVEMENTS = ("new", "reactivation", "expansion", "contraction", "churn")
REASONS = ("voluntary", "involuntary", "unknown")
LEVEL = Label("level", ("customer", "subscription"))
RECENT = Label("window", ("30d", "prev_month"))
COHORT = Label("window", ("30d", "90d", "365d"))
TRIALS = Label("window", ("30d", "90d"))
YEAR = Label("window", ("30d", "365d"))

Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Options(CollectorOptions):
    """Who is a customer and what counts as paying."""

    currencies: tuple[Currency, ...] | None = Field(default=None, min_length=1)
    """Those that are told of; default: `default_currency` of the plans."""
    customer_key: Literal["user", "company"] = "user"
    """`company`: the customer is the company of the subscription."""
    gross_margin: Decimal = Field(default=Decimal(1), gt=0, le=1)
    """Of revenue, for the lifetime value; 1 is revenue itself."""
    dunning_grace: Duration = timedelta(days=30)
    """A subscription past due for longer no longer pays."""
    trial_grace: Duration = timedelta(days=3)
    """A trial is judged so long after its end."""
    by_plan: bool = False
    """Export `jobhive_mrr_by_plan`."""


def families(options: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    currency = Label("currency", options.currencies or ("USD",))
    return (*_stock(currency), *_churn(currency), *_movements(currency), *_conversion())


def _stock(currency: Label) -> tuple[Family, ...]:
    mrr = additive("RV1", "jobhive_mrr", "Monthly recurring revenue of paying subscriptions.", currency)
    customers = additive("RV3b", "jobhive_paying_customers", "Distinct customers with recurring revenue.", currency)
    payers = additive("RV12b", "jobhive_paying_users", "Distinct users, not deleted, who own a paying subscription.")
    # UE9 of the collector engagement; here it is only a denominator.
    registered = additive("UE9", "registered_users", "Users of the population who are not deleted.")
    return (
        mrr,
        gauge(
            "RV1b", "jobhive_mrr_by_plan", "Recurring revenue by plan; the smallest are other.", currency, Label("plan")
        ),
        additive("RV2", "jobhive_arr", "Annual run rate: 12 times the recurring revenue; not a forecast.", currency),
        ratio("RV3", "jobhive_arpu", "Recurring revenue per paying customer.", of=(mrr, customers)),
        customers,
        additive("RV4", "jobhive_paying_subscriptions", "Subscriptions with recurring revenue.", currency),
        additive(
            "RV4b",
            "jobhive_subscriptions",
            "Subscriptions that have started, free ones included, by their state; canceled is all-time.",
            Label("status", STATUSES),
        ),
        additive(
            "RV4c",
            "jobhive_subscriptions_canceling",
            "Paying subscriptions that end with their period.",
            past="live only",
        ),
        ratio(
            "RV12",
            "jobhive_paying_users_ratio",
            "Share of users who own a paying subscription.",
            of=(payers, registered),
        ),
        payers,
    )


def _churn(currency: Label) -> tuple[Family, ...]:
    churned = additive(
        "RV5b", "jobhive_churned", "Those paying at the start of the window and not at its end.", LEVEL, RECENT
    )
    base = additive("RV5c", "jobhive_churn_base", "Those paying at the start of the window.", LEVEL, RECENT)
    return (
        ratio(
            "RV5",
            "jobhive_churn_ratio",
            "Share of those paying at the start of the window who left.",
            of=(churned, base),
        ),
        churned,
        base,
        additive(
            "RV5d",
            "jobhive_churned_by_reason",
            "Those who left, by reason; a failed payment is involuntary.",
            *(LEVEL, Label("reason", REASONS), RECENT),
        ),
        gauge(
            "RV6",
            "jobhive_customer_lifetime_value",
            "Revenue per customer times margin over the monthly churn of 90 days; absent while nobody leaves.",
            currency,
        ),
    )


def _movements(currency: Label) -> tuple[Family, ...]:
    start = additive(
        "RV7b",
        "jobhive_mrr_at_start",
        "Recurring revenue at the start of the window.",
        *(currency, Label("window", ("30d", "prev_month", "365d"))),
    )
    net_new = additive("RV8b", "jobhive_mrr_net_new", "Sum of all movements, losses negative.", currency, RECENT)
    # Sums that only make ratios.
    kind = Label("kind", ("gross", "net"))
    lost = additive("RV7", "mrr_lost", "Churn and contraction; net of expansion.", currency, kind, RECENT)
    kept = additive("RV10", "mrr_kept", "What those paying at the start pay at the end.", currency, YEAR)
    kept_at_most = additive("RV10b", "mrr_kept_at_most", "The same, at most what they paid.", currency, YEAR)
    gained = additive("RV11", "mrr_gained", "New, reactivation and expansion.", currency, RECENT)
    losses = additive("RV11", "mrr_losses", "Churn and contraction.", currency, RECENT)
    return (
        ratio("RV7", "jobhive_mrr_churn_ratio", "Share of the revenue at the start that was lost.", of=(lost, start)),
        start,
        additive(
            "RV8",
            "jobhive_mrr_movement",
            "Recurring revenue that came or went, per customer, between the ends of the window.",
            *(currency, Label("type", MOVEMENTS), RECENT),
        ),
        net_new,
        ratio("RV8c", "jobhive_mrr_growth_ratio", "Net new revenue over that at the start.", of=(net_new, start)),
        ratio(
            "RV10",
            "jobhive_net_revenue_retention_ratio",
            "Revenue now of those who paid at the start, over what they paid; may exceed 1.",
            of=(kept, start),
        ),
        ratio(
            "RV10b",
            "jobhive_gross_revenue_retention_ratio",
            "The same without expansion; at most 1.",
            of=(kept_at_most, start),
        ),
        ratio("RV11", "jobhive_mrr_quick_ratio", "Revenue gained over revenue lost.", of=(gained, losses)),
    )


def _conversion() -> tuple[Family, ...]:
    cohort = additive(
        "RV9b", "jobhive_free_to_paid_cohort_users", "Users who joined 30 days before the window's days.", COHORT
    )
    converted = additive(
        "RV9c", "jobhive_free_to_paid_converted_users", "Those of them who paid within 30 days of joining.", COHORT
    )
    ended = additive(
        "RV9e", "jobhive_trials_ended", "Trials that ended in the window, moved back by the grace.", TRIALS
    )
    paying = additive("RV9f", "jobhive_trials_converted", "Those of them that paid when the grace was over.", TRIALS)
    return (
        ratio(
            "RV9",
            "jobhive_free_to_paid_conversion_ratio",
            "Share of users who paid within 30 days of joining.",
            of=(converted, cohort),
        ),
        cohort,
        converted,
        ratio("RV9d", "jobhive_trial_conversion_ratio", "Share of ended trials that pay.", of=(paying, ended)),
        ended,
        paying,
    )
