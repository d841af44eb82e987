"""Drift of what the AI says, AI14 of metrics.md 4.8."""

import math
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from tests.oracle.analyses import SCORES, TABLES, Component, Measured, has, raw, signal_value
from tests.oracle.measures import DAY
from tests.oracle.revenue import Values, key, ratio
from tests.oracle.samples import quantile
from tests.oracle.usage_rows import Settings

Sample = Sequence[Fraction]

CURRENT, REFERENCE = 7 * DAY, 35 * DAY
FIXED = [Fraction(place, 10) for place in range(1, 10)]
NEAR = Fraction(1, 10**9)
LEAST = Fraction("0.0001")
LEAST_DRIFT = Fraction("0.1")
# χ²₀.₉₉ for 1 to 9 degrees, as the contract prints it.
CHANCE = [
    Fraction(text) for text in ["6.635", "9.210", "11.345", "13.277", "15.086", "16.812", "18.475", "20.090", "21.666"]
]


def drift(component: Component, at: datetime, settings: Settings) -> Measured:
    values: Measured = {}
    for signal in (SCORES[component.name], "confidence"):
        if has(settings, TABLES[component.name], signal):
            values |= of_signal(component, signal, at, settings)
    return values


def of_signal(component: Component, signal: str, at: datetime, settings: Settings) -> Measured:
    recent = component.within((at - CURRENT, at))
    before = component.within((at - REFERENCE, at - CURRENT))
    sides = [[signal_value(one.row, signal, settings) for one in rows] for rows in (recent, before)]
    current, reference = ([value for value in side if value is not None] for side in sides)
    labels = {"component": component.name, "signal": signal}
    values: Measured = {
        key("jobhive_ai_drift_samples", side="current", **labels): len(current),
        key("jobhive_ai_drift_samples", side="reference", **labels): len(reference),
    }
    values |= broken([raw(one.row, signal) for one in recent], sides[0], labels)
    if min(len(current), len(reference)) >= settings.judging.min_drift:
        values |= distance(current, reference, FIXED if signal == "confidence" else deciles(reference), labels)
        values |= shift(current, reference, labels)
    return values


def broken(written: Sequence[float | None], valid: Sequence[Fraction | None], labels: dict[str, str]) -> Values:
    """AI14e, AI14f."""
    there = [value for text, value in zip(written, valid, strict=True) if text is not None]
    outside = sum(value is None for value in there)
    return {
        **ratio(key("jobhive_ai_signal_null_ratio", **labels), len(written) - len(there), len(written)),
        **ratio(key("jobhive_ai_signal_out_of_range_ratio", **labels), outside, len(there)),
    }


def distance(current: Sample, reference: Sample, edges: Sample, labels: dict[str, str]) -> Measured:
    """AI14, AI14b."""
    chance = CHANCE[len(edges) - 1] * (Fraction(1, len(current)) + Fraction(1, len(reference)))
    return {
        key("jobhive_ai_drift_psi", **labels): psi(shares(current, edges), shares(reference, edges)),
        key("jobhive_ai_drift_threshold", **labels): max(LEAST_DRIFT, chance),
    }


def deciles(reference: Sample) -> list[Fraction]:
    edges: list[Fraction] = []
    for place in range(1, 10):
        edge = quantile(reference, Fraction(place, 10))
        if not edges or edge - edges[-1] >= NEAR:
            edges.append(edge)
    return edges


def shares(sample: Sample, edges: Sample) -> list[Fraction]:
    """A value falls right of an edge it equals."""
    places = [sum(edge <= value for edge in edges) for value in sample]
    return [Fraction(places.count(place), len(sample)) for place in range(len(edges) + 1)]


def psi(q: Sample, p: Sample) -> float:
    raised = [(max(here, LEAST), max(there, LEAST)) for here, there in zip(q, p, strict=True)]
    return math.fsum(float(here - there) * math.log(here / there) for here, there in raised)


def shift(current: Sample, reference: Sample, labels: dict[str, str]) -> Measured:
    """AI14d. One value has no sample sd."""
    now, then = (sum(side, Fraction(0)) / len(side) for side in (current, reference))
    squares = sum(((value - then) ** 2 for value in reference), Fraction(0))
    if not squares:
        return {}
    sd = math.sqrt(squares / (len(reference) - 1))
    return {key("jobhive_ai_drift_mean_shift", **labels): float(now - then) / sd}
