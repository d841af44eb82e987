"""Costs and the system in the report: what is asked, for which days, and what comes of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from demo.aws import SimulatedCostExplorer
from demo.aws_account import Account, simulated
from demo.datadog import API_KEY, APP_KEY, Simulator
from exporter.registry import NAMES
from exporter.reports.calendar import last_complete
from tests.reports.making import configured, made

ONE_DAY = timedelta(days=1)
NOW = datetime.now(UTC)
WEEK = last_complete(NOW, ZoneInfo("UTC"), 0)


def cost(account: Account, end: datetime, days: int) -> str:
    amounts = [account.days[end.date() - ago * ONE_DAY] for ago in range(1, days + 1)]
    total = sum((one.amount for day in amounts for one in day), Decimal(0))
    return f"${round(total, 2):,}"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "simulated")
    monkeypatch.setenv("DD_API_KEY", API_KEY)
    monkeypatch.setenv("DD_APP_KEY", APP_KEY)


def test_costs_are_of_the_days_before_the_end_of_the_week(tmp_path: Path) -> None:
    account = simulated(NOW.date())
    with SimulatedCostExplorer(lambda: account) as aws:
        keys = {"endpoint": aws.url, "simulated": True}
        report = made(configured(tmp_path, None, ("cost",), aws=keys), WEEK.name, NOW).report
    shown = {(one.title, one.window): (one.shown, one.shown_before) for one in report.section("costs").figures}
    for days in (7, 30):
        expected = (cost(account, WEEK.end, days), cost(account, WEEK.before().end, days))
        assert shown["Cost", f"{days} d, UTC"] == expected
    assert shown["Forecast", "this month, UTC"][0] != "–"
    assert shown["Forecast", "this month, UTC"][1] == "–"
    assert [request.operation for request in aws.requests] == ["GetCostAndUsage", "GetCostForecast"]
    assert sum(Decimal(one.value) for one in report.slices["USD"]) == report.trends["cost USD"].values[-1]
    assert report.simulated == ("aws",)


def test_the_forecast_is_of_the_present_alone(tmp_path: Path) -> None:
    with SimulatedCostExplorer(lambda: simulated(NOW.date())) as aws:
        keys = {"endpoint": aws.url}
        found = made(configured(tmp_path, None, ("cost",), aws=keys), WEEK.before().name, NOW)
    assert found.missing == ()
    forecast = next(one for one in found.report.section("costs").figures if one.title == "Forecast")
    assert forecast.reason == "AWS forecasts the present month only"
    assert {request.operation for request in aws.requests} == {"GetCostAndUsage"}


def test_the_system_is_asked_once_for_the_seven_days_of_each_week(tmp_path: Path) -> None:
    # Where the simulator has its life.
    options = {"options": {"variables": {"env": "simulated"}}}
    collectors = {name: {"enabled": False} for name in NAMES if name != "system"} | {"system": options}
    with Simulator() as datadog:
        keys = {"url": datadog.url, "api_key": API_KEY, "app_key": APP_KEY}
        config = configured(tmp_path, None, collectors=collectors, datadog=keys)
        report = made(config, WEEK.name, NOW).report
    asked = [request.body["data"]["attributes"] for request in datadog.requests]
    ends = [WEEK.end, WEEK.before().end]
    assert [(one["from"], one["to"]) for one in asked] == [
        ((end - timedelta(days=7)).timestamp() * 1000, end.timestamp() * 1000) for end in ends
    ]
    figures = {one.title: one for one in report.section("system").figures}
    assert figures["API requests"].shown_before != "–"
    assert {one.window for one in figures.values()} == {"7 d"}
