"""The dashboard "AI real time": is the AI fast and alive now?"""

from grafana_foundation_sdk.models import units

from dashboards import ai_realtime_queries as queries
from dashboards import house
from dashboards.bars import bars
from dashboards.frame import Page, Section, several, variable
from dashboards.panels import FALL, MOVEMENT, RISE, SHRINKING, Text, kpi, states, trend, value
from dashboards.queries import COMPONENTS
from dashboards.tables import Column, listing

YESTERDAY = "1d"
ACCURACY_LIMIT = f"{house.INACCURATE.value:.0%}"
SILENT_MINUTES = f"{house.SILENT.value / 60:.0f}"
NO_SAMPLES = "no samples in this window"
FEW_SAMPLES = "fewer than 20 samples in 5 minutes"
NO_USUAL = "fewer than 20 samples, or less than two hours to compare with"
SHORT_TREND = "fewer than 10 samples, or over less than a quarter of an hour"


def recorded(title: str, said: str, no_value: str = NO_SAMPLES) -> Text:
    """Word a panel of what JobHive's services record of themselves."""
    return Text(title, f"{said} From the samples that the services record in Redis.", no_value)


NOW = {
    1: kpi(
        recorded(
            "Slowest p95, 5 min",
            "95th percentile of the processing times of the last 5 minutes, of the chosen component where it is "
            "longest, compared with the same time yesterday.",
            FEW_SAMPLES,
        ),
        queries.SLOWEST,
        units.Seconds,
        SHRINKING,
        ago=YESTERDAY,
    ),
    2: kpi(
        recorded(
            "Largest spike",
            "95th percentile of the last 5 minutes as a multiple of what is usual in 24 hours, of the chosen component "
            "where it is most; 1 is as usual, and above 2 it is an alert if the percentile is above 2 seconds as well.",
            NO_USUAL,
        ),
        queries.LARGEST_SPIKE,
        units.NoUnit,
        FALL,
        ago=YESTERDAY,
        limit=house.SLOW,
    ),
    3: kpi(
        recorded(
            "Lowest accuracy, 1 h",
            "Mean accuracy that a component reported of itself in the last hour, of the chosen component where it is "
            f"lowest; below {ACCURACY_LIMIT} it is an alert. AI quality tells what people say.",
        ),
        queries.LOWEST_ACCURACY,
        units.PercentUnit,
        RISE,
        ago=YESTERDAY,
        limit=house.INACCURATE,
        lead=house.AI_QUALITY,
    ),
    4: kpi(
        recorded("Samples, 5 min", "Processing times recorded in the last 5 minutes, of the chosen components."),
        queries.MEASURED,
        units.Short,
        MOVEMENT,
        ago=YESTERDAY,
    ),
}
LATENCY = {
    5: trend(
        recorded(
            "Latency",
            "Median, 95th and 99th percentile of the processing times of the 5 minutes before each instant, of the "
            "chosen components; a 95th percentile needs 20 samples, a 99th 100.",
        ),
        queries.LATENCIES,
        units.Seconds,
        width=18,
        colours={},
    ),
    6: value(
        recorded(
            "Latency now",
            "The same of the last 5 minutes, and the longest time, each of the chosen component where it is longest.",
        ),
        queries.SLOWEST_NOW | {"longest": queries.LONGEST_NOW},
        units.Seconds,
        height=8,
    ),
}
ALIVE = {
    7: bars(
        recorded(
            "Age of the newest sample",
            "Time since a chosen component last recorded anything; red, and an alert while interviews go on, from "
            f"{SILENT_MINUTES} minutes.",
            "no sample in 24 hours",
        ),
        "{{component}}",
        queries.AGE,
        units.Seconds,
        limit=house.SILENT,
    ),
    8: states(
        recorded(
            "Data available",
            "Whether each component, configured or found, recorded anything in the hour before each instant.",
            "no component is configured, and none was found",
        ),
        "{{component}}",
        queries.AVAILABLE,
        {0: ("silent", house.BAD), 1: ("alive", house.GOOD)},
        width=12,
        height=8,
    ),
}
SPIKES = {
    9: trend(
        recorded(
            "p95 by component",
            "95th percentile of the processing times of the 5 minutes before each instant, of every component, "
            "whichever are chosen.",
            FEW_SAMPLES,
        ),
        {"{{component}}": queries.P95},
        units.Seconds,
        colours={},
    ),
    10: trend(
        recorded(
            "Spike ratio",
            "95th percentile of the 5 minutes before each instant as a multiple of what was usual in the 24 hours "
            "before, of every component; the alert begins above the upper line and ends below the lower one.",
            NO_USUAL,
        ),
        {"{{component}}": queries.SPIKES},
        units.NoUnit,
        colours={},
        limit=house.SLOW,
    ),
}
LOAD = {
    11: trend(
        recorded(
            "Samples",
            "Processing times recorded in the 5 minutes before each instant, by component: the load of the AI.",
        ),
        {"{{component}}": queries.SAMPLES},
        units.Short,
        colours={},
    ),
    12: trend(
        Text(
            "Interviews",
            "Interviews that run at each instant, and those started and completed in the hour before it: the demand "
            "for the AI. From the interviews in the database.",
        ),
        {
            "running": queries.RUNNING,
            "started in the hour": queries.STARTED,
            "completed in the hour": queries.COMPLETED,
        },
        units.Short,
        colours={
            "running": house.VOLUME,
            "started in the hour": house.LIGHT_VOLUME,
            "completed in the hour": house.DARK_VOLUME,
        },
    ),
}
ACCURACY = {
    13: trend(
        recorded(
            "Accuracy, 5 min and 1 h",
            "Mean accuracy that the chosen components reported of themselves in the 5 minutes and in the hour before "
            f"each instant; below {ACCURACY_LIMIT}, the line, that of the hour is an alert.",
        ),
        {"{{component}} {{window}}": queries.ACCURACIES},
        units.PercentUnit,
        colours={},
        limit=house.INACCURATE,
    ),
    14: trend(
        recorded(
            "Trends, 1 h",
            "By how much latency and accuracy changed over the hour before each instant, by a straight line through "
            "the samples, as a share of their mean; 0 is steady.",
            SHORT_TREND,
        ),
        {"{{component}} latency": queries.LATENCY_TREND, "{{component}} accuracy": queries.ACCURACY_TREND},
        units.PercentUnit,
        colours={},
    ),
}
COMPONENTS_NOW = {
    15: listing(
        recorded(
            "Components",
            "Every component in the last hour, and its spike of 5 minutes; its name leads to this page for it alone, "
            "and to what people say of the AI.",
            "no component is configured, and none was found",
        ),
        (
            Column("p95", queries.P95_OF_HOUR, units.Seconds),
            Column("Mean", queries.MEAN_OF_HOUR, units.Seconds),
            Column("Spike", queries.SPIKES, units.NoUnit),
            Column("Accuracy", queries.ACCURACY_OF_HOUR, units.PercentUnit),
            Column("Times", queries.TIMES_OF_HOUR, units.Short),
            Column("Accuracies", queries.ACCURACIES_OF_HOUR, units.Short),
        ),
        height=8,
        leads={"component": (house.Lead("Only this component", house.AI_REALTIME.uid), house.AI_QUALITY)},
    )
}

PAGE = Page(
    name="ai-realtime",
    title="AI real time",
    question="Is the AI fast and alive now?",
    collectors=("ai_realtime", "operations"),
    start="now-3h",
    refresh="30s",
    variables=(several(variable("component", "Component", COMPONENTS)),),
    sections=(
        Section(100, "Now", (NOW, LATENCY, ALIVE)),
        Section(200, "Trends", (SPIKES, LOAD, ACCURACY)),
        Section(300, "In numbers", (COMPONENTS_NOW,)),
    ),
)
