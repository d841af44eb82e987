"""Applications and the stages they go through (metrics.md IA12d to IA12i).

A name that is not in the configured list is the stage `other`. Before its first event an application is in the first
stage, since it was made; consecutive events with the same stage are one stay.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, cast, exists, extract, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.types import Double

from collectors.periods import periods, within
from collectors.schema import Schema
from exporter.windows import Window

OTHER = "other"
Statement = Select[*tuple[Any, ...]]


class Pipeline:
    """The applications of P0(at) made before `at`, with their events before `at` if there is a log of `events`.

    With a company, those for its jobs.
    """

    def __init__(
        self, schema: Schema, stages: Sequence[str], at: datetime, *, events: bool, company: int | None = None
    ) -> None:
        self._schema, self._stages, self._at, self._events = schema, stages, at, events
        users, row = schema.users(at), schema.table("application")
        applications = (
            select(row.c.id, row.c.created_at, row.c.stage)
            .join_from(row, users, users.c.id == row.c.user_id)
            .where(row.c.created_at < at)
        )
        if company is not None:
            job = schema.table("job")
            applications = applications.where(row.c.job_id.in_(select(job.c.id).where(job.c.company_id == company)))
        self._applications = applications.subquery("applications")

    def candidates(self) -> Statement:
        """Count applications by stage at the instant."""
        row = self._applications
        own = self._listed(row.c.stage)
        if not self._events:
            return select(own.label("stage"), func.count().label("n")).group_by(own)
        latest = self._latest()
        later = self._schema.table("stage_event").alias("any_event")
        stage = case(
            (latest.c.stage.is_not(None), latest.c.stage),
            (exists().where(later.c.application_id == row.c.id), literal(self._stages[0])),
            else_=own,
        )
        source = row.outerjoin(latest, latest.c.application_id == row.c.id)
        return select(stage.label("stage"), func.count().label("n")).select_from(source).group_by(stage)

    def exits(self, windows: Sequence[Window]) -> Statement:
        """Of the exits of each window by stage: how many, how many of them onward, median time in the stage."""
        move, period = self._moves(min(window.start for window in windows)), periods(windows)
        seconds = cast(extract("epoch", move.c.t - move.c.since), Double)
        median = func.percentile_cont(0.5).within_group(seconds)
        onward = self._rank(move.c.stage) > self._rank(move.c.before)
        return (
            select(period.c.window, move.c.before.label("stage"), func.count().label("n"), median.label("median"))
            .add_columns(func.count().filter(onward).label("advanced"))
            .join_from(move, period, within(move.c.t, period))
            # Who left before the application was made was never there.
            .where(move.c.t >= move.c.since)
            .group_by(period.c.window, move.c.before)
        )

    def hires(self, windows: Sequence[Window]) -> Statement:
        """Of the applications first hired in each window: how many, median time since they were made."""
        move, period = self._moves(min(window.start for window in windows)), periods(windows)
        first = (
            select(move.c.application_id, move.c.created_at, move.c.t)
            .where(move.c.stage == "hired")
            .ext(distinct_on(move.c.application_id))
            .order_by(move.c.application_id, move.c.t, move.c.id)
            .subquery("first_hires")
        )
        seconds = cast(extract("epoch", first.c.t - first.c.created_at), Double)
        median = func.percentile_cont(0.5).within_group(seconds)
        return (
            select(period.c.window, func.count().label("n"), median.label("median"))
            .join_from(first, period, within(first.c.t, period))
            .where(seconds >= 0)
            .group_by(period.c.window)
        )

    def _latest(self) -> Subquery:
        """The last event of each application."""
        event = self._schema.table("stage_event")
        return (
            select(event.c.application_id, self._listed(event.c.to_stage).label("stage"))
            .where(event.c.occurred_at < self._at)
            .ext(distinct_on(event.c.application_id))
            .order_by(event.c.application_id, event.c.occurred_at.desc(), event.c.id.desc())
            .subquery("latest_events")
        )

    def _moves(self, start: datetime) -> Subquery:
        """One row per change of stage: from `before`, where the application was `since`, to `stage` at `t`.

        Only applications with an event from `start` on are looked at, but those with their whole history.
        """
        event, row = self._schema.table("stage_event"), self._applications
        recent = self._schema.table("stage_event").alias("recent_events")
        touched = select(recent.c.application_id).where(recent.c.occurred_at >= start, recent.c.occurred_at < self._at)
        stage = self._listed(event.c.to_stage)
        order: Any = {"partition_by": event.c.application_id, "order_by": (event.c.occurred_at, event.c.id)}
        events = (
            select(
                *(event.c.application_id, event.c.id, event.c.occurred_at.label("t"), row.c.created_at),
                stage.label("stage"),
                func.lag(stage, 1, self._stages[0]).over(**order).label("before"),
            )
            .join_from(event, row, row.c.id == event.c.application_id)
            .where(event.c.occurred_at < self._at, event.c.application_id.in_(touched))
            .subquery("stage_events")
        )
        again: Any = {"partition_by": events.c.application_id, "order_by": (events.c.t, events.c.id)}
        since = func.lag(events.c.t, 1, events.c.created_at).over(**again)
        moved = select(*events.c, since.label("since")).where(events.c.stage != events.c.before)
        return moved.subquery("moves")

    def _listed(self, stage: ColumnElement[str]) -> ColumnElement[str]:
        """Return the configured stage of a name, whatever its case."""
        return case((func.lower(stage).in_(self._stages), func.lower(stage)), else_=literal(OTHER))

    def _rank(self, stage: ColumnElement[str]) -> ColumnElement[int]:
        """Return how far up a stage is; `rejected` and `other` are below all."""
        ladder = [name for name in self._stages if name != "rejected"]
        return case(*((stage == name, place) for place, name in enumerate(ladder, 1)), else_=0)
