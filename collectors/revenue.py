"""Revenue: recurring revenue, customers, subscriptions and churn, from the billing tables (metrics.md 4.2)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    null,
    select,
    union_all,
    values,
)

from collectors.base import CollectorOptions, Database, Duration, Harvest, Reader, Run, additive, ratio
from collectors.schema import Schema
from collectors.subscriptions import Subscriptions
from collectors.tables import INSTANT
from exporter.model import Family, Label, Note, Sample
from exporter.windows import Window, previous_month, trailing

STATUSES = ("active", "past_due", "trialing", "paused", "unpaid", "canceled", "other")
LEVEL = Label("level", ("customer", "subscription"))
CHURN_WINDOW = Label("window", ("30d", "prev_month"))

SUBSCRIPTIONS = additive(
    "RV4b",
    "jobhive_subscriptions",
    "Subscriptions that have started, free ones included, by their state; canceled is all-time.",
    Label("status", STATUSES),
)
CHURNED = additive(
    "RV5b", "jobhive_churned", "Those paying at the start of the window and not at its end.", LEVEL, CHURN_WINDOW
)
CHURN_BASE = additive("RV5c", "jobhive_churn_base", "Those paying at the start of the window.", LEVEL, CHURN_WINDOW)
CHURN = ratio(
    "RV5", "jobhive_churn_ratio", "Share of those paying at the start of the window who left.", of=(CHURNED, CHURN_BASE)
)

PAST = frozenset({CHURN.name, CHURNED.name, CHURN_BASE.name})
MONEY = frozenset({"jobhive_mrr", "jobhive_arpu", "jobhive_paying_customers", "jobhive_paying_subscriptions"})
SPAN_COLUMNS = (
    *(("subscription", name) for name in ("started_at", "ended_at", "trial_end", "quantity", "discount_percent")),
    ("plan", "interval_count"),
)

Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Options(CollectorOptions):
    """Who is a customer and what counts as paying; currencies defaults to the default currency of the plans."""

    currencies: tuple[Currency, ...] | None = Field(default=None, min_length=1)
    customer_key: Literal["user", "company"] = "user"
    dunning_grace: Duration = timedelta(days=30)


def families(options: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    currency = Label("currency", options.currencies or ("USD",))
    mrr = additive("RV1", "jobhive_mrr", "Monthly recurring revenue of paying subscriptions.", currency)
    customers = additive("RV3b", "jobhive_paying_customers", "Distinct customers with recurring revenue.", currency)
    return (
        mrr,
        ratio("RV3", "jobhive_arpu", "Recurring revenue per paying customer.", of=(mrr, customers)),
        customers,
        additive(
            "RV4",
            "jobhive_paying_subscriptions",
            "Subscriptions that pay, past due ones within the grace included.",
            currency,
        ),
        SUBSCRIPTIONS,
        CHURN,
        CHURNED,
        CHURN_BASE,
    )


class Collector:
    """Reads the state of all subscriptions at the ends of the windows in one statement."""

    source: ClassVar[str] = "database"
    interval: ClassVar[timedelta] = timedelta(minutes=5)

    def __init__(self, options: Options, database: Database) -> None:
        self._families = families(options)
        self._database = database

    def collect(self, run: Run) -> Harvest:
        """Collect the revenue families as of the instant of the run."""
        return self._database.read(run.deadline, lambda reader: self._harvest(run, reader))

    def _harvest(self, run: Run, reader: Reader) -> Harvest:
        windows = (trailing("30d", run.at), previous_month(run.at, run.definitions.timezone))
        schema = Schema(run.definitions, reader.columns)
        subscriptions = Subscriptions(schema, run.definitions, run.at)
        found = reader.rows("figures", figures(subscriptions, run.at, windows))
        unlogged = reader.rows("history", subscriptions.history())[0]
        since_unknown = any(row.figure == "since_unknown" for row in found)
        return Harvest(
            tuple(samples(found, self._families)),
            notes=tuple(notes(schema, unlogged.price, unlogged.status, since_unknown)),
        )


def samples(found: Iterable[Row[Any]], declared: Iterable[Family]) -> Iterator[Sample]:
    """Turn figures into samples; a figure is called like its family, its values of labels come in their order."""
    families_by_name = {family.name: family for family in declared}
    for row in found:
        if family := families_by_name.get(row.figure):
            labels = zip((label.name for label in family.labels), (row.a, row.b), strict=False)
            yield family.sample(row.value, **dict(labels))


def figures(subscriptions: Subscriptions, at: datetime, windows: Sequence[Window]) -> CompoundSelect[Any]:
    """Return the statement for all figures; a row is (figure, a, b, value), its labels in a and b."""
    states = subscriptions.states([at, *(t for window in windows for t in (window.start, window.end))])
    now = states.c.t == at
    paid, currency, churn = and_(now, states.c.paid), states.c.currency, _churn(states, windows)
    return union_all(
        _figure("jobhive_mrr", func.sum(states.c.mrr), currency, where=paid),
        _figure(
            "jobhive_paying_customers",
            func.count(states.c.customer.distinct()),
            states.c.currency,
            where=and_(now, paid),
        ),
        _figure("jobhive_paying_subscriptions", func.count(), currency, where=paid),
        _figure("jobhive_subscriptions", func.count(), states.c["class"], where=now),
        _figure("since_unknown", func.count(), states.c.since_unknown, where=states.c.since_unknown),
        select(literal("jobhive_churned"), churn.c.level, churn.c.window, churn.c.churned),
        select(literal("jobhive_churn_base"), churn.c.level, churn.c.window, churn.c.base),
    )


def _figure(name: str, value: ColumnElement[Any], label: ColumnElement[Any], where: ColumnElement[bool]) -> Select[Any]:
    columns = (literal(name).label("figure"), cast(label, Text).label("a"), null().label("b"), value.label("value"))
    return select(*columns).where(where).group_by(label)


def _churn(states: CTE, windows: Sequence[Window]) -> CTE:
    """One row per level and window: how many paid at its start, and how many of them do not pay at its end."""
    keys = {"customer": states.c.customer, "subscription": states.c.id}
    holders = union_all(
        *(
            select(states.c.t, literal(level).label("level"), cast(key, Text).label("key"))
            .where(states.c.paid)
            .distinct()
            for level, key in keys.items()
        )
    ).cte("holders")
    period = values(column("window", Text), column("start", INSTANT), column("end", INSTANT), name="windows").data(
        [tuple(window) for window in windows]
    )
    start, end = holders.alias("starting"), holders.alias("ending")
    same = and_(end.c.t == period.c.end, end.c.level == start.c.level, end.c.key == start.c.key)
    return (
        select(
            start.c.level,
            period.c.window,
            func.count().label("base"),
            (func.count() - func.count(end.c.key)).label("churned"),
        )
        .select_from(period.join(start, start.c.t == period.c.start).outerjoin(end, same))
        .group_by(start.c.level, period.c.window)
        .cte("churn")
    )


def notes(schema: Schema, price_unlogged: bool, status_unlogged: bool, since_unknown: bool) -> Iterator[Note]:
    """Say which families are computed from substitutes (sources.md 1.8)."""
    substitutes = {
        "seed_only_subscription_span": (
            not all(schema.has(*place) for place in SPAN_COLUMNS),
            MONEY | {"jobhive_subscriptions"} | PAST,
        ),
        "past_due_since_unknown": (since_unknown, MONEY | PAST),
        "price_history_unknown": (price_unlogged, PAST),
        "status_history_unknown": (status_unlogged, PAST),
    }
    for reason, (applies, names) in substitutes.items():
        yield from (Note("approximate", name, reason) for name in sorted(names) if applies)
