"""What the collector `cost` exports (metrics.md 4.11)."""

from collectors.cost.options import UNALLOCATED, Options
from exporter.model import Family, Label, Past

WINDOWS = ("prev_day", "7d", "30d", "mtd", "prev_month")
FEATURE_WINDOWS = ("30d", "mtd", "prev_month")
TRENDS = {"7d": 7, "30d": 30}
BOUNDS = ("mean", "lower", "upper")
KINDS = ("rightsizing", "savings_plans", "reservations")
METHODS = ("tag", "rule", "none")
RECENT = "30d"
FEATURE_COST = "jobhive_aws_feature_cost"

CURRENCY, WINDOW, KIND = Label("currency"), Label("window", WINDOWS), Label("kind", KINDS)
ANOMALY_WINDOW = Label("window", (RECENT,))


def _of_aws(row: str, name: str, text: str, *labels: Label, past: Past = "remote") -> Family:
    return Family(row, name, text, labels, past=past)


COST = _of_aws("CO1", "jobhive_aws_cost", "Cost of AWS in complete UTC days; credits are negative.", CURRENCY, WINDOW)
SERVICE_COST = _of_aws(
    "CO2",
    "jobhive_aws_service_cost",
    "The same by service: the 20 that cost most in 30 days, and all others as other.",
    *(CURRENCY, Label("service"), WINDOW),
)
ESTIMATED = _of_aws(
    "CO3", "jobhive_aws_cost_estimated_ratio", "Share of the days of the window that AWS may still change.", WINDOW
)
CHANGE = _of_aws(
    "CO6",
    "jobhive_aws_cost_change_ratio",
    "Cost of the window, as against the same number of days before it: 0.1 is a tenth more.",
    *(CURRENCY, Label("window", tuple(TRENDS))),
)
FORECAST = _of_aws(
    "CO7",
    "jobhive_aws_cost_forecast",
    "Cost of the whole current UTC month: what is known of it and the forecast of AWS for the rest.",
    *(Label("bound", BOUNDS), CURRENCY),
    past="live only",
)
ANOMALIES = _of_aws(
    "CO8", "jobhive_aws_cost_anomalies", "Anomalies of cost that began in the window, open or closed.", ANOMALY_WINDOW
)
IMPACT = _of_aws(
    "CO8b", "jobhive_aws_cost_anomaly_impact", "What they cost beyond what was expected.", CURRENCY, ANOMALY_WINDOW
)
SAVINGS = _of_aws(
    "CO9",
    "jobhive_aws_savings_opportunity",
    "Savings per month that AWS sees; the kinds overlap, never add them.",
    *(CURRENCY, KIND),
    past="live only",
)
RECOMMENDATIONS = _of_aws(
    "CO9b", "jobhive_aws_savings_recommendations", "Recommendations behind the savings.", KIND, past="live only"
)
BUDGET_USED = _of_aws(
    "CO12",
    "jobhive_aws_cost_budget_used_ratio",
    "Cost of the month so far, as a share of the monthly budget that is configured.",
    CURRENCY,
)
WINDOW_END = _of_aws(
    "CO13",
    "jobhive_aws_cost_window_end_timestamp_seconds",
    "End of the last UTC day of which AWS has costs, where the windows end.",
)


def feature_cost(options: Options) -> Family:
    """Return the family of costs by feature, whose features are those of the configuration."""
    return _of_aws(
        "CO4",
        FEATURE_COST,
        "Cost by feature: by its tag, by the rules for untagged amounts, or unallocated.",
        *(
            CURRENCY,
            Label("feature", (*sorted(options.names), UNALLOCATED)),
            Label("method", METHODS),
            Label("window", FEATURE_WINDOWS),
        ),
    )


def families(options: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    return (
        *(COST, SERVICE_COST, ESTIMATED, feature_cost(options), CHANGE, FORECAST, ANOMALIES, IMPACT),
        *(SAVINGS, RECOMMENDATIONS, BUDGET_USED, WINDOW_END),
    )
