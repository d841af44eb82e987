"""The collector `unit_economics`: both sides of a ratio speak of the same 30 UTC days, or there is none."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from collectors import unit_economics
from collectors.base import Harvest, Run
from collectors.definitions import Definitions
from exporter.contract import Contract
from exporter.model import Note, Result, Sample, Value

AT = datetime(2026, 4, 15, 9, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 4, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def cost(end: datetime | None = MIDNIGHT, **amounts: str) -> Result:
    samples = [
        Sample("jobhive_aws_cost", (("currency", currency), ("window", "30d")), Decimal(amount))
        for currency, amount in (amounts or {"USD": "900"}).items()
    ]
    samples.append(Sample("jobhive_aws_cost", (("currency", "USD"), ("window", "7d")), Decimal(1)))
    if end:
        samples.append(Sample("jobhive_aws_cost_window_end_timestamp_seconds", (), end.timestamp()))
    return Result("cost", AT, AT, 0.1, tuple(samples))


def engagement(at: datetime = AT, users: tuple[int, ...] = (10, 11, 12, 13), **more: Any) -> Result:
    samples = tuple(Sample("jobhive_active_users_utc_30d", (("lag_days", str(lag)),), n) for lag, n in enumerate(users))
    return Result("engagement", at, at, 0.1, samples, **more)


def interviews(at: datetime = AT, done: tuple[tuple[int, int], ...] = ((4, 5), (6, 7), (8, 9), (1, 1))) -> Result:
    samples = tuple(
        Sample("jobhive_interviews_completed_utc_30d", (("kind", kind), ("lag_days", str(lag))), n)
        for lag, pair in enumerate(done)
        for kind, n in zip(("hiring", "practice"), pair, strict=True)
    )
    return Result("interviews", at, at, 0.1, samples)


def harvest(*peers: Result) -> Harvest:
    collector = unit_economics.Collector(unit_economics.Options(), None)
    found = collector.collect(Run(AT, 1, Definitions(), {peer.collector: peer for peer in peers}))
    families = unit_economics.families(unit_economics.Options())
    Contract("unit_economics", families, DAY, False, 100, "x").check(Result("u", AT, AT, 0.1, found.samples))
    return found


def values(*peers: Result) -> dict[tuple[str, ...], Value]:
    return {
        (sample.name.removeprefix("jobhive_"), *(value for _, value in sample.labels)): sample.value
        for sample in harvest(*peers).samples
    }


USERS, PER_USER = "unit_economics_active_users", "aws_cost_per_active_user"
DONE, PER_INTERVIEW = "unit_economics_completed_interviews", "aws_cost_per_interview"


@pytest.mark.parametrize(("lag", "users", "done"), [(0, 10, 9), (1, 11, 13), (2, 12, 17), (3, 13, 2)])
def test_the_use_of_the_days_that_have_a_cost(lag: int, users: int, done: int) -> None:
    assert values(cost(MIDNIGHT - lag * DAY), engagement(), interviews()) == {
        (USERS,): users,
        (PER_USER, "USD"): Decimal(900) / users,
        (DONE,): done,
        (PER_INTERVIEW, "USD"): Decimal(900) / done,
    }


@pytest.mark.parametrize(
    "end",
    [MIDNIGHT + DAY, MIDNIGHT - 4 * DAY, MIDNIGHT - timedelta(hours=12), None],
    ids=["later", "old", "odd", "none"],
)
def test_no_days_in_common_no_figure(end: datetime | None) -> None:
    assert values(cost(end), engagement(), interviews()) == {}


def test_midnight_is_that_of_each_result_not_of_the_run() -> None:
    """Cost and interviews are of today; the users were last counted before midnight."""
    late = engagement(MIDNIGHT - timedelta(microseconds=1))
    assert values(cost(MIDNIGHT - DAY), late, interviews(MIDNIGHT)) == {
        (USERS,): 10,
        (PER_USER, "USD"): 90,
        (DONE,): 13,
        (PER_INTERVIEW, "USD"): Decimal(900) / 13,
    }


def test_nobody_is_a_denominator_and_no_ratio() -> None:
    assert values(cost(), engagement(users=(0,)), interviews(done=((0, 0),))) == {(USERS,): 0, (DONE,): 0}


def test_every_currency_by_itself_and_credits_as_they_are() -> None:
    found = values(cost(USD="-30", EUR="45.5"), engagement())
    assert found == {(USERS,): 10, (PER_USER, "USD"): -3, (PER_USER, "EUR"): Decimal("4.55")}


def test_a_side_that_is_missing() -> None:
    assert values(engagement(), interviews()) == {}
    assert values(cost()) == {}
    assert values(cost(), interviews()).keys() == {(DONE,), (PER_INTERVIEW, "USD")}
    without = Result("cost", AT, AT, 0.1, cost().samples[1:])
    assert values(without, engagement()) == {(USERS,): 10}


def test_what_cannot_be_counted_disables_what_divides_by_it() -> None:
    note = Note("disabled", "jobhive_active_users_utc_30d", "history_unavailable")
    found = harvest(cost(), engagement(users=(), notes=(note, Note("disabled", "jobhive_x", "table_unmapped"))))
    assert found.samples == ()
    assert found.notes == (
        Note("disabled", "jobhive_unit_economics_active_users", "history_unavailable"),
        Note("disabled", "jobhive_aws_cost_per_active_user", "history_unavailable"),
    )
