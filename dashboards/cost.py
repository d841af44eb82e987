"""The dashboard "cost": what do we spend, on what, and per what?"""

from grafana_foundation_sdk.models import units

from dashboards import cost_queries as queries
from dashboards import house
from dashboards.axes import as_bars
from dashboards.bars import bars
from dashboards.frame import Page, Section, variable
from dashboards.panels import FALL, NO_DATA, SHRINKING, Text, dashed, kpi, trend, value
from dashboards.pies import pie
from dashboards.queries import COST_CURRENCIES
from dashboards.tables import Column, listing

NO_DAYS = "a day of the window has no costs yet"
NO_USE = "not defined: nobody in the same days, or a side is missing"
JUMP, UNUSUAL = f"{house.COST_JUMP.value:.0%}", f"{house.COST_ANOMALY.value:g}"


def paid(title: str, said: str, no_value: str = NO_DAYS) -> Text:
    """Word a panel of what AWS costs."""
    return Text(title, f"{said} From AWS Cost Explorer, in complete UTC days.", no_value)


def advised(title: str, said: str, no_value: str) -> Text:
    """Word a panel of what AWS itself makes of its costs."""
    return Text(title, f"{said} From AWS Cost Explorer.", no_value)


def divided(title: str, said: str) -> Text:
    """Word a panel of costs over use."""
    return Text(title, f"{said} From AWS Cost Explorer and the database, over the same 30 UTC days.", NO_USE)


NOW = {
    1: kpi(
        paid("Yesterday", "Cost of the last UTC day of which AWS has costs, in the chosen currency."),
        queries.YESTERDAY,
        house.MONEY,
        SHRINKING,
    ),
    2: value(
        paid("Month to date", "Cost of the current UTC month so far.", "the month has no complete day yet"),
        {"so far": queries.TO_DATE},
        house.MONEY,
    ),
    3: kpi(
        paid(
            "Forecast, this month",
            "Cost of the whole current UTC month: what is known of it and the mean forecast of AWS for the rest; an "
            "alert where it is above the budget.",
            "AWS has no forecast of this account",
        ),
        queries.FORECAST,
        house.MONEY,
        SHRINKING,
        limit=house.COST_FORECAST,
    ),
    4: value(
        paid(
            "Change over 7 days",
            f"Cost of the last 7 days against the 7 days before them; red, and an alert, above {JUMP}.",
            "not defined: nothing to compare with",
        ),
        {"change": queries.CHANGE},
        units.PercentUnit,
        limit=house.COST_JUMP,
    ),
}
UNITS = {
    5: kpi(
        divided("Per active user", "Cost of 30 days per user who was active in them."),
        queries.PER_USER,
        house.MONEY,
        SHRINKING,
    ),
    6: kpi(
        divided("Per completed interview", "Cost of 30 days per interview, hiring or practice, completed in them."),
        queries.PER_INTERVIEW,
        house.MONEY,
        SHRINKING,
        lead=house.INTERVIEWS,
    ),
    7: kpi(
        paid(
            "Share of MRR",
            "Cost of 30 days as a share of the monthly recurring revenue of now, both in the chosen currency.",
            "not defined: no revenue in this currency, or no costs",
        ),
        queries.share_of_mrr,
        units.PercentUnit,
        FALL,
        lead=house.REVENUE,
    ),
    8: value(
        paid(
            "Budget used",
            "Cost of the current UTC month so far as a share of the monthly budget of the configuration.",
            "no budget configured",
        ),
        {"used": queries.BUDGET_USED},
        units.PercentUnit,
    ),
}
COURSE = {
    9: as_bars(
        trend(
            paid("Cost per day", "Cost of the last complete day at each instant, and the mean of the last 7 days."),
            {"day": queries.YESTERDAY(), "mean of 7 days": queries.PER_DAY_OF_WEEK},
            house.MONEY,
            colours={"day": house.LIGHT_VOLUME, "mean of 7 days": house.DARK_VOLUME},
        ),
        "day",
    ),
    10: dashed(
        trend(
            paid(
                "Forecast against budget",
                "What the whole UTC month would cost as AWS saw it at each instant, with its bounds, and what it had "
                "cost so far; the dashed line is the budget, above which the mean is an alert.",
                "AWS has no forecast of this account",
            ),
            {"{{bound}}": queries.FORECASTS, "so far": queries.TO_DATE, "budget": queries.BUDGET},
            house.MONEY,
            colours={
                "mean": house.VOLUME,
                "lower": house.LIGHT_VOLUME,
                "upper": house.LIGHT_VOLUME,
                "so far": house.DARK_VOLUME,
            },
        ),
        "C",
        house.COST_FORECAST,
    ),
}
SERVICES = {
    11: bars(
        paid("By service, 30 d", "Cost of the last 30 days by service; all beyond the twenty dearest are other."),
        "{{service}}",
        queries.BY_SERVICE,
        house.MONEY,
    ),
    12: trend(
        paid("By service over time", "Cost of the 7 days before each instant by service, one upon the other."),
        {"{{service}}": queries.BY_SERVICE_OF_WEEK},
        house.MONEY,
        colours={},
        stacked=True,
    ),
}
FEATURES = {
    13: bars(
        paid(
            "By feature, 30 d",
            "Cost of the last 30 days by feature: by tag, by the rules for what has none, and the rest unallocated.",
        ),
        "{{feature}}",
        queries.BY_FEATURE,
        house.MONEY,
    ),
    14: pie(
        paid(
            "How it was allocated",
            "Cost of the last 30 days by how it found its feature: by its tag, by a rule, or not at all.",
        ),
        "{{method}}",
        queries.BY_METHOD,
        house.MONEY,
        colours={"tag": house.VOLUME, "rule": house.LIGHT_VOLUME, "none": house.NEUTRAL},
    ),
}
PER_WHAT = {
    15: trend(
        paid(
            "Revenue and cost per customer",
            "Monthly recurring revenue per paying customer, and the cost of 30 days per paying customer, at each "
            "instant.",
            "nobody pays in this currency",
        ),
        {"revenue": queries.ARPU, "cost": queries.PER_CUSTOMER},
        house.MONEY,
        colours={"revenue": house.VOLUME, "cost": house.OTHER},
    ),
    16: trend(
        divided("Cost per user and interview", "Cost of 30 days per active user, and per completed interview."),
        {"per active user": queries.PER_USER(), "per completed interview": queries.PER_INTERVIEW()},
        house.MONEY,
        colours={"per active user": house.VOLUME, "per completed interview": house.LIGHT_VOLUME},
    ),
}
WATCHED = {
    17: value(
        advised(
            "Anomalies, 30 d",
            "Anomalies that AWS found to have begun in the last 30 days, open or closed.",
            "no monitor of anomalies is set up",
        ),
        {"anomalies": queries.ANOMALIES},
        units.Short,
        height=6,
    ),
    18: value(
        advised(
            "Their impact",
            f"What the same anomalies cost beyond what was expected; red, and an alert, from {UNUSUAL} on.",
            "no anomaly in this currency",
        ),
        {"impact": queries.IMPACT},
        house.MONEY,
        height=6,
        limit=house.COST_ANOMALY,
    ),
    19: listing(
        advised(
            "Savings offered, per month",
            "What AWS thinks could be saved each month, by kind, and in how many recommendations; kinds overlap and "
            "have no total.",
            "AWS offers none, or it is not enabled",
        ),
        (
            Column("Savings", queries.SAVINGS, house.MONEY),
            Column("Recommendations", queries.RECOMMENDATIONS, units.Short),
        ),
        width=12,
        height=6,
    ),
}
DETAIL = {
    20: value(
        paid("Last month", "Cost of the UTC month before this one."),
        {"last month": queries.LAST_MONTH},
        house.MONEY,
    ),
    21: value(
        paid("Still estimated", "Share of the last 30 days whose costs AWS may still change."),
        {"estimated": queries.ESTIMATED},
        units.PercentUnit,
    ),
    22: value(
        paid("Costs known until", "End of the last UTC day of which AWS has costs; every window ends there.", NO_DATA),
        {"until": queries.KNOWN_UNTIL},
        units.DatetimeISO,
    ),
    23: value(
        Text(
            "What asking costs, per day",
            "What the exporter's own requests to Cost Explorer cost in the last 24 hours, in US dollars at list price.",
            "the collector cost is not configured",
        ),
        {"spent": queries.SPENT_ON_ASKING},
        units.Dollars,
    ),
}

PAGE = Page(
    name="cost",
    title="Cost & unit economics",
    question="What do we spend, on what, and per what?",
    collectors=("cost", "revenue", "unit_economics"),
    start="now-30d",
    variables=(variable("currency", "Currency", COST_CURRENCIES),),
    sections=(
        Section(100, "Now", (NOW, UNITS)),
        Section(200, "Trends", (COURSE, SERVICES)),
        Section(300, "By feature and per what", (FEATURES, PER_WHAT)),
        Section(400, "Watched by AWS", (WATCHED,)),
        Section(500, "Detail", (DETAIL,), collapsed=True),
    ),
)
