"""What the dashboard "exporter" asks: of the chosen instances only, as each process speaks for itself."""

from collections.abc import Sequence

from dashboards.queries import JOB, mn, mx

INSTANCE = 'instance=~"$instance"'
EXPORTER = "jobhive_exporter"
COLLECTOR = f"{EXPORTER}_collector"
RULE, ALERTS = f"{EXPORTER}_rule", f"{EXPORTER}_alerts"
INSTANCES = f"label_values({EXPORTER}_build_info{{{JOB}}}, instance)"
OF_COLLECTOR, OF_FAMILY, OF_RULE = ("collector",), ("family", "reason"), ("rule", "rule_group")
# Fires always, so that its silence is heard.
REAL, NOW_FIRING = 'alertname!="Watchdog"', 'state="firing"'


def most(family: str, *matchers: str, by: Sequence[str] = ()) -> str:
    """Return the greatest value over the chosen instances."""
    return mx(family, INSTANCE, *matchers, by=by)


def least(family: str, *matchers: str, by: Sequence[str] = ()) -> str:
    """Return the smallest value over the chosen instances."""
    return mn(family, INSTANCE, *matchers, by=by)


def rate(family: str, by: str) -> str:
    """Return how fast a counter rises in each second."""
    return f"sum by ({by}) (rate({family}{{{JOB},{INSTANCE}}}[$__rate_interval]))"


def risen(family: str, span: str, *matchers: str, by: Sequence[str] = ()) -> str:
    """Return by how much a counter rose."""
    kept = f" by ({', '.join(by)}) " if by else ""
    return f"sum{kept}(increase({family}{{{','.join((JOB, INSTANCE, *matchers))}}}[{span}]))"


def failing(family: str, *by: str) -> str:
    """Return how many say 0 of themselves; nothing if there are none to say anything."""
    return f"sum({least(family, by=by)} == bool 0)"


RUNNING = {
    "instances": f"count({most(f'{EXPORTER}_build_info', by=('instance',))})",
    "with an old configuration": failing(f"{EXPORTER}_config_last_reload_successful", "instance"),
}
FAILING = failing(f"{COLLECTOR}_success", "collector")
STALE = f"sum({most(f'{COLLECTOR}_stale', by=OF_COLLECTOR)})"
FIRING = f"sum({most(ALERTS, NOW_FIRING, REAL, by=('alertname',))})"

OUTCOMES = least(f"{COLLECTOR}_success", by=("instance", "collector"))
AGES = f"time() - ({most(f'{COLLECTOR}_last_success_timestamp_seconds', by=OF_COLLECTOR)} > 0)"
DURATIONS = most(f"{COLLECTOR}_duration_seconds", by=OF_COLLECTOR)
FAILURES = f"{risen(f'{COLLECTOR}_failures_total', '1h', by=('collector', 'reason'))} > 0"
FINDINGS = f"{most('jobhive_data_quality_rows', by=('check', 'table'))} > 0"
DISABLED = most(f"{EXPORTER}_metric_disabled_info", by=OF_FAMILY)
APPROXIMATE = most(f"{EXPORTER}_metric_approximation_info", by=OF_FAMILY)

BY_STATE = f"sum by (state) ({most(ALERTS, REAL, by=('alertname', 'state'))})"
ACTIVE = f"{most(ALERTS, by=('alertname', 'state'))} > 0"
GROUP_DURATIONS = most(f"{RULE}_group_last_duration_seconds", by=("rule_group",))
MISSED = {
    "rounds of {{rule_group}}": risen(f"{RULE}_group_missed_rounds_total", "1h", by=("rule_group",)),
    "runs of {{collector}}": risen(f"{COLLECTOR}_missed_runs_total", "1h", by=OF_COLLECTOR),
}
RULES = {
    "held": f"sum({most(f'{RULE}_held', by=OF_RULE)})",
    "failing": failing(f"{RULE}_success", *OF_RULE),
    "unsupported": failing(f"{RULE}_supported", *OF_RULE),
}
NOTIFICATIONS = {
    "taken by {{alertmanager}}": rate(f"{EXPORTER}_notifications_total", "alertmanager"),
    "failed at {{alertmanager}}": rate(f"{EXPORTER}_notification_failures_total", "alertmanager"),
    "given up for {{alertmanager}}": rate(f"{EXPORTER}_notifications_dropped_total", "alertmanager"),
}
ALERTMANAGERS = least(f"{EXPORTER}_alertmanager_up", by=("instance", "alertmanager"))

MEMORY = most("process_resident_memory_bytes", by=("instance",))
CPU = rate("process_cpu_seconds_total", "instance")
SERIES = most(f"{COLLECTOR}_series", by=OF_COLLECTOR)
LAST_REPORT = f"time() - ({most(f'{EXPORTER}_report_last_success_timestamp_seconds', by=('report',))} > 0)"
FAILED_REPORTS = risen(f"{EXPORTER}_report_failures_total", "7d")
CALLS_LEFT = least(f"{EXPORTER}_api_budget_remaining_requests", by=("api",))
REFUSED = risen(f"{COLLECTOR}_failures_total", "1d", 'reason=~"auth|ratelimit|budget"')
