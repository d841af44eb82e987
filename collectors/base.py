"""The Collector protocol, and the helpers a collector may use.

A collector is a module with three names: `Options` (its slice of config.yaml), `families(options)` (all it may emit)
and `Collector`, whose `collect(run)` returns a Harvest.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import Annotated, Any, ClassVar, Protocol, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict
from sqlalchemy import Executable, Row

from collectors.definitions import Definitions
from exporter.model import ExporterError, Family, Label, Labels, Note, Past, Result, Sample, Value

DURATION = re.compile(
    r"(?:(?P<weeks>\d+)w)?(?:(?P<days>\d+)d)?(?:(?P<hours>\d+)h)?"
    r"(?:(?P<minutes>\d+)m)?(?:(?P<seconds>\d+)s)?(?:(?P<milliseconds>\d+)ms)?"
)
MILLISECONDS_IN = {
    "weeks": 604_800_000,
    "days": 86_400_000,
    "hours": 3_600_000,
    "minutes": 60_000,
    "seconds": 1000,
    "milliseconds": 1,
}
LONGEST = 3650 * MILLISECONDS_IN["days"]
Found = TypeVar("Found")
Catalogue = Mapping[str, frozenset[str]]


class Unmapped(ExporterError):
    """A deployment says that it has nothing a collector could read; `reason` is one of metrics.md EX11."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def _duration(given: object) -> timedelta:
    match = DURATION.fullmatch(given) if isinstance(given, str) else None
    if not match or not given:
        raise ValueError("not a duration; write for example 90s, 5m, 1h30m or 30d")
    milliseconds = sum(int(amount or 0) * MILLISECONDS_IN[unit] for unit, amount in match.groupdict().items())
    if milliseconds > LONGEST:
        raise ValueError("longer than ten years; shorten it")
    return timedelta(milliseconds=milliseconds)


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class CollectorOptions(BaseModel):
    """Base of every collector's slice of config.yaml; the text below a key is its meaning in docs/configuration.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Run:
    """The terms of one run: everything a collector may know beside its options and its source.

    `at` is the one instant of the run, `deadline` the seconds it may take from the moment its source answers, `peers`
    the latest results of other collectors.
    """

    at: datetime
    deadline: float
    definitions: Definitions
    peers: Mapping[str, Result] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a run found: samples, rows it dropped by (table, check), notes on families, and JSON-only documents."""

    samples: tuple[Sample, ...]
    dropped: Mapping[tuple[str, str], int] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    documents: Mapping[str, object] = field(default_factory=dict)


class Collector(Protocol):
    """Turns what a source says at an instant into samples; raises SourceError when the source fails.

    `source` is the part of config.yaml that says where it reads, `interval` how often it runs by default.
    """

    source: ClassVar[str]
    interval: ClassVar[timedelta]

    def collect(self, run: Run) -> Harvest:
        """Collect everything for the instant of the run."""
        ...


class Reader(Protocol):
    """One read-only transaction; `columns` has the columns of each table that the database has."""

    @property
    def columns(self) -> Catalogue:
        """The tables and columns that exist, by their names in the database."""
        ...

    def rows(self, name: str, statement: Executable) -> Sequence[Row[Any]]:
        """Run one statement; `name` stands for it in explanations and errors."""
        ...


class Database(Protocol):
    """Where a database collector gets its transaction."""

    def read(self, deadline: float, work: Callable[[Reader], Found]) -> Found:
        """Return what `work` makes of one transaction that ends within `deadline` seconds; SourceError if it fails."""
        ...


class Round(Protocol):
    """What a run sees of Redis: rounds of read-only commands."""

    def ask(self, commands: Sequence[Sequence[str | int]]) -> Sequence[Any]:
        """Send commands at once; returns the raw replies, None where a key is of another type."""
        ...

    def scan(self, pattern: str, cursor: Any) -> tuple[Any, Sequence[str]]:
        """Take one step of a sweep over the keys, the first without a cursor; returns the next cursor or None."""
        ...


class Keyspace(Protocol):
    """Where a collector gets its rounds."""

    def read(self, deadline: float, work: Callable[[Round], Found]) -> Found:
        """Return what `work` makes of Redis within `deadline` seconds; SourceError if it fails."""
        ...


def additive(row: str, name: str, text: str, *labels: Label, past: Past = "exact") -> Family:
    """Declare a count or an amount: where its labels have declared domains, a missing combination is 0."""
    return Family(row, name, text, labels, zero_filled=True, past=past)


def gauge(row: str, name: str, text: str, *labels: Label) -> Family:
    """Declare a value that is absent where the collector emits none."""
    return Family(row, name, text, labels)


def ratio(row: str, name: str, text: str, *, of: tuple[Family, Family], min_n: int = 0) -> Family:
    """Declare a ratio or mean of two families; it has the labels of its numerator and is never emitted.

    A companion that is not declared itself is emitted all the same, and goes no further than the ratio.
    """
    return Family(row, name, text, of[0].labels, of=of, min_n=min_n)


def complete(families: Iterable[Family], harvest: Harvest) -> tuple[Sample, ...]:
    """Add what the declarations imply: zeros of declared domains, and ratios from their companions (metrics.md C5)."""
    declared = tuple(families)
    disabled = {note.family for note in harvest.notes if note.kind == "disabled"}
    active = [family for family in declared if family.name not in disabled]
    companions = {companion.name: companion for family in active for companion in family.of or ()}
    values: dict[str, dict[Labels, Value]] = {}
    for family in (*companions.values(), *active):
        values[family.name] = dict(_zeros(family)) if family.zero_filled else {}
    for sample in harvest.samples:
        values.setdefault(sample.name, {})[sample.labels] = sample.value
    of_ratios = {companion.name for family in declared for companion in family.of or ()}
    internal = of_ratios - {family.name for family in declared}
    # What the collector emitted comes as it is, a repeated sample too: the contract will refuse it.
    emitted = tuple(sample for sample in harvest.samples if sample.name not in internal | disabled)
    present = {(sample.name, sample.labels) for sample in emitted}
    zeros = (Sample(family.name, labels, 0) for family in active if family.zero_filled for labels, _ in _zeros(family))
    derived = (sample for family in active if family.of for sample in _ratios(family, *family.of, values))
    return (*emitted, *(zero for zero in zeros if (zero.name, zero.labels) not in present), *derived)


def _zeros(family: Family) -> Iterator[tuple[Labels, Value]]:
    domains = [[(label.name, value) for value in label.values or ()] for label in family.labels]
    yield from ((labels, 0) for labels in product(*domains))


def _ratios(
    family: Family, top: Family, bottom: Family, values: Mapping[str, Mapping[Labels, Value]]
) -> Iterator[Sample]:
    shared = {label.name for label in bottom.labels}
    for labels, numerator in values[top.name].items():
        denominator = values[bottom.name].get(tuple(pair for pair in labels if pair[0] in shared))
        if denominator is not None and denominator > 0 and denominator >= family.min_n:
            yield Sample(family.name, labels, _divide(numerator, denominator))


def _divide(numerator: Value, denominator: Value) -> Value:
    if isinstance(numerator, float) or isinstance(denominator, float):
        return float(numerator) / float(denominator)
    return numerator / denominator
