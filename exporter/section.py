"""What the sections of config.yaml have in common."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from collectors.base import Duration


class Section(BaseModel):
    """Base of every section: frozen, and a key that it does not have is a mistake.

    The text below a key is its meaning in docs/configuration.md.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _positive(given: timedelta) -> timedelta:
    if given <= timedelta(0):
        raise ValueError("must be longer than nothing; write for example 30s")
    return given


Span = Annotated[Duration, AfterValidator(_positive)]
