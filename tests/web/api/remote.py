"""Results of the collectors that read no database of JobHive, by hand: figures that one can see."""

from decimal import Decimal

from tests.web.api.house import House

SENTIMENT, SILENT = "sentiment", "silent"
LAST = {"samples": 100, "from": 1776686000.0, "to": 1776686400.0, "mean": 0.5, "trend": 0.001}
NONE = {"samples": 0, "from": None, "to": None, "mean": None, "trend": None}
SLOPE = {"samples": 240, "slope": 0.0001, "theil_sen_slope": 0.00009}
NO_SLOPE = {"samples": 0, "slope": None, "theil_sen_slope": None}
ENDPOINTS = [
    {"name": "GET /api/reports", "p95_seconds": 2.5, "requests": 60.0},
    {"name": "POST /api/answers", "p95_seconds": 0.75, "requests": 900.0},
    {"name": "GET /api/rare", "p95_seconds": 0.5, "requests": 3.0},
    {"name": "GET /api/users/kim@example.org", "p95_seconds": 0.25, "requests": 70.0},
]
DAILY = [
    {"day": "2026-04-18", "currency": "USD", "cost": 40.123456, "estimated": False},
    {"day": "2026-04-19", "currency": "USD", "cost": 41.0, "estimated": True},
]
ANOMALIES = [{"start": "2026-04-10", "end": None, "service": "Amazon RDS", "impact": 12.34567}]
ADVICE = [
    {"kind": "rightsizing", "action": "TERMINATE", "resource": "i-1", "monthly_savings": 31.55555, "currency": "USD"},
    {
        "kind": "savings_plans",
        "action": "buy COMPUTE_SP",
        "hourly_commitment": 0.5,
        "monthly_savings": 20.0,
        "currency": "USD",
    },
]


def furnish(house: House) -> None:
    """Put all of it into the store."""
    _realtime(house)
    _system(house)
    _costs(house)


def _realtime(house: House) -> None:
    def of(family: str, value: float, component: str = SENTIMENT, **labels: str) -> object:
        return house.sample("ai_realtime", family, value, component=component, **labels)

    samples = [
        of("ai_processing_time_avg_seconds", 0.5, window="1h"),
        of("ai_realtime_accuracy_avg_ratio", 0.875, window="1h"),
        of("ai_processing_time_trend_ratio", 0.25, window="1h"),
        of("ai_realtime_accuracy_trend_ratio", -0.125, window="1h"),
        of("ai_processing_samples", 240, window="1h"),
        of("ai_realtime_data_available", 1),
        of("ai_realtime_data_available", 0, component=SILENT),
    ]
    components = {
        SENTIMENT: {"last100": {"processing_time": LAST, "accuracy": NONE}, "slopes": {"1h": SLOPE}},
        SILENT: {"last100": {}, "slopes": {"1h": NO_SLOPE}},
    }
    house.put("ai_realtime", *samples, components=components)  # type: ignore[arg-type]


def _system(house: House) -> None:
    values = {
        "api_response_time_avg_seconds": 0.125,
        "api_response_time_p95_seconds": 0.5,
        "api_response_time_p99_seconds": 1.5,
        "api_requests": 7200.0,
        "api_requests_per_second": 2.0,
        "api_error_ratio": 0.015625,
        "database_connections": 42.0,
        "database_query_duration_avg_seconds": 0.0025,
        "database_cpu_usage_ratio": 0.375,
        "database_memory_used_bytes": 2.0**31,
        "cache_hit_ratio": 0.9375,
    }
    samples = [house.sample("system", family, value, window="1h") for family, value in values.items()]
    samples += [
        house.sample("system", "api_endpoint_response_time_p95_seconds", p95, endpoint=endpoint, window="1h")
        for endpoint, p95 in (("POST /api/answers", 0.75), ("GET /api/reports", 2.5))
    ]
    house.put("system", *samples, endpoints=ENDPOINTS)


def _costs(house: House) -> None:
    def of(family: str, value: str, **labels: str) -> object:
        return house.sample("cost", family, Decimal(value), **labels)

    samples = [
        of("aws_cost", "1234.56789", currency="USD", window="30d"),
        of("aws_service_cost", "1000.56789", currency="USD", service="Amazon RDS", window="30d"),
        of("aws_service_cost", "234", currency="USD", service="other", window="30d"),
        of("aws_feature_cost", "1000.56789", currency="USD", feature="unallocated", method="none", window="30d"),
        of("aws_feature_cost", "234", currency="USD", feature="unallocated", method="rule", window="30d"),
        of("aws_cost_change_ratio", "0.25", currency="USD", window="7d"),
        of("aws_savings_opportunity", "31.55555", currency="USD", kind="rightsizing"),
    ]
    house.put("cost", *samples, daily_costs=DAILY, anomalies=ANOMALIES, recommendations=ADVICE)  # type: ignore[arg-type]
    house.put(
        "unit_economics",
        house.sample("unit_economics", "aws_cost_per_active_user", Decimal("617.283945"), currency="USD"),
        house.sample("unit_economics", "unit_economics_active_users", 2),
    )
