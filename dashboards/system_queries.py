"""What the dashboard "system" asks; those of its tiles can be asked for an earlier time too."""

from functools import partial

from dashboards.queries import WINDOW, mn, mx

HOUR = 'window="1h"'
API, DATABASE, CACHE = "jobhive_api", "jobhive_database", "jobhive_cache"

ERROR_RATIO = partial(mx, f"{API}_error_ratio", WINDOW)
P95 = partial(mx, f"{API}_response_time_p95_seconds", WINDOW)
REQUEST_RATE = partial(mx, f"{API}_requests_per_second", WINDOW)
APDEX = partial(mx, f"{API}_apdex_ratio", WINDOW)
CONNECTION_USAGE = partial(mx, f"{DATABASE}_connection_usage_ratio", WINDOW)
CPU = partial(mx, f"{DATABASE}_cpu_usage_ratio", WINDOW)
CACHE_HITS = partial(mx, f"{CACHE}_hit_ratio", WINDOW)
REPLICA_LAG = partial(mx, "jobhive_db_replication_lag_seconds")

LATENCIES = {
    "mean": mx(f"{API}_response_time_avg_seconds", WINDOW),
    "median": mx(f"{API}_response_time_p50_seconds", WINDOW),
    "95th percentile": P95(),
    "99th percentile": mx(f"{API}_response_time_p99_seconds", WINDOW),
}
ERRORS = mx(f"{API}_errors", WINDOW)
ENDPOINT_P95 = mx(f"{API}_endpoint_response_time_p95_seconds", HOUR, by=("endpoint",))
ENDPOINT_REQUESTS = mx(f"{API}_endpoint_requests", HOUR, by=("endpoint",))

CONNECTIONS = mx(f"{DATABASE}_connections", WINDOW)
MAX_CONNECTIONS = mx(f"{DATABASE}_max_connections", WINDOW)
QUERY_DURATION = mx(f"{DATABASE}_query_duration_avg_seconds", WINDOW)
QUERIES = mx(f"{DATABASE}_queries", WINDOW)
MEMORY_USAGE = mx(f"{DATABASE}_memory_usage_ratio", WINDOW)
MEMORY = mx(f"{DATABASE}_memory_used_bytes", WINDOW)

EVICTIONS = mx(f"{CACHE}_evictions_per_second", WINDOW)
CACHE_MEMORY = mx(f"{CACHE}_memory_used_bytes", WINDOW)
CACHE_CLIENTS = mx(f"{CACHE}_connected_clients", WINDOW)
CACHE_LATENCY = mx(f"{CACHE}_latency_avg_seconds", WINDOW)
CALLS_LEFT = mn("jobhive_exporter_api_ratelimit_remaining", 'api="datadog"')
