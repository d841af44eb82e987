"""The dashboard "exporter": can these numbers and pages be believed?"""

from grafana_foundation_sdk.models import units

from dashboards import exporter_queries as queries
from dashboards import house
from dashboards.bars import bars
from dashboards.frame import Page, Section, several, variable
from dashboards.panels import Text, states, trend, value
from dashboards.tables import Column, listing, names

NO_COLLECTOR = "no collector is configured"
NO_RULES = "the daemon evaluates no rules: Prometheus may"
NO_ALERTMANAGER = "the daemon tells no Alertmanager"
OUTCOMES = {0: ("failed", house.BAD), 1: ("ok", house.GOOD)}
REACHED = {0: ("not reached", house.BAD), 1: ("reached", house.GOOD)}


def own(title: str, said: str, no_value: str = NO_COLLECTOR) -> Text:
    """Word a panel of what the exporter says of itself."""
    return Text(title, f"{said} From the exporter's own series, of the chosen instances.", no_value)


NOW = {
    1: value(
        own(
            "Instances",
            "Exporters that Prometheus reaches now, and those of them whose configuration file has a mistake, so that "
            "an older one stays in use.",
            "no exporter is reached",
        ),
        queries.RUNNING,
        units.Short,
    ),
    2: value(
        own(
            "Collectors failing", "Collectors whose latest run failed; red, and an alert after 15 minutes, from one on."
        ),
        {"collectors": queries.FAILING},
        units.Short,
        limit=house.FAILING,
    ),
    3: value(
        own("Collectors stale", "Collectors whose values are too old to be served; red, and an alert, from one on."),
        {"collectors": queries.STALE},
        units.Short,
        limit=house.STALE,
    ),
    4: value(
        own(
            "Alerts firing",
            "Alerts of the daemon's own rules that fire now, the one that always does left out.",
            NO_RULES,
        ),
        {"alerts": queries.FIRING},
        units.Short,
    ),
}
COLLECTORS = {
    5: states(
        own("Collectors", "Whether the latest run of each collector succeeded at each instant."),
        "{{instance}} {{collector}}",
        queries.OUTCOMES,
        OUTCOMES,
        width=24,
        height=9,
    )
}
AGES = {
    6: bars(
        own("Data age", "Time since the last successful run of each collector.", "no run has succeeded yet"),
        "{{collector}}",
        queries.AGES,
        units.Seconds,
    ),
    7: trend(
        own("Run duration", "How long the latest run of each collector took at each instant."),
        {"{{collector}}": queries.DURATIONS},
        units.Seconds,
        colours={},
    ),
}
FAILURES = {
    8: trend(
        own(
            "Failures per hour",
            "Failed runs in the hour before each instant, by collector and reason.",
            "no run has failed",
        ),
        {"{{collector}}: {{reason}}": queries.FAILURES},
        units.Short,
        colours={},
    ).interval("1h"),
    9: bars(
        Text(
            "Data quality findings",
            "Rows that break a check now, by check and table; they are left out of what the check is about, or counted "
            "by a rule of their own. From the collector data_quality, of the chosen instances.",
            "no row breaks a check",
        ),
        "{{check}} in {{table}}",
        queries.FINDINGS,
        units.Short,
    ),
}
NOTES = {
    10: names(
        own(
            "Switched-off families",
            "Metrics that are not computed now, or not for each value of their labels, and why.",
            "every family is computed",
        ),
        queries.DISABLED,
        width=12,
        height=7,
    ),
    11: names(
        own(
            "Approximations",
            "Metrics that are computed now from a substitute for what is not known, and which.",
            "nothing is approximated",
        ),
        queries.APPROXIMATE,
        width=12,
        height=7,
    ),
}
ALERTS = {
    12: trend(
        own(
            "Alerts by state",
            "Alerts that are pending and that fire at each instant, the one that always does left out.",
            NO_RULES,
        ),
        {"{{state}}": queries.BY_STATE},
        units.Short,
        colours=house.ALERT_STATES,
        stacked=True,
    ),
    13: listing(
        own("Alerts now", "Alerts that are pending or fire now, by name; each leads to its runbook.", NO_RULES),
        (Column("Alerts", queries.ACTIVE, units.Short),),
        width=12,
        height=8,
        leads={"alertname": (house.Runbook("Runbook"),)},
    ),
}
RULES = {
    14: trend(
        own("Rule group duration", "How long the latest round of each group of rules took at each instant.", NO_RULES),
        {"{{rule_group}}": queries.GROUP_DURATIONS},
        units.Seconds,
        width=8,
        colours={},
    ),
    15: trend(
        own(
            "Missed rounds and runs per hour",
            "Rounds of rules and runs of collectors that never were in the hour before each instant: it was too late "
            "for them, or the one before still ran.",
        ),
        queries.MISSED,
        units.Short,
        width=8,
        colours={},
    ).interval("1h"),
    16: value(
        own(
            "Rules held, failing, unsupported",
            "Rules that wait now for a source that is unknown, that failed when they were last asked, and that this "
            "daemon cannot evaluate.",
            NO_RULES,
        ),
        queries.RULES,
        units.Short,
        width=8,
        height=8,
    ),
}
TOLD = {
    17: trend(
        own(
            "Notifications",
            "Alerts in a second that an Alertmanager took, requests to it that failed, and alerts that were given up, "
            "around each instant.",
            NO_ALERTMANAGER,
        ),
        queries.NOTIFICATIONS,
        units.CountsPerSecond,
        colours={},
    ),
    18: states(
        own(
            "Alertmanagers",
            "Whether the latest request to each Alertmanager succeeded at each instant.",
            NO_ALERTMANAGER,
        ),
        "{{instance}} {{alertmanager}}",
        queries.ALERTMANAGERS,
        REACHED,
        width=12,
        height=8,
    ),
}
PROCESS = {
    19: trend(
        own("Memory", "Memory of each instance at each instant.", "the operating system does not tell"),
        {"{{instance}}": queries.MEMORY},
        units.BytesIEC,
        width=8,
        colours={},
    ),
    20: trend(
        own(
            "CPU",
            "Share of one processor that each instance used around each instant.",
            "the operating system does not tell",
        ),
        {"{{instance}}": queries.CPU},
        units.PercentUnit,
        width=8,
        colours={},
    ),
    21: trend(
        own("Series by collector", "Series that each collector serves at each instant."),
        {"{{collector}}": queries.SERIES},
        units.Short,
        width=8,
        colours={},
    ),
}
REPORTED = {
    24: value(
        own("Since the last report", "Time since each report was last delivered.", "none sent yet"),
        {"{{report}}": queries.LAST_REPORT},
        units.Seconds,
    ),
    25: value(
        own(
            "Failed reports, 7 d",
            "Attempts of the last 7 days to make or to deliver a report that failed; they are repeated.",
            "no report is configured",
        ),
        {"attempts": queries.FAILED_REPORTS},
        units.Short,
    ),
    22: value(
        own(
            "API calls left",
            "Requests that the budget of each paid API still allows: of Datadog in this hour, of AWS on this day.",
            "no paid API is configured",
        ),
        {"{{api}}": queries.CALLS_LEFT},
        units.Short,
    ),
    23: value(
        own(
            "API errors, 1 d",
            "Runs of the last 24 hours that failed as a source refused the credentials, asked for fewer requests, or a "
            "budget was spent.",
        ),
        {"runs": queries.REFUSED},
        units.Short,
    ),
}

PAGE = Page(
    name="exporter",
    title="Exporter health & alerts",
    question="Can these numbers and pages be believed?",
    collectors=(),
    start="now-6h",
    variables=(several(variable("instance", "Instance", queries.INSTANCES)),),
    sections=(
        Section(100, "Now", (NOW,)),
        Section(200, "Every collector", (COLLECTORS, AGES, FAILURES, NOTES)),
        Section(300, "Alerts and rules", (ALERTS, RULES, TOLD)),
        Section(400, "Process, reports and budgets", (PROCESS, REPORTED)),
    ),
)
