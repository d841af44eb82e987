"""What the dashboard "revenue" asks; those of its tiles can be asked for an earlier time too."""

from functools import partial

from dashboards.queries import CURRENCY, mx, share

MONTH, YEAR = 'window="30d"', 'window="365d"'
CUSTOMER = 'level="customer"'

MRR = partial(mx, "jobhive_mrr", CURRENCY)
ARR = partial(mx, "jobhive_arr", CURRENCY)
ARPU = partial(mx, "jobhive_arpu", CURRENCY)
CUSTOMERS = partial(mx, "jobhive_paying_customers", CURRENCY)
NET_NEW = partial(mx, "jobhive_mrr_net_new", MONTH, CURRENCY)
CHURN = partial(mx, "jobhive_churn_ratio", CUSTOMER, MONTH)
RETENTION = partial(mx, "jobhive_net_revenue_retention_ratio", MONTH, CURRENCY)
LIFETIME_VALUE = partial(mx, "jobhive_customer_lifetime_value", CURRENCY)

BY_PLAN = mx("jobhive_mrr_by_plan", CURRENCY, by=("plan",))
MOVEMENTS = mx("jobhive_mrr_movement", MONTH, CURRENCY, by=("type",))
CHURN_BY_LEVEL = mx("jobhive_churn_ratio", MONTH, by=("level",))
REVENUE_LOST = mx("jobhive_mrr_churn_ratio", MONTH, CURRENCY, by=("kind",))
NET_OF_YEAR = mx("jobhive_net_revenue_retention_ratio", YEAR, CURRENCY)
GROSS_OF_YEAR = mx("jobhive_gross_revenue_retention_ratio", YEAR, CURRENCY)
QUICK_RATIO = mx("jobhive_mrr_quick_ratio", MONTH, CURRENCY)
SUBSCRIPTIONS = mx("jobhive_subscriptions", 'status!="canceled"', by=("status",))
CANCELING = mx("jobhive_subscriptions_canceling")
OVERDUE = mx("jobhive_subscriptions", 'status="past_due"')
ACTIVE = mx("jobhive_subscriptions", 'status="active"')
OVERDUE_SHARE = share(OVERDUE, f"{ACTIVE} + {OVERDUE}")
FREE_TO_PAID = mx("jobhive_free_to_paid_conversion_ratio", by=("window",))
TRIAL_TO_PAID = mx("jobhive_trial_conversion_ratio", by=("window",))
CHURN_RATIOS = mx("jobhive_churn_ratio", by=("level", "window"))
CHURNED = mx("jobhive_churned", by=("level", "window"))
CHURN_BASE = mx("jobhive_churn_base", by=("level", "window"))
