"""What the dashboard "AI real time" asks; those of its tiles can be asked for an earlier time too."""

from functools import partial

from dashboards.queries import COMPONENT, across, mn, mx

MINUTES, HOUR = 'window="5m"', 'window="1h"'
BY_COMPONENT = ("component",)
LATENCY = "jobhive_ai_processing_time"

SLOWEST = partial(mx, f"{LATENCY}_p95_seconds", COMPONENT, MINUTES)
LARGEST_SPIKE = partial(mx, f"{LATENCY}_spike_ratio", COMPONENT)
LOWEST_ACCURACY = across("min", partial(mx, "jobhive_ai_realtime_accuracy_avg_ratio", COMPONENT, HOUR, by=BY_COMPONENT))
MEASURED = across("sum", partial(mx, "jobhive_ai_processing_samples", COMPONENT, MINUTES, by=BY_COMPONENT))

QUANTILES = {name: f"{LATENCY}_{name}_seconds" for name in ("p50", "p95", "p99")}
LATENCIES = {
    f"{{{{component}}}} {name}": mx(family, COMPONENT, MINUTES, by=BY_COMPONENT) for name, family in QUANTILES.items()
}
SLOWEST_NOW = {name: mx(family, COMPONENT, MINUTES) for name, family in QUANTILES.items()}
LONGEST_NOW = mx(f"{LATENCY}_max_seconds", COMPONENT, MINUTES)
P95 = mx(f"{LATENCY}_p95_seconds", MINUTES, by=BY_COMPONENT)
SPIKES = mx(f"{LATENCY}_spike_ratio", by=BY_COMPONENT)
SAMPLES = mx("jobhive_ai_processing_samples", COMPONENT, MINUTES, by=BY_COMPONENT)
ACCURACIES = mx("jobhive_ai_realtime_accuracy_avg_ratio", COMPONENT, 'window=~"5m|1h"', by=("component", "window"))
LATENCY_TREND = mx(f"{LATENCY}_trend_ratio", COMPONENT, HOUR, by=BY_COMPONENT)
ACCURACY_TREND = mx("jobhive_ai_realtime_accuracy_trend_ratio", COMPONENT, HOUR, by=BY_COMPONENT)
AGE = f"time() - {mx('jobhive_ai_last_sample_timestamp_seconds', COMPONENT, by=BY_COMPONENT)}"
AVAILABLE = mn("jobhive_ai_realtime_data_available", by=BY_COMPONENT)

RUNNING = f"sum({mx('jobhive_interviews_active', by=('kind',))})"
STARTED = f"sum({mx('jobhive_interviews_recent_started', HOUR, by=('kind',))})"
COMPLETED = f"sum({mx('jobhive_interviews_recent_completed', HOUR, by=('kind',))})"

P95_OF_HOUR = mx(f"{LATENCY}_p95_seconds", HOUR, by=BY_COMPONENT)
MEAN_OF_HOUR = mx(f"{LATENCY}_avg_seconds", HOUR, by=BY_COMPONENT)
ACCURACY_OF_HOUR = mx("jobhive_ai_realtime_accuracy_avg_ratio", HOUR, by=BY_COMPONENT)
TIMES_OF_HOUR = mx("jobhive_ai_processing_samples", HOUR, by=BY_COMPONENT)
ACCURACIES_OF_HOUR = mx("jobhive_ai_realtime_accuracy_samples", HOUR, by=BY_COMPONENT)
