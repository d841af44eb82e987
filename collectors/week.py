"""What a report says of a week beyond the families: its own days, whatever the clocks did, and the weeks before it.

The samples have the names of families, with the value of the label `window` that the given windows have.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, func, select, union_all

from collectors.activity import Activity
from collectors.base import Reader, Unmapped
from collectors.definitions import Definitions
from collectors.interviews.filtered import of_sessions
from collectors.interviews.measures import counts
from collectors.interviews.naming import summed
from collectors.periods import periods, within
from collectors.revenue.events import events, steps
from collectors.revenue.families import MOVEMENTS
from collectors.revenue.figures import collected
from collectors.revenue.movements import derived, movements
from collectors.schema import Schema
from collectors.sessions import Sessions
from collectors.subscriptions import Subscriptions
from exporter.model import Labels, Sample
from exporter.windows import Window

CUSTOMER_EVENTS = "customer_events"


def interviews(reader: Reader, definitions: Definitions, week: Window) -> tuple[Sample, ...]:
    """Return the families of sessions for the week, as known at its end."""
    return of_sessions(reader, definitions, week.end, week)


def revenue(reader: Reader, definitions: Definitions, week: Window) -> tuple[Sample, ...]:
    """Return the movements of the week by type and currency, and the event view: the state is that at its end."""
    schema, billing = Schema(definitions, reader.columns), definitions.billing
    subscriptions = Subscriptions(schema, definitions, week.end)
    states, paid_starts = subscriptions.at({week.start, week.end}), subscriptions.paid_starts()
    found = collected(reader.rows("movements", union_all(*movements(states, paid_starts, [week]))))
    rows = reader.rows("events", steps(schema, subscriptions, billing, week))
    sums = derived(found, billing.currencies, [week])
    samples = []
    for currency in billing.currencies:
        labels = {"currency": currency, "window": week.key}
        for name, key in (("jobhive_mrr_at_start", found), ("jobhive_mrr_net_new", sums)):
            samples.append(_sample(name, key.get((name, currency, week.key), 0), **labels))
        for kind in MOVEMENTS:
            moved = found.get(("jobhive_mrr_movement", currency, kind, week.key), 0)
            samples.append(_sample("jobhive_mrr_movement", moved, **labels, type=kind))
    told = events(rows, week).items()
    return (*samples, *(_sample(CUSTOMER_EVENTS, count, kind=kind, window=week.key) for kind, count in told))


def trends(reader: Reader, definitions: Definitions, weeks: Sequence[Window]) -> Iterator[Sample]:
    """Yield revenue at the end of each week, users and completed interviews in it, all as known at the last end."""
    schema = Schema(definitions, reader.columns)
    for found in (_revenue_trend, _interview_trend, _activity_trend):
        try:
            yield from found(schema, definitions, reader, weeks)
        except Unmapped:
            continue


def _revenue_trend(
    schema: Schema, definitions: Definitions, reader: Reader, weeks: Sequence[Window]
) -> Iterator[Sample]:
    states = Subscriptions(schema, definitions, weeks[-1].end).at({week.end for week in weeks})
    key = (states.c.t, states.c.currency)
    instant = states.c.t.label("moment")
    paid = select(instant, states.c.currency, func.sum(states.c.mrr).label("mrr")).where(states.c.paid).group_by(*key)
    known = {(row.moment, row.currency): row.mrr for row in reader.rows("revenue_trend", paid)}
    for currency in definitions.billing.currencies:
        for week in weeks:
            yield _sample("jobhive_mrr", known.get((week.end, currency), 0), currency=currency, window=week.key)


def _interview_trend(
    schema: Schema, definitions: Definitions, reader: Reader, weeks: Sequence[Window]
) -> Iterator[Sample]:
    sessions = Sessions(schema, definitions, weeks[-1].end)
    ended = sessions.facts("ended", sessions.ended_since(weeks[0].start))
    statement, measures = counts(ended, weeks, definitions.interviews)
    found = summed(reader.rows("interview_trend", statement), measures)
    for week in weeks:
        for kind in ("hiring", "practice"):
            completed = found.get((week.key, kind), {}).get(("interviews_completed", ()), 0)
            yield _sample("jobhive_interviews_completed", completed, kind=kind, window=week.key)


def _activity_trend(
    schema: Schema, definitions: Definitions, reader: Reader, weeks: Sequence[Window]
) -> Iterator[Sample]:
    activity = Activity(schema, weeks[-1].end, definitions.activity_source)
    if activity.source == "login":
        return
    rows = reader.rows("activity_trend", _active(activity, weeks))
    known = {row.window: row.users for row in rows}
    yield from (_sample("jobhive_active_users", known.get(week.key, 0), window=week.key) for week in weeks)


def _active(activity: Activity, weeks: Sequence[Window]) -> Select[*tuple[Any, ...]]:
    pairs, period = activity.pairs(weeks[0].start, weeks[-1].end), periods(weeks)
    users = func.count(pairs.c.user_id.distinct()).label("users")
    return (
        select(period.c.window, users)
        .join_from(period, pairs, within(pairs.c.occurred_at, period))
        .group_by(period.c.window)
    )


def _sample(name: str, value: Any, **labels: str) -> Sample:
    ordered: Labels = tuple(sorted(labels.items()))
    return Sample(name, ordered, value)
