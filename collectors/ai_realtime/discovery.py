"""Which components there are: those of the configuration, and those whose keys are found in Redis."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from collectors.ai_realtime.options import COMPONENT, MOST_COMPONENTS
from collectors.base import Round

PROCESSING_KEY, ACCURACY_KEY = "ai_processing_times:", "ai_accuracy:"
# Both at once: a sweep goes over all keys of the server.
PATTERN = "ai_[ap]*:*"
EVERY = timedelta(minutes=5)


def component_of(key: str) -> str | None:
    """Return the component whose samples a key holds; None for a key of something else."""
    for prefix in (PROCESSING_KEY, ACCURACY_KEY):
        name = key.removeprefix(prefix)
        if name != key and re.fullmatch(COMPONENT.strip("^$"), name):
            return name
    return None


def chosen(configured: Sequence[str], found: Iterable[str]) -> tuple[str, ...]:
    """Return the configured components, then those found, by name, at most 50 in all."""
    return (*configured, *sorted(set(found) - set(configured)))[:MOST_COMPONENTS]


class Discovery:
    """A sweep over the keys every five minutes; one that takes long goes on in the next run."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        self._cursor: Any = None
        self._seen: set[str] = set()
        self._found: set[str] = set()

    def components(self, round_: Round, at: datetime, seconds: float) -> set[str]:
        """Return the components known by now, after at most so many seconds of looking."""
        end = monotonic() + seconds
        if self._cursor is None:
            if self._began and timedelta(0) <= at - self._began < EVERY:
                return self._found
            self._began, self._seen = at, set()
            self._step(round_)
        while self._cursor is not None and monotonic() < end:
            self._step(round_)
        if self._cursor is None:
            self._found = self._seen
        return self._found | self._seen

    def _step(self, round_: Round) -> None:
        self._cursor, keys = round_.scan(PATTERN, self._cursor)
        self._seen |= {name for key in keys if (name := component_of(key))}
