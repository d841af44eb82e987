"""The interviews of each interviewer, human or not: the busiest by name, the rest as one (metrics.md IA11)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from sqlalchemy import CTE, BigInteger, FromClause, Row, Select, Subquery, Text, collate, func, select

from collectors.base import Reader
from collectors.interviews.families import ANY_KIND
from collectors.interviews.measures import Measure
from collectors.interviews.naming import Key, Naming
from collectors.labels import label_text
from collectors.periods import rows
from collectors.schema import Schema
from collectors.sessions import Sessions
from exporter.model import Sample
from exporter.windows import Window

MOST = 20
OTHER, NONE = "other", "none"


def missing(schema: Schema) -> str | None:
    """Return why interviewers cannot be told apart, None if they can."""
    if not schema.has("session", "interviewer_id"):
        return "column_unmapped"
    return schema.why_not("interviewer")


def known(
    sessions: Sessions, reader: Reader, schema: Schema, window: Window, companies: tuple[int, ...] | None = None
) -> Sequence[Row[Any]] | None:
    """Return the interviewers that have a name of their own, None where nobody can be told from another."""
    if missing(schema):
        return None
    session = sessions.facts("ended", sessions.ended_since(window.start), companies=companies)
    return reader.rows("interviewers", busiest(schema, session, window))


def busiest(schema: Schema, session: CTE, window: Window) -> Select[*tuple[Any, ...]]:
    """Select id and slug of the interviewers with the most sessions completed in a window; without any is no rank.

    An order of the database's own would depend on its locale.
    """
    interviewer, other = schema.table("interviewer"), schema.table("interviewer").alias("ranked")
    slug = label_text(interviewer.c.slug).label("slug")
    done = (
        select(session.c.interviewer_id, func.count().label("n"))
        .where(session.c.completed, session.c.end >= window.start, session.c.end < window.end)
        .group_by(session.c.interviewer_id)
        .subquery("done")
    )
    ranked = label_text(other.c.slug)
    top = (
        select(ranked.label("slug"))
        .join_from(done, other, other.c.id == done.c.interviewer_id)
        .where(ranked.is_not(None))
        .group_by(ranked)
        .order_by(func.sum(done.c.n).desc(), collate(ranked, "C"))
        .limit(MOST)
    )
    return select(interviewer.c.id, slug).where(slug.in_(top))


def named(session: FromClause, interviewers: Sequence[Row[Any]]) -> Subquery:
    """Return the sessions with the slug of their interviewer, if that has a name of its own, and whether there was one.

    Not as one label: the planner takes it for one of very many, and would sort the sessions on disk to group them.
    """
    ids, texts = [row.id for row in interviewers], [row.slug for row in interviewers]
    slugs = rows("slugs", {"id": (BigInteger(), ids), "slug": (Text(), texts)})
    joined = session.outerjoin(slugs, slugs.c.id == session.c.interviewer_id)
    nobody = session.c.interviewer_id.is_(None).label("nobody")
    return select(*session.c, slugs.c.slug, nobody).select_from(joined).subquery("named")


def label(row: Row[Any]) -> str:
    """Return what the label says of a row of named sessions."""
    return row.slug or (NONE if row.nobody else OTHER)


def samples(
    naming: Naming, slugs: Collection[str], windows: Sequence[str], found: Mapping[Key, Mapping[Measure, Any]]
) -> Iterator[Sample]:
    """Yield the samples of every interviewer with a name, and of all others."""
    for interviewer, window, kind in product({*slugs, OTHER, NONE}, windows, ANY_KIND.values or ()):
        labels = {"interviewer": interviewer, "kind": kind, "window": window}
        values = found.get((window, kind, interviewer), {})
        yield from naming.measured("interviewer_", labels, values)
        if kind != "all":
            completed = values.get(("interviews_completed", ()), 0)
            yield naming["jobhive_interviewer_interviews"].sample(completed, **labels)
