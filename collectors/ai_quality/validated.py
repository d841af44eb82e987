"""Validated rows, in groups by all that accuracy and calibration look at: one pass over them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, case, cast, func, null, or_, select

from collectors.ai_quality.analyses import Analyses
from collectors.ai_quality.moments import Pairs, Spread, spread, spread_of
from collectors.ai_quality.names import OTHER, Names

# Two tenths seldom differ by a tenth exactly.
ROUNDING = 1e-9
KEYS = ("slice", "category", "version", "is_audit", "bin", "predicted", "actual", "is_correct")


@dataclass(frozen=True, slots=True)
class Judged:
    """Validated rows that have in common when they were made, what they are called, and what was decided.

    `scores` are pairs of the AI's score and the human's; `distance` and `excess` are the sums of what lies between
    them, `within` counts those that are close.
    """

    slice: int
    category: str
    version: str
    is_audit: bool
    bin: int | None
    predicted: str | None
    actual: str | None
    is_correct: bool
    rows: int
    confidence: Spread
    scores: Pairs
    distance: float
    excess: float
    within: int


def statement(
    analyses: Analyses, categories: Names, versions: Names | None, tolerance: float
) -> Select[*tuple[Any, ...]]:
    """Select the groups; without `versions` nothing is told apart by them."""
    judged = analyses.judged()
    version = _folded(judged.c.version, versions) if versions else cast(null(), Text)
    named = {"category": _folded(judged.c.category, categories), "version": version}
    keys = [named.get(key, judged.c[key]).label(key) for key in KEYS]
    score, human = judged.c.score, judged.c.human
    distance = func.abs(score - human)
    return select(
        *keys,
        func.count().label("rows"),
        *(column for name in ("confidence", "score", "human") for column in spread_of(judged.c[name], name)),
        func.regr_sxy(human, score).label("products"),
        func.sum(distance).label("distance"),
        func.sum(score - human).label("excess"),
        func.count().filter(distance <= tolerance + ROUNDING).label("within"),
    ).group_by(*keys)


def _folded(name: ColumnElement[str], names: Names) -> ColumnElement[str]:
    """Return a name that has a label of its own, null for one that is missing, `other` for all the rest."""
    return case((or_(name.is_(None), name.in_(list(names.known))), name), else_=OTHER)


def groups(found: Iterable[Row[Any]], categories: Names, versions: Names | None) -> Sequence[Judged]:
    """Read the answer, with labels for names."""
    return [
        _judged(row, categories.label(row.category), versions.label(row.version) if versions else "") for row in found
    ]


def _judged(row: Row[Any], category: str, version: str) -> Judged:
    found = row._asdict()
    return Judged(
        slice=row.slice,
        category=category,
        version=version,
        is_audit=row.is_audit,
        bin=row.bin,
        predicted=row.predicted,
        actual=row.actual,
        is_correct=row.is_correct,
        rows=row.rows,
        confidence=spread(found, "confidence"),
        scores=Pairs(spread(found, "score"), spread(found, "human"), row.products or 0.0),
        distance=row.distance or 0.0,
        excess=row.excess or 0.0,
        within=row.within,
    )


def during(found: Iterable[Judged], slices: range) -> Sequence[Judged]:
    """Return the groups of some slices."""
    return [group for group in found if group.slice in slices]


def audited(found: Sequence[Judged]) -> Sequence[Judged]:
    """Return those that accuracy is told from: validated rows are no random sample, except where it is an audit."""
    return [group for group in found if group.is_audit] or found


def rows(found: Iterable[Judged]) -> int:
    """Return how many rows there are."""
    return sum(group.rows for group in found)
