"""What the collector `ai_realtime` may emit."""

from collectors.ai_realtime.options import Options
from collectors.base import additive
from exporter.model import Family, Label, Past

COMPONENT, WINDOW = Label("component"), Label("window", ("5m", "1h"))
KEPT: Past = "exact within 24 h"
IN_WINDOW = (COMPONENT, WINDOW)


def _gauge(row: str, name: str, text: str, *labels: Label, past: Past = KEPT) -> Family:
    return Family(row, name, text, labels, past=past)


def _mean(row: str, name: str, text: str, total: Family, samples: Family) -> Family:
    return Family(row, name, text, total.labels, of=(total, samples), past=KEPT)


PROCESSING_SAMPLES = additive(
    "RT1b", "jobhive_ai_processing_samples", "Processing times recorded.", *IN_WINDOW, past=KEPT
)
PROCESSING_TOTAL = additive("RT1", "jobhive_ai_processing_time_sum", "Sum of the times.", *IN_WINDOW, past=KEPT)
PROCESSING_MEAN = _mean(
    "RT1",
    "jobhive_ai_processing_time_avg_seconds",
    "Mean time that a component took.",
    PROCESSING_TOTAL,
    PROCESSING_SAMPLES,
)
P50 = _gauge("RT2", "jobhive_ai_processing_time_p50_seconds", "Median time that a component took.", *IN_WINDOW)
P95 = _gauge(
    "RT2b", "jobhive_ai_processing_time_p95_seconds", "95th percentile of the times, of 20 or more.", *IN_WINDOW
)
P99 = _gauge(
    "RT2c", "jobhive_ai_processing_time_p99_seconds", "99th percentile of the times, of 100 or more.", *IN_WINDOW
)
LONGEST = _gauge("RT2d", "jobhive_ai_processing_time_max_seconds", "Longest time that a component took.", *IN_WINDOW)
ACCURACY_SAMPLES = additive(
    "RT3b", "jobhive_ai_realtime_accuracy_samples", "Accuracies recorded.", *IN_WINDOW, past=KEPT
)
ACCURACY_TOTAL = additive("RT3", "jobhive_ai_realtime_accuracy_sum", "Sum of the accuracies.", *IN_WINDOW, past=KEPT)
ACCURACY_MEAN = _mean(
    "RT3",
    "jobhive_ai_realtime_accuracy_avg_ratio",
    "Mean accuracy that a component reported.",
    ACCURACY_TOTAL,
    ACCURACY_SAMPLES,
)
SLOPE = _gauge(
    "RT5",
    "jobhive_ai_processing_time_slope_seconds_per_second",
    "Least-squares slope of the times, of 10 or more over a quarter of the window.",
    *IN_WINDOW,
)
TREND = _gauge(
    "RT5b",
    "jobhive_ai_processing_time_trend_ratio",
    "Change of the times over the window, by their slope, as a share of their mean.",
    *IN_WINDOW,
)
ACCURACY_TREND = _gauge(
    "RT5c",
    "jobhive_ai_realtime_accuracy_trend_ratio",
    "Change of the accuracy over the window, by its slope, as a share of its mean.",
    *IN_WINDOW,
)
SPIKE = _gauge(
    "RT6",
    "jobhive_ai_processing_time_spike_ratio",
    "95th percentile of the last 5 minutes as a multiple of what is usual: the median of those of the last 24 hours.",
    COMPONENT,
)
LAST_SAMPLE = _gauge(
    "RT7",
    "jobhive_ai_last_sample_timestamp_seconds",
    "Time of the newest sample of a component.",
    COMPONENT,
    past="live only",
)
AVAILABLE = _gauge(
    "RT8",
    "jobhive_ai_realtime_data_available",
    "Whether a component recorded anything in the last hour.",
    COMPONENT,
    past="live only",
)


def families(_: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    return (
        PROCESSING_MEAN,
        PROCESSING_SAMPLES,
        *(P50, P95, P99, LONGEST),
        ACCURACY_MEAN,
        ACCURACY_SAMPLES,
        *(SLOPE, TREND, ACCURACY_TREND),
        *(SPIKE, LAST_SAMPLE, AVAILABLE),
    )
