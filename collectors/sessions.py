"""Interview sessions at an instant: class, kind, end, and what state they are in (metrics.md 2.4).

The state at T is the left limit: what happened at exactly T has not happened yet. Timestamps decide; the status only
tells how a session ended.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    Numeric,
    Select,
    Subquery,
    and_,
    case,
    cast,
    extract,
    func,
    not_,
    null,
    or_,
    select,
)

from collectors.definitions import Definitions
from collectors.mapping import SessionMapping
from collectors.schema import Schema
from collectors.session_values import DIMENSIONS, LONGEST, RAW, own_seconds, scored, session_class, valid_seconds

CLOSED = ("completed", "abandoned", "cancelled", "no_show")


class Sessions:
    """The sessions of P0(at), to be looked at as they were at `at`.

    `row` is the table under its logical names: conditions on it decide what is read, and by which index.
    """

    def __init__(self, schema: Schema, definitions: Definitions, at: datetime) -> None:
        self._at = at
        self._mapping = definitions.tables.session
        self._longest_active = definitions.interviews.max_interview_length
        self._users = schema.users(at)
        self._schema = schema
        self.row = schema.table("session")

    def started_since(self, since: datetime) -> ColumnElement[bool]:
        """Started in `[since, at)`; served by an index on start_time."""
        return and_(self.row.c.start_time >= since, self.row.c.start_time < self._at)

    def ended_since(self, since: datetime) -> ColumnElement[bool]:
        """All that have an end in `[since, at)`, and some others; served by indexes on end_time and start_time."""
        ended = and_(self.row.c.end_time >= since, self.row.c.end_time < self._at)
        if self._mapping.duration_unit == "from_timestamps":
            return ended
        return or_(ended, and_(self.row.c.end_time.is_(None), self.started_since(since - LONGEST)))

    def touched_since(self, since: datetime) -> ColumnElement[bool]:
        """All that were created, started or closed in `[since, at)`, and some others; served by indexes.

        Who did not come is closed by the appointment: those rows have no end, which the index on end_time finds.
        """
        row = self.row
        missed = and_(row.c.end_time.is_(None), row.c.scheduled_at >= since, row.c.scheduled_at < self._at)
        created = and_(row.c.created_at >= since, row.c.created_at < self._at)
        return or_(self.started_since(since), self.ended_since(since), created, missed)

    def open_since(self, since: datetime) -> ColumnElement[bool]:
        """All that are open at `at` or ended in `[since, at)`, and some others; served by indexes.

        Of those without an end, most are closed for good by their status: a partial index leaves them out.
        """
        row = self.row
        unended, words = row.c.end_time.is_(None), closed_words(self._mapping)
        waiting = and_(unended, func.lower(row.c.status).not_in(words).is_not(False)) if words else unended
        found = or_(waiting, row.c.end_time >= since)
        if self._mapping.duration_unit == "from_timestamps":
            return found
        return or_(found, and_(unended, row.c.start_time >= since - LONGEST))

    def facts(self, name: str, *conditions: ColumnElement[bool], companies: tuple[int, ...] | None = None) -> CTE:
        """One row per session that the conditions on `row` let through; with `companies`, of their jobs only.

        Columns: id, user_id, interviewer_id, company (with `companies`), kind, class, created_at, start, end (end*),
        closing; running, active, stale, scheduled, unsorted (open, of a class that no map knows), completed, started,
        closed_without_end; technical, behavioral, completion (0 to 1 or null); seconds (valid or null).
        """
        source = self.row.join(self._users, self._users.c.id == self.row.c.user_id)
        company: ColumnElement[Any] = null()
        if companies is not None:
            job = self._schema.table("job")
            source = source.join(job, job.c.id == self.row.c.job_id)
            company, conditions = job.c.company_id, (*conditions, job.c.company_id.in_(companies))
        classes = self._classes(company).select_from(source).where(*conditions).offset(0).subquery(f"{name}_classes")
        return self._states(classes).cte(name)

    def unfiltered(self, name: str, *conditions: ColumnElement[bool]) -> CTE:
        """The same for sessions of everyone, P0 or not, with the columns of `row` beside them."""
        rows = self._classes(null(), *(self.row.c[column] for column in RAW)).where(*conditions)
        classes = rows.offset(0).subquery(f"{name}_classes")
        return self._states(classes).cte(name)

    def _classes(self, company: ColumnElement[Any], *more: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
        """Select what needs a row of the table only.

        An offset of 0 keeps the planner from writing these expressions into every place where they are used.
        """
        row, scale = self.row, self._mapping.score_scale
        own = own_seconds(row, self._mapping.duration_unit)
        return select(
            *(row.c.id, row.c.user_id, row.c.interviewer_id, company.label("company")),
            case((row.c.is_practice, "practice"), else_="hiring").label("kind"),
            session_class(row, self._mapping).label("class"),
            *(row.c.created_at, row.c.scheduled_at, row.c.start_time.label("start"), row.c.end_time),
            (cast(null(), Double) if own is None else own).label("own_seconds"),
            *(scored(row.c[column], scale).label(dimension) for dimension, column in DIMENSIONS.items()),
            *more,
        )

    def _states(self, classes: Subquery) -> Select[*tuple[Any, ...]]:
        """Add the end, the closing instant, the duration and the states at the instant to rows with a class."""
        end = _end(classes)
        closing, seconds = _closing(classes, end), self._seconds(classes, end)
        flags = self._flags(classes, end, closing)
        return select(
            *(*classes.c, end.label("end"), closing.label("closing")),
            *(seconds.label("any_seconds"), case((valid_seconds(seconds), seconds)).label("seconds")),
            *(flag.label(name) for name, flag in flags.items()),
        ).offset(0)

    def _flags(
        self, row: Subquery, end: ColumnElement[Any], closing: ColumnElement[Any]
    ) -> dict[str, ColumnElement[bool]]:
        at, klass = self._at, row.c["class"]
        ended_none = and_(klass.in_(CLOSED), end.is_(None))
        started = func.coalesce(row.c.start < at, False)
        running = and_(started, or_(end.is_(None), end >= at), not_(ended_none))
        waiting = and_(row.c.created_at < at, not_(started), or_(closing.is_(None), closing >= at))
        recent = row.c.start >= at - self._longest_active
        return {
            "started": started,
            "running": running,
            "active": and_(running, recent),
            "stale": and_(running, not_(recent)),
            "scheduled": and_(waiting, not_(ended_none), klass != "other"),
            "unsorted": and_(waiting, klass == "other"),
            "completed": and_(klass == "completed", end.is_not(None), end < at),
            "closed_without_end": ended_none,
        }

    def _seconds(self, classes: Subquery, end: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the duration as it stands: of the column where its unit is known, else between the timestamps."""
        if self._mapping.duration_unit != "from_timestamps":
            own: ColumnElement[Any] = classes.c.own_seconds
            return own
        return cast(extract("epoch", end - classes.c.start), Numeric)


def closed_words(mapping: SessionMapping) -> tuple[str, ...]:
    """Return the words of a status that close a session without an end; none where a reason may open it again."""
    if any(values for name, values in mapping.ended_reason_map.items() if name not in CLOSED):
        return ()
    return tuple(sorted(word for name in CLOSED for word in mapping.status_map[name]))


def _end(row: Subquery) -> ColumnElement[Any]:
    """Return end*: where a completed session has none, the start and a sound duration tell it."""
    by_duration = row.c.start + func.make_interval(0, 0, 0, 0, 0, 0, row.c.own_seconds)
    known = and_(row.c["class"] == "completed", valid_seconds(row.c.own_seconds))
    return func.coalesce(row.c.end_time, case((known, by_duration)))


def _closing(row: Subquery, end: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return when a session was over, by its class."""
    left = func.coalesce(row.c.end_time, row.c.start, row.c.created_at)
    missed = func.coalesce(row.c.end_time, row.c.scheduled_at, row.c.start, row.c.created_at)
    klass = row.c["class"]
    return case(
        (klass == "completed", end),
        (klass == "no_show", missed),
        (klass.in_(("abandoned", "cancelled")), left),
        else_=row.c.end_time,
    )
