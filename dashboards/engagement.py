"""The dashboard "engagement": do people start, come back and stay?"""

from grafana_foundation_sdk.models import units

from dashboards import engagement_queries as queries
from dashboards import house
from dashboards.bars import bars, funnel
from dashboards.frame import Page, Section, choice
from dashboards.panels import GROWTH, NO_DATA, RISE, Text, kpi, linked, trend
from dashboards.tables import Column, listing, matrix

UNKNOWN_PAST = "not defined: nobody joined so long ago, or logins alone tell who is active"
NOBODY_THERE = "not defined: nobody in the cohort came to the step before"
NOBODY_ACTIVE = "not defined: nobody was active in this window"
NOT_USED = "not defined: nobody used it in this window"
# It is about nothing at all, so that there is no line to draw.
NO_SIGNUPS = house.Limit("JobHiveNoSignups", 0)
KINDS = ("n_day", "unbounded", "bracket")


def active(title: str, said: str, no_value: str = NO_DATA) -> Text:
    """Word a panel of what users do; where that is known from stands at the end of the page."""
    return Text(title, f"{said} From the activity of registered users.", no_value)


def registered(title: str, said: str, no_value: str = NO_DATA) -> Text:
    """Word a panel of accounts."""
    return Text(title, f"{said} From the users in the database.", no_value)


def came(title: str, said: str, no_value: str = NOBODY_THERE) -> Text:
    """Word a panel of the way from registration to a subscription."""
    return Text(title, f"{said} From users, their interviews and their subscriptions.", no_value)


def used(title: str, said: str, no_value: str = NOT_USED) -> Text:
    """Word a panel of features."""
    return Text(title, f"{said} From practice interviews, activity, assessments and enrolments.", no_value)


NOW = {
    1: kpi(
        active("Daily active", "Distinct users who were active in the last 24 hours."),
        queries.DAILY,
        units.Short,
        GROWTH,
    ),
    2: kpi(
        active("Weekly active", "Distinct users who were active in the last 7 days."),
        queries.WEEKLY,
        units.Short,
        GROWTH,
    ),
    3: kpi(
        active("Monthly active", "Distinct users who were active in the last 30 days."),
        queries.MONTHLY,
        units.Short,
        GROWTH,
    ),
    4: kpi(
        active(
            "Stickiness",
            "Users active on an average day of the last 30 complete days, over those active in any of them.",
            "not defined: fewer than 30 days of activity are known",
        ),
        queries.STICKINESS,
        units.PercentUnit,
        RISE,
    ),
}
PEOPLE = {
    5: kpi(
        registered("Registered", "Users who have an account now, deleted ones left out."),
        queries.REGISTERED,
        units.Short,
        GROWTH,
    ),
    6: kpi(registered("New, 7 d", "Users who joined in the last 7 days."), queries.NEW, units.Short, GROWTH),
    7: kpi(
        active(
            "Back after 30 days",
            "Share of the users of a week of joining who were active 30 days after it or later; the week is the latest "
            "for which that is known.",
            UNKNOWN_PAST,
        ),
        queries.BACK,
        units.PercentUnit,
        RISE,
    ),
    8: kpi(
        registered(
            "Verified",
            "Share of the users with an account now who have confirmed their address.",
            "nobody has joined yet",
        ),
        queries.verified,
        units.PercentUnit,
        RISE,
    ),
}
VOLUMES = {
    9: trend(
        active("Active users", "Distinct users who were active in the 24 hours, 7 and 30 days before each instant."),
        {"{{window}}": queries.ACTIVE},
        units.Short,
        colours=house.DAYS,
    ),
    10: linked(
        trend(
            registered(
                "New users",
                "Users who joined in the 24 hours, 7 and 30 days before each instant; a day of none is an alert where "
                "others use JobHive.",
            ),
            {"{{window}}": queries.JOINED},
            units.Short,
            colours=house.DAYS,
        ),
        NO_SIGNUPS,
    ),
}
STEPS = {
    11: funnel(
        came(
            "From registration to paid",
            "Users who registered in the chosen cohort by how far they have come, each step with all before it; young "
            "users may still come.",
            NO_DATA,
        ),
        queries.FUNNEL,
        units.Short,
        width=12,
    ),
    12: listing(
        came(
            "Step conversion",
            "Share of the users of the chosen cohort at a step who have come to the next one.",
        ),
        (Column("Came on", queries.CONVERSIONS, units.PercentUnit),),
        width=12,
        height=8,
    ),
}
PACE = {
    13: bars(
        came(
            "Median time to step",
            "Median time from registration until a step and all before it were reached, of the users of the chosen "
            "cohort who have reached it.",
            "nobody in the cohort has come further than registration",
        ),
        "{{stage}}",
        queries.TIME_TO_STEP,
        units.Seconds,
    ),
    14: trend(
        came(
            "Overall conversion",
            "Share of the users registered in the 30 days, the 90 days and all the time before each instant who came "
            "through every step to a paid subscription.",
            "not defined: nobody registered in the cohort",
        ),
        {"{{cohort}}": queries.OVERALL},
        units.PercentUnit,
        colours=house.COHORTS,
    ),
}
STAYED = {
    15: matrix(
        active(
            "Return by day and kind",
            "Share of the users of a week of joining who came back 1, 7 and 30 days later: on that day (n_day), on it "
            "or later (unbounded), or in the week from it (bracket).",
            UNKNOWN_PAST,
        ),
        queries.RETURNED,
        row="day",
        column="kind",
        columns=KINDS,
        unit=units.PercentUnit,
        height=10,
        most=1,
    ),
    16: matrix(
        active(
            "Monthly cohorts",
            "Share of the users who joined in a month who were active so many months later; an empty field is a month "
            "that is not over yet, not 0 %.",
            UNKNOWN_PAST,
        ),
        queries.COHORTS,
        row="cohort",
        column="month",
        columns=(r"\d\d",),
        unit=units.PercentUnit,
        width=16,
        height=10,
        most=1,
    ),
}
USED = {
    17: bars(
        used(
            "Adoption by feature", "Share of the users active in the window who used the feature in it.", NOBODY_ACTIVE
        ),
        "{{feature}}",
        queries.ADOPTION,
        units.PercentUnit,
    ),
    18: trend(
        used("Feature events", "How often each feature was used in the window before each instant.", NO_DATA),
        {"{{feature}}": queries.EVENTS},
        units.Short,
        colours={},
    ),
}
DEPTH = {
    19: trend(
        used("Events per user", "Uses of a feature in the window before each instant, per user who used it."),
        {"{{feature}}": queries.PER_USER},
        units.Short,
        colours={},
    ),
    20: trend(
        used(
            "Completion by feature",
            "Share of what was started in the window before each instant that was completed: practice interviews, and "
            "learning paths where enrolments are mapped.",
            "not defined: nothing was started in this window",
        ),
        {"{{feature}}": queries.COMPLETION},
        units.PercentUnit,
        colours={},
    ),
}

PAGE = Page(
    name="engagement",
    title="Engagement & retention",
    question="Do people start, come back and stay?",
    collectors=("engagement", "features", "journey"),
    start="now-30d",
    variables=(
        choice("window", "Window", ("24h", "7d", "30d"), "30d"),
        choice("cohort", "Cohort", ("30d", "90d", "all"), "90d"),
    ),
    sections=(
        Section(100, "Now", (NOW, PEOPLE)),
        Section(200, "Trends", (VOLUMES,)),
        Section(300, "The way to a subscription", (STEPS, PACE)),
        Section(400, "Who comes back", (STAYED,)),
        Section(500, "Features", (USED, DEPTH)),
    ),
    origins={"activity from {{source}}": queries.SOURCE},
)
