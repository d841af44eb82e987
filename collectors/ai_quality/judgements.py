"""Which rows a human has validated, what was decided on both sides, and whether it was the same (metrics.md 4.8)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Double, FromClause, Text, and_, case, cast, func, literal, null, true

from collectors.ai_quality.components import Judgement
from collectors.ai_quality.options import Options
from collectors.session_values import scored

LABELS = ("positive", "neutral", "negative")
OTHER_LABEL = "other"
PASS, FAIL = "pass", "fail"
# What both sides may decide, by what validates the rows; agreement does not tell what it is about.
DECISIONS: Mapping[Judgement | None, tuple[str, ...]] = {"score": (PASS, FAIL), "label": (*LABELS, OTHER_LABEL)}
Columns = dict[str, ColumnElement[Any]]


def is_validated(row: FromClause, judgement: Judgement, scale: float) -> ColumnElement[bool]:
    """Tell that there is a valid decision of the AI and a valid judgement of a human."""
    if judgement == "label":
        return and_(row.c.predicted_label != "", row.c.human_label != "")
    judged = scored(row.c.human_score, scale) if judgement == "score" else row.c.human_agrees
    return and_(row.c.human_validated, scored(row.c.accumulated_score, scale).is_not(None), judged.is_not(None))


def is_known(row: FromClause, at: datetime, *, knows_when: bool) -> ColumnElement[bool]:
    """Tell that a human had judged before the instant; where nobody noted when, the judgement counts as it is now."""
    return row.c.human_validated_at < at if knows_when else true()


def decisions(row: FromClause, judgement: Judgement, scale: float, threshold: ColumnElement[float]) -> Columns:
    """Return the columns predicted, actual, is_correct, score and human; null is what a judgement does not tell."""
    unknown: Columns = {
        **{name: cast(null(), Text) for name in ("predicted", "actual")},
        **{name: cast(null(), Double) for name in ("score", "human")},
    }
    if judgement == "agreement":
        return unknown | {"is_correct": row.c.human_agrees}
    if judgement == "label":
        predicted, actual = _label(row.c.predicted_label), _label(row.c.human_label)
        is_correct = and_(predicted == actual, predicted != OTHER_LABEL)
        return unknown | {"predicted": predicted, "actual": actual, "is_correct": is_correct}
    score, human = scored(row.c.accumulated_score, scale), scored(row.c.human_score, scale)
    predicted, actual = _verdict(score, threshold), _verdict(human, threshold)
    both: Columns = {"predicted": predicted, "actual": actual, "is_correct": predicted == actual}
    return both | {"score": score, "human": human}


def pass_threshold(category: ColumnElement[str], options: Options) -> ColumnElement[float]:
    """Return the share of the full score from which on a skill of a category is passed."""
    default = literal(options.pass_threshold, Double)
    own = [(category == name, literal(share, Double)) for name, share in options.pass_thresholds.items()]
    return case(*own, else_=default) if own else default


def _label(value: ColumnElement[str]) -> ColumnElement[str]:
    return case((func.lower(value).in_(LABELS), func.lower(value)), else_=OTHER_LABEL)


def _verdict(score: ColumnElement[float], threshold: ColumnElement[float]) -> ColumnElement[str]:
    return case((score >= threshold, PASS), else_=FAIL)
