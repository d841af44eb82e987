"""The dashboard "interviews": do interviews run through, and do candidates improve?"""

from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboards import house
from dashboards import interviews_queries as queries
from dashboards.bars import bars, funnel
from dashboards.frame import Page, Section, choice
from dashboards.panels import DIFFERENCE, FALL, GROWTH, MOVEMENT, NO_DATA, RISE, Text, kpi, trend, value
from dashboards.tables import Column, listing

NONE_COMPLETED = "no interview of this kind was completed in this window"
NONE_DECIDED = "no interview of this kind has a known outcome in this window"
NONE_MOVED = "no application moved in this window"
NOBODY_CAME_BACK = "nobody has two scored interviews in 90 days"


def held(title: str, said: str, no_value: str = NONE_COMPLETED) -> Text:
    """Word a panel of interviews of the chosen kind."""
    return Text(title, f"{said} Of the chosen kind, from the interviews in the database.", no_value)


def applied(title: str, said: str, no_value: str = NONE_MOVED) -> Text:
    """Word a panel of applications for jobs."""
    return Text(title, f"{said} From applications and the log of their stages.", no_value)


def repeated(title: str, said: str, no_value: str = NOBODY_CAME_BACK) -> Text:
    """Word a panel of candidates over several interviews."""
    return Text(title, f"{said} From completed interviews of all kinds.", no_value)


NOW = {
    1: kpi(
        held("Running now", "Interviews that go on now, started at most four hours ago.", NO_DATA),
        queries.RUNNING,
        units.Short,
        DIFFERENCE,
        lead=house.AI_REALTIME,
    ),
    2: kpi(
        held("Started", "Interviews started in the window, whatever became of them.", NO_DATA),
        queries.STARTED,
        units.Short,
        GROWTH,
    ),
    3: kpi(
        held("Completed", "Interviews completed in the window, by their end.", NO_DATA),
        queries.COMPLETED,
        units.Short,
        GROWTH,
    ),
    4: kpi(
        held(
            "Completion",
            "Share of the interviews started in the window that were completed, of those whose outcome is known.",
            NONE_DECIDED,
        ),
        queries.COMPLETION,
        units.PercentUnit,
        RISE,
    ),
}
QUALITY = {
    5: kpi(
        held(
            "High performers",
            "Share of the interviews completed in the window with a high completion and technical score.",
        ),
        queries.HIGH_PERFORMERS,
        units.PercentUnit,
        RISE,
    ),
    6: kpi(
        held("Average duration", "Mean duration of the interviews completed in the window."),
        queries.DURATION,
        units.Seconds,
        MOVEMENT,
    ),
    7: kpi(
        held(
            "Average progress",
            "How far the interviews started in the window have come on average, those that were broken off too.",
            "no interview of this kind was started in this window",
        ),
        queries.PROGRESS,
        units.PercentUnit,
        RISE,
    ),
    8: kpi(
        held(
            "Stuck",
            f"Interviews without an end, started more than four hours ago; an alert above {house.STUCK.value}.",
            NO_DATA,
        ),
        queries.STUCK,
        units.Short,
        FALL,
        limit=house.STUCK,
    ),
}
VOLUMES = {
    9: trend(
        held("Started and completed", "Interviews started and completed in the window before each instant.", NO_DATA),
        {"started": queries.STARTED(), "completed": queries.COMPLETED()},
        units.Short,
        colours={"started": house.LIGHT_VOLUME, "completed": house.VOLUME},
    ),
    10: trend(
        held(
            "Completion by window",
            "Share of the interviews started in each window before each instant that were completed; a short window "
            "below the long one is a drop that has just begun.",
            NONE_DECIDED,
        ),
        {"{{window}}": queries.COMPLETION_BY_WINDOW},
        units.PercentUnit,
        colours=house.DAYS,
    ),
}
COURSE = {
    11: trend(
        held("Duration", "Mean, median and 95th percentile of the durations of interviews completed in the window."),
        queries.DURATIONS,
        units.Seconds,
        colours={"mean": house.LIGHT_VOLUME, "median": house.VOLUME, "95th percentile": house.DARK_VOLUME},
    ),
    12: trend(
        held("Scores", "Mean scores of the interviews completed in the window before each instant, by dimension."),
        {"{{dimension}}": queries.SCORES},
        units.PercentUnit,
        colours=house.DIMENSIONS,
    ),
}
OUTCOMES = {
    13: bars(
        held(
            "Open by state",
            "Interviews that are not over now: scheduled, in progress, or of a status unknown.",
            NO_DATA,
        ),
        "{{state}}",
        queries.OPEN,
        units.Short,
        width=8,
    ),
    14: bars(
        held("Ended, by outcome", "Interviews that were over in the window, by how they ended.", NO_DATA),
        "{{outcome}}",
        queries.ENDED,
        units.Short,
        width=8,
    ),
    15: funnel(
        held(
            "From invited to passed",
            "Interviews made in the window by how far they came; each step is part of the one before, and young "
            "interviews may still come.",
            NO_DATA,
        ),
        queries.STAGES,
        units.Short,
    ),
}
HIRING = {
    16: bars(
        applied("Applications per stage", "Applications by the stage in which they are now.", NO_DATA),
        "{{stage}}",
        queries.APPLICATIONS,
        units.Short,
        width=8,
    ),
    17: listing(
        applied(
            "Stage conversion",
            "Of the applications that left a stage in the window, the share that went on to the next or a later one.",
        ),
        (Column("Went on", queries.CONVERSIONS, units.PercentUnit),),
        width=8,
        height=8,
    ),
    18: bars(
        applied("Median time in stage", "Median time in a stage of the applications that left it in the window."),
        "{{stage}}",
        queries.TIME_IN_STAGE,
        units.Seconds,
        width=8,
    ),
}
PACE = {
    19: trend(
        applied(
            "Median time to hire",
            "Median time from application to hire, of those hired in each window before each instant.",
            "nobody was hired in this window",
        ),
        {"{{window}}": queries.TIME_TO_HIRE},
        units.Seconds,
        colours=house.DAYS,
    ),
    20: trend(
        repeated(
            "Interviews per candidate",
            "Interviews completed in each window before each instant, per candidate who completed one.",
            "no interview was completed in this window",
        ),
        {"{{window}}": queries.PER_CANDIDATE},
        units.NoUnit,
        colours={"30d": house.WINDOWS["30d"], "90d": house.WINDOWS["90d"]},
    ),
}
IMPROVEMENT = {
    21: value(
        repeated(
            "Improvement, first to last",
            "Mean difference between the last and the first score of a candidate, by dimension, where the last is of "
            "the past 90 days; below 0 they got worse.",
        ),
        {"{{dimension}}": queries.IMPROVEMENT},
        units.PercentUnit,
        width=8,
        height=8,
    ),
    22: bars(
        repeated(
            "Share improving",
            "Share of the candidates whose last score, of the past 90 days, is above their first, by dimension.",
        ),
        "{{dimension}}",
        queries.IMPROVED,
        units.PercentUnit,
        width=8,
        colours=house.DIMENSIONS,
    ),
    23: value(
        repeated(
            "Improvement per interview",
            "Mean slope of a candidate's completion scores, of three and more, and the candidates with two scores and "
            "more, by dimension; the last score is of the past 90 days.",
        ),
        {"per interview": queries.RATE, "candidates, {{dimension}}": queries.REPEATING},
        units.Short,
        width=8,
        height=8,
    ).override_by_query("A", [DynamicConfigValue("unit", units.PercentUnit)]),
}

PAGE = Page(
    name="interviews",
    title="Interviews & candidates",
    question="Do interviews run through, and do candidates improve?",
    collectors=("candidates", "interviews", "operations"),
    start="now-30d",
    variables=(
        choice("kind", "Kind", ("hiring", "practice"), "hiring"),
        choice("window", "Window", ("24h", "7d", "30d"), "7d"),
    ),
    sections=(
        Section(100, "Now", (NOW, QUALITY)),
        Section(200, "Trends", (VOLUMES, COURSE)),
        Section(300, "Outcomes", (OUTCOMES,)),
        Section(400, "Applications and candidates", (HIRING, PACE, IMPROVEMENT)),
    ),
)
