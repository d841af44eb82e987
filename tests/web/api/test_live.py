"""Questions to the database: few at once, in time, once; and what is said of it is said without the data."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from collectors.base import Reader, Unmapped
from exporter.model import Interrupted, Reason, SourceError
from exporter.web.api.problem import Refused
from exporter.web.api.reads import MOST_AT_ONCE, Answer, Question, Reads
from exporter.web.api.terms import Terms
from tests.conftest import connect
from tests.waiting import eventually
from tests.web.api.house import API, House
from tests.web.api.world import NOON, REGULAR

MINUTE = timedelta(minutes=1)


class Gate:
    """A database that answers when it is told to."""

    def __init__(self) -> None:
        self.opened, self.asked = threading.Event(), list[float]()
        self.error: Exception | None = None

    def read(self, deadline: float, work: Callable[[Any], Any]) -> Any:
        self.asked.append(deadline)
        assert self.opened.wait(10)
        if self.error:
            raise self.error
        return work(None)


@pytest.fixture
def gate() -> Iterator[Gate]:
    found = Gate()
    yield found
    found.opened.set()


def reads_of(gate: Gate, full: House, clock: Callable[[], datetime] = lambda: NOON) -> Reads:
    terms = replace(full.terms, database=gate)
    return Reads(lambda: terms, clock)


def question(key: str, **changes: Any) -> Question[str]:
    def ask(_: Reader, __: Terms, at: datetime) -> str:
        return f"{key} at {at:%H:%M}"

    return Question(key, ask, **changes)


def test_the_same_question_is_asked_once_and_again_when_its_time_is_over(full: House, gate: Gate) -> None:
    now = [NOON]
    reads = reads_of(gate, full, lambda: now[0])
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(reads.answer, question("one")) for _ in range(4)]
        gate.opened.set()
        assert {one.result(5) for one in waiting} == {Answer("one at 12:00", NOON, NOON + MINUTE)}
    now[0] += MINUTE - timedelta(microseconds=1)
    assert reads.answer(question("one")).found == "one at 12:00"
    now[0] += timedelta(microseconds=1)
    assert reads.answer(question("one")).found == "one at 12:01"
    assert gate.asked == [10, 10]


def test_so_many_at_once_and_no_more(full: House, gate: Gate) -> None:
    reads = reads_of(gate, full)
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        running = [pool.submit(reads.answer, question(str(number))) for number in range(MOST_AT_ONCE)]
        eventually(lambda: len(gate.asked) == MOST_AT_ONCE, within=5)
        with pytest.raises(Refused, match=r"2 questions are being asked of the database already; try again") as refused:
            reads.answer(question("more"))
        assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "5"})
        assert refused.value.problem.reason == "busy"
        gate.opened.set()
        assert len({one.result(5).found for one in running}) == MOST_AT_ONCE
    assert reads.answer(question("more")).found == "more at 12:00"


def test_who_has_waited_long_enough_is_told_so_and_the_work_goes_on(full: House, gate: Gate) -> None:
    reads = reads_of(gate, full)
    with pytest.raises(Refused, match="the answer is still being computed; try again") as refused:
        reads.answer(question("slow", patience=0.01))
    assert (refused.value.status, refused.value.problem.reason) == (504, "timeout")
    gate.opened.set()
    assert reads.answer(question("slow")).found == "slow at 12:00"
    assert len(gate.asked) == 1


FAILURES = [
    (
        SourceError(Reason.TIMEOUT, "host db.internal"),
        504,
        "timeout",
        "the answer took the database too long; try again",
    ),
    (
        SourceError(Reason.CONNECT, "host db.internal"),
        503,
        "connect",
        "the database did not answer (connect); try again, and see /-/ready?verbose",
    ),
    (Interrupted("stop"), 503, "busy", "the daemon is stopping; try again"),
    (Unmapped("x", "table_unmapped"), 503, "table_unmapped", "the deployment lacks a table that this is made of"),
]


@pytest.mark.parametrize(("error", "status", "reason", "detail"), FAILURES)
def test_a_failure_is_told_without_its_text_and_not_kept(
    full: House, gate: Gate, error: Exception, status: int, reason: str | None, detail: str
) -> None:
    reads = reads_of(gate, full)
    gate.error = error
    gate.opened.set()
    with pytest.raises(Refused) as refused:
        reads.answer(question("one"))
    assert (refused.value.status, refused.value.problem.reason, str(refused.value)) == (status, reason, detail)
    gate.error = None
    assert reads.answer(question("one")).found == "one at 12:00"


def test_a_reload_makes_every_question_another_one(full: House, gate: Gate) -> None:
    terms = [replace(full.terms, database=gate)]
    reads = Reads(lambda: terms[0], lambda: NOON)
    gate.opened.set()
    reads.answer(question("one"))
    terms[0] = replace(terms[0])
    reads.answer(question("one"))
    assert len(gate.asked) == 2


def test_a_replica_that_lags_is_asked_for_what_has_settled(full: House, gate: Gate) -> None:
    terms = replace(full.terms, database=gate, settle=2 * MINUTE)
    gate.opened.set()
    assert Reads(lambda: terms, lambda: NOON).answer(question("one")).found == "one at 11:58"


def test_after_the_end_nothing_is_asked(full: House, gate: Gate) -> None:
    reads = reads_of(gate, full)
    reads.close()
    with pytest.raises(Refused, match="the daemon is stopping"):
        reads.answer(question("one"))


def test_without_a_database_there_are_no_candidates(fresh: House) -> None:
    fresh.terms = replace(fresh.terms, database=None)
    answer = fresh.client().get(f"{API}/candidates/1/performance")
    assert (answer.status_code, answer.json()["reason"]) == (503, "collector_disabled")
    assert answer.json()["detail"] == "no database is configured; add the section database to the configuration"


def test_a_locked_table_is_given_up_in_time(fresh: House, rich: str) -> None:
    def ask(reader: Reader, _: Terms, __: datetime) -> None:
        reader.rows("sessions", text("SELECT count(*) FROM interviews_interviewsession"))

    lock = connect(rich)
    lock.autocommit = False
    try:
        with lock.cursor() as cursor:
            cursor.execute("LOCK TABLE interviews_interviewsession IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Refused) as refused:
            fresh.reads.answer(Question("locked", ask, deadline=0.2))
    finally:
        lock.close()
    assert (refused.value.status, refused.value.problem.reason) == (504, "timeout")


def test_what_is_asked_cannot_write(fresh: House) -> None:
    def ask(reader: Reader, _: Terms, __: datetime) -> None:
        reader.rows("write", text("DELETE FROM interviews_interviewsession"))

    with pytest.raises(Refused, match="the database did not answer"):
        fresh.reads.answer(Question("write", ask))
    assert fresh.get(f"/candidates/{REGULAR}/performance")["total_interviews"] == 5


def test_who_asks_for_candidates_is_logged_and_nothing_of_them(full: House, rich: str, capfd: Any) -> None:
    """The canary: ids, names and scores of a candidate stand in the answer and in no line of the log."""
    with capture_logs() as lines:
        client = full.client()
        found = client.get(f"{API}/candidates/{REGULAR}/performance")
        client.get(f"{API}/candidates/424242/performance")
        client.get(f"{API}/candidates/kim%40example.org/performance")
    assert found.json()["user_id"] == REGULAR
    accesses = [line for line in lines if line["event"] == "candidate asked for"]
    assert [(line["by"], line["status"]) for line in accesses] == [
        ("somebody", 200),
        ("somebody", 404),
        ("somebody", 422),
    ]
    assert {key for line in lines for key in line} == {"by", "status", "event", "log_level"}
    written = "".join(capfd.readouterr()) + repr(lines)
    assert "424242" not in written
    assert "kim" not in written
    assert str(found.json()["history"][0]["technical"]) not in written
