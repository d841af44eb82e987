"""What rules see of a snapshot: labels of the target, the daemon's own families, and of whom nobody knows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from alerts.promql import parse
from exporter.alert_world import Index, world
from exporter.model import Failure, Family, Label, Reason, Result, Sample, Snapshot, Status

AT = datetime(2026, 4, 1, tzinfo=UTC)
TARGET = {"job": "jobhive", "instance": "one:10077"}
RESULT = Result("revenue", AT, AT, 0.1, (Sample("jobhive_mrr", (("currency", "USD"),), Decimal("79.99")),))
GOOD = Status("revenue", (), timedelta(minutes=15), result=RESULT)
FAILURE = Failure(Reason.TIMEOUT, "too slow", AT, 1.0)


def snapshot(status: Status) -> Snapshot:
    served = {} if status.stale(AT) or status.result is None else {"revenue": status.result}
    return Snapshot(AT, {"revenue": status}, served)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("jobhive_mrr", [({"__name__": "jobhive_mrr", "currency": "USD", **TARGET}, 79.99)]),
        ("up", [({"__name__": "up", **TARGET}, 1.0)]),
        ("own", [({"__name__": "own", "collector": "revenue", **TARGET}, 2.0)]),
        ("nosuch", []),
    ],
)
def test_what_rules_see(expression: str, expected: list[tuple[dict[str, str], float]]) -> None:
    own = [Sample("own", (("collector", "revenue"),), 2)]
    found = world(snapshot(GOOD), own, TARGET, AT)
    assert parse(expression).evaluate(AT, found.samples) == expected


def test_what_is_json_only_is_not_scraped_and_so_not_seen() -> None:
    hidden = Family("IA11", "jobhive_mrr", "Hidden.", (Label("currency"),), visibility="JSON only")
    found = world(snapshot(replace(GOOD, families=(hidden,))), (), TARGET, AT)
    assert parse("jobhive_mrr").evaluate(AT, found.samples) == []


@pytest.mark.parametrize(
    ("status", "later", "failed", "stale"),
    [
        (GOOD, timedelta(0), False, False),
        (GOOD, timedelta(minutes=15), False, False),
        (GOOD, timedelta(minutes=15, seconds=1), True, True),
        (replace(GOOD, failure=FAILURE), timedelta(0), True, False),
        (replace(GOOD, result=None), timedelta(0), True, True),
        (replace(GOOD, result=None, failure=FAILURE), timedelta(0), True, True),
    ],
)
def test_of_whom_nobody_knows(status: Status, later: timedelta, failed: bool, stale: bool) -> None:
    found = world(snapshot(status), (), TARGET, AT + later)
    assert ("revenue" in found.unknown["failed"], "revenue" in found.unknown["stale"]) == (failed, stale)


def test_results_are_indexed_once_while_they_and_the_labels_of_the_target_stay_the_same() -> None:
    index, seen = Index(), snapshot(GOOD)
    first = index.of(seen, TARGET)
    assert index.of(seen, dict(TARGET)) is first
    changed = replace(RESULT, samples=(Sample("jobhive_mrr", (("currency", "USD"),), 80),))
    later = snapshot(replace(GOOD, result=changed))
    assert parse("jobhive_mrr == 80").evaluate(AT, world(later, (), TARGET, AT, index).samples)
    assert parse('jobhive_mrr{job="other"}').evaluate(AT, index.of(later, TARGET | {"job": "other"}))
