"""What may be chosen for the collector `ai_realtime`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from collectors.base import CollectorOptions

MOST_COMPONENTS = 50
COMPONENT = "^[a-z0-9_]{1,64}$"


def _distinct(given: tuple[str, ...]) -> tuple[str, ...]:
    for index, name in enumerate(given):
        if name in given[:index]:
            raise ValueError(f"{name} stands there twice; leave it once")
    return given


Components = Annotated[tuple[Annotated[str, Field(pattern=COMPONENT)], ...], AfterValidator(_distinct)]


class Options(CollectorOptions):
    """The components that are there even when they are silent, and what the writer takes an accuracy of 1 for."""

    components: Components = Field(default=(), max_length=MOST_COMPONENTS)
    """Those that are there even when they are silent; others are found by their keys."""
    accuracy_unit: Literal["ratio", "percent"] = "ratio"
    """`percent`: the services write accuracies from 0 to 100."""
