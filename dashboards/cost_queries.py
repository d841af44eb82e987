"""What the dashboard "cost" asks; those of its tiles can be asked for an earlier time too."""

from functools import partial

from dashboards.queries import CURRENCY, mx, share

DAY, WEEK, MONTH = 'window="prev_day"', 'window="7d"', 'window="30d"'
MEAN = 'bound="mean"'


def share_of_mrr(*, ago: str = "") -> str:
    """Return the cost of 30 days as a share of the revenue that recurs each month."""
    return share(mx("jobhive_aws_cost", MONTH, CURRENCY, ago=ago), mx("jobhive_mrr", CURRENCY, ago=ago))


YESTERDAY = partial(mx, "jobhive_aws_cost", DAY, CURRENCY)
FORECAST = partial(mx, "jobhive_aws_cost_forecast", MEAN, CURRENCY)
PER_USER = partial(mx, "jobhive_aws_cost_per_active_user", CURRENCY)
PER_INTERVIEW = partial(mx, "jobhive_aws_cost_per_interview", CURRENCY)

TO_DATE = mx("jobhive_aws_cost", 'window="mtd"', CURRENCY)
CHANGE = mx("jobhive_aws_cost_change_ratio", WEEK, CURRENCY)
BUDGET_USED = mx("jobhive_aws_cost_budget_used_ratio", CURRENCY)
BUDGET = mx("jobhive_config_threshold", 'name="aws_monthly_budget"')
PER_DAY_OF_WEEK = f"{mx('jobhive_aws_cost', WEEK, CURRENCY)} / 7"
FORECASTS = mx("jobhive_aws_cost_forecast", CURRENCY, by=("bound",))

BY_SERVICE = mx("jobhive_aws_service_cost", MONTH, CURRENCY, by=("service",))
BY_SERVICE_OF_WEEK = mx("jobhive_aws_service_cost", WEEK, CURRENCY, by=("service",))
OF_FEATURES = mx("jobhive_aws_feature_cost", MONTH, CURRENCY, by=("feature", "method"))
BY_FEATURE = f"sum by (feature) ({OF_FEATURES})"
BY_METHOD = f"sum by (method) ({OF_FEATURES})"

ARPU = mx("jobhive_arpu", CURRENCY)
PER_CUSTOMER = share(mx("jobhive_aws_cost", MONTH, CURRENCY), mx("jobhive_paying_customers", CURRENCY))

ANOMALIES = mx("jobhive_aws_cost_anomalies", MONTH)
IMPACT = mx("jobhive_aws_cost_anomaly_impact", MONTH, CURRENCY)
SAVINGS = mx("jobhive_aws_savings_opportunity", CURRENCY, by=("kind",))
RECOMMENDATIONS = mx("jobhive_aws_savings_recommendations", by=("kind",))

LAST_MONTH = mx("jobhive_aws_cost", 'window="prev_month"', CURRENCY)
ESTIMATED = mx("jobhive_aws_cost_estimated_ratio", MONTH)
# Grafana's dates are milliseconds.
KNOWN_UNTIL = f"{mx('jobhive_aws_cost_window_end_timestamp_seconds')} * 1000"
SPENT_ON_ASKING = 'sum(increase(jobhive_exporter_api_spend_usd_total{job=~"$job",api="aws_ce"}[1d]))'
