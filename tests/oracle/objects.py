"""The objects of the revenue contract (metrics.md 4.2), each as literal as possible and slow on purpose.

It shares no code with the exporter: what both compute alike is then more than one mistake made once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from tests.oracle.rows import Event, Plan, Settings, Subscription, User, World

STATUSES = {
    "active": ("active",),
    "past_due": ("past_due",),
    "trialing": ("trialing", "trial"),
    "paused": ("paused",),
    "unpaid": ("unpaid",),
    "canceled": ("canceled", "cancelled", "ended", "expired", "incomplete_expired"),
    "other": ("incomplete",),
}
INTERVALS = {
    "day": ("day", "daily"),
    "week": ("week", "weekly"),
    "month": ("month", "monthly"),
    "quarter": ("quarter", "quarterly"),
    "half_year": ("half_year", "semiannual"),
    "year": ("year", "yearly", "annual", "annually"),
}
DAYS_PER_MONTH = Fraction("30.4375")
MONTHS = {
    "day": 1 / DAYS_PER_MONTH,
    "week": 7 / DAYS_PER_MONTH,
    "month": Fraction(1),
    "quarter": Fraction(3),
    "half_year": Fraction(6),
    "year": Fraction(12),
}

Customer = tuple[str, int]


@dataclass(frozen=True)
class State:
    """What events can change, at one instant. ``by_event`` says that an event, not the row, set the status."""

    status: str
    by_event: bool
    past_due_since: datetime | None
    plan_id: int
    quantity: int | None
    unit_price: Decimal | None
    discount_percent: Decimal | None


def word_class(words: dict[str, tuple[str, ...]], word: str) -> str | None:
    return next((name for name, known in words.items() if word.lower() in known), None)


def status_class(status: str) -> str:
    return word_class(STATUSES, status) or "other"


def in_population(user: User, at: datetime, settings: Settings) -> bool:
    if user.date_joined >= at or user.company_id in settings.exclude_company_ids:
        return False
    if settings.exclude_staff and (user.is_staff or user.is_superuser):
        return False
    return not (settings.exclude_test and user.is_test)


def canceled_without_end(sub: Subscription) -> bool:
    return status_class(sub.status) == "canceled" and end(sub) is None


def customer(sub: Subscription, settings: Settings) -> Customer:
    if settings.customer_key == "company" and sub.company_id is not None:
        return ("company", sub.company_id)
    return ("user", sub.user_id)


def start(sub: Subscription) -> datetime:
    return sub.started_at or sub.created_at


def end(sub: Subscription) -> datetime | None:
    """The row's own status decides about the fallback, at every T: an end has no history."""
    if sub.ended_at is None and status_class(sub.status) == "canceled":
        return sub.current_period_end
    return sub.ended_at


def log(world: World, sub: Subscription) -> list[Event]:
    own = [event for event in world.events if event.subscription_id == sub.id]
    return sorted(own, key=lambda event: (event.occurred_at, event.id))


def state_at(world: World, sub: Subscription, at: datetime) -> State:
    """The left limit: events before T."""
    return fold(sub, (event for event in log(world, sub) if event.occurred_at < at))


def state_through(world: World, sub: Subscription, at: datetime) -> State:
    """Events up to and including the instant; only the paid start looks at it."""
    return fold(sub, (event for event in log(world, sub) if event.occurred_at <= at))


def fold(sub: Subscription, events: Iterable[Event]) -> State:
    state = State(
        status=status_class(sub.status),
        by_event=False,
        past_due_since=sub.past_due_since,
        plan_id=sub.plan_id,
        quantity=sub.quantity,
        unit_price=sub.unit_price,
        discount_percent=sub.discount_percent,
    )
    for event in events:
        state = apply(state, event)
    return state


def apply(state: State, event: Event) -> State:
    if event.to_status is not None:
        state = apply_status(state, status_class(event.to_status), event.occurred_at)
    if event.to_plan_id is not None:
        state = replace(state, plan_id=event.to_plan_id)
    if event.to_quantity is not None:
        state = replace(state, quantity=event.to_quantity)
    if event.to_unit_price is not None:
        state = replace(state, unit_price=event.to_unit_price)
    if event.to_discount_percent is not None:
        state = replace(state, discount_percent=event.to_discount_percent)
    return state


def apply_status(state: State, status: str, at: datetime) -> State:
    """A run of past_due begins with its first event, also if the row's own status was past_due before it."""
    since: datetime | None = None
    if status == "past_due":
        goes_on = state.by_event and state.status == "past_due"
        since = state.past_due_since if goes_on else at
    return replace(state, status=status, by_event=True, past_due_since=since)


def subscription_class(world: World, sub: Subscription, at: datetime) -> str | None:
    if start(sub) >= at:
        return None
    stop = end(sub)
    if stop is not None and stop < at:
        return "canceled"
    if sub.trial_end is not None and sub.trial_end >= at:
        return "trialing"
    state = state_at(world, sub, at)
    if state.by_event:
        return state.status
    if state.status == "canceled" and stop is not None:  # not before T, as tested above
        return "active"
    if state.status == "past_due" and state.past_due_since is not None and state.past_due_since >= at:
        return "active"
    return state.status


def months(plan: Plan) -> Fraction | None:
    """None for an interval or a count that cannot be priced."""
    interval = word_class(INTERVALS, plan.interval)
    count = 1 if plan.interval_count is None else plan.interval_count
    return None if interval is None or count <= 0 else MONTHS[interval] * count


def plan_of(world: World, state: State) -> Plan:
    return next(plan for plan in world.plans if plan.id == state.plan_id)


def currency_of(plan: Plan, settings: Settings) -> str | None:
    """ISO codes are compared exactly: the contract folds the case of status, interval and reason only."""
    currency = settings.default_currency if plan.currency is None else plan.currency
    return currency if currency in settings.currencies else None


def price(plan: Plan, state: State) -> Fraction | None:
    """Only the price that applies is judged: a good unit_price heals a bad plan, a bad one spoils a good plan."""
    amount = plan.price if state.unit_price is None else state.unit_price
    return Fraction(amount) if amount.is_finite() and amount >= 0 else None


def discount(sub: Subscription, state: State) -> Fraction | None:
    """A finite discount does not apply, so it may be out of range; discount_end has no event, only the row's."""
    percent = state.discount_percent
    if percent is None or sub.discount_end is not None:
        return Fraction(0)
    return Fraction(percent) / 100 if percent.is_finite() and 0 <= percent <= 100 else None


def mrr(world: World, sub: Subscription, state: State, settings: Settings) -> Fraction:
    plan = plan_of(world, state)
    duration, amount, rate = months(plan), price(plan, state), discount(sub, state)
    quantity = 1 if state.quantity is None else state.quantity
    if duration is None or amount is None or rate is None:
        return Fraction(0)
    if quantity <= 0 or currency_of(plan, settings) is None:
        return Fraction(0)
    return amount * quantity * (1 - rate) / duration


def paid_active(world: World, sub: Subscription, at: datetime, settings: Settings) -> bool:
    status, state = subscription_class(world, sub, at), state_at(world, sub, at)
    if status not in ("active", "past_due") or mrr(world, sub, state, settings) <= 0:
        return False
    since = state.past_due_since
    return status == "active" or since is None or since + settings.dunning_grace >= at


def paid_start(world: World, sub: Subscription, settings: Settings) -> tuple[datetime, str] | None:
    """The first paid instant and its currency. Mrr changes at events only, so they are the only candidates.

    One per subscription, as the contract has it: a later move to another currency is no second paid start.
    """
    if status_class(sub.status) == "other":
        return None
    earliest = start(sub) if sub.trial_end is None else max(start(sub), sub.trial_end)
    later = [event.occurred_at for event in log(world, sub) if event.occurred_at > earliest]
    for instant in (earliest, *later):
        state = state_through(world, sub, instant)
        if mrr(world, sub, state, settings) > 0:
            stop, currency = end(sub), currency_of(plan_of(world, state), settings)
            alive = stop is None or stop > instant
            return (instant, currency) if alive and currency is not None else None
    return None
