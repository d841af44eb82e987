"""How sure the models were (metrics.md AI3)."""

from collections.abc import Iterator, Sequence

from collectors.ai_quality.analyses import BINS
from collectors.ai_quality.labels import ANY, WINDOW
from collectors.ai_quality.slices import WINDOWS
from collectors.ai_quality.volumes import Group, total
from collectors.base import gauge, ratio
from exporter.model import Label, Sample

BIN = Label("bin", BINS)
PERCENTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
# Bins below a half.
LOW = 5

IN_BIN = gauge("AI3", "ai_confidence_bin", "Rows of the bin.", BIN, ANY, WINDOW)
SUM = gauge("AI3b", "ai_confidence_sum", "Sum.", ANY, WINDOW)
BELOW = gauge("AI3d", "ai_confidence_low", "Rows below 0.5.", ANY, WINDOW)
SAMPLES = gauge("AI3e", "jobhive_ai_confidence_samples", "Rows with a valid confidence, from 0 to 1.", ANY, WINDOW)
PERCENTILE = {
    name: gauge(
        f"AI3c {name}",
        f"jobhive_ai_confidence_{name}_ratio",
        f"{name[1:]}th percentile of the confidence.",
        *(ANY, WINDOW),
    )
    for name in PERCENTILES
}
FAMILIES = (
    ratio(
        "AI3",
        "jobhive_ai_confidence_share_ratio",
        "Share of the rows in a bin of confidence, by its lower bound; each bin is a tenth wide.",
        of=(IN_BIN, SAMPLES),
    ),
    ratio("AI3b", "jobhive_ai_confidence_avg_ratio", "Mean confidence.", of=(SUM, SAMPLES)),
    *PERCENTILE.values(),
    ratio("AI3d", "jobhive_ai_confidence_low_ratio", "Share of the rows below 0.5.", of=(BELOW, SAMPLES)),
    SAMPLES,
)


def samples(component: str, groups: Sequence[Group]) -> Iterator[Sample]:
    """Yield what the counts and the mean tell, by window."""
    for window, slices in WINDOWS.items():
        volume, labels = total(groups, slices), {"component": component, "window": window}
        spread = volume.confidence.valid
        yield SAMPLES.sample(spread.n, **labels)
        yield SUM.sample(spread.mean * spread.n, **labels)
        yield BELOW.sample(sum(volume.bins[:LOW]), **labels)
        for name, rows in zip(BINS, volume.bins, strict=True):
            yield IN_BIN.sample(rows, bin=name, **labels)
