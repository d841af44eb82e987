"""The whole path: a real PostgreSQL, the daemon, Debian's Prometheus with our rules, Debian's Alertmanager."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from tests.alerts.rule_files import ALERTS
from tests.conftest import execute
from tests.debian import program
from tests.e2e.processes import Service, alertmanager, exporter, prometheus, written
from tests.waiting import eventually

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
CUSTOMERS = 64
# All pay 30 since 90 days ago.
HEALTHY = f"""
INSERT INTO billing_plan (id, "interval", price) VALUES (1, 'month', 30);
INSERT INTO accounts_user (id, date_joined)
    SELECT n, now() - interval '91 days' FROM generate_series(1, {CUSTOMERS}) n;
INSERT INTO billing_customersubscription (id, user_id, plan_id, status, created_at, started_at)
    SELECT n, n, 1, 'active', now() - interval '90 days', now() - interval '90 days'
    FROM generate_series(1, {CUSTOMERS}) n;
"""
# A quarter of them left ten days ago.
GOING_BAD = """
UPDATE billing_customersubscription SET status = 'canceled', ended_at = now() - interval '10 days' WHERE id % 4 = 0
"""
HEALING = "UPDATE billing_customersubscription SET status = 'active', ended_at = NULL"
CHURN_ALERT = {
    "labels": {"alertname": "JobHiveCustomerChurnHigh", "level": "customer", "severity": "warning", "area": "revenue"},
    "annotations": {
        "summary": "Too many customers left within 30 days.",
        "description": "25% of the customers who paid 30 days ago do not pay now (limit 5%).",
        "runbook_url": "https://runbooks.example.org/JobHiveCustomerChurnHigh",
        "dashboard_url": "https://grafana.example.org/d/jobhive-revenue",
    },
    "status": "active",
}


class Stack(NamedTuple):
    """Everything that runs."""

    database: str
    exporter: Service
    alertmanager: Service
    prometheus: Service

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts on churn that Alertmanager holds as not resolved; lost customers are lost revenue too."""
        found = self.alertmanager.json("/api/v2/alerts")
        return [
            {"labels": one["labels"], "annotations": one["annotations"], "status": one["status"]["state"]}
            for one in found
            if one["labels"]["alertname"] == "JobHiveCustomerChurnHigh"
        ]

    def query(self, expression: str) -> list[float]:
        """Return what Prometheus finds now."""
        answer = self.prometheus.get(f"/api/v1/query?query={expression}").json()
        return [float(series["value"][1]) for series in answer["data"]["result"]]

    def state_of(self, alert: str) -> str:
        """Return how Prometheus sees a rule: inactive, pending or firing."""
        groups = self.prometheus.json("/api/v1/rules")["data"]["groups"]
        (state,) = [
            rule["state"]
            for group in groups
            for rule in group["rules"]
            # A rule that was never evaluated is inactive as well.
            if rule["name"] == alert and rule["health"] == "ok"
        ] or [""]
        return str(state)


def quick_copy(rules: Path, folder: Path) -> Path:
    """Copy a rule file with all its times shortened to seconds."""
    content = yaml.safe_load(rules.read_text())
    for group in content["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            rule["for"] = "2s"
    return written(folder / rules.name, content)


@pytest.fixture
def stack(database: str, tmp_path: Path) -> Iterator[Stack]:
    execute(database, HEALTHY)
    rules = quick_copy(ALERTS / "rules" / "revenue.rules.yml", tmp_path)
    with (
        exporter(database, tmp_path) as daemon,
        alertmanager(tmp_path) as receiver,
        prometheus(daemon, receiver, rules, tmp_path) as scraper,
    ):
        yield Stack(database, daemon, receiver, scraper)


def test_churn_alerts_when_the_data_go_bad_and_resolves_when_they_heal(stack: Stack) -> None:
    churn = 'jobhive_churn_ratio{level="customer",window="30d"}'
    eventually(lambda: stack.query(churn), until=[0.0].__eq__, within=15)
    eventually(lambda: stack.state_of("JobHiveCustomerChurnHigh"), until="inactive".__eq__, within=10)
    assert stack.alerts() == []

    execute(stack.database, GOING_BAD)
    assert eventually(stack.alerts, within=20) == [CHURN_ALERT]
    assert stack.query(churn) == [0.25]

    execute(stack.database, HEALING)
    eventually(stack.alerts, until=[].__eq__, within=20)
    eventually(lambda: stack.state_of("JobHiveCustomerChurnHigh"), until="inactive".__eq__, within=5)
    assert stack.query(churn) == [0.0]


def test_prometheus_has_what_the_page_says(stack: Stack) -> None:
    eventually(lambda: [target["health"] for target in active_targets(stack)], until=["up"].__eq__, within=15)
    assert active_targets(stack)[0]["lastError"] == ""
    assert stack.query("jobhive_mrr") == [30.0 * CUSTOMERS]
    text = read_text(stack.exporter.get("/metrics").text)
    openmetrics = read_openmetrics(stack.exporter.get("/metrics", Accept=OPENMETRICS).text)  # type: ignore[no-untyped-call]
    for families in (text, openmetrics):
        (mrr,) = [sample.value for family in families for sample in family.samples if sample.name == "jobhive_mrr"]
        assert [mrr] == stack.query("jobhive_mrr")
    # It read OpenMetrics: only there is the family of a counter called without _total.
    counters = stack.prometheus.json("/api/v1/metadata?metric=jobhive_exporter_collector_runs")["data"]
    assert counters["jobhive_exporter_collector_runs"][0]["type"] == "counter"


def active_targets(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.prometheus.json("/api/v1/targets")["data"]["activeTargets"]
    return found


def test_promtool_has_no_complaint_about_the_page(golden: str, tmp_path: Path) -> None:
    with exporter(golden, tmp_path) as daemon:
        page = daemon.get("/metrics").text
    assert 'jobhive_mrr{currency="USD"}' in page
    done = subprocess.run(
        [program("promtool"), "check", "metrics"], input=page, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
