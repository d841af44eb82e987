"""What the collector `ai_quality` exports, in the order of the contract.

A component that a deployment lacks has no samples, so that little here is filled with zeros: of a component that is
there each room emits every count itself. A family without the prefix `jobhive_` only makes ratios.
"""

from collectors.ai_quality import (
    accuracy,
    calibration,
    confidence,
    confusion,
    drift,
    improvement,
    recommendations,
    volumes,
)
from collectors.ai_quality.options import Options
from collectors.base import ratio
from exporter.model import Family

COVERAGE = ratio(
    "AI5b",
    "jobhive_ai_validation_coverage_ratio",
    "Share of the rows that a human has validated.",
    of=(accuracy.VALIDATED, volumes.ANALYSES),
)


def families(options: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    return (
        *(*volumes.FAMILIES, *confidence.FAMILIES, *accuracy.families(options), accuracy.VALIDATED, COVERAGE),
        *(*confusion.families(options), *calibration.FAMILIES, *drift.FAMILIES),
        *(*recommendations.FAMILIES, *improvement.FAMILIES),
    )
