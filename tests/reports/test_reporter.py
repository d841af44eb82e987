"""The daemon's part: what is owed is sent once, over failures, crashes and restarts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from exporter.budget import Ledger
from exporter.config import Config
from exporter.connections import Connections
from exporter.reports.memory import AlreadyBegun, ReportMemory, ReportRun, RunState
from exporter.reports.reporter import Reporter
from exporter.telemetry import Telemetry
from tests.reports.mail_servers import Inbox, drops_the_line, serving, talking
from tests.reports.making import configured
from tests.running import free_port

MONDAY = datetime(2026, 3, 16, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
# One collector is enough, and quicker.
ONE = ("revenue",)
SENT_AT = "jobhive_exporter_report_last_success_timestamp_seconds"
Log = list[dict[str, Any]]


class Desk:
    """A reporter with a clock that stands where it is put."""

    def __init__(self, config: Config, *, settled: bool = True) -> None:
        self.now, self.telemetry, self.settled = MONDAY, Telemetry(), settled
        self.telemetry.reports.configure(config.reports.names)
        self.memory = ReportMemory(config.state_path)
        self._config = config
        self.restart()

    def restart(self) -> None:
        """Begin anew, as after a crash: what is only in memory is gone."""
        ledger = Ledger(self._config.state_path)
        self.reporter = Reporter(
            self._config,
            lambda: Connections(self._config, ledger),
            self.telemetry.reports,
            lambda: self.settled,
            lambda: self.now,
        )

    def at(self, later: timedelta) -> None:
        """Look at a later time."""
        self.now = MONDAY + later
        self.reporter.tick()

    def count(self, stage: str) -> float:
        samples = [sample for metric in self.telemetry.metrics() for sample in metric.samples]
        return next(one.value for one in samples if one.labels == {"report": "weekly", "stage": stage})

    @property
    def sent_at(self) -> float:
        return next(one.value for metric in self.telemetry.metrics() for one in metric.samples if one.name == SENT_AT)


def mailing(folder: Path, url: str, port: int, **weekly: Any) -> Config:
    smtp = {"host": "localhost", "port": port, "security": "none", "sender": "reports@example.org", "timeout": "5s"}
    wanted = {"recipients": ["board@example.org"]} | weekly
    return configured(folder, url, ONE, reports={"smtp": smtp, "weekly": wanted})


@pytest.fixture
def told() -> Iterator[Log]:
    with structlog.testing.capture_logs() as found:
        yield found  # type: ignore[misc]


@contextmanager
def desk(folder: Path, url: str, inbox: Inbox, **weekly: Any) -> Iterator[Desk]:
    with serving(inbox) as port:
        yield Desk(mailing(folder, url, port, **weekly))


def test_a_report_is_sent_once_whatever_happens_afterwards(reported: str, tmp_path: Path, told: Log) -> None:
    inbox = Inbox()
    with desk(tmp_path, reported, inbox) as found:
        found.at(-MINUTE)
        # The slot of the week before is longer ago than is made up for.
        assert inbox.letters == []
        found.at(timedelta(0))
        assert [letter.message["Message-ID"] for letter in inbox.letters] == ["<jobhive-weekly-2026-W11@example.org>"]
        assert found.sent_at == found.now.timestamp()
        found.at(MINUTE)
        found.restart()
        found.at(2 * MINUTE)
        assert len(inbox.letters) == 1
        assert found.sent_at == MONDAY.timestamp()
        found.at(timedelta(days=7))
        assert [letter.message["Message-ID"] for letter in inbox.letters[1:]] == [
            "<jobhive-weekly-2026-W12@example.org>"
        ]
    assert [entry["event"] for entry in told] == ["report delivered", "report delivered"]
    assert "board@example.org" not in str(told)
    assert {found.count(stage) for stage in ("collect", "render", "send")} == {0}


def test_a_server_that_is_down_is_tried_again_with_pauses(reported: str, tmp_path: Path, told: Log) -> None:
    inbox, port = Inbox(), free_port()
    found = Desk(mailing(tmp_path, reported, port))
    for minutes in (0, 0.9, 1, 1.5, 3):
        found.at(minutes * MINUTE)
    assert found.count("send") == 3
    assert [entry["next_look"] for entry in told] == ["07:01:00 UTC", "07:03:00 UTC", "07:07:00 UTC"]
    assert {(entry["event"], entry["stage"]) for entry in told} == {("report failed", "send")}
    assert told[0]["error"] == f"localhost:{port} cannot be reached: Connection refused"
    assert found.sent_at == 0
    from aiosmtpd.controller import Controller

    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        found.at(7 * MINUTE)
    finally:
        server.stop()
    assert len(inbox.letters) == 1
    assert found.sent_at == found.now.timestamp()
    assert found.count("send") == 3


def test_a_refused_message_is_tried_again(reported: str, tmp_path: Path) -> None:
    inbox = Inbox(answer="451 later")
    with desk(tmp_path, reported, inbox) as found:
        found.at(timedelta(0))
        assert (found.count("send"), found.memory.find("weekly", "2026-W11")) == (1, None)
        inbox.answer = "250 now"
        found.restart()
        found.at(MINUTE)
        assert len(inbox.letters) == 1


def test_a_line_that_breaks_in_the_middle_is_told_and_nothing_is_sent_twice(
    reported: str, tmp_path: Path, told: Log
) -> None:
    with talking(drops_the_line) as port:
        found = Desk(mailing(tmp_path, reported, port))
        found.at(timedelta(0))
    run = found.memory.find("weekly", "2026-W11")
    assert run
    assert run.state is RunState.UNCONFIRMED
    assert found.count("send") == 1
    assert "which may have arrived" in told[0]["error"]
    inbox = Inbox()
    with serving(inbox) as port:
        found = Desk(mailing(tmp_path, reported, port))
        for days in (0, 1, 2):
            found.at(timedelta(days=days))
    assert inbox.letters == []
    assert found.sent_at == 0


def test_a_crash_while_it_is_sent_is_told_and_nothing_is_sent_twice(reported: str, tmp_path: Path, told: Log) -> None:
    inbox = Inbox()
    with desk(tmp_path, reported, inbox) as found:
        found.memory.begin(ReportRun("weekly", "2026-W11", MONDAY, "", {}, {}))
        found.at(timedelta(seconds=9))
        # Somebody else may be sending it just now.
        assert told == []
        found.at(timedelta(seconds=11))
        found.at(MINUTE * 5)
        found.restart()
        found.at(MINUTE * 10)
    assert inbox.letters == []
    assert found.count("send") == 1
    assert [entry["error"] for entry in told] == [
        "report weekly of 2026-W11 is being sent since 16 Mar 2026 at 07:00 UTC, or its sender has died since; "
        "--again sends it once more"
    ]


@pytest.mark.parametrize(("late", "letters"), [(timedelta(days=3), 1), (timedelta(days=3, seconds=1), 0)])
def test_one_that_was_missed_is_sent_within_a_bounded_time(
    reported: str, tmp_path: Path, late: timedelta, letters: int
) -> None:
    inbox = Inbox()
    with desk(tmp_path, reported, inbox) as found:
        found.at(late)
    assert len(inbox.letters) == letters


def test_it_waits_for_the_first_runs_of_the_collectors_but_not_for_ever(reported: str, tmp_path: Path) -> None:
    inbox = Inbox()
    with desk(tmp_path, reported, inbox) as found:
        found.settled = False
        found.at(MINUTE)
        assert inbox.letters == []
        found.at(10 * MINUTE)
        assert len(inbox.letters) == 1


def without(url: str) -> str:
    return url.replace("/reported?", "/not_there?")


def test_it_waits_for_a_source_that_fails_and_then_goes_without_it(reported: str, tmp_path: Path, told: Log) -> None:
    """Here all of it fails, so that there is nothing to send even then."""
    inbox = Inbox()
    with desk(tmp_path, without(reported), inbox) as found:
        found.at(timedelta(0))
        assert found.count("collect") == 1
        found.at(timedelta(hours=2))
        assert found.count("collect") == 2
    assert inbox.letters == []
    assert "there is nothing to report on 2026-W11: revenue: connect: " in told[1]["error"]


def test_files_in_a_folder_are_a_delivery(reported: str, tmp_path: Path) -> None:
    config = configured(tmp_path, reported, ONE, reports={"weekly": {"folder": str(tmp_path / "out")}})
    found = Desk(config)
    found.at(timedelta(0))
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["weekly-2026-W11.html", "weekly-2026-W11.pdf"]
    assert found.sent_at == MONDAY.timestamp()
    (tmp_path / "out" / "weekly-2026-W11.pdf").unlink()
    found.at(MINUTE)
    assert not (tmp_path / "out" / "weekly-2026-W11.pdf").exists()


def test_a_folder_that_cannot_be_written_is_a_failure(reported: str, tmp_path: Path, told: Log) -> None:
    (tmp_path / "out").write_text("a file")
    found = Desk(configured(tmp_path, reported, ONE, reports={"weekly": {"folder": str(tmp_path / "out")}}))
    found.at(timedelta(0))
    assert found.count("send") == 1
    assert "cannot be written: File exists; choose another place" in told[0]["error"]


def test_what_was_said_is_compared_in_the_next_report(reported: str, tmp_path: Path) -> None:
    inbox = Inbox()
    with desk(tmp_path, reported, inbox) as found:
        found.at(timedelta(0))
        run = found.memory.find("weekly", "2026-W11")
        assert run
        key = 'revenue:jobhive_mrr{currency="USD"}'
        assert run.said[key] == "$85.00"
        found.memory.begin(
            ReportRun("weekly", "2026-W11", run.begun_at, "", {**run.said, key: "$84.00"}, run.meanings), again=True
        )
        found.at(timedelta(days=7))
        found.memory.undo(ReportRun("weekly", "2026-W12", MONDAY, "", {}, {}), None)
        found.restart()
        found.at(timedelta(days=8))
    texts = [letter.message.get_body(("plain",)).get_content() for letter in inbox.letters]  # type: ignore[union-attr]
    assert "MRR (week's end), week before: $84.00 in the last report, $85.00 now" in texts[1]
    # Eight days after it was sent a figure is not restated any more.
    assert "Not compared: no report on the week before was sent in the last days." in texts[2]


def test_two_senders_cannot_begin_the_same_report(tmp_path: Path) -> None:
    memory = ReportMemory(tmp_path / "state.db")
    run = ReportRun("weekly", "2026-W11", MONDAY, "", {"a": "1"}, {"b": "2"})
    assert memory.find("weekly", "2026-W11") is None
    assert not (tmp_path / "state.db").exists()
    memory.begin(run)
    assert memory.find("weekly", "2026-W11") == run
    with pytest.raises(AlreadyBegun, match="is being sent since"):
        memory.begin(run)
    memory.finish(run, RunState.SENT, MONDAY + MINUTE)
    with pytest.raises(AlreadyBegun, match=r"was sent on 16 Mar 2026 at 07:01 UTC; --again sends it once more"):
        memory.begin(run)
    assert memory.last_sent("weekly") == MONDAY + MINUTE
    memory.begin(run, again=True)
    memory.undo(run, None)
    assert memory.find("weekly", "2026-W11") is None
