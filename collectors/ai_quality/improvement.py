"""Whether those who take a recommendation up do better afterwards than those who do not (metrics.md AI11)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Any

from sqlalchemy import CTE, ColumnElement, Numeric, Row, Select, Subquery, case, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from collectors.ai_quality.labels import QUARTER, QUARTER_KEY
from collectors.ai_quality.options import Options
from collectors.ai_quality.recommendations import MATURITY, Recommendations, during
from collectors.base import additive, gauge
from collectors.sessions import Sessions
from exporter.model import Label, Sample

GROUPS = ("accepted", "not_accepted")
# How many interviews make a mean, and what every such number of them divides.
MOST, MULTIPLE = 3, 6

CORRELATION = gauge(
    "AI11",
    "jobhive_recommendation_improvement_correlation",
    "Correlation (Pearson) of acceptance and the change of completion: not its effect, as both may have one cause.",
    QUARTER,
)
LIFT = gauge(
    "AI11b",
    "jobhive_recommendation_improvement_lift_ratio",
    "By how much more the completion of those who accepted has changed, on average.",
    QUARTER,
)
PAIRS = additive(
    "AI11c",
    "jobhive_recommendation_improvement_pairs",
    "Users with scored interviews before and after their latest recommendation.",
    *(Label("group", GROUPS), QUARTER),
)
FAMILIES = (CORRELATION, LIFT, PAIRS)


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of a group of users: how many, their sum and that of their squares."""

    n: int = 0
    total: Fraction = Fraction(0)
    squares: Fraction = Fraction(0)

    @property
    def mean(self) -> Fraction:
        """Return the mean change of one user or more."""
        return self.total / self.n


def statement(recommendations: Recommendations, sessions: Sessions) -> Select[*tuple[Any, ...]]:
    """Select by group: how many users there are, the sum of their changes and that of the squares, times 6 and 36.

    Numbers are decimals, and exact: a third of a sum is never taken.
    """
    latest = _latest(recommendations)
    session = _scored(sessions, latest)
    before = _mean(latest, session, session.c.end < latest.c.base, session.c.end.desc(), session.c.id.desc())
    after = _mean(latest, session, session.c.start >= latest.c.anchor, session.c.start, session.c.id)
    change = after.c.points - before.c.points
    return (
        select(
            latest.c.is_accepted,
            func.count().label("n"),
            func.sum(change).label("total"),
            func.sum(change * change).label("squares"),
        )
        .join_from(latest, before, before.c.user_id == latest.c.user_id)
        .join(after, after.c.user_id == latest.c.user_id)
        .group_by(latest.c.is_accepted)
    )


def _latest(recommendations: Recommendations) -> CTE:
    """The latest matured recommendation of each user; `anchor` is when it was accepted, or could be no longer."""
    row, base, users = recommendations.row, recommendations.base, recommendations.users
    accepted = recommendations.is_accepted()
    return (
        select(
            *(row.c.user_id, base.label("base"), accepted.label("is_accepted")),
            case((accepted, row.c.accepted_at), else_=base + MATURITY).label("anchor"),
        )
        .join_from(row, users, users.c.id == row.c.user_id)
        .where(during(base, recommendations.matured))
        .ext(distinct_on(row.c.user_id))
        .order_by(row.c.user_id, base.desc(), row.c.id.desc())
        .cte("latest")
    )


def _scored(sessions: Sessions, latest: CTE) -> CTE:
    """The completed sessions with a score of those users: kept aside to be read twice, so with few columns."""
    session = sessions.facts("sessions_advised", sessions.row.c.user_id.in_(select(latest.c.user_id)))
    score = cast(session.c.completion, Numeric).label("score")
    return (
        select(session.c.user_id, session.c.id, session.c.start, session.c.end, score)
        .where(session.c.completed, session.c.completion.is_not(None))
        .cte("scored")
    )


def _mean(latest: CTE, session: CTE, condition: ColumnElement[bool], *order: ColumnElement[Any]) -> Subquery:
    """The mean score of the first three completed sessions of each user, times 6."""
    place = func.row_number().over(partition_by=latest.c.user_id, order_by=order)
    ranked = (
        select(latest.c.user_id, session.c.score, place.label("place"))
        .join_from(latest, session, session.c.user_id == latest.c.user_id)
        .where(condition)
        .subquery()
    )
    points = func.sum(ranked.c.score) * (MULTIPLE / func.count())
    return (
        select(ranked.c.user_id, points.label("points"))
        .where(ranked.c.place <= MOST)
        .group_by(ranked.c.user_id)
        .subquery()
    )


def changes(rows: Sequence[Row[Any]]) -> Mapping[str, Changes]:
    """Read the answer, by group."""
    found = {group: Changes() for group in GROUPS}
    for row in rows:
        group = GROUPS[0] if row.is_accepted else GROUPS[1]
        found[group] = Changes(row.n, Fraction(row.total) / MULTIPLE, Fraction(row.squares) / MULTIPLE**2)
    return found


def correlation(accepted: Changes, others: Changes) -> float | None:
    """Return Pearson's r of acceptance (1 or 0) and change, exact up to the root; None without variance."""
    n, total = accepted.n + others.n, accepted.total + others.total
    variance = n * (accepted.squares + others.squares) - total**2
    of_acceptance = accepted.n * others.n
    if not variance or not of_acceptance:
        return None
    covariance = n * accepted.total - accepted.n * total
    return float(covariance) / sqrt(float(variance * of_acceptance))


def samples(found: Mapping[str, Changes], options: Options) -> Iterator[Sample]:
    """Turn the changes of both groups into samples."""
    accepted, others = (found[group] for group in GROUPS)
    for group in GROUPS:
        yield PAIRS.sample(found[group].n, group=group, window=QUARTER_KEY)
    r = correlation(accepted, others)
    are_enough = accepted.n + others.n >= options.min_pairs and min(accepted.n, others.n) >= options.min_group
    if r is not None and are_enough:
        yield CORRELATION.sample(r, window=QUARTER_KEY)
        yield LIFT.sample(float(accepted.mean - others.mean), window=QUARTER_KEY)
