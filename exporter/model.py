"""The values that the parts of the daemon exchange: families, samples, results and the snapshot.

Everything here is frozen and uses the standard library only, so that any part may import it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple

Value = int | float | Decimal
Labels = tuple[tuple[str, str], ...]
Past = Literal["exact", "exact within 24 h", "live only", "remote"]
Visibility = Literal["everywhere", "JSON only"]
# Nothing personal leaves. A label of these shapes is an address or an id, never a class of things.
PERSONAL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class ExporterError(Exception):
    """Base of every error the daemon raises on purpose."""


class Reason(StrEnum):
    """Why a run failed (metrics.md, EX9)."""

    CONNECT = "connect"
    TIMEOUT = "timeout"
    QUERY = "query"
    AUTH = "auth"
    RATELIMIT = "ratelimit"
    BUDGET = "budget"
    INVALID = "invalid"
    INTERNAL = "internal"


class SourceError(ExporterError):
    """A source did not answer a run; `reason` is the label of the failure counter, the text is for people."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Interrupted(ExporterError):
    """A run was cut short because the daemon stops: neither a success nor a failure."""


class Label(NamedTuple):
    """A label of a family: `values` is its declared domain, or None where the data decide."""

    name: str
    values: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """One metric family of the contract.

    `id` is its row in the contract, `labels` are in alphabetical order. A `zero_filled` family is additive: a
    combination of declared label values without a sample is 0. `of` names numerator and denominator of a ratio or
    mean, which is then derived and never emitted; it is absent where the denominator is below `min_n`. `past` tells
    whether the family can be rebuilt for a past instant, as long as its source keeps it, depends on rows as they are
    now, or has to be asked again from a remote API. `version` is raised when the meaning of its numbers changes. What
    is `JSON only` lives in the snapshot for the JSON API and the report (metrics.md C17).
    """

    id: str
    name: str
    help: str
    labels: tuple[Label, ...] = ()
    kind: Literal["gauge", "counter"] = "gauge"
    zero_filled: bool = False
    of: tuple["Family", "Family"] | None = None
    min_n: int = 0
    past: Past = "exact"
    version: int = 1
    visibility: Visibility = "everywhere"

    def __post_init__(self) -> None:
        """Labels must be declared in order: samples are compared by their label tuples."""
        names = [label.name for label in self.labels]
        if names != sorted(names):
            raise ValueError(f"family {self.name}: labels {names} are not in alphabetical order")

    @property
    def is_exposed(self) -> bool:
        """Tell whether /metrics, `collect` and `backfill` have it."""
        return self.visibility == "everywhere"

    def sample(self, value: Value, **labels: str) -> "Sample":
        """Make a sample of this family."""
        return Sample(self.name, tuple(sorted(labels.items())), value)


class Sample(NamedTuple):
    """One value of a family. Money stays Decimal until it is rendered."""

    name: str
    labels: Labels
    value: Value


class Note(NamedTuple):
    """A family that is disabled or approximate, and why (metrics.md C18).

    One that is `partial` is disabled for some values of its labels, and has all the others.
    """

    kind: Literal["disabled", "partial", "approximate"]
    family: str
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """What one successful run of a collector found, whole."""

    collector: str
    at: datetime
    ended: datetime
    duration: float
    samples: tuple[Sample, ...]
    dropped: Mapping[tuple[str, str], int] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    documents: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that failed."""

    reason: Reason
    message: str
    ended: datetime
    duration: float


class Attempt(NamedTuple):
    """One run that ended, with what went wrong, if anything did; `duration` is in seconds."""

    ended: datetime
    duration: float
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Where one collector stands: its last good result and the outcome of its latest run.

    `failure` is None after a success; `result` is kept, even too old to serve, for the time of the last success.
    `recent` has the latest runs that people are shown, the newest last.
    """

    collector: str
    families: tuple[Family, ...]
    max_staleness: timedelta
    required: bool = False
    result: Result | None = None
    failure: Failure | None = None
    recent: tuple[Attempt, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Tell whether the latest run succeeded; before the first run none did."""
        return self.result is not None and self.failure is None

    @property
    def attempted(self) -> datetime | None:
        """Return when the latest run ended, None before the first."""
        latest = self.failure or self.result
        return latest.ended if latest else None

    @property
    def duration(self) -> float:
        """Return how long the latest run took in seconds, 0 before the first."""
        latest = self.failure or self.result
        return latest.duration if latest else 0.0

    @property
    def expires(self) -> datetime | None:
        """Return the last instant at which the last good result may be served."""
        return self.result.ended + self.max_staleness if self.result else None

    def stale(self, now: datetime) -> bool:
        """Tell whether there is nothing to serve at `now`."""
        return self.expires is None or now > self.expires


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known at an instant: the one input of pages, rules and reports.

    `changed` is when it last changed, `statuses` has every configured collector, `served` the results that are
    fresh enough, `disabled` the families of collectors that are not configured, `thresholds` those in force,
    `definitions` the versions of families, where they are to be exposed.
    """

    changed: datetime
    statuses: Mapping[str, Status]
    served: Mapping[str, Result]
    disabled: tuple[Note, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    definitions: Mapping[str, int] = field(default_factory=dict)

    def exposed(self, collector: str) -> tuple[Sample, ...]:
        """Return the samples of a collector that /metrics has; none where nothing is served."""
        result = self.served.get(collector)
        hidden = {family.name for family in self.statuses[collector].families if not family.is_exposed}
        return tuple(sample for sample in result.samples if sample.name not in hidden) if result else ()

    def notes(self) -> Iterator[Note]:
        """Yield what is disabled or approximate, as each collector last said."""
        yield from self.disabled
        for status in self.statuses.values():
            yield from status.result.notes if status.result else ()
