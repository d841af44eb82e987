"""Whether what the models say has changed: the last 7 d against the 28 d before them (metrics.md AI14)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, log
from typing import Any

from sqlalchemy import Row, Select, func, select

from collectors.ai_quality.analyses import Analyses, bin_of
from collectors.ai_quality.components import COMPONENTS
from collectors.ai_quality.labels import ANY
from collectors.ai_quality.slices import CURRENT, REFERENCE
from collectors.ai_quality.volumes import Group, Signal, total
from collectors.base import gauge, ratio
from exporter.model import Label, Sample

CONFIDENCE = "confidence"
SIGNAL = Label("signal", tuple(sorted({CONFIDENCE, *(component.signal for component in COMPONENTS)})))
SIDES = Label("side", ("reference", "current"))
LABELS = (ANY, SIGNAL)

PSI = gauge(
    "AI14", "jobhive_ai_drift_psi", "Population stability index of the last 7 d against the 28 d before them.", *LABELS
)
THRESHOLD = gauge(
    "AI14b",
    "jobhive_ai_drift_threshold",
    "What the index exceeds in one of a hundred cases without drift.",
    *LABELS,
)
SAMPLES = gauge("AI14c", "jobhive_ai_drift_samples", "Valid values that are compared.", ANY, SIDES, SIGNAL)
MEAN_SHIFT = gauge(
    "AI14d",
    "jobhive_ai_drift_mean_shift",
    "How far the mean has moved, in standard deviations of the reference.",
    *LABELS,
)
ROWS = gauge("AI14e", "ai_signal_rows", "Rows of the last 7 d.", *LABELS)
NULL = gauge("AI14e", "ai_signal_null", "Those without a value.", *LABELS)
PRESENT = gauge("AI14f", "ai_signal_present", "Those with a value.", *LABELS)
OUTSIDE = gauge("AI14f", "ai_signal_outside", "Those with a value outside the scale.", *LABELS)
FAMILIES = (
    *(PSI, THRESHOLD, SAMPLES, MEAN_SHIFT),
    ratio("AI14e", "jobhive_ai_signal_null_ratio", "Share of the rows of 7 d without a value.", of=(NULL, ROWS)),
    ratio(
        "AI14f",
        "jobhive_ai_signal_out_of_range_ratio",
        "Share of the values of 7 d that are outside their scale or not finite.",
        of=(OUTSIDE, PRESENT),
    ),
)

LEAST_SHARE, LEAST_THRESHOLD = 0.0001, 0.1
# The 99th percentile of the chi-squared distribution, by degrees of freedom from 1 on.
CHI_SQUARED = (6.635, 9.210, 11.345, 13.277, 15.086, 16.812, 18.475, 20.090, 21.666)


@dataclass(frozen=True, slots=True)
class Sides:
    """A signal of the last 7 d, and of the reference before them."""

    current: Signal
    reference: Signal

    def are_enough(self, least: int) -> bool:
        """Tell whether both sides have values enough to be compared."""
        return min(self.current.valid.n, self.reference.valid.n) >= least


def sides(groups: Sequence[Group], signal: str) -> Sides:
    """Return both sides of the signal `score` or `confidence`."""
    current, reference = total(groups, CURRENT), total(groups, REFERENCE)
    return Sides(getattr(current, signal), getattr(reference, signal))


def binned(analyses: Analyses, edges: list[float]) -> Select[*tuple[Any, ...]]:
    """Count the valid scores of both sides by slice and bin."""
    said = analyses.said(REFERENCE.start)
    found = bin_of(said.c.any_score, edges).label("bin")
    counted = select(said.c.slice, found, func.count().label("n"))
    return counted.where(said.c.score.is_not(None)).group_by(said.c.slice, found)


def counts(rows: Sequence[Row[Any]], bins: int) -> Mapping[range, list[int]]:
    """Read the counts: by side, one for each bin."""
    found = {side: [0] * bins for side in (CURRENT, REFERENCE)}
    for row in rows:
        found[CURRENT if row.slice in CURRENT else REFERENCE][row.bin] += row.n
    return found


def stability(current: Sequence[int], reference: Sequence[int]) -> float:
    """Return the population stability index of counts per bin."""
    after, before = ([max(n / sum(side), LEAST_SHARE) for n in side] for side in (current, reference))
    return fsum((q - p) * log(q / p) for q, p in zip(after, before, strict=True))


def threshold(bins: int, current: int, reference: int) -> float:
    """Return what the index of samples of these sizes hardly ever exceeds by chance."""
    return max(LEAST_THRESHOLD, CHI_SQUARED[bins - 2] * (1 / current + 1 / reference))


def compared(labels: Mapping[str, str], current: Sequence[int], reference: Sequence[int]) -> Iterator[Sample]:
    """Yield the index and its threshold, from counts per bin."""
    yield PSI.sample(stability(current, reference), **labels)
    yield THRESHOLD.sample(threshold(len(current), sum(current), sum(reference)), **labels)


def samples(labels: Mapping[str, str], both: Sides, least: int) -> Iterator[Sample]:
    """Yield all that needs no bins."""
    current, reference = both.current.valid, both.reference.valid
    for side, spread in zip(("current", "reference"), (current, reference), strict=True):
        yield SAMPLES.sample(spread.n, side=side, **labels)
    yield ROWS.sample(both.current.nulls + both.current.present, **labels)
    yield NULL.sample(both.current.nulls, **labels)
    yield PRESENT.sample(both.current.present, **labels)
    yield OUTSIDE.sample(both.current.present - current.n, **labels)
    if both.are_enough(least) and not reference.is_constant and reference.squares:
        yield MEAN_SHIFT.sample((current.mean - reference.mean) / reference.deviation, **labels)
