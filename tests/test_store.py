"""The store: whole results or none, frozen snapshots, and what a reload keeps."""

import math
import threading
from datetime import timedelta
from decimal import Decimal

import pytest

from exporter.contract import InvalidResult
from exporter.model import Failure, Note, Reason, Sample
from exporter.store import Store, UnknownCollector
from tests.families import HIDDEN, MINUTE, MONEY, NOW, USERS, contract, result

FAILURE = Failure(Reason.CONNECT, "refused", NOW + MINUTE, 0.1)


def store(*names: str) -> Store:
    made = Store(NOW)
    made.configure([contract(name) for name in names or ("revenue",)], (), {}, NOW)
    return made


BAD = [
    (Sample("jobhive_x", (), 1), "jobhive_x is not a declared family"),
    (MONEY.sample(math.nan, currency="USD"), "jobhive_mrr has the value nan"),
    (MONEY.sample(Decimal("NaN"), currency="USD"), "jobhive_mrr has the value NaN"),
    (MONEY.sample(math.inf, currency="USD"), "jobhive_mrr has the value inf"),
    (MONEY.sample(1), "jobhive_mrr has the labels [], declared are ['currency']"),
    (
        MONEY.sample(1, currency="USD", job="x"),
        "jobhive_mrr has the labels ['currency', 'job'], declared are ['currency']",
    ),
    (MONEY.sample(1, currency="GBP"), "jobhive_mrr: the value of label currency is outside the declared domain"),
    (
        Sample("jobhive_mrr", (("currency", None),), 1),  # type: ignore[arg-type]
        "jobhive_mrr: the value of label currency is None, not a non-empty string",
    ),
    (USERS.sample(1, plan="", window="7d"), "jobhive_users: the value of label plan is '', not a non-empty string"),
    (
        USERS.sample(1, plan="x" * 101, window="7d"),
        "jobhive_users: the value of label plan is longer than 100 characters or not printable",
    ),
    (
        USERS.sample(1, plan="a\nb", window="7d"),
        "jobhive_users: the value of label plan is longer than 100 characters or not printable",
    ),
    (
        USERS.sample(1, plan="bob@example.com", window="7d"),
        "jobhive_users: the value of label plan looks like an e-mail address or a UUID",
    ),
    (
        USERS.sample(1, plan="0F8FAD5B-D9CB-469F-A165-70867728950E", window="7d"),
        "jobhive_users: the value of label plan looks like an e-mail address or a UUID",
    ),
]


@pytest.mark.parametrize(("bad", "problem"), BAD)
def test_one_bad_sample_refuses_the_result_and_the_last_good_one_stays(bad: Sample, problem: str) -> None:
    kept = store()
    good = result(MONEY.sample(5, currency="USD"))
    kept.put(good, contract())
    with pytest.raises(InvalidResult) as raised:
        kept.put(result(MONEY.sample(6, currency="USD"), bad), contract())
    assert problem in raised.value.problems
    assert str(raised.value).startswith("the result of collector revenue was refused: ")
    assert kept.snapshot(NOW).served == {"revenue": good}


def test_a_value_that_may_be_personal_is_not_repeated() -> None:
    with pytest.raises(InvalidResult) as raised:
        store().put(result(USERS.sample(1, plan="bob@example.com", window="7d")), contract())
    assert "bob" not in str(raised.value)


def test_a_repeated_sample_is_refused() -> None:
    with pytest.raises(InvalidResult, match=r"jobhive_mrr\{'currency': 'USD'\} is there 2 times"):
        store().put(result(MONEY.sample(1, currency="USD"), MONEY.sample(2, currency="USD")), contract())


def test_too_many_series_are_refused_with_the_largest_families() -> None:
    many = [USERS.sample(1, plan=f"plan {number}", window="7d") for number in range(101)]
    with pytest.raises(InvalidResult, match=r"101 series, the limit max_series is 100; .* jobhive_users \(101\)"):
        store().put(result(*many), contract())


def test_what_is_json_only_does_not_count_towards_the_limit() -> None:
    kept, many = store(), [HIDDEN.sample(1, who=str(n)) for n in range(101)]
    kept.put(result(MONEY.sample(1, currency="USD"), *many), contract())
    assert len(kept.snapshot(NOW).served["revenue"].samples) == 102


def test_a_failure_keeps_the_last_good_result_until_it_is_too_old() -> None:
    kept = store()
    kept.put(result(), contract())
    kept.fail(contract(), FAILURE)
    snapshot = kept.snapshot(NOW + 15 * MINUTE)
    assert snapshot.served.keys() == {"revenue"}
    assert not snapshot.statuses["revenue"].succeeded
    later = kept.snapshot(NOW + 15 * MINUTE + timedelta(microseconds=1))
    assert later.served == {}
    assert later.changed > snapshot.changed
    assert later.statuses["revenue"].result is not None, "the time of the last success is still known"


def test_before_the_first_run_every_collector_is_there() -> None:
    snapshot = store("revenue", "cost").snapshot(NOW)
    assert snapshot.statuses.keys() == {"revenue", "cost"}
    assert not any(status.succeeded or status.attempted for status in snapshot.statuses.values())


def test_a_restored_outcome_is_that_of_the_run() -> None:
    kept = store()
    kept.restore(result(), None, NOW + MINUTE)
    assert kept.snapshot(NOW + MINUTE).statuses["revenue"].succeeded
    kept.restore(result(), FAILURE, NOW + MINUTE)
    assert not kept.snapshot(NOW + MINUTE).statuses["revenue"].succeeded


def test_a_reload_keeps_what_means_the_same_and_drops_the_rest() -> None:
    kept = store("revenue", "cost", "gone")
    for name in ("revenue", "cost", "gone"):
        kept.put(result(name=name), contract(name))
    note = Note("disabled", "jobhive_x", "collector_disabled")
    kept.configure(
        [contract("revenue", max_staleness=MINUTE), contract("cost", fingerprint="other")], (note,), {"limit": 1.0}, NOW
    )
    snapshot = kept.snapshot(NOW)
    assert snapshot.served.keys() == {"revenue"}
    assert snapshot.statuses.keys() == {"revenue", "cost"}
    assert (snapshot.disabled, snapshot.thresholds) == ((note,), {"limit": 1.0})
    assert kept.snapshot(NOW + 2 * MINUTE).served == {}, "the new max_staleness holds"


@pytest.mark.parametrize("old", [contract("gone"), contract(fingerprint="before the reload")])
def test_a_run_that_a_reload_overtook_is_discarded(old: object) -> None:
    kept = store()
    with pytest.raises(UnknownCollector):
        kept.put(result(name=old.collector), old)  # type: ignore[attr-defined, arg-type]
    with pytest.raises(UnknownCollector):
        kept.fail(old, FAILURE)  # type: ignore[arg-type]


def test_snapshots_during_swaps_are_never_a_mixture() -> None:
    kept = store()
    ready, stop = threading.Event(), threading.Event()

    def swap() -> None:
        for value in range(2000):
            kept.put(result(MONEY.sample(value, currency="EUR"), MONEY.sample(value, currency="USD")), contract())
            ready.set()
        stop.set()

    writer = threading.Thread(target=swap)
    writer.start()
    ready.wait(10)
    seen = 0
    while not stop.is_set():
        values = {sample.value for sample in kept.snapshot(NOW).served["revenue"].samples}
        assert len(values) == 1
        seen += 1
    writer.join()
    assert seen > 0
