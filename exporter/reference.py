"""The metric reference in docs/metrics.md, made from the catalogue (`make docs`); a test fails when it is stale."""

import sys
from collections.abc import Iterable, Iterator

from exporter import health, rule_health, spending
from exporter.model import Family, Label, Reason
from exporter.notifications import SERIES as NOTIFICATIONS
from exporter.registry import modules
from exporter.reporting import FAILURES, FAILURES_TEXT, LAST_SUCCESS, LAST_SUCCESS_TEXT, Stage
from exporter.telemetry import Missed

HEAD = """# Metrics

Generated from the catalogue by `make docs`; do not edit. `ID` is the row of the metric contract. A label without a list
takes its values from the data. A ratio is absent where it would be 0 ÷ 0; a count over nothing is 0. A family marked
*JSON only* is for the JSON API and the report; it is on `/metrics` only if the configuration lists it under `export`.
"""
COLLECTOR, ALERTMANAGER, REPORT = Label("collector"), Label("alertmanager"), Label("report")
# The counters of exporter/telemetry.py, which are instrumented directly and not declared as families.
COUNTERS = (
    Family("EX8", "jobhive_exporter_collector_runs_total", "Runs started.", (COLLECTOR,), "counter"),
    Family(
        "EX9",
        "jobhive_exporter_collector_failures_total",
        "Failed runs by reason.",
        (COLLECTOR, Label("reason", tuple(Reason))),
        "counter",
    ),
    Family(
        "EX10",
        "jobhive_exporter_collector_missed_runs_total",
        "Scheduled runs that did not start, by reason.",
        (COLLECTOR, Label("reason", tuple(Missed))),
        "counter",
    ),
    Family(
        "EX17",
        "jobhive_exporter_api_ratelimit_remaining",
        "Requests left of the API's own limit, as its latest answer says.",
        (Label("api"),),
    ),
    Family(
        "EX18",
        "jobhive_exporter_config_last_reload_successful",
        "Whether the configuration could be used when it was last read.",
    ),
    Family(
        "EX19",
        "jobhive_exporter_config_last_reload_success_timestamp_seconds",
        "When the configuration was last read and used.",
    ),
    *(
        Family(identifier, f"jobhive_exporter_{name}", text, (ALERTMANAGER,), kind)
        for identifier, name, text, kind in NOTIFICATIONS
    ),
    Family("EX27", LAST_SUCCESS, LAST_SUCCESS_TEXT, (REPORT,)),
    Family("EX28", FAILURES, FAILURES_TEXT, (REPORT, Label("stage", tuple(Stage))), "counter"),
    Family(
        "EX41",
        "jobhive_exporter_rules_last_reload_successful",
        "Whether the rule files could be used when they were last read.",
    ),
    Family(
        "EX45",
        "jobhive_exporter_alert_state_recovered",
        "Whether the alerts from before the start could be read; 1 also where there were none.",
    ),
    Family(
        "EX31",
        "jobhive_exporter_web_config_last_reload_successful",
        "Whether the web configuration file could be used when it was last read.",
    ),
)


def catalogue() -> dict[str, tuple[Family, ...]]:
    """Return every family there is by its owner: a collector, or the exporter itself."""
    owned = {name: module.families(module.Options()) for name, module in modules().items()}
    return owned | {"exporter": health.FAMILIES + spending.FAMILIES + rule_health.FAMILIES + COUNTERS}


def reference() -> str:
    """Return the page."""
    parts = [HEAD]
    for owner, families in catalogue().items():
        title = "The exporter itself" if owner == "exporter" else f"Collector `{owner}`"
        parts.append(f"\n## {title}\n\n| ID | Family | Type | Meaning |\n| --- | --- | --- | --- |\n")
        parts.extend(_rows(families))
    return "".join(parts)


def _rows(families: Iterable[Family]) -> Iterator[str]:
    for family in families:
        labels = "<br>".join(_label(label) for label in family.labels)
        name = f"`{family.name}`" + (f"<br>{labels}" if labels else "")
        meaning = family.help + (f" `{family.of[0].name}` ÷ `{family.of[1].name}`." if family.of else "")
        meaning += f" Version {family.version} of its definition." if family.version > 1 else ""
        meaning += "" if family.is_exposed else " *JSON only.*"
        yield f"| {family.id} | {name} | {family.kind} | {meaning} |\n"


def _label(label: Label) -> str:
    return f"{label.name}: {', '.join(label.values)}" if label.values else label.name


if __name__ == "__main__":
    sys.stdout.write(reference())
