"""What may be chosen for the collector `features`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from collectors.base import CollectorOptions
from collectors.mapping import ACTIVITY_FEATURE, ActivityValues


def _lower(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.lower() for value in given)


class Options(CollectorOptions):
    """The words of the activity log for each feature, in any case, and those that stand for none on purpose."""

    activity_values: ActivityValues = Field(default=ACTIVITY_FEATURE)
    """A feature: what `activity.feature` says for it, in any case; no feature is the empty string."""
    ignored_values: Annotated[tuple[str, ...], AfterValidator(_lower)] = ()
    """Words that stand for none on purpose; all others are counted as a problem of data quality."""
