"""Every family of metrics.md 4.8: volumes, processing time and confidence here, the rest in rooms of its own.

Counts, shares, means and percentiles are exact fractions; what has a root or a logarithm is a float.
"""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from tests.oracle.accuracy import accuracies
from tests.oracle.analyses import (
    SENTIMENT,
    SKILL,
    TABLES,
    WINDOWS,
    Analysis,
    Component,
    Measured,
    component_of,
    confidence,
    has,
    tenth,
)
from tests.oracle.drift import drift
from tests.oracle.improvement import improvement
from tests.oracle.measures import trailing
from tests.oracle.recommendations import recommendations
from tests.oracle.revenue import Values, key, ratio
from tests.oracle.samples import mean, percentile
from tests.oracle.sessions import number
from tests.oracle.usage_rows import Settings, World

PERCENTILES = {"p10": "0.1", "p50": "0.5", "p90": "0.9"}
LOW = Fraction("0.5")


def expected_ai_quality(world: World, at: datetime, settings: Settings) -> Measured:
    values: Measured = {}
    for name in (SENTIMENT, SKILL):
        component = component_of(world, at, settings, name)
        for window, days in WINDOWS.items():
            rows = component.within(trailing(at, days))
            values[key("jobhive_ai_analyses", component=name, window=window)] = len(rows)
            values |= processing(component, window, rows, settings)
            if has(settings, TABLES[name], "confidence"):
                values |= confidences(component, window, rows)
            values |= accuracies(component, window, rows, settings)
        values |= drift(component, at, settings)
    return values | recommendations(world, at, settings) | improvement(world, at, settings)


def processing(component: Component, window: str, rows: Sequence[Analysis], settings: Settings) -> Values:
    """AI2 to AI2c, which only sentiment has."""
    if component.name != SENTIMENT or not has(settings, "sentiment", "processing_time_ms"):
        return {}
    found = [number(getattr(one.row, "processing_time_ms")) for one in rows]  # noqa: B009
    seconds = [value / 1000 for value in found if value is not None and value >= 0]
    labels = {"component": component.name, "window": window}
    return {
        key("jobhive_ai_analysis_duration_samples", **labels): len(seconds),
        **mean(key("jobhive_ai_analysis_duration_avg_seconds", **labels), seconds),
        **percentile(key("jobhive_ai_analysis_duration_p95_seconds", **labels), seconds, Fraction("0.95")),
    }


def confidences(component: Component, window: str, rows: Sequence[Analysis]) -> Values:
    """AI3 to AI3e."""
    sample = [value for value in (confidence(one.row) for one in rows) if value is not None]
    labels = {"component": component.name, "window": window}
    values: Values = {key("jobhive_ai_confidence_samples", **labels): len(sample)}
    values |= mean(key("jobhive_ai_confidence_avg_ratio", **labels), sample)
    values |= ratio(key("jobhive_ai_confidence_low_ratio", **labels), sum(value < LOW for value in sample), len(sample))
    for name, p in PERCENTILES.items():
        values |= percentile(key(f"jobhive_ai_confidence_{name}_ratio", **labels), sample, Fraction(p))
    for place in range(10):
        here = sum(tenth(value) == place for value in sample)
        values |= ratio(key("jobhive_ai_confidence_share_ratio", bin=f"0.{place}", **labels), here, len(sample))
    return values
