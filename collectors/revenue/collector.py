"""The collector `revenue`: one statement over the states of all subscriptions at the ends of all windows.

Who came and went inside a window is asked apart, once for each: it needs their states at every change.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import union_all

from collectors.base import Database, Harvest, Reader, Run
from collectors.definitions import Billing
from collectors.revenue.churn import churn
from collectors.revenue.conversion import free_to_paid, trials
from collectors.revenue.events import events, steps
from collectors.revenue.families import Options, families
from collectors.revenue.figures import Figures, Number, Statement, collected, samples
from collectors.revenue.movements import broken_identities, derived, movements
from collectors.revenue.notes import notes
from collectors.revenue.stock import by_plan, stock
from collectors.schema import Schema
from collectors.subscriptions import Subscriptions
from exporter.windows import Window, previous_month, trailing

MONTH = timedelta(days=30)


class Collector:
    """Reads everything in one transaction; all figures of a run come from the same states."""

    source: ClassVar[str] = "database"
    interval: ClassVar[timedelta] = timedelta(minutes=5)

    def __init__(self, options: Options, database: Database) -> None:
        self._families = families(options)
        self._by_plan = options.by_plan
        self._database = database

    def collect(self, run: Run) -> Harvest:
        """Collect the revenue families as of the instant of the run."""
        return self._database.read(run.deadline, lambda reader: self._harvest(run, reader))

    def _harvest(self, run: Run, reader: Reader) -> Harvest:
        schema, billing = Schema(run.definitions, reader.columns), run.definitions.billing
        subscriptions = Subscriptions(schema, run.definitions, run.at)
        windows = Windows(run.at, previous_month(run.at, run.definitions.timezone))
        statement = union_all(*self._statements(subscriptions, windows, run))
        found = collected(reader.rows("figures", statement))
        unlogged = reader.rows("history", subscriptions.history())[0]
        sums = derived(found, billing.currencies, windows.moving)
        figures = {**found, **sums, **run_rates(found, billing, windows)}
        broken = broken_identities(found, billing.currencies, windows.moving)
        told = {
            window.key: events(reader.rows("events", steps(schema, subscriptions, billing, window)), window)
            for window in windows.told
        }
        wanted = {family for ratio in self._families for family in (ratio, *(ratio.of or ()))}
        return Harvest(
            tuple(samples(figures, wanted)),
            dropped={("subscription", "movement_identity"): broken},
            notes=tuple(notes(schema, self._families, unlogged, ("since_unknown",) in found, by_plan=self._by_plan)),
            documents={"customer_events": told},
        )

    def _statements(self, subscriptions: Subscriptions, windows: "Windows", run: Run) -> Iterator[Statement]:
        tables, grace = run.definitions.tables, run.definitions.billing.trial_grace
        states, paid_starts = subscriptions.at(windows.edges), subscriptions.paid_starts()
        yield from stock(subscriptions, states, run.at)
        yield from churn(states, subscriptions.spans, windows.leaving, tables.subscription.reason_map)
        yield from movements(states, paid_starts, windows.moving)
        yield from free_to_paid(subscriptions, paid_starts, run.at)
        yield from trials(subscriptions, run.at, grace)
        if self._by_plan:
            yield by_plan(states, run.at)


class Windows:
    """The periods that the families look at, and the instants where they begin and end."""

    def __init__(self, at: datetime, last_month: Window) -> None:
        recent = trailing("30d", at)
        self.pooled = (
            recent,
            Window("30d before", at - 2 * MONTH, at - MONTH),
            Window("30d before that", at - 3 * MONTH, at - 2 * MONTH),
        )
        self.leaving = (*self.pooled, last_month)
        self.moving = (recent, last_month, trailing("365d", at))
        self.told = (recent, last_month)
        self.edges = {at, *(edge for window in (*self.leaving, *self.moving) for edge in (window.start, window.end))}


def run_rates(figures: Figures, billing: Billing, windows: Windows) -> Figures:
    """Return the annual run rate, and the lifetime value of a customer: ARPU × margin ÷ pooled monthly churn."""
    left, base = (
        sum(figures.get((name, "customer", window.key), 0) for window in windows.pooled)
        for name in ("jobhive_churned", "jobhive_churn_base")
    )
    rates: dict[tuple[str, ...], Number] = {}
    for currency in billing.currencies:
        mrr, customers = (figures.get((name, currency), 0) for name in ("jobhive_mrr", "jobhive_paying_customers"))
        rates["jobhive_arr", currency] = 12 * mrr
        if customers and left:
            rates["jobhive_customer_lifetime_value", currency] = billing.gross_margin * mrr * base / (customers * left)
    return rates
