"""What may be chosen for the collector `ai_quality`."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from collectors.base import CollectorOptions

Share = Annotated[float, Field(ge=0, le=1)]
Least = Annotated[int, Field(gt=0)]


class Options(CollectorOptions):
    """From which score on a skill is passed, and how many rows a figure needs before it is told."""

    pass_threshold: Share = 0.70
    """The share of the full score from which on a skill is passed."""
    pass_thresholds: Mapping[str, Share] = Field(default={})
    """Of single categories of skills, as the database names them: `{leadership: 0.6}`."""
    tolerance: Share = 0.10
    """Scores of AI and human that lie no farther apart are close."""
    min_validated: Least = 30
    """A figure of accuracy is told of so many validated rows or more."""
    min_group: Least = 10
    """One about a part of them, a label or the denominator of a rate of errors, is told of so many rows."""
    min_calibrated: Least = 200
    """A figure of calibration is told of so many rows with a confidence or more."""
    min_drift: Least = 200
    """Drift is told of so many values or more on both sides."""
    min_pairs: Least = 30
    """Improvement after a recommendation is told of so many users or more."""
    by_model_version: bool = False
    """Export `jobhive_ai_model_accuracy_ratio` and `jobhive_ai_model_validated`."""
