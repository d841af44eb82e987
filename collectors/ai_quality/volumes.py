"""How much the models said, how long that took and how the values are spread: one pass over the rows (AI1, AI2)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import add
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, cast, func, null, select

from collectors.ai_quality.analyses import BINS, Analyses
from collectors.ai_quality.components import SENTIMENT, Component
from collectors.ai_quality.labels import ANY, FEELING, WINDOW
from collectors.ai_quality.moments import Spread, spread, spread_of
from collectors.ai_quality.slices import WINDOWS
from collectors.base import gauge, ratio
from exporter.model import Sample

ANALYSES = gauge("AI1", "jobhive_ai_analyses", "Rows that the model wrote in the window.", ANY, WINDOW)
DURATION_SUM = gauge("AI2", "ai_analysis_duration_sum_seconds", "Sum.", FEELING, WINDOW)
DURATION_P95 = gauge(
    "AI2b", "jobhive_ai_analysis_duration_p95_seconds", "95th percentile of the processing times.", FEELING, WINDOW
)
DURATION_SAMPLES = gauge(
    "AI2c", "jobhive_ai_analysis_duration_samples", "Rows with a valid processing time.", FEELING, WINDOW
)
DURATION_MEAN = ratio(
    "AI2", "jobhive_ai_analysis_duration_avg_seconds", "Mean processing time.", of=(DURATION_SUM, DURATION_SAMPLES)
)
FAMILIES = (ANALYSES, DURATION_MEAN, DURATION_P95, DURATION_SAMPLES)


@dataclass(frozen=True, slots=True)
class Signal:
    """The values of a column: how many rows have none, how many have one, and the spread of those within the scale."""

    nulls: int = 0
    present: int = 0
    valid: Spread = field(default_factory=Spread)

    def __add__(self, other: "Signal") -> "Signal":
        """Put the values of two groups of rows together."""
        return Signal(self.nulls + other.nulls, self.present + other.present, self.valid + other.valid)


@dataclass(frozen=True, slots=True)
class Volume:
    """What is told of a group of rows; `bins` counts them by confidence, `timed` those of known duration."""

    rows: int = 0
    score: Signal = field(default_factory=Signal)
    confidence: Signal = field(default_factory=Signal)
    bins: tuple[int, ...] = (0,) * len(BINS)
    timed: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Volume") -> "Volume":
        """Put two groups of rows together."""
        return Volume(
            self.rows + other.rows,
            self.score + other.score,
            self.confidence + other.confidence,
            tuple(map(add, self.bins, other.bins)),
            self.timed + other.timed,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one slice, category and version of a model."""

    slice: int
    category: str | None
    version: str | None
    volume: Volume


def statement(analyses: Analyses, *, by_version: bool) -> Select[*tuple[Any, ...]]:
    """Select the volumes by slice, category and, if asked for, version."""
    said = analyses.said()
    version: ColumnElement[Any] = said.c.version if by_version else cast(null(), Text)
    keys = (said.c.slice, said.c.category, version.label("version"))
    return select(
        *keys,
        func.count().label("rows"),
        *(func.count(said.c[f"any_{name}"]).label(f"{name}_present") for name in ("score", "confidence")),
        *(column for name in ("score", "confidence") for column in spread_of(said.c[name], name)),
        *(func.count().filter(said.c.bin == number).label(f"bin_{number}") for number in range(len(BINS))),
        func.count(said.c.milliseconds).label("timed"),
        func.sum(said.c.milliseconds).label("milliseconds"),
    ).group_by(*keys)


def groups(rows: Iterable[Row[Any]]) -> Sequence[Group]:
    """Read the answer."""
    return [Group(row.slice, row.category, row.version, _volume(row)) for row in rows]


def _volume(row: Row[Any]) -> Volume:
    found = row._asdict()
    signals = {
        name: Signal(row.rows - found[f"{name}_present"], found[f"{name}_present"], spread(found, name))
        for name in ("score", "confidence")
    }
    bins = tuple(found[f"bin_{number}"] for number in range(len(BINS)))
    return Volume(row.rows, **signals, bins=bins, timed=row.timed, seconds=(row.milliseconds or 0.0) / 1000)


def total(found: Iterable[Group], slices: range) -> Volume:
    """Return what is told of all rows of some slices."""
    return sum((group.volume for group in found if group.slice in slices), Volume())


def samples(component: Component, found: Sequence[Group]) -> Iterator[Sample]:
    """Yield how many rows there are, and of how many it is known how long they took."""
    for window, slices in WINDOWS.items():
        volume, labels = total(found, slices), {"component": component.name, "window": window}
        yield ANALYSES.sample(volume.rows, **labels)
        if component is SENTIMENT:
            yield DURATION_SAMPLES.sample(volume.timed, **labels)
            yield DURATION_SUM.sample(volume.seconds, **labels)
