"""A demo company, its history in a real Prometheus, and the daemon that goes on from there."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx

from dashboards.queries import FIRING
from demo.ai import COMPONENTS
from demo.ai_traffic import AiTraffic
from demo.aws import SimulatedCostExplorer
from demo.aws_account import RDS, simulated
from demo.datadog import API_KEY, APP_KEY, Simulator
from demo.datadog_life import ENVIRONMENT
from demo.dataset import load
from demo.postgres import EmbeddedPostgres
from exporter.registry import NAMES
from tests.alerts.rule_files import RULE_FILES, read
from tests.dashboards.history import STEP, TARGET, bring
from tests.debian import program
from tests.e2e.processes import Service, alertmanager, free_port, running, targets, written
from tests.redis_servers import embedded
from tests.waiting import eventually

# Enough answers in a week to tell whether they drift.
USERS = 1500
# Those of the pages, and the one whose findings make an alert fire.
COLLECTORS: dict[str, dict[str, Any]] = {
    "revenue": {"by_plan": True},
    "ai_quality": {},
    "ai_realtime": {"components": [component.name for component in COMPONENTS]},
    "operations": {},
    "interviews": {},
    "candidates": {},
    "data_quality": {},
    "engagement": {},
    "features": {},
    "journey": {},
    "system": {"variables": {"env": ENVIRONMENT}},
    "cost": {
        "feature_tag": "feature",
        "features": {"interviews": ["interview", "interview-engine"], "ai": ["sentiment"], "web": ["frontend"]},
        "rules": {RDS: {"interviews": 0.6, "web": 0.3}},
        "monthly_budget": 4000,
    },
    "unit_economics": {},
}
# These run once: what they ask for is counted, or paid for.
SELDOM = ("cost", "system")
# One fails, so that there is something to see of failures.
BROKEN = {"sql": "SELECT gone FROM nowhere", "metrics": {"gone": {"help": "Nothing."}}}
# More than the past takes.
BUDGETS = {"aws": {"requests_per_day": 1000}, "datadog": {"requests_per_hour": 1000}}
# Each has an answer when there is something to see of everything.
READY = (
    f"count(jobhive_exporter_collector_success == 1) == {len(COLLECTORS)}",
    FIRING.replace("$job", ".+"),
    "count_over_time(jobhive_exporter_api_spend_usd_total[1m]) > 1",
    "jobhive_aws_cost_per_active_user",
    "increase(jobhive_exporter_collector_failures_total[1h]) > 0",
    'jobhive_exporter_alerts{state="firing",alertname!="Watchdog"} > 0',
    "rate(jobhive_exporter_notifications_total[2m]) > 0",
    "jobhive_exporter_report_last_success_timestamp_seconds > 0",
)


class Answer(NamedTuple):
    """What Prometheus answered: series as (labels, values), and what it complained of."""

    series: list[tuple[dict[str, str], list[float]]]
    problem: str = ""


class Prometheus(NamedTuple):
    """The server, asked as Grafana does, over one connection."""

    service: Service
    client: httpx.Client

    def now(self, expression: str) -> Answer:
        """Ask for this moment."""
        return self._ask("query", query=expression)

    def course(self, expression: str, span: timedelta, step: timedelta) -> Answer:
        """Ask for a span that ends now."""
        end = datetime.now(UTC)
        start = (end - span).isoformat()
        return self._ask(
            "query_range", query=expression, start=start, end=end.isoformat(), step=str(step.total_seconds())
        )

    def label_values(self, label: str, selector: str) -> list[str]:
        """Ask for the values of a label, as a variable does."""
        url = f"{self.service.url}/api/v1/label/{label}/values"
        answer = self.client.get(url, params={"match[]": selector}).raise_for_status()
        found: list[str] = answer.json()["data"]
        return found

    def _ask(self, path: str, **form: str) -> Answer:
        answer = self.client.post(f"{self.service.url}/api/v1/{path}", data=form).json()
        problem = answer.get("error", "") + "".join(answer.get("warnings", []))
        return Answer([_series(one) for one in answer.get("data", {}).get("result", [])], problem)


@contextmanager
def demo(postgres: EmbeddedPostgres, folder: Path) -> Iterator[Prometheus]:
    """Run the daemon on a demo company, and Prometheus, which knows what the company was before."""
    now = datetime.now(UTC).replace(microsecond=0)
    database = postgres.create("dashboards")
    load(database, users=USERS, now=now, progress=lambda _: None)
    port = free_port()
    command = [sys.executable, "-m", "exporter", "run", "--config.file", str(folder / "config.yaml")]
    with (
        embedded() as redis,
        alertmanager(folder) as alerted,
        Simulator() as datadog,
        SimulatedCostExplorer(lambda: simulated(now.date())) as aws,
        httpx.Client(timeout=30) as client,
    ):
        sources: dict[str, Any] = {
            "database": {"url": database},
            "redis": {"url": redis},
            "datadog": {"url": datadog.url, "api_key": API_KEY, "app_key": APP_KEY, "budget": BUDGETS["datadog"]},
            "aws": {"endpoint": aws.url, "budget": BUDGETS["aws"]},
            "reports": {"weekly": {"folder": str(folder / "reports"), "catch_up": "8d"}},
            "alerts": {"rule_files": _impatient(folder), "alertmanagers": [{"url": alerted.url}]},
        }
        config = written(folder / "config.yaml", _config(sources, port, folder))
        bring(config, redis, aws, now, folder)
        with (
            AiTraffic(redis, seed=1),
            running("exporter", command, port, folder, STATE_DIRECTORY="") as daemon,
            _prometheus(daemon, folder) as service,
        ):
            server = Prometheus(service, client)
            eventually(
                lambda: [one for one in READY if not server.now(one).series],
                within=120,
                until=lambda lacking: not lacking,
            )
            yield server


def _config(sources: dict[str, Any], port: int, folder: Path) -> dict[str, Any]:
    often = {"interval": "10s", "deadline": "9s", "max_staleness": "10m"}
    others = {name: {"enabled": False} for name in NAMES if name not in COLLECTORS}
    chosen = {name: {**({} if name in SELDOM else often), "options": given} for name, given in COLLECTORS.items()}
    return {
        **sources,
        "collectors": others | chosen | {"custom_sql": {"queries": {"broken": {**often, **BROKEN}}}},
        "web": {"listen_addresses": [f"127.0.0.1:{port}"]},
        "state": {"path": str(folder / "state.db")},
    }


@contextmanager
def _prometheus(scraped: Service, folder: Path) -> Iterator[Service]:
    port = free_port()
    scrape = {"job_name": TARGET["job"], "static_configs": [{**targets(scraped), "labels": {"instance": "demo"}}]}
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": _impatient(folder),
        "scrape_configs": [scrape],
    }
    command = [
        str(program("prometheus")),
        f"--config.file={written(folder / 'prometheus.yml', config)}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        "--storage.tsdb.retention.time=1y",
        # As far as the instants of the history are apart, so that they also answer for the time between.
        f"--query.lookback-delta={STEP}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running("prometheus", command, port, folder) as service:
        yield service


def _impatient(folder: Path) -> list[str]:
    """Copy the rule files, without the time that a condition has to hold; the same for Prometheus and the daemon."""
    copies = []
    for path in RULE_FILES:
        content = read(path)
        for group in content["groups"]:
            group["interval"] = "5s"
            for rule in group["rules"]:
                rule.pop("for", None)
        copies.append(str(written(folder / path.name, content)))
    return copies


def _series(one: dict[str, Any]) -> tuple[dict[str, str], list[float]]:
    points = one["values"] if "values" in one else [one["value"]]
    return one["metric"], [float(value) for _, value in points]
