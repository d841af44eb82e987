"""A subscription in the making: every change goes into the row and into the log, so that the two cannot disagree."""

from dataclasses import dataclass
from decimal import Decimal

from demo.people import Person
from demo.rows import Ids, Plan, Row, Subscription, SubscriptionEvent

# A webhook brings the news a few seconds after the fact.
RECORDING_SECONDS = 4


@dataclass(frozen=True)
class Terms:
    """What was agreed at the start."""

    plan: Plan
    quantity: int = 1
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    discount_end: int | None = None


class Contract:
    """A subscription from its start to its end or to now."""

    def __init__(
        self, ids: Ids, now: int, person: Person, terms: Terms, started: int, trial_end: int | None = None
    ) -> None:
        self.plan, self.quantity, self.unit_price = terms.plan, terms.quantity, terms.unit_price
        self.status = "trialing" if trial_end else "active"
        self.started, self.trial_end = started, trial_end
        self.period = (started, trial_end or started)
        self.canceled_at: int | None = None
        self.ended_at: int | None = None
        self.past_due_since: int | None = None
        self.cancel_reason: str | None = None
        self._ids, self._now, self._person, self._terms = ids, now, person, terms
        self._id = ids.next(Subscription)
        self._touched = started
        self._events: list[SubscriptionEvent] = []
        self._log(started, "created", self.status, terms.plan, terms.quantity, terms.unit_price, terms.discount)

    def renew(self, start: int, end: int) -> None:
        """A new period begins; nothing of this is in the log."""
        self.period = (start, end)
        self._touched = max(self._touched, start)

    def set_status(self, at: int, kind: str, status: str) -> None:
        """Move to another status; being past due counts from the first failed payment."""
        self.status = status
        self.past_due_since = at if status == "past_due" else None
        self._log(at, kind, status)

    def switch(self, at: int, plan: Plan) -> None:
        """Move to another plan. A price of its own does not move along."""
        self.plan = plan
        self.unit_price = plan.price if self.unit_price is not None else None
        self._log(at, "plan_changed", plan=plan, unit_price=self.unit_price)

    def set_seats(self, at: int, quantity: int) -> None:
        """Buy or give back seats."""
        self.quantity = quantity
        self._log(at, "quantity_changed", quantity=quantity)

    def request_end(self, at: int, reason: str) -> None:
        """The customer cancels for the end of the period."""
        self.canceled_at, self.cancel_reason = at, reason
        self._log(at, "cancellation_requested")

    def end(self, at: int, reason: str | None = None) -> None:
        """The subscription is over."""
        self.canceled_at = self.canceled_at or at
        self.cancel_reason = reason or self.cancel_reason
        self.ended_at = at
        self.set_status(at, "ended", "canceled")

    def rows(self) -> list[Row]:
        """The subscription as it stands, and its log."""
        start, end = self.period
        row = Subscription(
            id=self._id,
            user_id=self._person.id,
            plan_id=self.plan.id,
            status=self.status,
            current_period_start=start,
            current_period_end=end,
            created_at=self.started,
            updated_at=self._touched,
            company_id=self._person.company_id if self._person.is_owner else None,
            started_at=self.started,
            trial_start=self.started if self.trial_end else None,
            trial_end=self.trial_end,
            cancel_at_period_end=self.canceled_at is not None and self.canceled_at != self.ended_at,
            canceled_at=self.canceled_at,
            ended_at=self.ended_at,
            past_due_since=self.past_due_since,
            quantity=self.quantity,
            discount_percent=self._terms.discount,
            discount_end=self._terms.discount_end,
            unit_price=self.unit_price,
            cancel_reason=self.cancel_reason,
        )
        return [row, *self._events]

    def _log(
        self,
        at: int,
        kind: str,
        status: str | None = None,
        plan: Plan | None = None,
        quantity: int | None = None,
        unit_price: Decimal | None = None,
        discount: Decimal | None = None,
    ) -> None:
        self._touched = max(self._touched, at)
        recorded = min(at + RECORDING_SECONDS, self._now)
        event = self._ids.next(SubscriptionEvent)
        changes = (status, plan.id if plan else None, quantity, unit_price, discount)
        self._events.append(SubscriptionEvent(event, self._id, at, recorded, kind, *changes))
