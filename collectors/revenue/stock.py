"""What is at an instant: recurring revenue, customers, subscriptions by state."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import CTE, and_, case, func, literal, or_, select

from collectors.labels import label_text
from collectors.revenue.figures import Statement, figure
from collectors.subscriptions import Subscriptions

MOST_PLANS = 50
OTHER = "other"


def stock(subscriptions: Subscriptions, states: CTE, at: datetime) -> Iterator[Statement]:
    """Yield the figures as of `at`."""
    now, spans, users = states.c.t == at, subscriptions.spans, subscriptions.users
    paid, currency = and_(now, states.c.paid), states.c.currency
    alive = or_(users.c.deleted_at.is_(None), users.c.deleted_at >= at)
    yield figure("jobhive_mrr", func.sum(states.c.mrr), currency).where(paid).group_by(currency)
    payers = func.count(states.c.customer.distinct())
    yield figure("jobhive_paying_customers", payers, currency).where(paid).group_by(currency)
    yield figure("jobhive_paying_subscriptions", func.count(), currency).where(paid).group_by(currency)
    yield figure("jobhive_subscriptions", func.count(), states.c["class"]).where(now).group_by(states.c["class"])
    yield figure("since_unknown", func.count()).where(states.c.since_unknown)
    ending = states.join(spans, spans.c.id == states.c.id)
    yield (
        figure("jobhive_subscriptions_canceling", func.count())
        .select_from(ending)
        .where(paid, spans.c.cancel_at_period_end)
    )
    owners = states.join(users, users.c.id == states.c.user_id)
    yield figure("jobhive_paying_users", func.count(states.c.user_id.distinct())).select_from(owners).where(paid, alive)
    yield figure("registered_users", func.count()).select_from(users).where(alive)


def by_plan(states: CTE, at: datetime) -> Statement:
    """Return the revenue by plan; beyond the largest, and without a slug, plans are one."""
    plan = func.coalesce(label_text(states.c.slug), OTHER)
    sums = (
        select(states.c.currency, plan.label("plan"), func.sum(states.c.mrr).label("mrr"))
        .where(states.c.t == at, states.c.paid)
        .group_by(states.c.currency, plan)
        .subquery("plans_by_mrr")
    )
    rank = func.row_number().over(partition_by=sums.c.currency, order_by=(sums.c.mrr.desc(), sums.c.plan))
    ranked = select(*sums.c, rank.label("rank")).subquery("ranked_plans")
    name = case((ranked.c.rank <= MOST_PLANS, ranked.c.plan), else_=literal(OTHER))
    return figure("jobhive_mrr_by_plan", func.sum(ranked.c.mrr), ranked.c.currency, name).group_by(
        ranked.c.currency, name
    )
