"""Rows of the source tables and the settings of 4.2, as the oracle and its strategies use them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True)
class User:
    id: int
    date_joined: datetime
    is_staff: bool = False
    is_superuser: bool = False
    is_test: bool = False
    deleted_at: datetime | None = None
    company_id: int | None = None


@dataclass(frozen=True)
class Plan:
    id: int
    interval: str
    price: Decimal
    interval_count: int | None = 1
    currency: str | None = "USD"


@dataclass(frozen=True)
class Subscription:
    id: int
    user_id: int
    plan_id: int
    status: str
    created_at: datetime
    current_period_start: datetime | None = None
    current_period_end: datetime | None = None
    updated_at: datetime | None = None
    company_id: int | None = None
    started_at: datetime | None = None
    trial_start: datetime | None = None
    trial_end: datetime | None = None
    cancel_at_period_end: bool | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    past_due_since: datetime | None = None
    quantity: int | None = 1
    discount_percent: Decimal | None = None
    discount_end: datetime | None = None
    unit_price: Decimal | None = None
    cancel_reason: str | None = None


@dataclass(frozen=True)
class Event:
    id: int
    subscription_id: int
    occurred_at: datetime
    event_type: str = "changed"
    recorded_at: datetime | None = None
    to_status: str | None = None
    to_plan_id: int | None = None
    to_quantity: int | None = None
    to_unit_price: Decimal | None = None
    to_discount_percent: Decimal | None = None


@dataclass(frozen=True)
class World:
    users: tuple[User, ...] = ()
    plans: tuple[Plan, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Settings:
    """What 4.2 calls configuration. ``exclude_staff`` covers superusers: sources.md has one flag for both."""

    timezone: str = "UTC"
    currencies: tuple[str, ...] = ("USD",)
    default_currency: str = "USD"
    customer_key: str = "user"
    gross_margin: Decimal = Decimal(1)
    dunning_grace: timedelta = timedelta(days=30)
    trial_grace: timedelta = timedelta(days=3)
    exclude_staff: bool = True
    exclude_test: bool = True
    exclude_company_ids: frozenset[int] = frozenset()
