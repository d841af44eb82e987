"""Data quality: rows that break a check, and how fresh each source table is (metrics.md 4.13)."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, case, exists, func, not_, null, select, true

from collectors import session_checks
from collectors.activity import mapped
from collectors.base import CollectorOptions, Database, Duration, Harvest, Reader, Run, Unmapped, gauge
from collectors.definitions import Definitions
from collectors.mapping import Vocabulary
from collectors.prices import sound_count, sound_price
from collectors.schema import Schema, classified
from collectors.subscription_events import holds, status_segments
from collectors.subscriptions import span
from exporter.model import Family, Label, Sample

# A row of the newest instant and a count per check.
Counts = Select[*tuple[Any, ...]]
# Clocks of application servers differ; a row a minute ahead is no defect.
SKEW = timedelta(seconds=60)
CHECKS = (
    ("activity", "duration_too_long"),
    ("activity", "future_date"),
    ("plan", "currency_unknown"),
    ("plan", "interval_count_invalid"),
    ("plan", "interval_unknown"),
    ("plan", "price_invalid"),
    ("redis", "legacy_member"),
    ("redis", "sample_invalid"),
    *(("session", check) for check in session_checks.CHECKS),
    ("subscription", "canceled_without_end"),
    ("subscription", "discount_out_of_range"),
    ("subscription", "ended_before_started"),
    ("subscription", "movement_identity"),
    ("subscription", "past_due_since_unknown"),
    ("subscription", "quantity_invalid"),
    ("subscription", "status_unknown"),
    ("user", "future_date"),
    ("user_session", "duration_too_long"),
    ("user_session", "negative_duration"),
)
TABLES = ("activity", "session", "subscription", "user")

ROWS = gauge(
    "DQ1",
    "jobhive_data_quality_rows",
    "Rows that break the check, as it is defined for the table.",
    Label("check", tuple(sorted({check for _, check in CHECKS}))),
    Label("table", tuple(sorted({table for table, _ in CHECKS}))),
)
NEWEST = gauge(
    "DQ2",
    "jobhive_source_newest_row_timestamp_seconds",
    "Event time of the newest row of a source table.",
    Label("table", TABLES),
)


class Options(CollectorOptions):
    """How far back checks of rows look, by event time."""

    horizon: Duration = timedelta(days=30)


def families(_: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    return (ROWS, NEWEST)


class Collector:
    """Counts the rows that other collectors leave out, and those that they report to have dropped."""

    source: ClassVar[str] = "database"
    interval: ClassVar[timedelta] = timedelta(minutes=5)

    def __init__(self, options: Options, database: Database) -> None:
        self._horizon = options.horizon
        self._database = database

    def collect(self, run: Run) -> Harvest:
        """Collect the checks as of the instant of the run."""
        found = self._database.read(run.deadline, lambda reader: tuple(_counted(run, reader, self._horizon)))
        dropped = (
            ROWS.sample(rows, check=check, table=table)
            for peer in run.peers.values()
            for (table, check), rows in peer.dropped.items()
        )
        return Harvest((*found, *dropped))


def _counted(run: Run, reader: Reader, horizon: timedelta) -> Iterator[Sample]:
    schema = Schema(run.definitions, reader.columns)
    statements = {
        "plan": plan_checks(schema, run.definitions),
        "subscription": subscription_checks(schema, run.definitions, run.at),
        "user": user_checks(schema, run.at),
    }
    if mapped(schema, "activity"):
        statements["activity"] = activity_checks(schema, run.at)
    # A deployment may say that it has no sessions to look at; the other tables are checked all the same.
    with suppress(Unmapped):
        statements["session"] = session_checks.session_checks(schema, run.definitions, run.at, horizon, SKEW)
    for table, statement in statements.items():
        row: Row[Any] = reader.rows(table, statement)[0]
        checks = statement.selected_columns.keys()[1:]
        yield from (ROWS.sample(n, check=check, table=table) for check, n in zip(checks, tuple(row)[1:], strict=True))
        if row.newest is not None:
            yield NEWEST.sample(row.newest.timestamp(), table=table)


def plan_checks(schema: Schema, definitions: Definitions) -> Counts:
    """Check all plans; a plan has no event time."""
    plan = schema.plans()
    broken = {
        "currency_unknown": plan.c.currency.not_in(definitions.billing.currencies),
        "interval_count_invalid": not_(sound_count(plan.c.interval_count)),
        "interval_unknown": plan.c.interval.is_(None),
        "price_invalid": not_(sound_price(plan.c.price)),
    }
    optional = {"interval_count_invalid": "interval_count"}
    return _counts(schema, "plan", null(), broken, optional).select_from(plan)


def subscription_checks(schema: Schema, definitions: Definitions, at: datetime) -> Counts:
    """Check all subscriptions created before `at`."""
    row, statuses = schema.table("subscription"), definitions.tables.subscription.status_map
    status = classified(row.c.status, statuses, None)
    _, start, end = span(row, statuses)
    broken = {
        "canceled_without_end": and_(status == "canceled", end.is_(None)),
        "discount_out_of_range": not_(row.c.discount_percent.between(0, 100)),
        "ended_before_started": end < start,
        "past_due_since_unknown": and_(
            status == "past_due", row.c.past_due_since.is_(None), _untold(schema, row, statuses, at)
        ),
        "quantity_invalid": not_(sound_count(row.c.quantity)),
        "status_unknown": status.is_(None),
    }
    optional = {
        "discount_out_of_range": "discount_percent",
        "past_due_since_unknown": "past_due_since",
        "quantity_invalid": "quantity",
    }
    return _counts(schema, "subscription", row.c.created_at, broken, optional).where(row.c.created_at < at)


def user_checks(schema: Schema, at: datetime) -> Counts:
    """Check all users; who joins in the future has no upper bound."""
    user = schema.table("user")
    newest = case((user.c.date_joined < at, user.c.date_joined))
    return _counts(schema, "user", newest, {"future_date": user.c.date_joined > at + SKEW}, {})


def activity_checks(schema: Schema, at: datetime) -> Counts:
    """Check all activity; both figures come from the ends of an index, as this table is the longest."""
    occurred_at = schema.table("activity").c.occurred_at
    newest = select(func.max(occurred_at)).where(occurred_at < at).scalar_subquery()
    ahead = select(func.count()).where(occurred_at > at + SKEW).scalar_subquery()
    return select(newest.label("newest"), ahead.label("future_date"))


def _untold(schema: Schema, row: Subquery, statuses: Vocabulary, at: datetime) -> ColumnElement[bool]:
    """Tell that no event before `at` says since when a subscription is past due."""
    status = status_segments(schema, statuses)
    if status is None:
        return true()
    return not_(exists().where(holds(status, row.c.id, at), status.c.value == "past_due"))


def _counts(
    schema: Schema,
    table: str,
    instant: ColumnElement[Any],
    broken: Mapping[str, ColumnElement[bool]],
    optional: Mapping[str, str],
) -> Counts:
    """Select the newest instant, and a count for every check whose column the deployment has."""
    absent = {check for check, column in optional.items() if not schema.has(table, column)}
    counts = [func.count().filter(rows).label(check) for check, rows in broken.items() if check not in absent]
    return select(func.max(instant).label("newest"), *counts)
