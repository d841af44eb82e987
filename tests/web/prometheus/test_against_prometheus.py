"""A real Prometheus scrapes a page and evaluates a rule file; the same samples and the same file here answer the same.

What differs on purpose is left out: times, how long something took, and the state before the first round.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx2 as httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from alerts.promql.literals import general
from tests.debian import program
from tests.e2e.processes import Service, free_port, running, written
from tests.waiting import eventually
from tests.web.prometheus.comparing import elements, ordered, timeless
from tests.web.prometheus.house import House, groups_of, served

PAGE = """
# HELP jobhive_mrr Money, <net>.
# TYPE jobhive_mrr gauge
jobhive_mrr{currency="USD"} 1234.5
jobhive_mrr{currency="EUR"} 900
jobhive_mrr{currency="JPY"} 1e21
jobhive_ratio{kind="tiny"} 9.5e-07
jobhive_ratio{kind="small"} 0.000001
jobhive_ratio{kind="minus"} -0.0
jobhive_ratio{kind="third"} 0.3333333333333333
jobhive_ratio{kind="nan"} NaN
jobhive_ratio{kind="inf"} -Inf
jobhive_odd{text="<a&b> \\"é\\" \\\\ \u2028 \\n"} 1
# HELP jobhive_runs_total Runs.
# TYPE jobhive_runs_total counter
jobhive_runs_total{collector="revenue"} 3
"""
# Expressions as Prometheus prints them.
RULES = """
groups:
- name: often
  interval: 1s
  limit: 3
  rules:
  - {record: "currency:mrr:sum", expr: sum by (currency) (jobhive_mrr), labels: {tier: "<1>"}}
  - {record: plain, expr: 'sum(jobhive_ratio{kind="third"})'}
  - alert: Firing
    expr: jobhive_mrr < 1000
    keep_firing_for: 1m30s
    labels: {severity: page, currency_of: "{{ $labels.currency }}"}
    annotations: {summary: "{{ $labels.currency }} <{{ $value }}>", also: text}
  - {alert: Pending, expr: jobhive_mrr > 1000, for: 1h}
  - {alert: Kept, expr: vector(1) and on () vector(time()) < %s, keep_firing_for: 1h}
  - {alert: Nothing, expr: jobhive_mrr < 0}
  - {alert: Bad, expr: jobhive_runs_total * on () group_left () jobhive_mrr}
  - {alert: TooMany, expr: jobhive_ratio == jobhive_ratio}
  - {record: bad, expr: 'label_replace(jobhive_mrr, "currency", "", "", "")'}
- name: also often
  interval: 1s
  rules:
  - {record: "again", expr: count(ALERTS)}
"""
EXPRESSIONS = (
    *("jobhive_mrr", "jobhive_ratio", "jobhive_odd", "sort_desc(jobhive_mrr)", "up", "nosuch", "jobhive_mrr * 2"),
    *("1", "-0", "1e21", "0.0000001", "NaN", "time()", "Inf", '"a<b>\u2028"', "'\\n'", "sum(jobhive_mrr) / 3"),
    *('{__name__=~"jobhive_(mrr|runs).*"}', "currency:mrr:sum", "plain", "count(ALERTS)", "vector(1.5e-10)"),
    *('ALERTS{alertname!="Kept"}', 'ALERTS{alertstate="firing"}', "topk(2, jobhive_mrr)", "absent(nosuch{a='b'})"),
    'label_replace(jobhive_mrr, "x", "$1 <b>", "currency", "(.).*")',
)
FAILING = ("jobhive_runs_total * on () jobhive_mrr", "label_replace(jobhive_mrr, 'currency', '', '', '')")
REFUSED = ("", "1 +", "jobhive_mrr{", "jobhive_mrr and 1", "nosuch()")
INSTANT = re.compile(r"@\[[0-9.]+\]")


class Pair(NamedTuple):
    """Prometheus, and our API on the same samples."""

    theirs: Service
    ours: str
    house: House

    def both(self, path: str, **parameters: Any) -> tuple[httpx.Response, httpx.Response]:
        """Ask both the same."""
        asked = urlencode(parameters, doseq=True)
        return tuple(httpx.get(f"{url}/api/v1/{path}?{asked}", timeout=10) for url in (self.theirs.url, self.ours))  # type: ignore[return-value]

    def compare(self, expression: str, fraction: str) -> None:
        """Ask both for a value at this second and so much."""
        self.house.now = datetime.now(UTC)
        theirs, ours = self.both("query", query=expression, time=f"{self.house.now.timestamp():.0f}{fraction}")
        assert ours.status_code == theirs.status_code == 200
        assert elements(ours.text, expression) == elements(theirs.text, expression)

    def rules(self) -> dict[str, Any]:
        """Return their rules by name."""
        groups = self.theirs.json("/api/v1/rules")["data"]["groups"]
        return {rule["name"]: rule for group in groups for rule in group["rules"]}


class Handler(BaseHTTPRequestHandler):
    """Serves the page."""

    def do_GET(self) -> None:
        body = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("api")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    turning = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=8)
    rules = folder / "test.rules.yml"
    rules.write_text(RULES % general(turning.timestamp()))
    house = house_of(rules, turning, f"127.0.0.1:{server.server_port}")
    try:
        with scraping(folder, rules, server.server_port) as theirs, served(house.app()) as ours:
            pair = Pair(theirs, ours, house)
            eventually(lambda: any("keepFiringSince" in alert for alert in pair.rules()["Kept"]["alerts"]), within=30)
            yield pair
    finally:
        server.shutdown()
        server.server_close()


def house_of(rules: Path, turning: datetime, instance: str) -> House:
    """Return our API after rounds on both sides of an instant."""
    target = {"job": "jobhive", "instance": instance}
    families = text_string_to_metric_families(PAGE)
    samples = [
        ({"__name__": sample.name, **sample.labels, **target}, sample.value)
        for family in families
        for sample in family.samples
    ]
    house = House(groups_of(rules.read_text(), str(rules)), [*samples, ({"__name__": "up", **target}, 1.0)])
    # Alerts are series for others only after the round.
    for away in (-5, -3, 5):
        house.run(turning + timedelta(seconds=away))
    return house


def scraping(folder: Path, rules: Path, scraped: int) -> Any:
    port = free_port()
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [{"job_name": "jobhive", "static_configs": [{"targets": [f"127.0.0.1:{scraped}"]}]}],
    }
    command = [
        str(program("prometheus")),
        f"--config.file={written(folder / 'prometheus.yml', config)}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    return running("prometheus", command, port, folder)


def test_the_rules_are_told_alike(pair: Pair) -> None:
    theirs, ours = (timeless(ordered(answer.json()["data"])) for answer in pair.both("rules"))
    assert ours == theirs
    members = [json.dumps(one) for one in (ours, theirs)]
    assert members[0] == members[1], "the order of members too"
    assert {rule["health"] for group in ours["groups"] for rule in group["rules"]} == {"ok", "err"}


def test_the_alerts_are_told_alike(pair: Pair) -> None:
    theirs, ours = (timeless(ordered(answer.json()["data"])) for answer in pair.both("alerts"))
    assert ours == theirs
    assert {alert["state"] for alert in ours["alerts"]} == {"pending", "firing"}


@pytest.mark.parametrize("kind", ["alert", "record", "nonsense"])
def test_the_type_filters_alike(pair: Pair, kind: str) -> None:
    theirs, ours = pair.both("rules", type=kind)
    assert (ours.status_code, ours.headers["content-type"]) == (theirs.status_code, theirs.headers["content-type"])
    if kind == "nonsense":
        assert ours.text == theirs.text
        return
    # 2.42 lists groups without any rule that is asked for, 3 does not.
    names = [
        [rule["name"] for group in one.json()["data"]["groups"] for rule in group["rules"]] for one in (theirs, ours)
    ]
    assert names[1] == names[0]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_has_the_same_value_byte_for_byte(pair: Pair, expression: str) -> None:
    pair.compare(expression, "")


@pytest.mark.parametrize("fraction", [".5", ".050", ".123"])
@pytest.mark.parametrize("expression", ["up", "time()", "'text'"])
def test_an_instant_is_written_byte_for_byte(pair: Pair, expression: str, fraction: str) -> None:
    pair.compare(expression, fraction)


@pytest.mark.parametrize("expression", [*FAILING, *REFUSED])
def test_what_is_no_value_there_is_none_here(pair: Pair, expression: str) -> None:
    pair.house.now = datetime.now(UTC)
    theirs, ours = pair.both("query", query=expression)
    assert ours.status_code == theirs.status_code == (422 if expression in FAILING else 400)
    assert ours.json()["errorType"] == theirs.json()["errorType"]
    assert set(ours.json()) == set(theirs.json())


SELECTORS: list[tuple[str, dict[str, Any]]] = [
    ("series", {"match[]": "jobhive_mrr"}),
    ("series", {"match[]": ["jobhive_odd", '{currency="EUR"}']}),
    ("series", {}),
    ("labels", {"match[]": ["jobhive_odd", "up"]}),
    ("label/currency/values", {"match[]": "jobhive_mrr"}),
    ("label/kind/values", {}),
    ("label/no-name/values", {}),
    ("metadata", {"metric": "jobhive_nosuch"}),
    ("metadata", {"limit": "x"}),
]


@pytest.mark.parametrize(("path", "parameters"), SELECTORS)
def test_what_there_is_is_told_byte_for_byte(pair: Pair, path: str, parameters: dict[str, Any]) -> None:
    theirs, ours = pair.both(path, **parameters)
    assert (ours.status_code, ours.text) == (theirs.status_code, theirs.text)


@pytest.mark.parametrize("expression", ["sort(jobhive_mrr)", "1 + 1", "nosuch"])
def test_promtool_asks_us_as_it_asks_prometheus(pair: Pair, expression: str) -> None:
    pair.house.now = datetime.now(UTC)
    theirs, ours = (asked(url, expression) for url in (pair.theirs.url, pair.ours))
    assert (ours.returncode, INSTANT.sub("", ours.stdout)) == (0, INSTANT.sub("", theirs.stdout))


def test_promtool_is_told_what_needs_history(pair: Pair) -> None:
    refused = asked(pair.ours, "rate(up[5m])")
    assert refused.returncode == 1
    assert "uses rate(…[5m]), which needs history" in refused.stderr


def asked(url: str, expression: str) -> subprocess.CompletedProcess[str]:
    command = [str(program("promtool")), "query", "instant", url, expression]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
