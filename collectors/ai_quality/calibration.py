"""Whether the models are as often right as they are sure (metrics.md AI13)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import fsum

from collectors.ai_quality.labels import ANY, WINDOW
from collectors.ai_quality.validated import Judged
from collectors.base import gauge
from exporter.model import Sample

ERROR = gauge(
    "AI13",
    "jobhive_ai_calibration_error_ratio",
    "Expected calibration error: how far accuracy and mean confidence lie apart in ten bins of confidence.",
    *(ANY, WINDOW),
)
BRIER = gauge(
    "AI13b",
    "jobhive_ai_brier_score",
    "Mean squared distance of the confidence from 1 where the row was right, else from 0.",
    *(ANY, WINDOW),
)
SAMPLES = gauge("AI13c", "jobhive_ai_calibration_samples", "Validated rows with a valid confidence.", ANY, WINDOW)
FAMILIES = (ERROR, BRIER, SAMPLES)


def samples(labels: Mapping[str, str], judged: Sequence[Judged], least: int) -> Iterator[Sample]:
    """Yield the calibration of the rows with a confidence."""
    n = sum(group.confidence.n for group in judged)
    yield SAMPLES.sample(n, **labels)
    if n >= least:
        yield ERROR.sample(expected_error(judged), **labels)
        yield BRIER.sample(brier(judged), **labels)


def expected_error(judged: Iterable[Judged]) -> float:
    """Return the sum over bins of their share of the rows times what lies between accuracy and mean confidence."""
    apart: dict[int, list[float]] = {}
    n = 0
    for group in judged:
        if group.bin is not None:
            confidence = group.confidence
            n += confidence.n
            # Both parts times the rows of the bin.
            apart.setdefault(group.bin, []).extend((confidence.n * group.is_correct, -confidence.n * confidence.mean))
    return fsum(abs(fsum(parts)) for parts in apart.values()) / n


def brier(judged: Iterable[Judged]) -> float:
    """Return the mean squared distance: of each group, that of its mean and the spread about it."""
    groups = [(group.confidence, group.is_correct) for group in judged if group.confidence.n]
    distances = fsum(spread.squares + spread.n * (spread.mean - correct) ** 2 for spread, correct in groups)
    return distances / sum(spread.n for spread, _ in groups)
