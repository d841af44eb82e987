"""Who subscribes to what, when, and on which terms."""

from dataclasses import dataclass
from decimal import Decimal

from demo.contract import Contract, Terms
from demo.people import Person, Style
from demo.plans import FREE, PRO, PRO_YEARLY, SPRINT, STARTER, TEAM
from demo.renewals import REASONS, Renewals
from demo.rows import Ids, Row
from demo.world import DAY, HOUR, MINUTE, World, add_months, on_day

CONVERSION = {Style.TOURIST: 0.07, Style.REGULAR: 0.28, Style.DEVOTED: 0.55}
# Teams came later than individuals: the share of companies that subscribe grew from the first to the sum of both.
OWNER_CONVERSION, OWNER_CONVERSION_GROWTH = 0.15, 0.65
EMPLOYEE_CONVERSION = 0.06
TRIAL_SHARE, TRIAL_DAYS, TRIAL_LOSS = 0.55, 14, 0.42
FREE_SHARE = 0.25
RETURN_SHARE = 0.2
MIX = (STARTER, PRO, PRO_YEARLY, SPRINT)
MIX_WEIGHTS = (0.44, 0.86, 0.97, 1.0)


@dataclass(frozen=True)
class Bill:
    """What a person subscribed to, and from when to when."""

    rows: list[Row]
    spans: list[tuple[int, int]]


class Billing:
    """The subscriptions of one person after the other."""

    def __init__(self, world: World, ids: Ids) -> None:
        self._world = world
        self._ids = ids
        self._chance = world.source("billing")
        self._renewals = Renewals(self._chance, world.now)

    def of(self, person: Person) -> Bill:
        """All subscriptions of a person; a customer who left may come back after months."""
        contracts = []
        start = self._first_start(person)
        while start and start < self._world.now:
            contract = self._subscribe(person, start)
            contracts.append(contract)
            start = self._return_of(contract)
        spans = [(contract.started, contract.ended_at or self._world.now) for contract in contracts]
        if not contracts and person.joined + MINUTE < self._world.now and self._happens(FREE_SHARE):
            contracts.append(self._start(person, Terms(FREE), person.joined + MINUTE))
        return Bill([row for contract in contracts for row in contract.rows()], spans)

    def _first_start(self, person: Person) -> int | None:
        if not self._happens(self._conversion(person)):
            return None
        start = on_day(self._chance, person.joined + self._chance.expovariate(0.1) * DAY)
        return max(start, person.joined + HOUR)

    def _conversion(self, person: Person) -> float:
        if person.is_owner:
            return OWNER_CONVERSION + OWNER_CONVERSION_GROWTH * self._world.progress(person.joined)
        return EMPLOYEE_CONVERSION if person.company_id else CONVERSION[person.style]

    def _return_of(self, contract: Contract) -> int | None:
        if contract.ended_at is None or not self._happens(RETURN_SHARE):
            return None
        return on_day(self._chance, contract.ended_at + self._chance.uniform(50, 200) * DAY)

    def _subscribe(self, person: Person, start: int) -> Contract:
        terms = self._terms(person, start)
        if terms.plan is SPRINT or not self._happens(TRIAL_SHARE):
            return self._start(person, terms, start)
        contract = Contract(self._ids, self._world.now, person, terms, start, start + TRIAL_DAYS * DAY)
        self._try(contract, start + TRIAL_DAYS * DAY)
        return contract

    def _start(self, person: Person, terms: Terms, start: int) -> Contract:
        contract = Contract(self._ids, self._world.now, person, terms, start)
        self._renewals.follow(contract, start)
        return contract

    def _try(self, contract: Contract, trial_end: int) -> None:
        if self._happens(TRIAL_LOSS):
            self._lose(contract, trial_end)
        elif trial_end < self._world.now:
            contract.set_status(trial_end, "trial_converted", "active")
            self._renewals.follow(contract, trial_end)

    def _lose(self, contract: Contract, trial_end: int) -> None:
        """The customer cancels in the trial, half of them for the end of the trial and half at once."""
        at = self._chance.randrange(contract.started + HOUR, trial_end)
        if at >= self._world.now:
            return
        contract.request_end(at, self._chance.choice(REASONS))
        end = at if self._happens(0.5) else trial_end
        if end < self._world.now:
            contract.end(end)

    def _terms(self, person: Person, start: int) -> Terms:
        discount = Decimal(self._chance.choice((10, 15, 20, 50))) if self._happens(0.2) else None
        # Most discounts are for ever, the others for a quarter.
        until = add_months(start, 3) if discount and self._happens(0.4) else None
        if person.is_owner:
            return Terms(TEAM, self._seats(), self._team_price(), discount, until)
        plan = self._chance.choices(MIX, cum_weights=MIX_WEIGHTS)[0]
        # Half of the early customers keep the price of the first year.
        early = plan is STARTER and self._world.progress(start) < 0.5 and self._happens(0.5)
        return Terms(plan, 1, Decimal("15.00") if early else None, discount, until)

    def _seats(self) -> int:
        """Few large teams, a long tail of small ones; no customer may be as large as the rest together."""
        largest = min(60, self._world.users // 40)
        return min(largest, 2 + int(self._chance.paretovariate(1.0)))

    def _team_price(self) -> Decimal | None:
        """A quarter of the teams negotiated a price."""
        return TEAM.price * self._chance.choice((80, 85, 90)) / 100 if self._happens(0.25) else None

    def _happens(self, likely: float) -> bool:
        return self._chance.random() < likely
