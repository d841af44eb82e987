"""Datadog as users have it: config.yaml, `check`, and the daemon on a simulated one."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors.system import Options
from collectors.system.templates import API, CACHE, DATABASE, ENDPOINTS, HOST, VARIABLES
from demo.datadog import API_KEY, APP_KEY, Fault, Simulator
from exporter.budget import Ledger
from exporter.cli import main
from exporter.config import ConfigError, load
from exporter.daemon import utc_now
from exporter.registry import NAMES
from exporter.state import ensure
from tests.running import running, write
from tests.test_config import problems
from tests.waiting import eventually

ROOT = Path(__file__).parent.parent
KEYS = "datadog: {api_key: canaryapikey, app_key: canaryappkey}\n"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as server:
        yield server


def config_of(simulator: Simulator, **datadog: Any) -> dict[str, Any]:
    section = {"url": simulator.url, "api_key": API_KEY, "app_key": APP_KEY, "simulated": True} | datadog
    system = {"interval": "1s", "deadline": "900ms", "options": {"variables": {"env": "simulated"}}}
    return {"datadog": section, "collectors": {"system": system}}


MISTAKES = [
    ("datadog: {api_key: a}\n", "1:10: datadog.app_key: is missing; add it"),
    (
        "datadog: {api_key: 12, app_key: b}\n",
        "1:20: datadog.api_key: a key is text; put it into quotes",
    ),
    (
        'datadog: {api_key: "canary\\n", app_key: b}\n',
        "1:20: datadog.api_key: cannot stand in a header; a key of Datadog is letters and digits, without spaces around it",
    ),
    (
        KEYS.replace("}", ", site: datadog.com}"),
        "1:63: datadog.site: should be 'datadoghq.com', 'us3.datadoghq.com', 'us5.datadoghq.com', 'ap1.datadoghq.com', "
        "'ap2.datadoghq.com', 'uk1.datadoghq.com', 'datadoghq.eu', 'ddog-gov.com' or 'us2.ddog-gov.com'",
    ),
    (
        KEYS.replace("}", ", url: api.example.org}"),
        "1:62: datadog.url: not the address of an API; write for example https://api.datadoghq.com",
    ),
    (
        KEYS.replace("}", ", url: 'https://u:canary@h'}"),
        "1:62: datadog.url: a password in it would be shown; the keys are api_key and app_key",
    ),
    (
        KEYS.replace("}", ", budget: {requests_per_hour: 131}}"),
        "1:85: datadog.budget.requests_per_hour: is 131, less than the 132 that collectors.system sends without any retry; "
        "raise it, or lengthen collectors.system.interval",
    ),
    (
        KEYS + "collectors: {system: {options: {lag: 10s}}}\n",
        "2:38: collectors.system.options.lag: the newest points of Datadog are incomplete for one to two minutes; "
        "write 60s to 120s",
    ),
    (
        KEYS + "collectors: {system: {options: {gauges: {jobhive_x: {query: 'avg:a{*}', help: x}}}}}\n",
        "2:32: collectors.system.options: gauges.jobhive_x: names that begin with jobhive_, process_, python_ are the "
        "exporter's own; choose another one",
    ),
    (
        KEYS
        + "collectors:\n  system: {options: {gauges: {orders: {query: 'avg:a{*}', help: x}}}}\n"
        + "  custom_sql:\n    databases: {shop: {url: 'sqlite://'}}\n"
        + "    queries: {q: {database: shop, sql: SELECT 1, metrics: {orders_total: {help: x, type: counter}}}}\n",
        "3:31: collectors.system.options.gauges.orders: query q of custom_sql has this metric already; choose another name",
    ),
]


@pytest.mark.parametrize(("text", "problem"), MISTAKES)
def test_mistakes_are_told_with_their_place_and_mend(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text) == [problem]
    assert "canary" not in problem


def test_where_it_is(tmp_path: Path) -> None:
    def url(more: str) -> str | None:
        path = tmp_path / "config.yaml"
        path.write_text(KEYS.replace("}", f"{more}}}"))
        datadog = load(path, {}, {}).datadog
        return datadog and datadog.url

    assert url("") == "https://api.datadoghq.com"
    assert url(", site: datadoghq.eu") == "https://api.datadoghq.eu"
    assert url(", site: datadoghq.eu, url: 'http://localhost:1/'") == "http://localhost:1"


def test_what_another_organisation_says_has_another_meaning(tmp_path: Path) -> None:
    def meaning(more: str) -> str:
        path = tmp_path / "config.yaml"
        path.write_text(KEYS.replace("}", f"{more}}}"))
        (job,) = load(path, {}, {}).jobs
        return job.contract.fingerprint

    meanings = [meaning(more) for more in ("", ", site: datadoghq.eu", ", api: v1", ", timeout: 5s")]
    assert len(set(meanings)) == 3
    assert meanings[0] == meanings[3]


def test_a_configuration_without_keys_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("datadog: {api_key: !env DD_API_KEY, app_key: !file app.key}\n")
    with pytest.raises(ConfigError) as raised:
        load(path, {}, {})
    assert "the environment variable DD_API_KEY is not set" in str(raised.value)
    assert "the file app.key cannot be read" in str(raised.value)
    (tmp_path / "app.key").write_text("canaryappkey\n")
    config = load(path, {}, {"DD_API_KEY": "canaryapikey"})
    assert [job.name for job in config.jobs] == ["system"]
    assert config.redact("canaryapikey and canaryappkey") == "*** and ***"
    assert "canary" not in repr(config.datadog)


def test_check_contacts_nothing_and_tells_what_an_hour_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(KEYS + "collectors: {system: {options: {windows: [5m, 1h, 24h]}}}\n")
    assert main(["check", "--config.file", str(path)]) == 0
    out = capsys.readouterr().out
    assert "datadog https://api.datadoghq.com, 136 requests an hour without retries, at most 300\n" in out
    assert "canary" not in out


def test_check_connect_and_collect(simulator: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(write(tmp_path, config_of(simulator)))
    assert main(["check", "--connect", "--config.file", path]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    asked = "132 requests an hour without retries, at most 300"
    assert f"datadog {simulator.url} (simulated), {asked}" in lines
    assert "jobhive_api_error_ratio exact" in lines
    simulator.faults.append(Fault(403, b'{"errors": ["Forbidden"]}'))
    assert main(["collect", "system", "--config.file", path]) == 1
    out, err = capsys.readouterr()
    assert "collector system failed (auth): Datadog: HTTP 403 (Forbidden); check datadog.api_key" in err
    assert APP_KEY not in out + err
    assert main(["collect", "system", "--at", "2026-04-01T12:00:00Z", "--config.file", path]) == 0
    assert 'jobhive_database_max_connections{window="5m"} 200\n' in capsys.readouterr().out
    # Each of them has been counted where the daemon counts, too.
    assert len(simulator.requests) == 3 + 1 + 3


def test_the_daemon_serves_it_and_says_that_it_is_simulated(simulator: Simulator, tmp_path: Path) -> None:
    with running(tmp_path, config_of(simulator), "--web.enable-lifecycle") as daemon:
        page = daemon.until("collector_success", 1, collectors=("system",))
        assert 0 < page.values["jobhive_api_apdex_ratio", frozenset({("window", "5m")})] <= 1
        assert page.of("api_requests_total", api="datadog") >= 3
        assert page.of("api_spend_usd_total", api="datadog") == 0
        assert page.of("api_budget_remaining_requests", api="datadog") <= 300 - 3
        assert 1000 < page.of("api_ratelimit_remaining", api="datadog") <= 1600 - 3
        assert "Simulated, not real: all that comes from datadog." in daemon.ask("/").text
        simulator.faults.extend([Fault(500)] * 1000)
        # A window is asked for once; after a reload nobody remembers that it was.
        assert daemon.ask("/-/reload", "POST").status_code == 200
        page = daemon.until("collector_success", 0, collectors=("system",))
        # The last good values stay.
        assert page.of("collector_stale", collector="system") == 0
        assert page.of("collector_failures_total", collector="system", reason="connect") >= 1
        assert ("jobhive_api_apdex_ratio", frozenset({("window", "5m")})) in page.values
        simulator.faults.clear()
        assert daemon.until("collector_success", 1, collectors=("system",))
        assert daemon.end() == 0
        assert API_KEY not in daemon.output
        assert APP_KEY not in daemon.output


def test_before_the_first_answer_nothing_is_said_of_the_limit(simulator: Simulator, tmp_path: Path) -> None:
    simulator.faults.extend([Fault(hangs=True)] * 100)
    with running(tmp_path, config_of(simulator)) as daemon:
        eventually(lambda: simulator.requests, within=10)
        page = daemon.page()
        assert ("jobhive_exporter_api_ratelimit_remaining", frozenset({("api", "datadog")})) not in page.values
        assert page.of("collector_success", collector="system") == 0
        # A stop does not wait for Datadog.
        assert daemon.end(within=4) == 0


def test_the_budget_of_an_hour_holds_over_restarts(simulator: Simulator, tmp_path: Path) -> None:
    config = config_of(simulator, budget={"requests_per_hour": 732})
    config["collectors"]["system"] |= {"interval": "10s", "deadline": "5s"}
    path = write(tmp_path, config)
    # The next hour has a budget of its own.
    eventually(lambda: time.gmtime()[4:6] < (59, 40), within=25)
    loaded = load(path, {}, {})
    ensure(loaded.state_path)
    ledger = Ledger(loaded.state_path)
    ledger.configure(loaded.budgets, utc_now())
    for _ in range(732 - 6):
        ledger.spend("datadog", utc_now())
    # Every one of them is another process.
    assert [main(["collect", "system", "--config.file", str(path)]) for _ in range(3)] == [0, 0, 1]
    assert len(simulator.requests) == 6
    with running(tmp_path, config) as daemon:
        page = eventually(
            daemon.page,
            # A restart waits for what was due: the interval after the last request.
            within=30,
            until=lambda page: page.of("collector_failures_total", collector="system", reason="budget") == 1,
        )
        assert page.of("api_budget_remaining_requests", api="datadog") == 0
        assert page.of("api_requests_total", api="datadog") == 732
        assert "datadog.budget.requests_per_hour" in daemon.output
    assert len(simulator.requests) == 6


def test_a_reload_asks_with_the_new_variables(simulator: Simulator, tmp_path: Path) -> None:
    config = config_of(simulator)
    with running(tmp_path, config, "--web.enable-lifecycle") as daemon:
        daemon.until("collector_success", 1, collectors=("system",))
        config["collectors"]["system"]["options"]["variables"]["env"] = "another"
        write(tmp_path, config)
        assert daemon.ask("/-/reload", "POST").status_code == 200
        asked = simulator.requests[-1].body["data"]["attributes"]["queries"][0]["query"]
        eventually(lambda: "env:another" in str(simulator.requests[-1].body), within=10)
        assert "env:simulated" in asked


def test_the_file_at_the_root_has_every_default() -> None:
    text = (ROOT / "config.yaml").read_text()
    options = yaml.safe_load(re.sub(r"!env \S+", "x", text))["collectors"]["system"]["options"]
    assert options["variables"] == VARIABLES
    assert Options.model_validate(options | {"variables": {}}) == Options()
    keys = "\n".join(line.removeprefix("# ") for line in text.split("\n# datadog:")[1].split("\n\n")[0].split("\n"))
    for key in ("site", "url", "api_key", "app_key", "api", "timeout", "budget", "requests_per_hour", "simulated"):
        assert f" {key}:" in keys


def test_the_page_in_docs_has_every_query() -> None:
    page = (ROOT / "docs" / "datadog.md").read_text()
    for queries in (API, ENDPOINTS, DATABASE, *HOST.values(), *CACHE.values()):
        for key, query in queries.items():
            row = rf"\| `{key}`[^|]* \| `{re.escape(query.text)}` \| {query.aggregator} \| {query.usual or 'none'} \|"
            assert re.search(row, page), key
    for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL):
        given = yaml.safe_load(re.sub(r"!env \S+", "x", block))
        options = given.get("collectors", {}).get("system", {}).get("options") or {"queries": given.get("queries", {})}
        Options.model_validate(options)


def test_a_collector_without_its_section_is_disabled(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("database: {url: 'postgresql://h/d'}\n")
    config = load(path, {}, {})
    assert "system" in NAMES
    assert "system" not in [job.name for job in config.jobs]
    noted = {note.family for note in config.disabled if note.reason == "collector_disabled"}
    assert {"jobhive_api_requests", "jobhive_cache_hit_ratio"} <= noted
    assert config.budgets == {}
