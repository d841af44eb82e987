"""The dashboard "business": is the business all right today?"""

from grafana_foundation_sdk.models import units

from dashboards import business_queries as queries
from dashboards import cost_queries, house, revenue_queries
from dashboards.axes import on_the_right
from dashboards.bars import bars, funnel
from dashboards.frame import Page, Section, variable
from dashboards.panels import FALL, GROWTH, RISE, SHRINKING, Text, kpi, linked, trend
from dashboards.queries import CURRENCIES, FIRING
from dashboards.tables import Column, listing

NO_COSTS = "a day of the window has no costs yet"
CHURN_LIMIT, SLOW_LIMIT = f"{house.CUSTOMER_CHURN.value:.0%}", f"{house.SLOW_NOW.value:g} s"

MONEY = {
    1: kpi(
        Text(
            "MRR",
            "Monthly recurring revenue of all paying subscriptions now, in the chosen currency. From subscriptions.",
        ),
        revenue_queries.MRR,
        house.MONEY,
        GROWTH,
        lead=house.REVENUE,
    ),
    2: kpi(
        Text("Paying customers", "Distinct customers with recurring revenue now. From subscriptions."),
        revenue_queries.CUSTOMERS,
        units.Short,
        GROWTH,
        lead=house.REVENUE,
    ),
    3: kpi(
        Text("Monthly active users", "Distinct users who were active in the last 30 days. From what users did."),
        queries.MONTHLY_ACTIVE,
        units.Short,
        GROWTH,
        lead=house.ENGAGEMENT,
    ),
    4: kpi(
        Text(
            "Interviews completed, 24 h",
            "Interviews of both kinds completed in the last 24 hours. From the interviews in the database.",
        ),
        queries.COMPLETED,
        units.Short,
        GROWTH,
        lead=house.INTERVIEWS,
    ),
}
RATIOS = {
    5: kpi(
        Text(
            "Customer churn, 30 d",
            f"Share of the customers who paid 30 days ago and do not pay now; the alert is above {CHURN_LIMIT}. From "
            "subscriptions.",
            "not defined: nobody paid when the window began",
        ),
        revenue_queries.CHURN,
        units.PercentUnit,
        FALL,
        limit=house.CUSTOMER_CHURN,
        lead=house.REVENUE,
    ),
    6: kpi(
        Text(
            "Free to paid",
            "Share of users who paid within 30 days of joining, of those who joined in 90 days that ended 30 days ago. "
            "From users and their subscriptions.",
            "not defined: nobody joined",
        ),
        queries.FREE_TO_PAID,
        units.PercentUnit,
        RISE,
        lead=house.REVENUE,
    ),
    7: kpi(
        Text(
            "Interview completion, 7 d",
            "Share of the hiring interviews started in the last 7 days that were completed, of those whose outcome "
            "is known. From the interviews in the database.",
            "no hiring interview of the last 7 days has a known outcome",
        ),
        queries.COMPLETION,
        units.PercentUnit,
        RISE,
        lead=house.INTERVIEWS,
    ),
    8: kpi(
        Text(
            "AWS forecast, this month",
            "Cost of the whole current UTC month: what is known of it and the mean forecast for the rest; an alert "
            "where it is above the budget. From AWS Cost Explorer.",
            "AWS has no forecast of this account",
        ),
        cost_queries.FORECAST,
        house.MONEY,
        SHRINKING,
        limit=house.COST_FORECAST,
        lead=house.COST,
    ),
}
GROWING = {
    9: trend(
        Text("MRR trend", "Monthly recurring revenue of all paying subscriptions at each instant. From subscriptions."),
        {"MRR": revenue_queries.MRR()},
        house.MONEY,
        lead=house.REVENUE,
    ),
    10: trend(
        Text(
            "Active users",
            "Distinct users who were active in the day, the week and the 30 days before each instant. From what users "
            "did.",
        ),
        {"{{window}}": queries.ACTIVE},
        units.Short,
        colours=house.DAYS,
        lead=house.ENGAGEMENT,
    ),
}
WORKING = {
    11: trend(
        Text(
            "Interviews per day",
            "Interviews of both kinds started, and completed, in the 24 hours before each instant. From the interviews "
            "in the database.",
        ),
        {"started": queries.STARTED(), "completed": queries.COMPLETED()},
        units.Short,
        colours={"started": house.LIGHT_VOLUME, "completed": house.VOLUME},
        lead=house.INTERVIEWS,
    ),
    12: funnel(
        Text(
            "From registration to paid, 90 d",
            "Users who registered in the last 90 days by how far they came; each step is part of the one before, and "
            "young users may still come. From users, interviews and subscriptions.",
        ),
        queries.FUNNEL,
        units.Short,
        width=12,
    ),
}
SPENT = {
    13: bars(
        Text(
            "MRR movements, 30 d",
            "Recurring revenue that came and went between 30 days ago and now, by kind of movement; contraction and "
            "churn are losses. From subscriptions.",
        ),
        "{{type}}",
        revenue_queries.MOVEMENTS,
        house.MONEY,
        colours=house.GAINS_AND_LOSSES,
    ),
    14: trend(
        Text(
            "AWS cost as share of MRR",
            "Cost of the last 30 complete UTC days at each instant as a share of the monthly recurring revenue, both "
            "in the chosen currency. From AWS Cost Explorer and subscriptions.",
            NO_COSTS,
        ),
        {"share": cost_queries.share_of_mrr()},
        units.PercentUnit,
        lead=house.COST,
    ),
}
RUNNING = {
    15: trend(
        Text(
            "AI p95 by component",
            "95th percentile of the processing times of the 5 minutes before each instant; above the line, "
            f"{SLOW_LIMIT}, it is an alert if it is twice what is usual as well. From the samples in Redis.",
            "fewer than 20 samples in 5 minutes",
        ),
        {"{{component}}": queries.AI_P95},
        units.Seconds,
        colours={},
        limit=house.SLOW_NOW,
        lead=house.AI_REALTIME,
    ),
    16: on_the_right(
        trend(
            Text(
                "API errors and p95",
                "Share of the requests of the hour before each instant that ended in an error, and on the right the "
                "95th percentile of their response times. From Datadog.",
                "no requests in the hour",
            ),
            {"errors": queries.ERROR_RATIO, "p95": queries.API_P95},
            units.PercentUnit,
            colours={"errors": house.BAD, "p95": house.VOLUME},
            lead=house.SYSTEM,
        ),
        "p95",
        units.Seconds,
    ),
}
FIRE = {
    17: linked(
        listing(
            Text(
                "Alerts firing",
                "Every alert of JobHive that fires now, whether Prometheus or the daemon evaluates the rules; its name "
                "leads to its runbook.",
                "nothing is firing",
            ),
            (Column("Firing", FIRING, units.Short),),
            height=6,
            leads={"alertname": (house.Runbook("Runbook"),)},
        ),
        None,
        house.EXPORTER,
    )
}

PAGE = Page(
    name="business",
    title="Business overview",
    question="Is the business all right today?",
    collectors=("ai_realtime", "cost", "engagement", "interviews", "journey", "revenue", "system"),
    start="now-30d",
    variables=(variable("currency", "Currency", CURRENCIES),),
    sections=(
        Section(100, "Now", (MONEY, RATIOS)),
        Section(200, "Trends", (GROWING, WORKING, SPENT)),
        Section(300, "Machinery", (RUNNING,)),
        Section(400, "Alerts", (FIRE,)),
    ),
)
