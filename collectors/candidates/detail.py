"""The completed interviews of one candidate with all that was said of them, in one statement (metrics.md CA1)."""

from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Double, FromClause, Select, and_, cast, func, null, select
from sqlalchemy.dialects.postgresql import JSONB

from collectors.activity import mapped
from collectors.candidates.histories import Kind, completed
from collectors.candidates.skills import skills
from collectors.definitions import Definitions
from collectors.schema import Schema
from collectors.session_values import DIMENSIONS, scored
from collectors.sessions import Sessions


def detail(
    schema: Schema, definitions: Definitions, at: datetime, user_id: int, kind: Kind, company: int | None = None
) -> Select[*tuple[Any, ...]]:
    """Select a row per completed interview in order; one without an id for a user of P0 who completed none.

    With a company, the interviews for its jobs only.
    """
    users, sessions = schema.users(at), Sessions(schema, definitions, at)
    companies = None if company is None else (company,)
    session = sessions.facts("sessions", sessions.row.c.user_id == user_id, companies=companies)
    source: FromClause = users.outerjoin(session, and_(session.c.user_id == users.c.id, completed(session, kind)))
    columns: list[ColumnElement[Any]] = [session.c.id, session.c.start, *(session.c[name] for name in DIMENSIONS)]
    for join in (_sentiments, _skills):
        source, found = join(schema, definitions, at, session, source)
        columns += found
    return (
        select(*columns)
        .select_from(source)
        .where(users.c.id == user_id)
        .order_by(session.c.start.asc().nulls_last(), session.c.id)
    )


def _sentiments(
    schema: Schema, definitions: Definitions, at: datetime, session: CTE, source: FromClause
) -> tuple[FromClause, list[ColumnElement[Any]]]:
    """Join the latest sentiment of each session; it decides, even if its score is none."""
    if not mapped(schema, "sentiment"):
        return source, [cast(null(), Double).label("sentiment")]
    row = schema.table("sentiment")
    order: Any = {"partition_by": row.c.interview_session_id, "order_by": (row.c.created_at.desc(), row.c.id.desc())}
    score = scored(row.c.positive_score, definitions.tables.sentiment.score_scale)
    latest = (
        select(row.c.interview_session_id, score.label("sentiment"), func.row_number().over(**order).label("place"))
        .where(row.c.created_at < at, row.c.interview_session_id.in_(select(session.c.id)))
        .subquery("sentiments")
    )
    joined = source.outerjoin(latest, and_(latest.c.interview_session_id == session.c.id, latest.c.place == 1))
    return joined, [latest.c.sentiment]


def _skills(
    schema: Schema, definitions: Definitions, at: datetime, session: CTE, source: FromClause
) -> tuple[FromClause, list[ColumnElement[Any]]]:
    """Join the mean over all skills of each session, and the means by category."""
    said = skills(schema, definitions, at, session)
    if said is None:
        return source, [cast(null(), Double).label("skill"), cast(null(), JSONB).label("skills")]
    by_category = (
        select(session.c.id, said.category.label("category"), func.avg(said.score).label("mean"))
        .add_columns(func.count().label("n"), func.sum(said.score).label("total"))
        .select_from(said.source)
        .where(said.known)
        .group_by(session.c.id, said.category)
        .subquery("skills_by_category")
    )
    mean = func.sum(by_category.c.total) / func.sum(by_category.c.n)
    categories = func.jsonb_object_agg(by_category.c.category, by_category.c.mean)
    means = (
        select(by_category.c.id, mean.label("skill"))
        .add_columns(categories.filter(by_category.c.category.is_not(None)).label("skills"))
        .group_by(by_category.c.id)
        .subquery("skills")
    )
    return source.outerjoin(means, means.c.id == session.c.id), [means.c.skill, means.c.skills]
