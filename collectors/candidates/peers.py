"""How the candidates of the last half year do: the quartiles of their latest means (metrics.md CA6, CA7)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, FromClause, Select, Text, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import array

from collectors.candidates.histories import Kind, histories
from collectors.candidates.judgement import LATEST
from collectors.candidates.skills import Skills, skills
from collectors.definitions import Definitions
from collectors.schema import Schema
from collectors.session_values import DIMENSIONS

HERE_LATELY = timedelta(days=180)
Statement = Select[*tuple[Any, ...]]


def peers(schema: Schema, definitions: Definitions, at: datetime, kind: Kind) -> CompoundSelect[*tuple[Any, ...]]:
    """Select a row per dimension and category: how many candidates have a mean, and its quartiles.

    The mean is over the latest three scores of a candidate, of the whole history.
    """
    ordered = histories(schema, definitions, at, kind, at - HERE_LATELY)
    history = select(*ordered.c).cte("peer_histories")
    candidate = _candidates(history)
    found = [_quartiles("dimension", literal(name), candidate.c[name], candidate) for name in DIMENSIONS]
    if said := skills(schema, definitions, at, history):
        category = _categories(history, said)
        by_name = _quartiles("skill_category", category.c.category, category.c.mean, category)
        found.append(by_name.group_by(category.c.category))
    return union_all(*found)


def _quartiles(kind: str, name: ColumnElement[str], mean: ColumnElement[float], source: FromClause) -> Statement:
    both = func.percentile_cont(array([0.25, 0.75])).within_group(mean)
    keys = literal(kind).label("kind"), cast(name, Text).label("name")
    return select(*keys, func.count(mean).label("n"), both.label("quartiles")).select_from(source)


def _candidates(history: FromClause) -> FromClause:
    """One row per candidate: the mean of the latest scores in each dimension."""
    means = []
    for name in DIMENSIONS:
        place, n = history.c[f"place_{name}"], history.c[f"n_{name}"]
        means.append(func.avg(history.c[name]).filter(n - place < LATEST).label(name))
    return select(*means).group_by(history.c.user_id).cte("peer_means")


def _categories(history: FromClause, said: Skills) -> FromClause:
    """One row per candidate and category: the mean of the latest sessions in which it was scored.

    The order of the groups is that of the places, so that one sort serves both.
    """
    keys = (history.c.user_id, said.category)
    order = (history.c.start, history.c.id)
    ranked = (
        select(history.c.user_id, said.category.label("category"), func.avg(said.score).label("mean"))
        .add_columns(func.row_number().over(partition_by=keys, order_by=order).label("place"))
        .add_columns(func.count().over(partition_by=keys).label("n"))
        .select_from(said.source)
        .where(said.known, said.category.is_not(None))
        .group_by(*keys, *order)
        .subquery("ranked_categories")
    )
    return (
        select(ranked.c.category, func.avg(ranked.c.mean).label("mean"))
        .where(ranked.c.n - ranked.c.place < LATEST)
        .group_by(ranked.c.user_id, ranked.c.category)
        .subquery("category_means")
    )
