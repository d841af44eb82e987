"""The funnel: how far users came, and how long it took them (metrics.md UJ1 to UJ5).

A stage is reached or not, whatever the order in time: who pays before the first interview is over has converted.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any

from sqlalchemy import ColumnElement, Double, Row, Select, Subquery, and_, case, cast, extract, func, select, true

from collectors.definitions import Definitions
from collectors.journey.families import (
    ALL,
    COHORTS,
    FUNNEL,
    MODES,
    REGISTERED,
    STAGES,
    STEP_FROM,
    STEP_TO,
    SUBSCRIBED,
    TIME_TO_STAGE,
)
from collectors.schema import Schema
from collectors.sessions import Sessions
from collectors.subscriptions import Subscriptions
from exporter.model import Sample
from exporter.windows import trailing

VERIFICATION = "email_verification"


def verification_timed(schema: Schema) -> bool:
    """Tell whether it is known when an address was verified, and not only that it is now."""
    return schema.has("user", "email_verified_at")


def funnel(
    schema: Schema, definitions: Definitions, subscriptions: Subscriptions, at: datetime
) -> Select[*tuple[Any, ...]]:
    """Select one row: the users at each stage by cohort and mode, and the median times of the strict ones."""
    user = _users(schema, definitions, subscriptions, at)
    columns = []
    for cohort in COHORTS:
        member = true() if cohort == ALL else user.c.joined >= trailing(cohort, at).start
        for stage in STAGES:
            for mode in MODES:
                reached = and_(member, user.c[f"{mode}_{stage}"])
                columns.append(func.count().filter(reached).label(f"{mode}_{cohort}_{stage}"))
            if f"seconds_{stage}" in user.c:
                median = func.percentile_cont(0.5).within_group(user.c[f"seconds_{stage}"])
                columns.append(median.filter(and_(member, user.c[f"strict_{stage}"])).label(f"p50_{cohort}_{stage}"))
    return select(*columns)


def _users(schema: Schema, definitions: Definitions, subscriptions: Subscriptions, at: datetime) -> Subquery:
    """One row per user: which stages were reached, and how long after registration a stage was with all before it."""
    user = schema.users(at)
    interviews, paid = _interviews(schema, definitions, at), _paid(subscriptions, at)
    times: dict[str, ColumnElement[Any]] = {
        "registration": user.c.date_joined,
        "first_interview": interviews.c.started,
        "completed_interview": interviews.c.completed,
        "subscription": paid.c.t,
    }
    reached: dict[str, ColumnElement[bool]] = {stage: time.is_not(None) for stage, time in times.items()}
    reached[VERIFICATION] = user.c.is_verified.is_(True)
    if verification_timed(schema):
        times[VERIFICATION] = user.c.email_verified_at
        reached[VERIFICATION] = func.coalesce(user.c.email_verified_at < at, False)
    columns: list[ColumnElement[Any]] = [user.c.date_joined.label("joined")]
    for stage, strict in zip(STAGES, accumulate((reached[stage] for stage in STAGES), and_), strict=True):
        columns += [reached[stage].label(f"loose_{stage}"), strict.label(f"strict_{stage}")]
        if stage in times and stage != STAGES[0]:
            until = [times[earlier] for earlier in STAGES[: STAGES.index(stage) + 1] if earlier in times]
            latest = func.greatest(*until) - user.c.date_joined
            columns.append(cast(extract("epoch", latest), Double).label(f"seconds_{stage}"))
    source = user.outerjoin(interviews, interviews.c.user_id == user.c.id).outerjoin(paid, paid.c.user_id == user.c.id)
    # The offset keeps the planner from writing these expressions into every place where they are used.
    return select(*columns).select_from(source).offset(0).subquery("journeys")


def _interviews(schema: Schema, definitions: Definitions, at: datetime) -> Subquery:
    """One row per user with sessions: when the first one started, and when the first completed one ended.

    Whose sessions they are is asked of these few rows, not of all sessions; an offset keeps those narrow on the way.
    """
    session = Sessions(schema, definitions, at).unfiltered("sessions")
    started = case((session.c.started, session.c.start)).label("started")
    completed = case((session.c.completed, session.c.end)).label("completed")
    row = select(session.c.user_id, started, completed).offset(0).subquery("instants")
    first = (func.min(row.c[name]).label(name) for name in ("started", "completed"))
    return select(row.c.user_id, *first).group_by(row.c.user_id).subquery("interviews")


def _paid(subscriptions: Subscriptions, at: datetime) -> Subquery:
    """One row per user who ever paid: since when, whatever became of it."""
    starts = subscriptions.paid_starts()
    first = func.min(starts.c.t).label("t")
    return select(starts.c.user_id, first).where(starts.c.t < at).group_by(starts.c.user_id).subquery("paid")


def samples(row: Row[Any]) -> Iterator[Sample]:
    """Turn the row into samples; a median over nobody is null."""
    found = row._asdict()
    for cohort in COHORTS:
        came = {stage: found[f"strict_{cohort}_{stage}"] for stage in STAGES}
        for stage in STAGES:
            for mode in MODES:
                yield FUNNEL.sample(found[f"{mode}_{cohort}_{stage}"], cohort=cohort, mode=mode, stage=stage)
            if (seconds := found.get(f"p50_{cohort}_{stage}")) is not None:
                yield TIME_TO_STAGE.sample(seconds, cohort=cohort, stage=stage)
        for stage, following in pairwise(STAGES):
            step = {"cohort": cohort, "from": stage, "to": following}
            yield STEP_TO.sample(came[following], **step)
            yield STEP_FROM.sample(came[stage], **step)
        yield SUBSCRIBED.sample(came[STAGES[-1]], cohort=cohort)
        yield REGISTERED.sample(came[STAGES[0]], cohort=cohort)
