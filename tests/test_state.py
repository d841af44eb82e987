"""The state file: what is saved comes back as it was, and nothing about it stops the daemon."""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter import stored
from exporter.model import Failure, Note, Reason, Result, Sample
from exporter.state import State, StateError
from exporter.stored import Record

NOW = datetime(2026, 4, 1, tzinfo=UTC)
RESULT = Result(
    collector="revenue",
    at=NOW,
    ended=NOW + timedelta(microseconds=1),
    duration=0.1,
    samples=(Sample("jobhive_mrr", (("currency", "USD"),), Decimal("79.9900")), Sample("jobhive_n", (), 3)),
    dropped={("plan", "price_invalid"): 2},
    notes=(Note("disabled", "jobhive_x", "column_unmapped"),),
    documents={"by_plan": [1, None, {"deep": "é"}]},
)
FAILURE = Failure(Reason.TIMEOUT, "too slow", NOW, 2.5)

instants = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
texts = st.text(max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False)
values = st.decimals(allow_nan=False, allow_infinity=False) | numbers | st.integers()
labels = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
documents = st.recursive(st.none() | st.booleans() | numbers | st.integers() | texts, st.lists, max_leaves=5)
results = st.builds(
    Result,
    collector=texts,
    at=instants,
    ended=instants,
    duration=numbers,
    samples=st.lists(st.builds(Sample, texts, labels, values), max_size=4).map(tuple),
    dropped=st.dictionaries(st.tuples(texts, texts), st.integers(0), max_size=3),
    notes=st.lists(st.builds(Note, st.sampled_from(["disabled", "approximate"]), texts, texts), max_size=3).map(tuple),
    documents=st.dictionaries(texts, documents, max_size=3),
)
failures = st.builds(Failure, st.sampled_from(Reason), texts, instants, numbers)


@contextmanager
def opened(path: Path) -> Iterator[State]:
    state = State(path, NOW)
    try:
        yield state
    finally:
        state.close(10)


def reloaded(path: Path) -> list[Record]:
    with opened(path) as state:
        return state.load()


@settings(max_examples=50)
@given(results, st.none() | failures)
def test_every_record_survives_the_way_through_its_row(result: Result, failure: Failure | None) -> None:
    record = Record(result.collector, "fingerprint", result, failure)
    back = stored.record(stored.row(record))
    assert back == record
    kinds = [[type(sample.value) for sample in found.samples] for found in (result, back.result) if found]
    assert kinds[0] == kinds[1]


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_money_keeps_every_digit(amount: Decimal) -> None:
    record = Record("revenue", "x", replace(RESULT, samples=(Sample("jobhive_mrr", (), amount),)), None)
    back = stored.record(stored.row(record)).result
    assert back
    assert str(back.samples[0].value) == str(amount)


@pytest.mark.parametrize(
    ("payload", "failed"),
    [
        ("nonsense", None),
        ("null_", None),
        ("[]", None),
        ("{}", None),
        ('{"at": 1e300, "ended": 0, "duration": 0, "samples": [], "dropped": [], "notes": [], "documents": {}}', None),
        (
            '{"at":0,"ended":0,"duration":0,"samples":[["n",[],"money"]],"dropped":[],"notes":[],"documents":{}}',
            None,
        ),
        (None, "[]"),
        (None, '["no such reason", "text", 0, 0]'),
    ],
)
def test_a_row_that_is_not_ours_is_told_without_its_content(payload: str | None, failed: str | None) -> None:
    with pytest.raises(ValueError, match=r"^the stored result of revenue cannot be read: [A-Za-z]+$"):
        stored.record(("revenue", "x", 0, payload, failed))


@pytest.mark.parametrize(("result", "failure"), [(RESULT, None), (RESULT, FAILURE), (None, FAILURE), (None, None)])
def test_what_is_saved_is_there_after_a_restart(tmp_path: Path, result: Result | None, failure: Failure | None) -> None:
    record = Record("revenue", "fingerprint", result, failure)
    with opened(tmp_path / "state.db") as state:
        assert state.recovered
        assert state.load() == []
        state.save(Record("revenue", "older", None, None))
        state.save(record)
    assert reloaded(tmp_path / "state.db") == [record]


def test_a_row_that_cannot_be_read_costs_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with opened(path) as state:
        state.save(Record("revenue", "x", RESULT, None))
        state.save(Record("alien", "x", replace(RESULT, collector="alien"), None))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE jhx_snapshot SET payload_json = '?' WHERE collector = 'alien'")
    assert reloaded(path) == [Record("revenue", "x", RESULT, None)]


def test_a_record_that_cannot_be_written_costs_itself_only(tmp_path: Path) -> None:
    with opened(tmp_path / "state.db") as state:
        state.save(Record("broken", "x", replace(RESULT, documents={"key": object()}), None))
        state.save(Record("revenue", "x", RESULT, None))
    assert [record.collector for record in reloaded(tmp_path / "state.db")] == ["revenue"]


def test_save_returns_at_once_and_close_writes_what_waits(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    state = State(path, NOW)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")  # Nobody else can write now.
        for number in range(20):
            state.save(Record(f"c{number:02}", "x", RESULT, None))
        assert state.load() == []
        state.close(0.1)  # Its time is up; the writer goes on.
        other.rollback()
    closer = threading.Thread(target=state.close, args=[10])
    closer.start()
    closer.join(10)
    assert [record.collector for record in reloaded(path)] == [f"c{number:02}" for number in range(20)]


def test_nobody_else_can_read_the_file(tmp_path: Path) -> None:
    with opened(tmp_path / "state.db") as state:
        state.save(Record("revenue", "x", RESULT, None))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes["state.db"] == 0o600
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize(
    ("path", "reason"),
    [("missing/state.db", "No such file or directory"), (".", "unable to open database file")],
)
def test_a_path_that_cannot_be_used_is_told_with_the_mend(tmp_path: Path, path: str, reason: str) -> None:
    place = tmp_path / path
    message = f"the state file {place} cannot be used: {reason}; set state.path to a place we may write"
    with pytest.raises(StateError, match=f"^{re.escape(message)}$"):
        State(place, NOW)


def test_what_is_moved_aside_never_replaces_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    for number in range(2):
        path.write_bytes(b"no database %d " % number * 100)
        state = State(path, NOW + timedelta(microseconds=number))
        state.close(10)
        assert not state.recovered
        for left in ("-wal", "-shm"):
            Path(f"{path}{left}").unlink(missing_ok=True)
    assert len(list(tmp_path.glob("state.db.20260401T*"))) == 2
