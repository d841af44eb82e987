"""What happens to subscriptions from one tick to the next; every change goes into the row and into the log."""

from collections.abc import Iterable, Iterator

from demo.agenda import Added, Entry, difference
from demo.billing import FREE_SHARE, TRIAL_LOSS, Billing
from demo.contract import Contract, Terms
from demo.live import Scene
from demo.people import Person, Style
from demo.plans import FREE, HABITS, PLANS, period_end
from demo.renewals import REASONS, RECOVERY_SHARE
from demo.rows import Ids, Subscription

# Per minute, in a typical company; of these so many are new, and so many payments that were missing.
CHANGES = 2.0
START_SHARE, MEND_SHARE = 0.35, 0.2
MOST_SEATS = 60
BY_ID = {plan.id: plan for plan in PLANS}


class Resumed(Contract):
    """A subscription that goes on from its row."""

    def __init__(self, ids: Ids, now: int, row: Subscription) -> None:
        owner = row.company_id is not None
        person = Person(row.user_id, row.started_at, Style.REGULAR, row.company_id, owner, False, False)
        plan = BY_ID[row.plan_id]
        terms = Terms(plan, row.quantity, row.unit_price, row.discount_percent, row.discount_end)
        # Its beginning has been logged, under another number.
        super().__init__(Ids(), now, person, terms, row.started_at, row.trial_end)
        self._ids, self._id = ids, row.id
        self._events.clear()
        self._touched = row.updated_at
        self.status = row.status
        self.period = (row.current_period_start or row.started_at, row.current_period_end or row.started_at)
        self.canceled_at, self.ended_at = row.canceled_at, row.ended_at
        self.past_due_since, self.cancel_reason = row.past_due_since, row.cancel_reason


class Desk(Billing):
    """New subscriptions."""

    def begin(self, person: Person, at: int) -> Contract:
        """A customer subscribes, for a trial or at once."""
        return self._subscribe(person, at)

    def begin_free(self, person: Person, at: int) -> Contract:
        """A user takes the plan that costs nothing."""
        return self._start(person, Terms(FREE), at)


def renew(scene: Scene) -> Iterable[Entry]:
    """Periods and trials that are over: the next one begins, or the customer leaves."""
    for row in list(scene.state.subscriptions.values()):
        if row.status in ("active", "trialing") and (row.current_period_end or scene.now + 1) <= scene.now:
            contract = Resumed(scene.ids, scene.now, row)
            _renew(scene, contract, contract.period[1])
            yield from _written(scene, row, contract)


def change(scene: Scene) -> Iterable[Entry]:
    """Customers come, go, and change their minds."""
    touched = {row.id for row in scene.state.subscriptions.values() if (row.current_period_end or 0) <= scene.now}
    for _ in range(scene.times(CHANGES)):
        lot = scene.chance.random()
        if lot < START_SHARE:
            yield from _begin(scene)
            continue
        waiting = lot < START_SHARE + MEND_SHARE
        row = _choose(scene, ("past_due", "paused"), touched) if waiting else None
        row = row or _choose(scene, ("active", "trialing"), touched)
        if row:
            touched.add(row.id)
            contract = Resumed(scene.ids, scene.now, row)
            _happen(scene, contract)
            yield from _written(scene, row, contract)


def _begin(scene: Scene) -> Iterator[Entry]:
    customers = {row.user_id for row in scene.state.subscriptions.values()}
    before = scene.now - 1
    person = scene.somebody(lambda person: person.id not in customers and person.joined < before)
    if person:
        desk = Desk(scene.world(), scene.ids)
        free = not person.is_owner and scene.chance.random() < FREE_SHARE
        contract = desk.begin_free(person, before) if free else desk.begin(person, before)
        yield from (Entry(scene.now, Added(row)) for row in contract.rows())


def _choose(scene: Scene, statuses: tuple[str, ...], touched: set[int]) -> Subscription | None:
    fitting = [
        row
        for row in scene.state.subscriptions.values()
        # Who has cancelled only waits for the end.
        if row.status in statuses and row.canceled_at is None and row.id not in touched and row.started_at < scene.now
    ]
    return scene.chance.choice(fitting) if fitting else None


def _renew(scene: Scene, contract: Contract, at: int) -> None:
    if contract.canceled_at is not None:
        contract.end(at)
    elif contract.status == "trialing" and scene.chance.random() < TRIAL_LOSS:
        contract.request_end(at, scene.chance.choice(REASONS))
        contract.end(at)
    elif contract.status == "trialing":
        contract.set_status(at, "trial_converted", "active")
        contract.renew(at, period_end(contract.plan, at, 1))
    else:
        contract.renew(at, period_end(contract.plan, at, 1))
        if scene.chance.random() < HABITS[contract.plan.id].fail:
            contract.set_status(at, "payment_failed", "past_due")


def _happen(scene: Scene, contract: Contract) -> None:
    if contract.status == "trialing":
        _cancel(scene, contract)
    elif contract.status == "paused":
        contract.set_status(scene.now, "resumed", "active")
        contract.renew(scene.now, period_end(contract.plan, scene.now, 1))
    elif contract.status == "past_due":
        _mend(scene, contract)
    else:
        _decide(scene, contract)


def _mend(scene: Scene, contract: Contract) -> None:
    if scene.chance.random() > RECOVERY_SHARE:
        contract.end(scene.now, "payment_failed")
        return
    contract.set_status(scene.now, "payment_recovered", "active")
    if contract.period[1] <= scene.now:
        contract.renew(scene.now, period_end(contract.plan, scene.now, 1))


def _decide(scene: Scene, contract: Contract) -> None:
    """One of the things that customers of a plan do, as often among them as in the history."""
    now, habits = scene.now, HABITS[contract.plan.id]
    switches = [likely for _, likely in habits.switches]
    weights = (habits.cancel, habits.fail, habits.pause, habits.seats, *switches)
    lot = scene.chance.choices(range(len(weights)), weights)[0]
    if lot == 0:
        _cancel(scene, contract)
    elif lot == 1:
        contract.set_status(now, "payment_failed", "past_due")
    elif lot == 2:
        contract.set_status(now, "paused", "paused")
    elif lot == 3:
        contract.set_seats(now, _seats(contract.quantity, scene.chance.choice((-1, 1, 1, 2))))
    else:
        contract.switch(now, habits.switches[lot - 4][0])
        contract.renew(now, period_end(contract.plan, now, 1))


def _seats(quantity: int, more: int) -> int:
    return quantity - 1 if quantity + more > MOST_SEATS else max(1, quantity + more)


def _cancel(scene: Scene, contract: Contract) -> None:
    """Half of them leave at the end of the period, half at once."""
    contract.request_end(scene.now, scene.chance.choice(REASONS))
    if scene.chance.random() < 0.5:
        contract.end(scene.now)


def _written(scene: Scene, row: Subscription, contract: Contract) -> Iterator[Entry]:
    after, *events = contract.rows()
    yield Entry(scene.now, difference(row, after))
    yield from (Entry(scene.now, Added(event)) for event in events)
