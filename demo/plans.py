"""The price list, and how the customers of each plan behave in one of its periods."""

from dataclasses import dataclass
from decimal import Decimal

from demo.rows import Plan
from demo.world import DAY, add_months

FREE = Plan(1, "free", "month", Decimal(0))
STARTER = Plan(2, "starter", "month", Decimal("19.00"))
PRO = Plan(3, "pro", "month", Decimal("49.00"))
PRO_YEARLY = Plan(4, "pro-yearly", "year", Decimal("468.00"))
TEAM = Plan(5, "team", "month", Decimal("105.00"), 3)
SPRINT = Plan(6, "sprint", "week", Decimal("9.00"))
PLANS = (FREE, STARTER, PRO, PRO_YEARLY, TEAM, SPRINT)


@dataclass(frozen=True)
class Habits:
    """The chances of what may happen in one period of a plan."""

    cancel: float = 0.0
    fail: float = 0.0
    pause: float = 0.0
    seats: float = 0.0
    switches: tuple[tuple[Plan, float], ...] = ()


HABITS = {
    FREE.id: Habits(switches=((STARTER, 0.02), (PRO, 0.012))),
    STARTER.id: Habits(cancel=0.028, fail=0.024, pause=0.004, switches=((PRO, 0.022),)),
    PRO.id: Habits(cancel=0.02, fail=0.02, pause=0.004, switches=((PRO_YEARLY, 0.014), (STARTER, 0.007))),
    PRO_YEARLY.id: Habits(cancel=0.18, fail=0.04, switches=((PRO, 0.02),)),
    TEAM.id: Habits(cancel=0.045, fail=0.02, seats=0.3),
    SPRINT.id: Habits(cancel=0.05, fail=0.01, switches=((STARTER, 0.02),)),
}


def period_end(plan: Plan, anchor: int, periods: int) -> int:
    """The end of the so many-th period after the anchor, on the anchor's day of the month where there is one."""
    if plan.interval == "week":
        return anchor + 7 * DAY * periods
    months = 12 if plan.interval == "year" else plan.interval_count
    return add_months(anchor, months * periods)
