"""The rows of one component at an instant: what the model said, and what humans say of it (metrics.md 4.8)."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Double,
    FromClause,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
)

from collectors.activity import mapped
from collectors.ai_quality.components import SENTIMENT, Component, judgement_of
from collectors.ai_quality.judgements import Columns, decisions, is_known, is_validated, pass_threshold
from collectors.ai_quality.options import Options
from collectors.ai_quality.slices import OLDEST, begin, slice_of
from collectors.definitions import Definitions
from collectors.schema import Schema
from collectors.session_values import scored

# Bins of confidence by their lower bounds: a value that equals a bound lies above it, and 1 in the last bin.
BINS = tuple(f"0.{tenth}" for tenth in range(10))
BOUNDS = [tenth / 10 for tenth in range(1, 10)]


def bin_of(value: ColumnElement[float], edges: list[float]) -> ColumnElement[int]:
    """Return how many of the edges are not above a value."""
    return func.width_bucket(value, cast(literal(edges, ARRAY(Double)), ARRAY(Double)))


class Analyses:
    """The rows of a component that belong to P0(at) through their sessions; `judgement` is what validates them."""

    def __init__(
        self, component: Component, schema: Schema, definitions: Definitions, options: Options, at: datetime
    ) -> None:
        self.component, self.judgement = component, judgement_of(component, schema)
        self._schema, self._options, self._at = schema, options, at
        tables = definitions.tables
        self.scale = (tables.sentiment if component is SENTIMENT else tables.assessment).score_scale
        self._row = schema.table(component.table)
        self._category, self._source = self._joined()

    def has(self, column: str) -> bool:
        """Tell whether a deployment has a column of the component's table."""
        return self._schema.has(self.component.table, column)

    @property
    def is_timed(self) -> bool:
        """Tell whether it is known how long the model took."""
        return self.component is SENTIMENT and self.has("processing_time_ms")

    def said(self, oldest: int = OLDEST) -> Subquery:
        """What the model said since the begin of a slice.

        Columns: slice, category, version; any_score and any_confidence as they stand; score and confidence from 0 to 1,
        milliseconds, null where they are not valid; bin (of the confidence).
        """
        row, confidence = self._row, scored(self._row.c.confidence, 1)
        any_score: ColumnElement[float] = row.c[self.component.signal]
        columns: Columns = {
            "any_score": any_score,
            "score": scored(any_score, self.scale),
            "any_confidence": row.c.confidence,
            "confidence": confidence,
            "bin": bin_of(confidence, BOUNDS),
            "milliseconds": self._milliseconds(),
        }
        return self._since(oldest, columns).subquery("said")

    def judged(self) -> Subquery:
        """The validated rows of all slices.

        Columns: slice, category, version, is_audit; confidence, bin; predicted, actual, is_correct, score, human.
        """
        row, judgement = self._row, self.judgement
        if judgement is None:
            raise ValueError(f"nothing validates the rows of {self.component.name}")
        confidence, threshold = scored(row.c.confidence, 1), pass_threshold(self._category, self._options)
        columns: Columns = {
            "is_audit": row.c.audit_sample.is_(True),
            "confidence": confidence,
            "bin": bin_of(confidence, BOUNDS),
            **decisions(row, judgement, self.scale, threshold),
        }
        is_there = and_(
            is_validated(row, judgement, self.scale),
            is_known(row, self._at, knows_when=self.has("human_validated_at")),
        )
        return self._since(OLDEST, columns).where(is_there).subquery("judged")

    def _since(self, oldest: int, columns: Columns) -> Select[*tuple[Any, ...]]:
        """An offset of 0 keeps the planner from writing an expression into every place where it is used."""
        row = self._row
        keys: Columns = {
            "slice": slice_of(row.c.created_at, self._at),
            "category": self._category,
            "version": row.c.model_version,
        }
        return (
            select(*(value.label(name) for name, value in (keys | columns).items()))
            .select_from(self._source)
            .where(row.c.created_at >= begin(self._at, oldest), row.c.created_at < self._at)
            .offset(0)
        )

    def _joined(self) -> tuple[ColumnElement[str], FromClause]:
        """Return the category of each row, null where there is none, and the rows with their sessions and users."""
        schema, row = self._schema, self._row
        session, users = schema.table("session"), schema.users(self._at)
        source = row.join(session, session.c.id == row.c.interview_session_id)
        source = source.join(users, users.c.id == session.c.user_id)
        if self.component is SENTIMENT or not self.has("skill_id") or not mapped(schema, "skill"):
            return cast(null(), Text), source
        skill = schema.table("skill")
        return skill.c.category, source.outerjoin(skill, skill.c.id == row.c.skill_id)

    def _milliseconds(self) -> ColumnElement[float]:
        if not self.is_timed:
            return cast(null(), Double)
        value: ColumnElement[float] = self._row.c.processing_time_ms
        return case((and_(value >= 0, value < literal(float("inf"), Double)), value))
