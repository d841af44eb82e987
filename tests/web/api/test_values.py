"""The numbers: every series of every section against the oracles of the metrics, and some by hand."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle import usage
from tests.oracle.revenue import expected as expected_revenue
from tests.oracle.revenue import key
from tests.web.api.house import House, house, series
from tests.web.api.remote import SENTIMENT, SILENT
from tests.web.api.world import ACME, BETA, DAY, NOON, REGULAR, RICH, SETTINGS, of_company

Expected = Mapping[Any, Any]
# Where a section is, and who else can compute it.
SECTIONS: list[tuple[str, str, Callable[[], Expected]]] = [
    ("realtime", "active_interviews", lambda: usage.expected_operations(RICH, NOON, SETTINGS)),
    ("realtime", "recent_completions", lambda: usage.expected_operations(RICH, NOON, SETTINGS)),
    ("realtime", "average_scores", lambda: renamed(usage.expected_interviews(RICH, NOON, SETTINGS), "24h", "24h")),
    ("business", "revenue", lambda: expected_revenue(RICH, NOON, SETTINGS)),
    ("business", "engagement", lambda: usage.expected_engagement(RICH, NOON, SETTINGS)),
    ("business", "interviews", lambda: usage.expected_interviews(RICH, NOON, SETTINGS)),
    ("business", "features", lambda: usage.expected_features(RICH, NOON, SETTINGS)),
    ("interviews", "interviews", lambda: usage.expected_interviews(RICH, NOON, SETTINGS)),
    ("interviews", "pipeline", lambda: usage.expected_interviews(RICH, NOON, SETTINGS)),
    ("interviews", "interviewers", lambda: usage.expected_interviews(RICH, NOON, replace(SETTINGS, interviewers=True))),
    ("ai", "ai_quality", lambda: usage.expected_ai_quality(RICH, NOON, SETTINGS)),
    ("features", "features", lambda: usage.expected_features(RICH, NOON, SETTINGS)),
    ("funnel", "funnel", lambda: usage.expected_journey(RICH, NOON, SETTINGS)),
    ("cohorts", "cohorts", lambda: usage.expected_journey(RICH, NOON, SETTINGS)),
]


def near(found: float, expected: Fraction | float) -> bool:
    # Money has four decimals.
    return abs(found - float(expected)) <= max(1e-9 * abs(float(expected)), 5.1e-5)


def assert_same(found: dict[Any, Any], expected: Expected, names: set[str]) -> None:
    wanted = {one: value for one, value in expected.items() if one[0] in names}
    assert found.keys() == wanted.keys()
    assert [(one, value, wanted[one]) for one, value in found.items() if not near(value, wanted[one])] == []


@pytest.mark.parametrize(
    ("path", "name", "oracle"), SECTIONS, ids=lambda given: given if isinstance(given, str) else ""
)
def test_a_section_says_what_the_oracle_says(full: House, path: str, name: str, oracle: Callable[[], Expected]) -> None:
    section = full.get(f"/dashboard/{path}")[name]
    assert (section["as_of"], section["stale"], section["reason"]) == ("2026-04-20T12:00:00Z", False, None)
    found = series(section)
    assert found
    assert_same(found, oracle(), set(section["families"]))


BY_HAND = [
    ("business", "revenue", key("jobhive_mrr", currency="USD"), 145),
    ("business", "revenue", key("jobhive_arpu", currency="USD"), 29),
    ("business", "revenue", key("jobhive_customer_lifetime_value", currency="USD"), 261),
    ("realtime", "active_interviews", key("jobhive_interviews_active", kind="hiring"), 2),
    ("realtime", "recent_completions", key("jobhive_interviews_recent_completed", kind="hiring", window="1h"), 1),
    ("business", "engagement", key("jobhive_active_users", window="30d"), 2),
    ("cohorts", "cohorts", key("jobhive_cohort_retention_ratio", cohort="2026-01", month="1"), 1),
    ("cohorts", "cohorts", key("jobhive_cohort_active_users", cohort="2026-01", month="2"), 1),
]


@pytest.mark.parametrize(("path", "name", "one", "value"), BY_HAND)
def test_golden_numbers(full: House, path: str, name: str, one: Any, value: float) -> None:
    assert series(full.get(f"/dashboard/{path}")[name])[one] == value


def test_logo_retention_is_what_churn_leaves(full: House) -> None:
    revenue = full.get("/dashboard/business")["revenue"]
    churn = series(revenue)[key("jobhive_churn_ratio", level="customer", window="30d")]
    assert churn == 0
    assert revenue["logo_retention"] == [
        {"window": "30d", "value": 1, "reason": None},
        {"window": "prev_month", "value": 1, "reason": None},
    ]


@pytest.mark.parametrize(
    ("at", "recent", "month"),
    [
        # golden.md: user 4 left on 11 March, and returned on the 25th.
        ("2026-04-05T12:00:00", {"joined": 1, "returned": 1, "left": 1}, {"joined": 0, "returned": 1, "left": 1}),
        ("2026-04-20T12:00:00", {"joined": 1, "returned": 1, "left": 0}, {"joined": 0, "returned": 1, "left": 1}),
    ],
)
def test_who_left_and_returned_inside_a_window_is_told_beside_the_churn(
    fresh: House, at: str, recent: dict[str, int], month: dict[str, int]
) -> None:
    fresh.now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    fresh.collect("revenue")
    revenue = fresh.get("/dashboard/business")["revenue"]
    assert revenue["customer_events"] == [{"window": "30d", **recent}, {"window": "prev_month", **month}]
    churned = series(revenue)
    assert churned[key("jobhive_churned", level="customer", window="prev_month")] == 0


def renamed(expected: Expected, window: str, to: str) -> dict[Any, Any]:
    """Return what is of one window, under another key, and what is of none."""
    return {
        (name, labels - {("window", window)} | {("window", to)} if ("window", window) in labels else labels): value
        for (name, labels), value in expected.items()
        if dict(labels).get("window", window) == window
    }


COMPANIES = ((ACME, "acme"), (BETA, "beta"))
FILTERED = replace(SETTINGS, interviewers=True, companies=COMPANIES)


@pytest.fixture(scope="module")
def with_companies(rich: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two companies have figures of their own; no collector has run: a question to the database needs none."""
    named = [{"id": number, "label": label} for number, label in COMPANIES]
    options = {"interviews": {"options": {"per_company": named}}}
    with house(tmp_path_factory.mktemp("companies"), rich, collectors=options) as found:
        yield found


@pytest.mark.parametrize(
    ("query", "key_", "window", "company"),
    [
        ("company=7", "custom", "30d", ACME),
        ("company=7&from=2026-04-13T12:00:00Z", "custom", "7d", ACME),
        ("company=9&from=2026-04-13T12:00:00Z&to=2026-05-01", "custom", "7d", BETA),
        ("company=7&window=24h", "24h", "24h", ACME),
        ("company=9&window=30d", "30d", "30d", BETA),
        ("from=2026-04-13T12:00:00Z", "custom", "7d", None),
        ("window=24h&company=424242", "24h", "24h", 424242),
    ],
)
def test_the_interviews_of_a_company_and_a_period(
    with_companies: House, query: str, key_: str, window: str, company: int | None
) -> None:
    """Every section of the dashboard has all its families, whatever the filter."""
    found = with_companies.get(f"/dashboard/interviews?{query}")
    world = RICH if company is None else of_company(RICH, company)
    own = tuple(one for one in COMPANIES if company in (None, one[0]))
    expected = renamed(usage.expected_interviews(world, NOON, replace(FILTERED, companies=own)), window, key_)
    plain = with_companies.get("/dashboard/interviews")
    for name in ("interviews", "pipeline", "interviewers", "companies"):
        # Interviewers are those of the period; the oracle knows those of 30 days.
        if name != "interviewers" or window == "30d":
            assert_same(series(found[name]), expected, set(found[name]["families"]))
        assert found[name]["families"].keys() == plain[name]["families"].keys()
        assert (found[name]["as_of"], found[name]["stale"]) == ("2026-04-20T12:00:00Z", False)
    assert found["filter"]["company"] == company
    assert found["filter"]["period"]["to"] == "2026-04-20T12:00:00Z"


def test_the_applications_of_a_company(with_companies: House) -> None:
    found = series(with_companies.get("/dashboard/interviews?company=7&window=7d")["pipeline"])
    assert found[key("jobhive_pipeline_candidates", stage="hired")] == 1
    assert found[key("jobhive_pipeline_candidates", stage="screening")] == 0
    assert found[key("jobhive_pipeline_hires", window="7d")] == 1
    assert found[key("jobhive_time_to_hire_p50_seconds", window="7d")] == 15 * DAY.total_seconds()
    assert found[key("jobhive_pipeline_stage_exits", stage="screening", window="7d")] == 1


def test_a_company_that_is_not_configured_has_no_figures_of_its_own(with_companies: House) -> None:
    found = with_companies.get("/dashboard/interviews?company=424242")["companies"]
    assert {(figure["reason"], figure["series"]) for figure in found["families"].values()} == {("not_enabled", None)}


def test_the_interviewers_of_a_company(full: House) -> None:
    found = full.get("/dashboard/interviews?company=7&window=30d")["interviewers"]
    # Another one led interviews for another company only.
    done = found["families"]["jobhive_interviewer_interviews"]["series"]
    assert {one["labels"]["interviewer"]: one["value"] for one in done if one["labels"]["kind"] == "hiring"} == {
        "ada": 2,
        "none": 1,
        "other": 0,
    }


def test_a_period_that_is_over_is_that_of_then(full: House) -> None:
    at = NOON - 4 * DAY
    found = full.get("/dashboard/interviews?from=2026-04-09T12:00:00Z&to=2026-04-16T12:00:00Z")["interviews"]
    expected = renamed(usage.expected_interviews(RICH, at, SETTINGS), "7d", "custom")
    one = key("jobhive_interviews_completed", kind="hiring", window="custom")
    assert series(found)[one] == expected[one] == 2


def test_one_candidate(full: House) -> None:
    found = full.get(f"/candidates/{REGULAR}/performance")
    expected = usage.expected_performance(RICH, NOON, SETTINGS, REGULAR)
    assert expected
    assert (found["user_id"], found["total_interviews"], found["as_of"]) == (REGULAR, 5, "2026-04-20T12:00:00Z")
    for interview, wanted in zip(found["history"], expected.history, strict=True):
        assert (interview["interview_id"], interview["date"]) == (wanted.interview_id, str(wanted.date))
        for name in ("completion", "technical", "behavioral", "sentiment", "skill"):
            assert interview[name] == pytest.approx(getattr(wanted, name), abs=1e-9), name
    for dimension, change in found["improvement"].items():
        assert change["last_less_first"] == pytest.approx(expected.improvement[dimension])
        assert change["robust"] == pytest.approx(expected.robust_improvement[dimension])
    assert found["improvement"]["completion"] == {
        "last_less_first": pytest.approx(0.4),
        "robust": pytest.approx(0.3),
        "reason": None,
    }
    rates = {"per_interview": "interview", "per_30d": "30d"}
    for name, per in rates.items():
        assert found["slopes"][name] == pytest.approx(expected.improvement_rate[per])
    for name, marks in (("strengths", expected.strengths), ("areas_for_improvement", expected.areas)):
        assert [one["name"] for one in found[name]] == [mark for mark, _ in marks]
        assert [one["margin"] for one in found[name]] == pytest.approx([float(margin) for _, margin in marks])


def test_a_candidate_with_one_interview_has_too_few_data(full: House) -> None:
    found = full.get("/candidates/2/performance")
    assert found["total_interviews"] == 1
    assert {change["reason"] for change in found["improvement"].values()} == {"insufficient_data"}
    assert found["slopes"] == {"per_interview": None, "per_30d": None}


def test_the_last_samples_and_the_slopes(full: House) -> None:
    plain, asked = (full.get(f"/dashboard/ai{query}")["ai_realtime"] for query in ("", "?mode=last100"))
    assert plain["last100"] is None
    assert asked["last100"][SENTIMENT]["processing_time"]["mean"] == 0.5
    assert asked["last100"][SENTIMENT]["accuracy"]["trend"] is None
    assert asked["last100"][SILENT] == {}
    assert asked["slopes"][SENTIMENT]["1h"] == {"samples": 240, "slope": 0.0001, "theil_sen_slope": 0.00009}


def test_every_component_has_its_place_in_real_time(full: House) -> None:
    families = full.get("/dashboard/realtime")["ai_performance"]["families"]
    mean = families["jobhive_ai_processing_time_avg_seconds"]["series"]
    assert [(one["labels"], one["value"], one["reason"]) for one in mean] == [
        ({"component": SENTIMENT, "window": "5m"}, None, "not_defined"),
        ({"component": SENTIMENT, "window": "1h"}, 0.5, None),
        ({"component": SILENT, "window": "5m"}, None, "not_defined"),
        ({"component": SILENT, "window": "1h"}, None, "not_defined"),
    ]


def test_all_endpoints_but_those_that_may_name_somebody(full: House) -> None:
    found = full.get("/dashboard/system")["endpoints"]
    assert [one["endpoint"] for one in found] == ["GET /api/reports", "POST /api/answers", "GET /api/rare"]
    assert found[2] == {"endpoint": "GET /api/rare", "p95": 0.5, "requests": 3}


def test_money_has_four_decimals_and_a_currency(full: House) -> None:
    found = full.get("/dashboard/costs")
    assert series(found["costs"])[key("jobhive_aws_cost", currency="USD", window="30d")] == 1234.5679
    assert [day["cost"] for day in found["daily"]] == [40.1235, 41]
    assert found["anomalies"][0] == {"start": "2026-04-10", "end": None, "service": "Amazon RDS", "impact": 12.3457}
    assert [one["monthly_savings"] for one in found["recommendations"]] == [31.5556, 20]
    assert series(found["unit_economics"])[key("jobhive_aws_cost_per_active_user", currency="USD")] == 617.2839


def test_how_many_were_active_at_once(full: House) -> None:
    found = full.get("/dashboard/cohorts")["active_in_month_0"]
    assert {month: users for month, users in found.items() if users} == {"2026-01": 2, "2026-02": 2, "2026-03": 1}


@pytest.mark.parametrize("path", ["features", "system", "interviews"])
def test_one_window_of_those_that_there_are(full: House, path: str) -> None:
    window = "1h" if path == "system" else "7d"
    for section in full.get(f"/dashboard/{path}?window={window}").values():
        for figure in section["families"].values() if isinstance(section, dict) else ():
            assert {one["labels"]["window"] for one in figure["series"] or ()} <= {window}
