"""The dashboard "revenue": where does MRR come from, and where does it go?"""

from grafana_foundation_sdk.models import units

from dashboards import house
from dashboards import revenue_queries as queries
from dashboards.bars import bars
from dashboards.frame import Page, Section, variable
from dashboards.panels import FALL, GROWTH, NO_DATA, RISE, Text, kpi, trend, value
from dashboards.queries import CURRENCIES
from dashboards.tables import Column, listing

NO_CHURN = "not defined: no churn"
CHURN_LIMIT, PAST_DUE_LIMIT = f"{house.CUSTOMER_CHURN.value:.0%}", f"{house.PAST_DUE.value:.0%}"
NO_BASE = "not defined: nobody paid when the window began"


def sold(title: str, said: str, no_value: str = NO_DATA) -> Text:
    """Word a panel of the collector's figures on subscriptions."""
    return Text(title, f"{said} From subscriptions and the log of their changes.", no_value)


def joined(title: str, said: str, no_value: str) -> Text:
    """Word a panel of its figures on users who became customers."""
    return Text(title, f"{said} From users and their subscriptions.", no_value)


NOW = {
    1: kpi(
        sold("MRR", "Monthly recurring revenue of all paying subscriptions now, in the chosen currency."),
        queries.MRR,
        house.MONEY,
        GROWTH,
    ),
    2: kpi(
        sold("ARR", "Twelve times the monthly recurring revenue of now: a run rate, not a forecast."),
        queries.ARR,
        house.MONEY,
        GROWTH,
    ),
    3: kpi(
        sold("ARPU", "Monthly recurring revenue per paying customer now; free plans do not count.", "nobody pays yet"),
        queries.ARPU,
        house.MONEY,
        GROWTH,
    ),
    4: kpi(
        sold("Paying customers", "Distinct customers with recurring revenue now, in the chosen currency."),
        queries.CUSTOMERS,
        units.Short,
        GROWTH,
    ),
}
QUALITY = {
    5: kpi(
        sold(
            "Net new MRR, 30 d",
            "Recurring revenue won less that lost between 30 days ago and now, from the movements of each customer.",
        ),
        queries.NET_NEW,
        house.MONEY,
        RISE,
    ),
    6: kpi(
        sold(
            "Customer churn, 30 d",
            f"Share of the customers who paid 30 days ago and do not pay now; the alert is above {CHURN_LIMIT}.",
            NO_BASE,
        ),
        queries.CHURN,
        units.PercentUnit,
        FALL,
        limit=house.CUSTOMER_CHURN,
    ),
    7: kpi(
        sold(
            "Net revenue retention, 30 d",
            "What the customers of 30 days ago pay now over what they paid then; upgrades may lift it above 100 %.",
            NO_BASE,
        ),
        queries.RETENTION,
        units.PercentUnit,
        RISE,
    ),
    8: kpi(
        sold(
            "Lifetime value",
            "Revenue per customer times gross margin over the monthly churn of the last 90 days.",
            NO_CHURN,
        ),
        queries.LIFETIME_VALUE,
        house.MONEY,
        GROWTH,
    ),
}
REVENUE = {
    9: trend(
        sold("MRR trend", "Monthly recurring revenue of all paying subscriptions at each instant."),
        {"MRR": queries.MRR()},
        house.MONEY,
    ),
    10: trend(
        sold(
            "MRR by plan",
            "Monthly recurring revenue by plan at each instant, the smallest plans together as other.",
            "opt-in family is off",
        ),
        {"{{plan}}": queries.BY_PLAN},
        house.MONEY,
        colours={},
        stacked=True,
    ),
}
MOVED = {
    11: bars(
        sold(
            "Movements, 30 d",
            "Recurring revenue that came and went between 30 days ago and now, by kind of movement; "
            "contraction and churn are losses.",
        ),
        "{{type}}",
        queries.MOVEMENTS,
        house.MONEY,
        colours=house.GAINS_AND_LOSSES,
    ),
    12: trend(
        sold(
            "Movements over time",
            "The movements of the 30 days before each instant, and their sum as net new; "
            "contraction and churn are amounts lost.",
        ),
        {"{{type}}": queries.MOVEMENTS, "net new": queries.NET_NEW()},
        house.MONEY,
        colours=house.GAINS_AND_LOSSES | {"net new": house.NEUTRAL},
    ),
}
LOST = {
    13: trend(
        sold(
            "Churn by level",
            "Share of the customers, and of the subscriptions, that paid 30 days before each instant and no longer "
            "did at it; the line is the limit of the alert on customers.",
            NO_BASE,
        ),
        {"{{level}}": queries.CHURN_BY_LEVEL},
        units.PercentUnit,
        colours=house.LEVELS,
        limit=house.CUSTOMER_CHURN,
    ),
    14: trend(
        sold(
            "Revenue churn, gross and net",
            "Share of the recurring revenue of 30 days before that was lost; net is after expansion and below 0 where "
            "those who stayed pay more than was lost; the line is the limit of the alert on gross.",
            NO_BASE,
        ),
        {"{{kind}}": queries.REVENUE_LOST},
        units.PercentUnit,
        colours={"gross": house.VOLUME, "net": house.LIGHT_VOLUME},
        limit=house.REVENUE_CHURN,
    ),
}
KEPT = {
    15: trend(
        sold(
            "Yearly revenue retention",
            "What the customers of a year before paid at each instant, over what they paid then: "
            "net with expansion, gross without.",
            NO_BASE,
        ),
        {"net": queries.NET_OF_YEAR, "gross": queries.GROSS_OF_YEAR},
        units.PercentUnit,
        colours={"net": house.LIGHT_VOLUME, "gross": house.VOLUME},
    ),
    16: trend(
        sold(
            "Quick ratio",
            "Recurring revenue gained over that lost in the 30 days before each instant.",
            "not defined: nothing lost",
        ),
        {"quick ratio": queries.QUICK_RATIO},
        units.NoUnit,
    ),
}
STATES = {
    17: trend(
        sold(
            "Subscriptions by status",
            "Subscriptions that have started, free ones included, by their status at each instant, "
            "without those that have ended.",
        ),
        {"{{status}}": queries.SUBSCRIPTIONS},
        units.Short,
        colours=house.STATUSES,
        stacked=True,
    ),
    18: value(
        sold(
            "Ending at period end",
            "Paying subscriptions that will end with the period that is paid for, as of now.",
            "disabled: the column is not mapped",
        ),
        {"subscriptions": queries.CANCELING},
        units.Short,
        height=8,
    ),
    19: value(
        sold(
            "Past due share",
            f"Past due subscriptions over active and past due ones now; red, and an alert, above {PAST_DUE_LIMIT}.",
            "not defined: no active subscriptions",
        ),
        {"past due": queries.OVERDUE_SHARE},
        units.PercentUnit,
        height=8,
        limit=house.PAST_DUE,
    ),
}
CONVERTED = {
    20: trend(
        joined(
            "Free to paid",
            "Share of users who paid within 30 days of joining, of those who joined in each window "
            "ending 30 days before each instant.",
            "not defined: nobody joined",
        ),
        {"{{window}}": queries.FREE_TO_PAID},
        units.PercentUnit,
        colours=house.WINDOWS,
    ),
    21: trend(
        sold(
            "Trial to paid",
            "Share of the trials that ended in each window, moved back by the grace, that pay once it is over.",
            "not defined: no trial ended",
        ),
        {"{{window}}": queries.TRIAL_TO_PAID},
        units.PercentUnit,
        colours={"30d": house.WINDOWS["30d"], "90d": house.WINDOWS["90d"]},
    ),
}
IN_NUMBERS = {
    22: listing(
        sold(
            "Churn in numbers",
            "Customers and subscriptions that paid at the start of each window, those of them that left, and their "
            "share as of now.",
            NO_BASE,
        ),
        (
            Column("Churn", queries.CHURN_RATIOS, units.PercentUnit),
            Column("Left", queries.CHURNED, units.Short),
            Column("Paying at the start", queries.CHURN_BASE, units.Short),
        ),
        height=6,
    )
}

PAGE = Page(
    name="revenue",
    title="Revenue",
    question="Where does MRR come from, and where does it go?",
    collectors=("revenue",),
    start="now-90d",
    variables=(variable("currency", "Currency", CURRENCIES),),
    sections=(
        Section(100, "Now", (NOW, QUALITY)),
        Section(200, "Trends", (REVENUE, MOVED, LOST, KEPT)),
        Section(300, "Subscriptions and conversion", (STATES, CONVERTED)),
        Section(400, "In numbers", (IN_NUMBERS,)),
    ),
)
