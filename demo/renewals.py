"""What becomes of a subscription, period by period: payments, changes, pauses and cancellations."""

from random import Random

from demo.contract import Contract
from demo.plans import HABITS, period_end
from demo.world import DAY

REASONS = ("too_expensive", "found_a_job", "missing_features", "switched_service", "other")
RECOVERY_SHARE = 0.72
DUNNING_DAYS = 28
UNPAID_DAYS = 60


class Renewals:
    """The course of subscriptions from a paid start to their end or to now."""

    def __init__(self, chance: Random, now: int) -> None:
        self._chance = chance
        self._now = now

    def follow(self, contract: Contract, anchor: int) -> None:
        """Let one period after the other pass. A change may move the anchor from which they are counted."""
        start, periods = anchor, 0
        while start < self._now and contract.ended_at is None:
            end = period_end(contract.plan, anchor, periods + 1)
            contract.renew(start, end)
            paid = self._pay(contract, start) if periods else start
            if paid is None:
                return
            moved = self._decide(contract, paid, end)
            anchor, start, periods = (moved, moved, 0) if moved else (anchor, end, periods + 1)

    def _pay(self, contract: Contract, due: int) -> int | None:
        """When the renewal was paid; None if it was not."""
        if not self._happens(HABITS[contract.plan.id].fail):
            return due
        contract.set_status(due, "payment_failed", "past_due")
        if self._happens(RECOVERY_SHARE):
            # Twelve days at most, or half a period of those who pay by the week.
            latest = min(12 * DAY, (contract.period[1] - due) // 2)
            recovered = due + self._chance.randrange(latest // 8, latest)
            if recovered < self._now:
                contract.set_status(recovered, "payment_recovered", "active")
                return recovered
        elif due + DUNNING_DAYS * DAY < self._now:
            self._give_up(contract, due + DUNNING_DAYS * DAY)
        return None

    def _give_up(self, contract: Contract, at: int) -> None:
        if self._happens(0.6):
            contract.end(at, "payment_failed")
            return
        contract.set_status(at, "dunning_failed", "unpaid")
        if at + UNPAID_DAYS * DAY < self._now:
            contract.end(at + UNPAID_DAYS * DAY, "payment_failed")

    def _decide(self, contract: Contract, start: int, end: int) -> int | None:
        """What the customer does in this period; the instant from which periods count anew, if they do."""
        at = self._chance.randrange(start + 1, end)
        if at >= self._now:
            return None
        habits = HABITS[contract.plan.id]
        if self._happens(habits.cancel):
            self._cancel(contract, at, end)
        elif self._happens(habits.pause):
            return self._pause(contract, at)
        elif self._happens(habits.seats):
            # Teams grow more often than they shrink.
            contract.set_seats(at, max(1, contract.quantity + self._chance.choice((-1, 1, 1, 1, 2, 4))))
        else:
            return self._switch(contract, at)
        return None

    def _cancel(self, contract: Contract, at: int, end: int) -> None:
        contract.request_end(at, self._chance.choice(REASONS))
        if end < self._now:
            contract.end(end)

    def _pause(self, contract: Contract, at: int) -> int:
        contract.set_status(at, "paused", "paused")
        resumed = at + self._chance.randrange(30 * DAY, 75 * DAY)
        if resumed < self._now:
            contract.set_status(resumed, "resumed", "active")
        return resumed

    def _switch(self, contract: Contract, at: int) -> int | None:
        for plan, likely in HABITS[contract.plan.id].switches:
            if self._happens(likely):
                contract.switch(at, plan)
                return at
        return None

    def _happens(self, likely: float) -> bool:
        return self._chance.random() < likely
