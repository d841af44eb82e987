"""The shapes of one candidate's performance (metrics.md CA1 to CA7): personal data."""

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from pydantic import AwareDatetime, Field

from exporter.web.api.shapes import Number, Shape


class Interview(Shape):
    """A completed interview; scores are from 0 to 1, null where there is no valid one."""

    date: dt.date | None = Field(description="In the business time zone; null, and last, without a start.")
    start_missing: bool
    interview_id: int
    completion: Number | None
    technical: Number | None
    behavioral: Number | None
    sentiment: Number | None
    skill: Number | None


class Change(Shape):
    """How the scores of a dimension changed."""

    last_less_first: Number | None
    robust: Number | None = Field(
        description="Mean of the last less mean of the first three; null for fewer than four."
    )
    reason: Literal["insufficient_data"] | None = Field(default=None, description="Fewer than two scores.")


class Slopes(Shape):
    """Least-squares slopes of the completion score; null for fewer than three scores, or all at one time."""

    per_interview: Number | None
    per_30d: Number | None


class Judgement(Shape):
    """A strength or an area for improvement: the mean of the last three scores beyond a threshold."""

    kind: Literal["dimension", "skill_category"]
    name: str
    mean: Number
    threshold: Number
    margin: Number


class Performance(Shape):
    """One candidate, as known at `as_of`; compared with the candidates of the last 180 days as of `compared_at`."""

    user_id: int
    as_of: AwareDatetime
    compared_at: AwareDatetime
    total_interviews: int
    history: Sequence[Interview]
    improvement: dict[str, Change]
    slopes: Slopes
    strengths: Sequence[Judgement]
    areas_for_improvement: Sequence[Judgement]
