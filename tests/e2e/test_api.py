"""The daemon as a Prometheus: the tools of Prometheus, and a Prometheus that scrapes it, find the same in both."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from alerts.promql import parse
from demo.postgres import EmbeddedPostgres
from tests.alerts.rule_files import ALERTS, promtool
from tests.conftest import SCHEMA, execute
from tests.e2e.processes import Service, alertmanager, exporter, prometheus
from tests.e2e.test_prometheus import GOING_BAD, HEALTHY, quick_copy
from tests.rooms import COLLECTOR, HOT, Rooms
from tests.running import Daemon
from tests.running import running as started
from tests.waiting import eventually
from tests.web.prometheus.comparing import elements, ordered, timeless

INSTANT = re.compile(r"@\[[0-9.]+\]")
CHURN = "JobHiveCustomerChurnHigh"
EXPRESSIONS = (
    "jobhive_mrr",
    'sort(jobhive_churn_ratio{window="30d"})',
    "sum by (status) (jobhive_subscriptions)",
    'max by (level) (jobhive_churn_ratio{level="customer",window="30d"}) > 0.05',
    "sort_desc(ALERTS)",
    "up",
    "jobhive_exporter_build_info",
    'count by (__name__) ({__name__=~"jobhive_(mrr|arr|paying).*"})',
    "nosuch",
    "1 / 3",
)


class Both(NamedTuple):
    """The daemon, and a Prometheus with the same rules that scrapes it."""

    daemon: Service
    prometheus: Service

    def data(self, path: str) -> list[Any]:
        """Ask both, and return what each found."""
        return [one.json(f"/api/v1/{path}")["data"] for one in self]

    def settled(self) -> bool:
        """Tell whether both have asked every rule, and find the same alert firing."""
        rules = [[rule for group in found["groups"] for rule in group["rules"]] for found in self.data("rules")]
        firing = [[rule["name"] for rule in found if rule["state"] == "firing"] for found in rules]
        return (
            CHURN in firing[0]
            and firing[0] == firing[1]
            and {rule["health"] for one in rules for rule in one} == {"ok"}
        )


@pytest.fixture(scope="module")
def both(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder, url = tmp_path_factory.mktemp("api"), postgres.create("api")
    execute(url, SCHEMA.read_text() + HEALTHY + GOING_BAD)
    rules = quick_copy(ALERTS / "rules" / "revenue.rules.yml", folder)
    with (
        exporter(url, folder, alerts={"rule_files": [str(rules)]}) as daemon,
        alertmanager(folder) as nobody,
        prometheus(daemon, nobody, rules, folder) as scraper,
    ):
        found = Both(daemon, scraper)
        eventually(found.settled, within=30, tolerating=(KeyError,))
        yield found


def test_the_rules_are_told_alike(both: Both) -> None:
    ours, theirs = (timeless(ordered(data)) for data in both.data("rules"))
    for group in (*ours["groups"], *theirs["groups"]):
        for rule in group["rules"]:
            # Prometheus prints expressions in its own way.
            rule["query"] = parse(rule["query"]).nodes
    assert ours == theirs


def test_the_alerts_are_told_alike(both: Both) -> None:
    ours, theirs = (timeless(ordered(data)) for data in both.data("alerts"))
    assert ours == theirs
    assert CHURN in {alert["labels"]["alertname"] for alert in ours["alerts"]}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_has_the_same_value(both: Both, expression: str) -> None:
    query = urlencode({"query": expression, "time": f"{time.time():.3f}"})
    ours, theirs = (one.get(f"/api/v1/query?{query}").text for one in both)
    assert elements(ours, expression) == elements(theirs, expression)


@pytest.mark.parametrize(
    "question", ["series?match[]=jobhive_mrr", "labels?match[]=jobhive_mrr&match[]=up", "label/currency/values"]
)
def test_what_there_is_is_told_alike(both: Both, question: str) -> None:
    ours, theirs = (one.get(f"/api/v1/{question}").text for one in both)
    assert ours == theirs


def test_a_family_means_the_same(both: Both) -> None:
    for family in ("jobhive_mrr", "jobhive_snapshot_timestamp_seconds", "jobhive_exporter_build_info"):
        ours, theirs = both.data(f"metadata?metric={family}")
        assert ours == theirs
        assert family in ours
    # Prometheus reads OpenMetrics, where a counter is called without the suffix of its samples.
    counters = both.daemon.json("/api/v1/metadata?metric=jobhive_exporter_collector_runs_total")["data"]
    assert counters["jobhive_exporter_collector_runs_total"][0]["type"] == "counter"


def test_promtool_asks_the_daemon(both: Both) -> None:
    ours, theirs = (promtool("query", "instant", one.url, "sort(jobhive_mrr)") for one in both)
    assert (ours.returncode, INSTANT.sub("", ours.stdout)) == (0, INSTANT.sub("", theirs.stdout))
    assert ours.stdout.startswith('jobhive_mrr{currency="USD", instance="127.0.0.1:')
    labels = promtool("query", "labels", both.daemon.url, "currency")
    assert (labels.returncode, labels.stdout) == (0, "USD\n")
    series = promtool("query", "series", "--match=jobhive_mrr", both.daemon.url)
    assert series.stdout.startswith('{__name__="jobhive_mrr", currency="USD"')


@pytest.fixture
def attic(tmp_path: Path) -> Iterator[tuple[Rooms, Daemon]]:
    """A daemon with one source, which a test can break; its attic is hot."""
    rooms = Rooms(tmp_path)
    rooms.heat(35)
    rooms.ask(HOT, "{record: hot, expr: count(room_degrees > 30)}")
    with started(tmp_path, rooms.config(notify=False)) as daemon:
        yield rooms, daemon


def test_an_alert_whose_source_broke_says_by_whom_it_is_held(attic: tuple[Rooms, Daemon]) -> None:
    rooms, daemon = attic

    def data(question: str) -> Any:
        return daemon.ask(f"/api/v1/{question}").json()["data"]

    def hot() -> Any:
        return data("rules?type=alert")["groups"][0]["rules"][0]

    fired = eventually(hot, until=lambda rule: rule["state"] == "firing", within=15)
    assert (fired["health"], "heldBy" in fired) == ("ok", False)
    assert [one["value"][1] for one in eventually(lambda: data("query?query=hot")["result"], within=15)] == ["1"]
    rooms.breaks()
    held = eventually(hot, until=lambda rule: rule["health"] == "unknown", within=15)
    assert (held["state"], held["heldBy"]) == ("firing", [COLLECTOR])
    assert data("alerts")["alerts"] == fired["alerts"] == held["alerts"]
    assert data("query?query=hot")["result"] == []
    rooms.mend()
    eventually(hot, until=lambda rule: rule["health"] == "ok", within=15)
