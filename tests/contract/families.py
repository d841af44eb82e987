"""The families of the metric contract, and those of them that are still to come."""

from pathlib import Path
from typing import NamedTuple

# Collectors that are not built yet; whoever builds one takes it from here, and all its families are then wanted.
AWAITED_COLLECTORS: set[str] = set()
# Rows of collectors that are built; whoever adds one takes it from here.
AWAITED_ROWS: set[str] = set()
# What there is beside the contract's rows: what every exporter is asked to have (product.md 1.6), custom queries, and
# more about rules and deliveries (alerting.md 15).
BESIDE = {
    "jobhive_exporter_alert_state_recovered",
    "jobhive_exporter_alertmanager_up",
    "jobhive_exporter_collector_last_attempt_timestamp_seconds",
    "jobhive_exporter_custom_sql_rows_dropped",
    "jobhive_exporter_notification_latency_seconds",
    "jobhive_exporter_notifications_rejected_total",
    "jobhive_exporter_rule_group_interval_seconds",
    "jobhive_exporter_rule_group_last_duration_seconds",
    "jobhive_exporter_rule_group_last_evaluation_timestamp_seconds",
    "jobhive_exporter_rule_group_missed_rounds_total",
    "jobhive_exporter_rule_held",
    "jobhive_exporter_rule_series",
    "jobhive_exporter_rule_success",
    "jobhive_exporter_rule_supported",
    "jobhive_exporter_rules_last_reload_successful",
}


class Row(NamedTuple):
    """A row of the table: `shown` is "-" for always, opt-in, or json for never on the page."""

    collector: str
    id: str
    name: str
    labels: tuple[str, ...]
    windows: tuple[str, ...]
    shown: str


def contract() -> tuple[Row, ...]:
    """Return every row of families.txt, as it was taken from the contract."""
    lines = Path(__file__).with_name("families.txt").read_text().splitlines()
    return tuple(_row(*line.split()) for line in lines if not line.startswith("#"))


def wanted() -> tuple[Row, ...]:
    """Return what has to be there by now."""
    return tuple(row for row in contract() if row.collector not in AWAITED_COLLECTORS and row.id not in AWAITED_ROWS)


def _row(collector: str, row: str, name: str, labels: str, windows: str, shown: str) -> Row:
    return Row(collector, row.replace("_", " "), name, _parts(labels), _parts(windows), shown)


def _parts(text: str) -> tuple[str, ...]:
    return () if text == "-" else tuple(text.split(","))
