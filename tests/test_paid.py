"""The daemon and a paid source: what a restart, a crash and an exhausted budget cost, and what users see of them."""

import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.aws import SimulatedCostExplorer
from demo.aws_account import simulated
from demo.datadog import API_KEY, APP_KEY, Simulator
from exporter import state
from exporter.budget import Budget, Ledger
from exporter.model import SourceError
from tests.collectors.cost_asking import account, steady
from tests.running import Daemon, Series, running, write
from tests.waiting import eventually

COST = ("cost",)
FIRST_RUN = 8


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "simulated")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "simulated")


@pytest.fixture
def server() -> Iterator[SimulatedCostExplorer]:
    with SimulatedCostExplorer(lambda: simulated(datetime.now(UTC).date())) as server:
        yield server


def config(server: SimulatedCostExplorer, **budget: int) -> dict[str, Any]:
    every_second = {"interval": "1s", "deadline": "900ms"}
    return {"aws": {"endpoint": server.url, "budget": budget}, "collectors": {"unit_economics": every_second}}


def until_first_runs_are_over(daemon: Daemon) -> None:
    """First runs come within three seconds; one that runs every second has then run more often."""
    eventually(lambda: daemon.page().of("collector_runs_total", collector="unit_economics") >= 5, within=15)


def test_restarts_serve_what_was_paid_for_and_ask_nothing(tmp_path: Path, server: SimulatedCostExplorer) -> None:
    with running(tmp_path, config(server)) as daemon:
        before = daemon.until("collector_success", 1, collectors=COST)
        assert before.of("api_requests_total", api="aws_ce") == len(server.requests) == FIRST_RUN
        assert daemon.end() == 0
    for number in (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM):
        with running(tmp_path, config(server)) as daemon:
            until_first_runs_are_over(daemon)
            page = daemon.page()
            assert page.of("collector_runs_total", collector="cost") == 0
            assert page.of("collector_success", collector="cost") == 1
            assert page.business() == before.business() != {}
            assert page.of("api_requests_total", api="aws_ce") == FIRST_RUN
            assert page.of("api_spend_usd_total", api="aws_ce") == pytest.approx(0.08)
            assert page.of("api_budget_remaining_requests", api="aws_ce") in (12, 20)  # 20 if midnight came.
            daemon.end(number)
    assert len(server.requests) == FIRST_RUN


def test_who_crashed_in_the_midst_waits_for_an_hour(tmp_path: Path, server: SimulatedCostExplorer) -> None:
    path = tmp_path / "state.db"
    state.ensure(path)
    ledger = Ledger(path)
    ledger.configure({"aws_ce": Budget(20)}, datetime.now(UTC))
    ledger.spend("aws_ce", datetime.now(UTC))
    with running(tmp_path, config(server)) as daemon:
        until_first_runs_are_over(daemon)
        assert daemon.page().of("collector_runs_total", collector="cost") == 0
        # Who reloads is there to see it: other options have the collector run at once.
        changed = config(server)
        changed["collectors"]["cost"] = {"options": {"metric": "AmortizedCost"}}
        write(tmp_path, changed)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until("collector_success", 1, collectors=COST)
    assert len(server.requests) == FIRST_RUN


def test_an_exhausted_budget_is_told_everywhere(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    given = account(steady(before=today), None, simulated(today).answers)
    # Nine pages of usage, and seven more questions: one too many.
    with (
        SimulatedCostExplorer(lambda: given, page_size=8) as server,
        running(tmp_path, config(server, requests_per_day=15)) as daemon,
    ):
        eventually(lambda: daemon.page().of("collector_failures_total", collector="cost", reason="budget"), within=15)
        page = daemon.page()
        assert page.of("api_requests_total", api="aws_ce") == len(server.requests) == 15
        assert page.of("api_budget_remaining_requests", api="aws_ce") == 0
        assert page.of("collector_success", collector="cost") == 0
        told = {item["collector"]: item["reason"] for item in daemon.ask("/-/ready?verbose").json()["collectors"]}
        assert told["cost"].startswith("budget: the budget of aws_ce is exhausted: all 15 requests of this UTC day")
        assert "reason=budget" in daemon.output


@pytest.fixture
def _far_from_the_next_hour() -> None:
    """It has a budget of its own."""
    eventually(lambda: time.gmtime()[4:6] < (59, 30), within=35)


def spend_the_rest(path: Path, api: str, budget: int) -> None:
    """Be another process on the same state file."""
    ledger = Ledger(path)
    ledger.configure({api: Budget(budget)}, datetime.now(UTC))
    with suppress(SourceError):
        for _ in range(budget):
            ledger.spend(api, datetime.now(UTC))


def check_that_good_values_stay(daemon: Daemon, collector: str, api: str, before: dict[Series, float]) -> None:
    page = eventually(
        daemon.page,
        within=20,
        until=lambda page: page.of("collector_failures_total", collector=collector, reason="budget") >= 1,
    )
    assert page.business() == before != {}
    assert page.of("api_budget_remaining_requests", api=api) == 0
    assert page.of("collector_success", collector=collector) == 0
    assert page.of("collector_stale", collector=collector) == 0
    ready = daemon.ask("/-/ready?verbose")
    assert ready.status_code == 200
    (told,) = [item for item in ready.json()["collectors"] if item["collector"] == collector]
    assert told["state"] == "failing, last good values served"
    assert told["reason"].startswith(f"budget: the budget of {api} is exhausted: all ")
    assert "it goes on at " in told["reason"]
    assert "reason=budget" in daemon.output


@pytest.mark.usefixtures("_far_from_the_next_hour")
def test_costs_that_are_known_stay_when_the_budget_is_spent(tmp_path: Path, server: SimulatedCostExplorer) -> None:
    only_cost = config(server)
    only_cost["collectors"]["unit_economics"] = {"enabled": False}
    with running(tmp_path, only_cost) as daemon:
        before = daemon.until("collector_success", 1, collectors=COST).business()
        assert daemon.end() == 0
    # Nine hours later, at the second run of the day.
    stored = state.State(tmp_path / "state.db", datetime.now(UTC))
    for record in stored.load():
        assert record.result
        result, ago = record.result, timedelta(hours=9)
        stored.save(record._replace(result=replace(result, at=result.at - ago, ended=result.ended - ago)))
    stored.close(5)
    spend_the_rest(tmp_path / "state.db", "aws_ce", 20)
    with running(tmp_path, only_cost) as daemon:
        check_that_good_values_stay(daemon, "cost", "aws_ce", before)
        assert daemon.page().of("api_requests_total", api="aws_ce") == 20
    assert len(server.requests) == FIRST_RUN


@pytest.mark.usefixtures("_far_from_the_next_hour")
def test_what_datadog_said_stays_when_the_budget_is_spent(tmp_path: Path) -> None:
    system = {"interval": "1s", "deadline": "900ms", "options": {"variables": {"env": "simulated"}}}
    with Simulator() as server:
        keys = {"api_key": API_KEY, "app_key": APP_KEY, "budget": {"requests_per_hour": 140}}
        given = {"datadog": {"url": server.url, **keys}, "collectors": {"system": system}}
        with running(tmp_path, given, "--web.enable-lifecycle") as daemon:
            before = daemon.until("collector_success", 1, collectors=("system",)).business()
            spend_the_rest(tmp_path / "state.db", "datadog", 140)
            sent = len(server.requests)
            # A window is asked for once; after a reload nobody remembers that it was.
            assert daemon.ask("/-/reload", "POST").status_code == 200
            check_that_good_values_stay(daemon, "system", "datadog", before)
    assert len(server.requests) == sent
