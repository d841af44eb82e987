"""Why there is nothing: reasons, ages, and failures that stay where they are."""

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from exporter.model import Note, Result
from tests.web.api.house import House, house
from tests.web.api.world import NOON

MINUTE = timedelta(minutes=1)


def state(section: dict[str, Any]) -> tuple[Any, ...]:
    reasons = {figure["reason"] for figure in section["families"].values()}
    return section["as_of"], section["stale"], section["reason"], section["failure"], reasons


def test_a_collector_that_never_ran(fresh: House) -> None:
    section = fresh.get("/dashboard/business")["revenue"]
    assert state(section) == (None, True, "never_ran", None, {"never_ran"})
    assert section["families"]["jobhive_mrr"]["series"] is None


def test_a_collector_whose_first_run_failed(fresh: House) -> None:
    fresh.fail("revenue")
    section = fresh.get("/dashboard/business")["revenue"]
    assert state(section) == (None, True, "collector_failed", "connect", {"collector_failed"})


def test_the_last_good_values_stay_until_they_are_too_old(fresh: House) -> None:
    fresh.collect("revenue")
    fresh.now += MINUTE
    fresh.fail("revenue")
    section = fresh.get("/dashboard/business")["revenue"]
    assert (section["stale"], section["reason"], section["failure"]) == (False, None, "connect")
    assert section["families"]["jobhive_mrr"]["series"][0]["value"] == 145
    fresh.now += 15 * MINUTE
    section = fresh.get("/dashboard/business")["revenue"]
    assert state(section) == ("2026-04-20T12:00:00Z", True, "collector_failed", "connect", {"collector_failed"})
    assert (section["logo_retention"], section["customer_events"]) == ([], None)


def test_values_that_nobody_renewed_are_too_old(fresh: House) -> None:
    fresh.collect("revenue")
    fresh.now += 16 * MINUTE
    assert fresh.get("/dashboard/business")["revenue"]["reason"] == "too_old"


def test_a_collector_that_is_switched_off(tmp_path: Any, rich: str) -> None:
    with house(tmp_path, rich, collectors={"cost": {"enabled": False}}) as found:
        section = found.get("/dashboard/costs")["costs"]
    assert state(section) == (None, True, "collector_disabled", None, {"collector_disabled"})
    assert "jobhive_aws_cost" in section["families"]


def test_a_family_that_is_disabled_says_why_and_the_others_are_there(full: House) -> None:
    families = full.get("/dashboard/business")["revenue"]["families"]
    plans = families["jobhive_mrr_by_plan"]
    assert (plans["series"], plans["reason"]) == (None, "not_enabled")
    assert families["jobhive_mrr"]["series"][0]["value"] == 145


def test_what_is_approximate_or_partial_says_so(fresh: House) -> None:
    job = fresh.job("features")
    notes = (
        Note("approximate", "jobhive_feature_adoption_ratio", "activity_derived"),
        Note("partial", "jobhive_feature_users", "table_unmapped"),
    )
    users = fresh.sample("features", "feature_users", 3, feature="ai_feedback", window="24h")
    fresh.store.put(Result("features", NOON, NOON, 0.1, (users,), notes=notes), job.contract)
    families = fresh.get("/dashboard/features")["features"]["families"]
    assert families["jobhive_feature_adoption_ratio"]["approximate"] == ["activity_derived"]
    partial = families["jobhive_feature_users"]
    assert partial["partial"] == ["table_unmapped"]
    assert {(one["value"], one["reason"]) for one in partial["series"]} == {(3, None), (None, "table_unmapped")}


def test_a_ratio_of_nothing_is_null_with_its_reason(full: House) -> None:
    section = full.get("/dashboard/funnel")["funnel"]["families"]
    overall = section["jobhive_funnel_overall_conversion_ratio"]["series"]
    assert overall[0] == {"labels": {"cohort": "30d"}, "value": None, "reason": "not_defined"}
    steps = section["jobhive_funnel_conversion_ratio"]["series"]
    # Neighbours only, in each of three cohorts.
    assert len(steps) == 12


def test_a_part_that_breaks_costs_itself_only(fresh: House) -> None:
    fresh.collect("revenue", "engagement", "interviews")
    fresh.put("features")
    broken = fresh.store.snapshot(NOON).served["features"]
    # What a newer version might have stored.
    object.__setattr__(broken, "samples", (None,))
    with capture_logs() as lines:
        found = fresh.get("/dashboard/business")
    assert state(found["features"]) == (None, True, "internal", None, set())
    assert found["revenue"]["families"]["jobhive_mrr"]["series"][0]["value"] == 145
    assert [(line["event"], line["part"]) for line in lines] == [("part of an answer failed", "features")]


@pytest.mark.parametrize(
    ("collector", "path", "name", "document"),
    [
        ("ai_realtime", "ai?mode=last100", None, {"components": {"sentiment": {}}}),
        ("system", "system", "endpoints", {"endpoints": [{"p95": 1}]}),
        ("cost", "costs", "daily", {"daily_costs": [{"day": "yesterday"}]}),
    ],
)
def test_a_document_of_another_shape_is_left_out(
    fresh: House, collector: str, path: str, name: str | None, document: dict[str, Any]
) -> None:
    fresh.put(collector, **document)
    found = fresh.get(f"/dashboard/{path}")
    assert found[name] is None if name else found["ai_realtime"]["last100"] is None
