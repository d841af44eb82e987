"""What the families of 4.2 are made of: population at T, windows, m(c, T), who pays, leaves and why, movements."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.oracle.objects import (
    Customer,
    canceled_without_end,
    currency_of,
    customer,
    end,
    in_population,
    mrr,
    paid_active,
    paid_start,
    plan_of,
    state_at,
    subscription_class,
)
from tests.oracle.rows import Settings, Subscription, User, World

Window = tuple[datetime, datetime]

DAY = timedelta(days=1)
NO_MOVEMENT = Fraction(1, 10**9)
TYPES = ("new", "reactivation", "expansion", "contraction", "churn")
INVOLUNTARY = ("payment_failed", "card_expired", "dunning", "involuntary")


@dataclass(frozen=True)
class Scope:
    """A world seen at T: users of P0(T), and their subscriptions without the rows canceled without an end.

    The rows are fixed once at T; earlier instants inside a family use the same population.
    """

    world: World
    at: datetime
    settings: Settings
    users: tuple[User, ...]
    subs: tuple[Subscription, ...]


def scope_of(world: World, at: datetime, settings: Settings) -> Scope:
    users = tuple(user for user in world.users if in_population(user, at, settings))
    ids = {user.id for user in users}
    subs = (sub for sub in world.subscriptions if sub.user_id in ids and not canceled_without_end(sub))
    return Scope(world, at, settings, users, tuple(subs))


def trailing(at: datetime, days: int) -> Window:
    return at - days * DAY, at


def prev_month(at: datetime, timezone: str) -> Window:
    zone = ZoneInfo(timezone)
    today = at.astimezone(zone).date()
    last = today.replace(day=1)
    first = (last - DAY).replace(day=1)
    return midnight(first, zone), midnight(last, zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone, fold=0).astimezone(UTC)


def windows(scope: Scope) -> dict[str, Window]:
    """The two windows of churn and movements."""
    return {"30d": trailing(scope.at, 30), "prev_month": prev_month(scope.at, scope.settings.timezone)}


def paid_active_subs(scope: Scope, at: datetime) -> list[Subscription]:
    return [sub for sub in scope.subs if paid_active(scope.world, sub, at, scope.settings)]


def paid_in(scope: Scope, at: datetime, currency: str) -> list[Subscription]:
    def currency_at(sub: Subscription) -> str | None:
        return currency_of(plan_of(scope.world, state_at(scope.world, sub, at)), scope.settings)

    return [sub for sub in paid_active_subs(scope, at) if currency_at(sub) == currency]


def mrr_by_customer(scope: Scope, at: datetime, currency: str) -> dict[Customer, Fraction]:
    """The contract's m(c, at), for the customers where it is above 0."""
    sums: dict[Customer, Fraction] = {}
    for sub in paid_in(scope, at, currency):
        name = customer(sub, scope.settings)
        amount = mrr(scope.world, sub, state_at(scope.world, sub, at), scope.settings)
        sums[name] = sums.get(name, Fraction(0)) + amount
    return sums


def total_mrr(scope: Scope, at: datetime, currency: str) -> Fraction:
    return sum(mrr_by_customer(scope, at, currency).values(), Fraction(0))


def paying(scope: Scope, at: datetime, level: str) -> AbstractSet[Customer]:
    """Ids of subscriptions are given the shape of customers, so that both levels are counted alike."""
    subs = paid_active_subs(scope, at)
    if level == "subscription":
        return {("subscription", sub.id) for sub in subs}
    return {customer(sub, scope.settings) for sub in subs}


def churned(scope: Scope, window: Window, level: str) -> AbstractSet[Customer]:
    return paying(scope, window[0], level) - paying(scope, window[1], level)


def reason(scope: Scope, who: Customer, window: Window) -> str:
    def belongs(sub: Subscription) -> bool:
        return who in (("subscription", sub.id), customer(sub, scope.settings))

    def ended_last(sub: Subscription) -> tuple[datetime, int]:
        return end(sub) or datetime.max.replace(tzinfo=UTC), -sub.id

    sub = max(filter(belongs, paid_active_subs(scope, window[0])), key=ended_last)
    if subscription_class(scope.world, sub, window[1]) in ("past_due", "unpaid"):
        return "involuntary"
    if not sub.cancel_reason:
        return "unknown"
    return "involuntary" if sub.cancel_reason.lower() in INVOLUNTARY else "voluntary"


def paid_before(scope: Scope, who: Customer, at: datetime, currency: str) -> bool:
    own = [sub for sub in scope.subs if customer(sub, scope.settings) == who]
    starts = [paid_start(scope.world, sub, scope.settings) for sub in own]
    return any(found is not None and found[0] < at and found[1] == currency for found in starts)


def movement_type(scope: Scope, who: Customer, m: tuple[Fraction, Fraction], a: datetime, currency: str) -> str:
    before, after = m
    if before == 0:
        return "reactivation" if paid_before(scope, who, a, currency) else "new"
    if after == 0:
        return "churn"
    return "expansion" if after > before else "contraction"


def movement_amounts(scope: Scope, window: Window, currency: str) -> dict[str, Fraction]:
    a, b = window
    before, after = mrr_by_customer(scope, a, currency), mrr_by_customer(scope, b, currency)
    sums = dict.fromkeys(TYPES, Fraction(0))
    for who in before.keys() | after.keys():
        m = before.get(who, Fraction(0)), after.get(who, Fraction(0))
        if abs(m[1] - m[0]) >= NO_MOVEMENT:
            sums[movement_type(scope, who, m, a, currency)] += abs(m[1] - m[0])
    return sums


def retention_sums(scope: Scope, window: Window, currency: str) -> tuple[Fraction, Fraction, Fraction]:
    """Σ m₀, Σ m₁ and Σ min(m₀, m₁) over the customers with m₀ > 0."""
    before = mrr_by_customer(scope, window[0], currency)
    after = mrr_by_customer(scope, window[1], currency)
    kept = {who: after.get(who, Fraction(0)) for who in before}
    least = [min(amount, kept[who]) for who, amount in before.items()]
    return sum(before.values(), Fraction(0)), sum(kept.values(), Fraction(0)), sum(least, Fraction(0))
