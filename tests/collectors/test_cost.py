"""The collector `cost`: what is asked, what is kept, and what becomes of odd answers."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from moto.server import ThreadedMotoServer
from pydantic import ValidationError
from structlog.testing import capture_logs

from collectors import cost
from collectors.base import Harvest, Run
from collectors.cost.usage import unsettled
from collectors.data_quality.families import CHECKS
from collectors.definitions import Definitions
from demo.aws import Fault, Request, SimulatedCostExplorer
from demo.aws_account import EC2, ONE_DAY, RDS, Amount, simulated
from exporter.budget import Budget
from exporter.model import Note, Reason, SourceError
from tests.collectors.cost_asking import AT, TODAY, Asked, account, asking, steady, values
from tests.collectors.test_cost_oracle import assert_conserved

MIDNIGHT = datetime.combine(TODAY, time(), UTC).timestamp()
REFUSED = {
    *("jobhive_aws_cost_forecast", "jobhive_aws_cost_anomalies", "jobhive_aws_cost_anomaly_impact"),
    *("jobhive_aws_savings_opportunity", "jobhive_aws_savings_recommendations"),
}
EVERY_RUN = ["GetCostAndUsage", "GetCostForecast", "GetAnomalies"]
ONCE_A_DAY = [
    *("GetAnomalyMonitors", "GetRightsizingRecommendation", "GetSavingsPlansPurchaseRecommendation"),
    *("GetReservationPurchaseRecommendation",) * 3,
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.db"


def period(request: Request) -> tuple[str, str]:
    return request.body["TimePeriod"]["Start"], request.body["TimePeriod"]["End"]


def refusal(asked: Asked, at: datetime = AT, **options: Any) -> str:
    with pytest.raises(SourceError) as refused:
        asked.collect(at, **options)
    assert refused.value.reason is Reason.QUERY
    return str(refused.value)


# What is asked


def test_one_grouped_call_for_all_days_then_only_those_that_are_open(path: Path) -> None:
    final = steady("10")
    with asking(account(final, TODAY - 4 * ONE_DAY), path) as asked:
        asked.collect(feature_tag="feature")
        first = asked.server.requests[0]
        assert first.body == {
            "TimePeriod": {"Start": "2026-02-09", "End": "2026-04-15"},
            "Granularity": "DAILY",
            "Metrics": ["UnblendedCost"],
            "GroupBy": [{"Type": "TAG", "Key": "feature"}, {"Type": "DIMENSION", "Key": "SERVICE"}],
        }
        asked.operations()
        restated = {day: [Amount("Amazon EC2", "", Decimal(99))] for day in final}
        asked.server.account = lambda: account(restated, TODAY - ONE_DAY)
        harvest = asked.collect(feature_tag="feature")
        assert period(asked.server.requests[0]) == ("2026-04-11", "2026-04-15")
        # What was final stays; what was open is as it is now.
        assert values(harvest, "aws_cost")["USD", "7d"] == 3 * 10 + 4 * 99
        assert values(harvest, "aws_cost_estimated_ratio")["7d",] == pytest.approx(Decimal(1) / 7)
        asked.operations()
        asked.server.account = lambda: account({**restated, TODAY: [Amount("Amazon EC2", "", Decimal(1))]}, TODAY)
        asked.collect(AT + ONE_DAY, feature_tag="feature")
        assert period(asked.server.requests[0]) == ("2026-04-14", "2026-04-16")


def test_days_that_are_all_final_are_not_asked_for(path: Path) -> None:
    with asking(account(steady()), path) as asked:
        asked.collect()
        assert asked.operations() == [*EVERY_RUN, *ONCE_A_DAY[1:]]
        assert values(asked.collect(), "aws_cost")["USD", "30d"] == 300
        assert asked.operations() == EVERY_RUN[1:]


def test_a_month_is_asked_for_once_more_when_its_invoice_is_out(path: Path) -> None:
    """What AWS calls final at once, it may still restate until then; for the price of one request, as on any day."""
    final = steady("10")
    with asking(account(final), path) as asked:
        asked.collect(datetime(2026, 4, 9, 23, tzinfo=UTC))
        asked.operations()
        asked.server.account = lambda: account(final | {date(2026, 3, 5): [Amount("Refund", "", Decimal(-5))]})
        before = asked.collect(datetime(2026, 4, 9, 23, 30, tzinfo=UTC))
        assert values(before, "aws_cost")["USD", "prev_month"] == 310
        assert "GetCostAndUsage" not in asked.operations()
        after = asked.collect(datetime(2026, 4, 10, 0, 1, tzinfo=UTC))
        assert values(after, "aws_cost")["USD", "prev_month"] == 300 - 5
        assert period(asked.server.requests[0]) == ("2026-03-01", "2026-04-10")
        assert asked.operations().count("GetCostAndUsage") == 1
        asked.collect(datetime(2026, 4, 10, 8, tzinfo=UTC))
        assert "GetCostAndUsage" not in asked.operations()


@pytest.mark.parametrize(
    ("fetched", "today", "first"),
    [
        ({}, date(2026, 4, 10), None),
        ({date(2026, 3, 31): date(2026, 4, 9)}, date(2026, 4, 9), None),
        ({date(2026, 3, 31): date(2026, 4, 9)}, date(2026, 4, 10), date(2026, 3, 31)),
        ({date(2026, 3, 31): date(2026, 4, 10)}, date(2026, 4, 30), None),
        ({date(2026, 4, 1): date(2026, 4, 2)}, date(2026, 4, 30), None),
        (
            {date(2025, 12, 5): date(2025, 12, 6), date(2025, 12, 1): date(2026, 1, 9)},
            date(2026, 1, 10),
            date(2025, 12, 1),
        ),
        ({date(2026, 1, 31): date(2026, 2, 1)}, date(2026, 2, 10), date(2026, 1, 31)),
    ],
)
def test_days_that_an_invoice_may_have_changed(fetched: dict[date, date], today: date, first: date | None) -> None:
    assert unsettled(fetched, today) == first


def test_twenty_four_hours_of_the_default_schedule(path: Path) -> None:
    today = TODAY
    with asking(simulated(today), path, budget=20) as asked:
        for hour in (1, 9, 17):
            asked.collect(datetime.combine(today, time(hour), UTC))
        sent = asked.operations()
        assert [sent.count(name) for name in EVERY_RUN] == [3, 3, 3]
        assert len(sent) == 14
        (spent,) = asked.ledger.accounts(AT)
        assert (spent.requests, spent.usd, spent.requests_left) == (len(sent), Decimal("0.14"), 6)
        # Without an anomaly one more asks whether anybody looks for them: that is what `check` prints.
        each, daily = cost.requests(cost.Options())
        assert 3 * each + daily == len(sent) + 1 == 15


def test_other_options_are_other_days(path: Path) -> None:
    with asking(account(steady(record_type="Credit")), path) as asked:
        assert values(asked.collect(), "aws_cost")["USD", "7d"] == 70
        harvest = asked.collect(metric="AmortizedCost", exclude_record_types=["Tax", "Credit"])
        request = next(r for r in asked.server.requests[1:] if r.operation == "GetCostAndUsage")
        assert request.body["Metrics"] == ["AmortizedCost"]
        assert request.body["Filter"] == {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Tax", "Credit"]}}}
        assert values(harvest, "aws_cost") == {}


# What is made of the days


def test_a_day_without_a_group_costs_nothing_between_others_and_is_missing_at_the_ends(path: Path) -> None:
    days: dict[date, list[Amount]] = steady("10", days=40, before=TODAY - 2 * ONE_DAY)
    del days[TODAY - 5 * ONE_DAY]
    with asking(account(days), path) as asked:
        harvest = asked.collect()
    costs = values(harvest, "aws_cost")
    assert costs["USD", "7d"] == 60
    assert costs["USD", "30d"] == 290
    assert values(harvest, "aws_cost_window_end_timestamp_seconds")[()] == MIDNIGHT - 2 * 86400
    # 42 days before today the data begin: neither twice 30 days nor the whole of March.
    assert values(harvest, "aws_cost_change_ratio").keys() == {("USD", "7d")}
    assert ("USD", "prev_month") not in costs
    assert harvest.dropped["aws", "missing_day"] == 65 - 2 - 40 + 1


def test_on_the_first_of_the_month_it_is_empty_and_the_last_one_waits_for_its_last_day(path: Path) -> None:
    first = datetime(2026, 4, 1, 3, tzinfo=UTC)
    answers = {"GetCostForecast": forecast_of("300", "250", "360")}
    with asking(account(steady(before=date(2026, 3, 31)), None, answers), path) as asked:
        late = asked.collect(first)
        assert {window for _, window in values(late, "aws_cost")} == {"prev_day", "7d", "30d"}
        # Data end before the month begins, yet the forecast is of this month alone.
        assert period(next(r for r in asked.server.requests if r.operation == "GetCostForecast")) == (
            "2026-04-01",
            "2026-05-01",
        )
        assert values(late, "aws_cost_forecast") == {("mean", "USD"): 300, ("lower", "USD"): 250, ("upper", "USD"): 360}
        asked.server.account = lambda: account(steady(before=date(2026, 4, 1)), None, answers)
        complete = asked.collect(first)
    assert values(complete, "aws_cost")["USD", "prev_month"] == 310
    assert ("USD", "mtd") not in values(complete, "aws_cost")


def test_credits_are_not_clamped_and_nothing_is_divided_by_them(path: Path) -> None:
    with asking(account(steady("-3")), path) as asked:
        harvest = asked.collect(monthly_budget=100)
    assert values(harvest, "aws_cost")["USD", "7d"] == -21
    assert values(harvest, "aws_cost_change_ratio") == {}
    assert values(harvest, "aws_cost_budget_used_ratio") == {("USD",): Decimal("-0.42")}


@pytest.mark.parametrize("budget", [None, 0])
def test_without_a_budget_there_is_no_share_of_it(path: Path, budget: int | None) -> None:
    with asking(account(steady()), path) as asked:
        assert values(asked.collect(monthly_budget=budget), "aws_cost_budget_used_ratio") == {}
        assert values(asked.collect(monthly_budget=50, currency="EUR"), "aws_cost_budget_used_ratio") == {}


def test_a_change_of_the_currency_adds_no_two_of_them(path: Path) -> None:
    days = steady("10") | steady("8", days=3, currency="EUR")
    with asking(account(days, TODAY - 5 * ONE_DAY), path) as asked, capture_logs() as logs:
        harvest = asked.collect()
        asked.collect()
    (told,) = [line for line in logs if line["log_level"] == "warning"]
    assert told["event"] == "AWS costs are in several currencies now, which are never added"
    assert told["currencies"] == ["EUR", "USD"]
    costs = values(harvest, "aws_cost")
    assert (costs["USD", "7d"], costs["EUR", "7d"], costs["USD", "prev_day"]) == (40, 24, 0)
    assert_conserved(harvest)


def test_tags_with_a_dollar_or_nothing_in_them(path: Path) -> None:
    tags = {"": "1", "$": "2", "web$v2": "4", "web": "8", "stray": "16"}
    days = {day: [Amount("EC2", tag, Decimal(amount)) for tag, amount in tags.items()] for day in steady()}
    options: dict[str, Any] = {
        "feature_tag": "feature",
        "features": {"web": ["web$v2", "$"], "idle": ["never"]},
        "rules": {"EC2": {"db": "0.25"}},
    }
    with asking(account(days), path) as asked:
        harvest = asked.collect(**options)
    found = {key[1:3]: value for key, value in values(harvest, "aws_feature_cost").items() if key[3] == "30d"}
    assert found == {
        ("web", "tag"): 180,
        ("idle", "tag"): 0,
        ("db", "rule"): Decimal("7.5"),
        ("unallocated", "none"): Decimal("742.5"),
    }


def test_the_twenty_that_cost_most_lately_have_a_name(path: Path) -> None:
    days = {day: [Amount(f"s{n:02}", "", Decimal(n // 2)) for n in range(25)] for day in steady()}
    days[TODAY - 40 * ONE_DAY] = [Amount("s00", "", Decimal(10_000))]
    with asking(account(days), path) as asked:
        harvest = asked.collect()
    named = {service for _, service, _ in values(harvest, "aws_service_cost")}
    # s04 and s05 cost the same; the name decides.
    assert named == {"s04", *(f"s{n:02}" for n in range(6, 25)), "other"}
    assert_conserved(harvest)


@pytest.mark.parametrize("name", ["bill@example.org", "\x07", "3f2b8a90-1111-2222-3333-444455556666", "other"])
def test_a_service_that_cannot_be_a_label_is_other(path: Path, name: str) -> None:
    with asking(account({day: [Amount(name, "", Decimal(2))] for day in steady()}), path) as asked:
        harvest = asked.collect()
    assert values(harvest, "aws_service_cost")["USD", "other", "7d"] == 14
    assert {service for _, service, _ in values(harvest, "aws_service_cost")} == {"other"}


def test_an_empty_account_has_no_figure_of_any_day(path: Path) -> None:
    with asking(account({}), path) as asked:
        harvest = asked.collect()
    assert harvest.samples == ()
    assert harvest.dropped == {("aws", "missing_day"): 0, ("aws", "sum_mismatch"): 0}
    assert harvest.documents["daily_costs"] == []


def test_the_daily_series_is_a_document(path: Path) -> None:
    with asking(account(steady("1.5"), TODAY - ONE_DAY), path) as asked:
        series = asked.collect().documents["daily_costs"]
    assert isinstance(series, list)
    assert len(series) == 65
    assert series[-1] == {"day": "2026-04-14", "currency": "USD", "cost": 1.5, "estimated": True}
    json.dumps(series)


USAGE: dict[str, Any] = {
    "TimePeriod": {"Start": "2026-04-15", "End": "2026-04-16"},
    "Groups": [{"Keys": ["EC2"], "Metrics": {"UnblendedCost": {"Amount": "1", "Unit": "USD"}}}],
}


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"TimePeriod": {"Start": "2025-01-01"}}, "a day that was not asked for"),
        ({"TimePeriod": {"Start": "yesterday"}}, "a day that is none"),
        ({"TimePeriod": None}, "a day that is none"),
        ({"Groups": [{"Keys": ["a", "b"], "Metrics": {}}]}, "groups that were not asked for"),
        ({"Groups": [{"Keys": ["EC2"], "Metrics": {"BlendedCost": {}}}]}, "groups that were not asked for"),
        ({"Groups": [{"Keys": ["EC2"], "Metrics": {"UnblendedCost": {"Amount": "NaN", "Unit": "USD"}}}]}, "no number"),
        ({"Groups": [{"Keys": ["EC2"], "Metrics": {"UnblendedCost": {"Unit": "USD"}}}]}, "no number"),
        ({"Groups": [{"Keys": ["EC2"], "Metrics": {"UnblendedCost": {"Amount": "1"}}}]}, "without a currency"),
        ({"Groups": [{"Keys": ["EC2"], "Metrics": {"UnblendedCost": {"Amount": "1", "Unit": "N/A"}}}]}, "a currency"),
    ],
)
def test_an_answer_to_another_question_is_refused_whole(path: Path, wrong: Mapping[str, Any], what: str) -> None:
    with asking(account(steady()), path) as asked:
        good = asked.collect()
        body = json.dumps({"ResultsByTime": [{**USAGE, **wrong}]}).encode()
        asked.server.faults = [Fault(status=200, body=body)]
        later = AT + ONE_DAY
        text = refusal(asked, later)
        assert text.startswith("Cost Explorer answered with ")
        assert text.endswith("; no figure of it is used")
        assert what in text
        assert values(asked.collect(), "aws_cost") == values(good, "aws_cost")


def test_a_day_on_two_pages_is_an_estimate_if_one_says_so_and_the_sum_of_both(path: Path) -> None:
    first = {"ResultsByTime": [{**USAGE, "Estimated": True}], "NextPageToken": "2"}
    second = {"ResultsByTime": [{**USAGE, "Estimated": False}]}
    with asking(account({}), path) as asked:
        asked.server.faults = [Fault(status=200, body=json.dumps(page).encode()) for page in (first, second)]
        harvest = asked.collect(AT + ONE_DAY)
    assert values(harvest, "aws_cost") == {("USD", "prev_day"): 2}
    assert values(harvest, "aws_cost_estimated_ratio") == {("prev_day",): 1}


def test_a_page_without_days_is_no_empty_account(path: Path) -> None:
    with asking(account(steady()), path) as asked:
        asked.server.faults = [Fault(status=200, body=b'{"DimensionValueAttributes": []}')]
        assert "a page without ResultsByTime" in refusal(asked)


# What else Cost Explorer says


def forecast_of(mean: str, lower: str, upper: str) -> dict[str, Any]:
    part = {"MeanValue": mean, "PredictionIntervalLowerBound": lower, "PredictionIntervalUpperBound": upper}
    return {"Total": {"Amount": mean, "Unit": "USD"}, "ForecastResultsByTime": [part]}


def anomaly(start: str, impact: float) -> dict[str, Any]:
    return {"AnomalyId": "a", "AnomalyStartDate": start, "AnomalyScore": {}, "Impact": {"TotalImpact": impact}}


def harvest_of(path: Path, answers: Mapping[str, Any], **options: Any) -> Harvest:
    with asking(account(steady(), None, answers), path) as asked:
        return asked.collect(**options)


def test_the_forecast_is_of_the_whole_month(path: Path) -> None:
    answers = {"GetCostForecast": forecast_of("160.5", "150", "180")}
    with asking(account(steady(), None, answers), path) as asked:
        harvest = asked.collect(metric="NetAmortizedCost")
        (request,) = (r for r in asked.server.requests if r.operation == "GetCostForecast")
    assert request.body == {
        "TimePeriod": {"Start": "2026-04-15", "End": "2026-05-01"},
        "Metric": "NET_AMORTIZED_COST",
        "Granularity": "MONTHLY",
    }
    assert values(harvest, "aws_cost_forecast") == {
        ("mean", "USD"): Decimal("300.5"),
        ("lower", "USD"): 290,
        ("upper", "USD"): 320,
    }


def test_a_forecast_that_is_not_to_be_had_is_absent_without_a_note(path: Path) -> None:
    with asking(account(steady(), None, {"GetAnomalies": {"Anomalies": []}}), path) as asked:
        asked.server.faults = [None, Fault("DataUnavailableException")]
        harvest = asked.collect()
    assert values(harvest, "aws_cost_forecast") == {}
    assert "jobhive_aws_cost_forecast" not in {note.family for note in harvest.notes}


def test_a_month_that_is_over_has_no_forecast(path: Path) -> None:
    with asking(simulated(TODAY), path) as asked:
        asked.collect()
        asked.operations()
        asked.now = AT
        past = cost.Collector(cost.Options(), asked.source)
        past.collect(Run(AT - 20 * ONE_DAY, 30, Definitions()))
        assert "GetCostForecast" not in asked.operations()


def test_anomalies_that_began_in_thirty_days(path: Path) -> None:
    found = [anomaly("2026-03-16", 10.5), anomaly("2026-03-15T00:00:00Z", 99), anomaly("2026-04-14T00:00:00Z", -0.5)]
    harvest = harvest_of(path, {"GetAnomalies": {"Anomalies": found}}, currency="EUR")
    assert values(harvest, "aws_cost_anomalies") == {("30d",): 2}
    assert values(harvest, "aws_cost_anomaly_impact") == {("EUR", "30d"): 10}
    events = harvest.documents["anomalies"]
    assert isinstance(events, list)
    assert [event["start"] for event in events] == ["2026-03-16", "2026-04-14"]


@pytest.mark.parametrize(
    ("monitors", "expected"),
    [
        ({"GetAnomalyMonitors": {"AnomalyMonitors": [{"MonitorName": "m", "MonitorType": "CUSTOM"}]}}, {("30d",): 0}),
        ({"GetAnomalyMonitors": {"AnomalyMonitors": []}}, {}),
        ({}, {("30d",): 0}),
    ],
)
def test_no_anomaly_is_none_where_somebody_looks(
    path: Path, monitors: Mapping[str, Any], expected: dict[tuple[str, ...], int]
) -> None:
    harvest = harvest_of(path, {"GetAnomalies": {"Anomalies": []}, **monitors})
    assert values(harvest, "aws_cost_anomalies") == expected
    disabled = Note("disabled", "jobhive_aws_cost_anomalies", "not_enabled")
    assert (disabled in harvest.notes) == (not expected)


def test_what_is_denied_is_disabled_and_asked_once_a_day(path: Path) -> None:
    with asking(account(steady()), path) as asked:
        harvest = asked.collect()
        assert {note.family for note in harvest.notes} == REFUSED
        assert {(note.kind, note.reason) for note in harvest.notes} == {("disabled", "not_enabled")}
        assert not REFUSED & {sample.name for sample in harvest.samples}
        asked.operations()
        asked.collect()
        assert asked.operations() == ["GetCostForecast", "GetAnomalies"]


def test_savings_by_kind_and_those_that_are_not_enabled(path: Path) -> None:
    answers = dict(simulated(TODAY).answers)
    del answers["GetRightsizingRecommendation"]
    harvest = harvest_of(path, answers)
    assert values(harvest, "aws_savings_opportunity") == {
        ("USD", "reservations"): 183,
        ("USD", "savings_plans"): Decimal("210.40"),
    }
    assert values(harvest, "aws_savings_recommendations") == {("reservations",): 3, ("savings_plans",): 1}
    assert Note("partial", "jobhive_aws_savings_opportunity", "not_enabled") in harvest.notes
    advice = harvest.documents["recommendations"]
    assert isinstance(advice, list)
    assert [item["kind"] for item in advice] == ["savings_plans", *["reservations"] * 3]


def test_nothing_to_be_saved_is_zero_and_not_generated_is_unknown(path: Path) -> None:
    answers = {
        "GetRightsizingRecommendation": {"Metadata": {}, "RightsizingRecommendations": []},
        "GetSavingsPlansPurchaseRecommendation": {"Metadata": {"AdditionalMetadata": "x"}},
        "GetReservationPurchaseRecommendation": {"Metadata": {}, "Recommendations": []},
    }
    harvest = harvest_of(path, answers)
    assert values(harvest, "aws_savings_opportunity") == {("USD", "rightsizing"): 0, ("USD", "reservations"): 0}
    assert values(harvest, "aws_savings_recommendations") == {("rightsizing",): 0, ("reservations",): 0}


def test_a_resource_to_be_ended_and_one_to_be_resized(path: Path) -> None:
    items = [
        {
            "AccountId": "123456789012",
            "RightsizingType": "MODIFY",
            "CurrentInstance": {"ResourceId": "i-1"},
            "ModifyRecommendationDetail": {
                "TargetInstances": [{"EstimatedMonthlySavings": "7.5", "CurrencyCode": "USD"}]
            },
        }
    ]
    summary = {
        "TotalRecommendationCount": "4",
        "EstimatedTotalMonthlySavingsAmount": "30.25",
        "SavingsCurrencyCode": "EUR",
    }
    answer = {"Metadata": {}, "Summary": summary, "RightsizingRecommendations": items}
    harvest = harvest_of(path, {"GetRightsizingRecommendation": answer}, reservation_services=[])
    assert values(harvest, "aws_savings_opportunity") == {("EUR", "rightsizing"): Decimal("30.25")}
    assert values(harvest, "aws_savings_recommendations") == {("rightsizing",): 4}
    assert harvest.documents["recommendations"] == [
        {"kind": "rightsizing", "action": "MODIFY", "resource": "i-1", "monthly_savings": 7.5, "currency": "USD"}
    ]


def test_the_checks_of_data_quality_know_what_is_dropped(path: Path) -> None:
    assert set(harvest_of(path, {}).dropped) == {pair for pair in CHECKS if pair[0] == "aws"}


# Options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"features": {"web": ["a"]}}, "features have tag values but there is no tag; add feature_tag"),
        ({"feature_tag": "f", "features": {"web": ["a"], "ai": ["a"]}}, "'a' stands there twice"),
        ({"rules": {"EC2": {"unallocated": 1}}}, "unallocated is the name for what belongs to no feature"),
        ({"rules": {"EC2": {"a": "0.6", "b": "0.5"}}}, "the weights of 'EC2' make more than 1"),
        ({"rules": {"EC2": {"a": -1}}}, "greater than or equal to 0"),
        ({"currency": "dollars"}, "should match pattern"),
    ],
)
def test_options_that_would_give_wrong_numbers_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        cost.Options.model_validate(options)


# moto


class Forwarded(SimulatedCostExplorer):
    """Usage is answered by moto, which implements nothing else of this collector."""

    moto = ""

    def answer(self, request: Request) -> Mapping[str, Any] | Fault:
        if request.operation != "GetCostAndUsage":
            return super().answer(request)
        headers = {
            "X-Amz-Target": f"AWSInsightsIndexService.{request.operation}",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260415/us-east-1/ce/aws4_request",
        }
        answer: Mapping[str, Any] = httpx.post(self.moto, content=json.dumps(request.body), headers=headers).json()
        return answer


@pytest.fixture
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_the_same_figures_against_the_server_of_moto(path: Path, moto: str) -> None:
    given = simulated(TODAY)
    options: dict[str, Any] = {
        "feature_tag": "feature",
        "features": {"interviews": ["interview", "interview-engine"], "ai": ["sentiment"]},
        "rules": {RDS: {"interviews": "0.6"}, EC2: {"web": "0.5"}},
    }
    # Three pages, as moto gives them: each request with another token takes the next result.
    with SimulatedCostExplorer(lambda: given, page_size=300) as simulator:
        source = Asked(simulator, path.with_name("first.db"), Budget(20))
        straight = source.collect(**options)
        bodies = [r.body for r in simulator.requests if r.operation == "GetCostAndUsage"]
        pages = [simulator.answer(Request("GetCostAndUsage", body)) for body in bodies]
        source.source.close()
    assert len(pages) == 3
    assert httpx.post(f"{moto}/moto-api/static/ce/cost-and-usage-results", json={"results": pages}).status_code == 201
    with Forwarded(lambda: given) as forwarding:
        forwarding.moto = moto
        asked = Asked(forwarding, path, Budget(20))
        harvest = asked.collect(**options)
        asked.source.close()
    assert sorted(harvest.samples) == sorted(straight.samples)
    assert values(harvest, "aws_cost")["USD", "30d"] == _total(given.days)


def _total(days: Mapping[date, Any]) -> Decimal:
    return sum((item.amount for n in range(1, 31) for item in days[TODAY - n * timedelta(days=1)]), Decimal(0))
