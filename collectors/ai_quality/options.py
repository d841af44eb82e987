"""What may be chosen for the collector `ai_quality`."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from collectors.base import CollectorOptions

Share = Annotated[float, Field(ge=0, le=1)]
Least = Annotated[int, Field(gt=0)]


class Options(CollectorOptions):
    """From which score on a skill is passed, and how many rows a figure needs before it is told.

    `pass_thresholds` are those of single categories of skills, by their names in the database. `min_group` holds for
    the part of the validated rows that a figure is about: those of a label, or the denominator of a rate of errors.
    """

    pass_threshold: Share = 0.70
    pass_thresholds: Mapping[str, Share] = Field(default={})
    tolerance: Share = 0.10
    min_validated: Least = 30
    min_group: Least = 10
    min_calibrated: Least = 200
    min_drift: Least = 200
    min_pairs: Least = 30
    by_model_version: bool = False
