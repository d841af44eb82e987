"""The daemon as a process: faults of its database, its state file, its configuration; and how it ends."""

import asyncio
import json
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2 as httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from demo.postgres import EmbeddedPostgres
from exporter.web.limit import RequestLimit
from tests.conftest import GOLDEN, SCHEMA, connect, execute
from tests.demo.conftest import temporary_folder
from tests.running import ALONE, COLLECTORS, FIRST, NOT_UP_YET, Page, config_of, free_port, run, running, write
from tests.sources.test_database import active
from tests.waiting import eventually

HEALTH = (
    *("success", "stale", "last_success_timestamp_seconds", "last_attempt_timestamp_seconds"),
    *("evaluation_timestamp_seconds", "duration_seconds", "series", "runs_total"),
)
REASONS = ("connect", "timeout", "query", "auth", "ratelimit", "budget", "invalid", "internal")
MISSED = ("overlap", "late", "coalesced", "paused")
QUALITY = ("jobhive_data_quality_rows", "jobhive_source_newest_row_timestamp_seconds")
SLOW_VIEW = (
    "ALTER TABLE billing_plan RENAME TO all_plans;"
    "CREATE VIEW billing_plan AS SELECT all_plans.* FROM all_plans, pg_sleep(60)"
)
UNHURRIED = {name: {"interval": "1m"} for name in COLLECTORS}


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A server of its own, with the golden data in the database `jobhive`; it is down."""
    for folder in temporary_folder():
        server = EmbeddedPostgres(folder)
        with server:
            url = server.create("jobhive")
            execute(url, SCHEMA.read_text() + GOLDEN.read_text())
        yield server
        server.stop()


def assert_every_health_series(page: Page) -> None:
    for collector in COLLECTORS:
        for name in HEALTH:
            page.of(f"collector_{name}", collector=collector)
        for reason in REASONS:
            page.of("collector_failures_total", collector=collector, reason=reason)
        for missed in MISSED:
            assert page.of("collector_missed_runs_total", collector=collector, reason=missed) >= 0


def states(detail: list[dict[str, Any]]) -> set[str]:
    return {collector["state"] for collector in detail}


def test_a_database_that_is_down_keeps_nothing_from_starting(tmp_path: Path, server: EmbeddedPostgres) -> None:
    with running(tmp_path, config_of(server.url("jobhive"))) as daemon:
        first = daemon.page()
        assert_every_health_series(first)
        assert first.business() == {}
        assert daemon.ask("/-/healthy").text == "healthy\n"
        ready = eventually(lambda: (answer := daemon.ask("/-/ready")).status_code == 200 and answer, within=10)
        assert ready
        detail = daemon.ask("/-/ready?verbose").json()["collectors"]
        assert states(detail) == {"failing"}
        assert all(collector["reason"].startswith("connect: connection to server on socket") for collector in detail)
        failed = daemon.page()
        assert_every_health_series(failed)
        for collector in COLLECTORS:
            assert failed.of("collector_failures_total", collector=collector, reason="connect") >= 1
            assert failed.of("collector_success", collector=collector) == 0
            assert failed.of("collector_stale", collector=collector) == 1
            assert failed.of("collector_last_success_timestamp_seconds", collector=collector) == 0
        with server:
            recovered = daemon.until("collector_success", 1)
            assert {name for name, _ in recovered.business()} >= {"jobhive_mrr", *QUALITY}
            assert states(daemon.ask("/-/ready?verbose").json()["collectors"]) == {"ok"}


def test_killed_and_started_without_its_database_it_serves_what_it_knew(
    tmp_path: Path, server: EmbeddedPostgres
) -> None:
    config = config_of(server.url("jobhive"))
    with server, running(tmp_path, config) as daemon:
        daemon.until("collector_success", 1)
        # The second run of each comes after the first one is in the state file.
        eventually(
            lambda: all(daemon.page().of("collector_runs_total", collector=c) >= 2 for c in COLLECTORS), within=5
        )
        before = daemon.page()
        daemon.end(signal.SIGKILL)
    with running(tmp_path, config) as daemon:
        restored = daemon.page()
        assert restored.business() == before.business() != {}
        ages = [{c["collector"]: c["age"] for c in daemon.ask("/-/ready?verbose").json()["collectors"]}]
        for collector in COLLECTORS:
            success = restored.of("collector_last_success_timestamp_seconds", collector=collector)
            # Unless it has run already, its latest run is the one from before, and that one was good.
            if restored.of("collector_last_attempt_timestamp_seconds", collector=collector) == success:
                assert restored.of("collector_success", collector=collector) == 1
        failing = daemon.until("collector_success", 0)
        assert failing.business() == before.business()
        ages.append({c["collector"]: c["age"] for c in daemon.ask("/-/ready?verbose").json()["collectors"]})
        for collector in COLLECTORS:
            assert failing.of("collector_stale", collector=collector) == 0
            assert failing.of("collector_last_success_timestamp_seconds", collector=collector) > 0
            assert 0 < ages[0][collector] < ages[1][collector]


def test_a_restart_is_no_failure(tmp_path: Path, golden: str) -> None:
    """The outcome is restored with the result: the first scrape of a new process tells the same as the last one."""
    config = config_of(golden, collectors={FIRST: {"interval": "1m"}, "revenue": {"enabled": False}})
    with running(tmp_path, config) as daemon:
        before = daemon.until("collector_success", 1, collectors=(FIRST,))
        assert daemon.end() == 0
    with running(tmp_path, config) as daemon:
        after = daemon.page()
        assert after.business() == before.business() != {}
        assert after.of("collector_success", collector=FIRST) == 1
        assert daemon.ask("/-/ready").status_code == 200


def no_database(path: Path) -> None:
    path.write_bytes(b"This was a state file once. " * 400)


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def torn(path: Path) -> None:
    """Overwrite all but the first page, as a full disk or a lost page does."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "CREATE TABLE jhx_snapshot (collector TEXT PRIMARY KEY, fingerprint TEXT, as_of INTEGER, payload_json TEXT,"
            " failure_json TEXT) WITHOUT ROWID; PRAGMA user_version = 1;"
        )
        connection.execute("INSERT INTO jhx_snapshot VALUES ('revenue', 'x', 1, ?, NULL)", ["[" * 100_000])
    data = path.read_bytes()
    path.write_bytes(data[:8192] + bytes(len(data) - 8192))


def without_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1")


@pytest.mark.parametrize("damage", [no_database, newer, torn, without_table])
def test_a_state_file_that_cannot_be_read_is_moved_aside(
    tmp_path: Path, golden: str, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "state.db"
    damage(path)
    was = path.read_bytes()
    with running(tmp_path, config_of(golden, collectors=ALONE)) as daemon:
        assert [aside.read_bytes() for aside in tmp_path.glob("state.db.2*")] == [was]
        assert "state file moved aside" in daemon.output
        daemon.until("collector_success", 1, collectors=(FIRST,))
        assert daemon.end() == 0
    with closing(sqlite3.connect(path)) as connection:
        assert list(connection.execute("SELECT collector FROM jhx_snapshot")) == [(FIRST,)]


def test_sighup_takes_a_new_configuration_whole(tmp_path: Path, golden: str) -> None:
    with running(tmp_path, config_of(golden)) as daemon:
        before = daemon.settled(*COLLECTORS)
        collectors = {"revenue": {"interval": "2s"}, "data_quality": {"enabled": False}}
        write(tmp_path, config_of(golden, collectors=collectors))
        daemon.process.send_signal(signal.SIGHUP)
        changed = "config_last_reload_success_timestamp_seconds"
        eventually(lambda: daemon.page()[changed] > before[changed], within=5)
        page = daemon.page()
        assert page["config_last_reload_successful"] == 1
        assert page.labelled("data_quality") == set()
        assert not any(name in QUALITY for name, _ in page.business())
        for family in QUALITY:
            assert page.of("metric_disabled_info", family=family, reason="collector_disabled") == 1
        kept = {series: value for series, value in before.business().items() if series[0] not in QUALITY}
        assert page.business() == kept != {}
        assert page.of("collector_success", collector="revenue") == 1
        told = "Cached; refreshed every 2s by collector revenue."
        eventually(lambda: told in daemon.ask("/metrics").text, within=5)


def test_sighup_with_a_bad_configuration_changes_nothing(tmp_path: Path, golden: str) -> None:
    with running(tmp_path, config_of(golden, collectors=ALONE)) as daemon:
        before = daemon.settled(FIRST)
        write(tmp_path, config_of(golden, collectors=ALONE | {"revenu": {}}))
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: daemon.page()["config_last_reload_successful"] == 0, within=5)
        page = daemon.page()
        changed = "config_last_reload_success_timestamp_seconds"
        assert page[changed] == before[changed]
        assert page.business() == before.business()
        assert "unknown key; did you mean revenue?" in daemon.output
        runs = page.of("collector_runs_total", collector="data_quality")
        eventually(lambda: daemon.page().of("collector_runs_total", collector="data_quality") > runs, within=5)
        write(tmp_path, config_of(golden, collectors=ALONE))
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: daemon.page()["config_last_reload_successful"] == 1, within=5)


def test_a_collector_that_is_redefined_while_it_runs_is_run_again_at_once(tmp_path: Path, golden: str) -> None:
    with closing(connect(golden)) as other, other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE billing_plan")
        with running(tmp_path, config_of(golden, collectors=UNHURRIED)) as daemon:
            eventually(lambda: active(golden) > 0, within=10)
            changed = config_of(golden, collectors=UNHURRIED) | {"business": {"timezone": "Europe/Berlin"}}
            write(tmp_path, changed)
            daemon.process.send_signal(signal.SIGHUP)
            eventually(lambda: "event=reloaded" in daemon.output, within=5)
            cursor.execute("COMMIT")
            # Their next slot is up to a minute away.
            daemon.until("collector_success", 1)
            assert "redefined while it ran" in daemon.output
            assert "Traceback" not in daemon.output


def test_a_stop_ends_runs_that_a_reload_overtook(tmp_path: Path, golden: str) -> None:
    with closing(connect(golden)) as other, other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE billing_plan")
        with running(tmp_path, config_of(golden, collectors=UNHURRIED)) as daemon:
            eventually(lambda: active(golden) > 0, within=10)
            daemon.process.send_signal(signal.SIGHUP)
            eventually(lambda: "event=reloaded" in daemon.output, within=5)
            assert daemon.end(signal.SIGTERM) == 0
            assert "left running" not in daemon.output
            eventually(lambda: active(golden) == 0, within=2)


def test_a_result_too_old_after_a_restart_still_tells_when_it_was_good(tmp_path: Path, golden: str) -> None:
    with running(tmp_path, config_of(golden, collectors=ALONE)) as daemon:
        daemon.settled(FIRST)
        assert daemon.end() == 0
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection, connection:
        stored = json.loads(connection.execute("SELECT payload_json FROM jhx_snapshot").fetchone()[0])
        stored["ended"] -= 86400 * 10**6
        connection.execute("UPDATE jhx_snapshot SET payload_json = ?", [json.dumps(stored)])
    with closing(connect(golden)) as other, other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE billing_plan")
        with running(tmp_path, config_of(golden, collectors=UNHURRIED)) as daemon:
            page = daemon.page()
            assert page.of("collector_stale", collector=FIRST) == 1
            assert page.of("collector_last_success_timestamp_seconds", collector=FIRST) == stored["ended"] / 10**6
            assert page.business() == {}


def test_reload_over_http_is_off_unless_it_is_asked_for(tmp_path: Path, golden: str) -> None:
    with running(tmp_path, config_of(golden, collectors=UNHURRIED)) as daemon:
        before = daemon.page()["config_last_reload_success_timestamp_seconds"]
        answer = daemon.ask("/-/reload", "POST")
        words = "reload over HTTP is off; start with --web.enable-lifecycle, or send SIGHUP\n"
        assert (answer.status_code, answer.text) == (403, words)
        assert daemon.page()["config_last_reload_success_timestamp_seconds"] == before


def test_reload_over_http_answers_with_every_problem(tmp_path: Path, golden: str) -> None:
    with running(tmp_path, config_of(golden, collectors=ALONE), "--web.enable-lifecycle") as daemon:
        before = daemon.settled(FIRST)
        assert daemon.ask("/-/reload").status_code == 405
        for method in ("POST", "PUT"):
            answer = daemon.ask("/-/reload", method)
            assert (answer.status_code, answer.text) == (200, "reloaded\n")
        write(tmp_path, {"database": {"url": "mysql://x"}, "log": {"level": "loud"}, "nonsense": 1})
        answer = daemon.ask("/-/reload", "POST")
        assert answer.status_code == 500
        problems = answer.text.splitlines()
        assert all(line.startswith(f"{tmp_path / 'config.yaml'}:") for line in problems)
        places = sorted(line.split(": ")[1] for line in problems)
        assert places == ["database.url", "log.level", "nonsense"]
        page = daemon.page()
        assert page["config_last_reload_successful"] == 0
        assert page.business() == before.business()


@pytest.mark.parametrize(
    ("number", "blocked_by"), [(signal.SIGTERM, "view"), (signal.SIGTERM, "lock"), (signal.SIGINT, "view")]
)
def test_a_signal_ends_it_in_order_while_a_query_runs(
    tmp_path: Path, golden: str, number: signal.Signals, blocked_by: str
) -> None:
    with closing(connect(golden)) as other, other.cursor() as cursor:
        cursor.execute(SLOW_VIEW if blocked_by == "view" else "BEGIN; LOCK TABLE billing_plan")
        with running(tmp_path, config_of(golden, collectors=UNHURRIED)) as daemon:
            eventually(lambda: active(golden) > 0, within=10)
            assert daemon.end(number) == 0
            assert "event=stopped" in daemon.output
            assert "left running" not in daemon.output
            eventually(lambda: active(golden) == 0, within=2)


def test_a_run_that_the_stop_cut_short_is_no_failure_after_the_restart(tmp_path: Path, golden: str) -> None:
    config = config_of(golden)
    with closing(connect(golden)) as other, other.cursor() as cursor, running(tmp_path, config) as daemon:
        daemon.until("collector_success", 1)
        cursor.execute("BEGIN; LOCK TABLE billing_plan")
        eventually(lambda: active(golden) > 0, within=10)
        assert daemon.end(signal.SIGTERM) == 0
    with closing(connect(golden)) as other, other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE billing_plan")
        with running(tmp_path, config) as daemon:
            assert all(daemon.page().of("collector_success", collector=collector) == 1 for collector in COLLECTORS)


def test_a_port_in_use_is_told_with_the_mend(tmp_path: Path, golden: str) -> None:
    config = write(tmp_path, config_of(golden))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run("run", "--config.file", str(config), "--web.listen-address", address)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"jobhive-exporter: cannot listen on {address}: address already in use")
    assert ended.stderr.endswith("; stop what uses it, or choose another with --web.listen-address\n")


def test_a_state_file_in_no_place_is_told_with_the_mend(tmp_path: Path, golden: str) -> None:
    path = tmp_path / "nowhere" / "state.db"
    config = write(tmp_path, config_of(golden, state={"path": str(path)}))
    ended = run("run", "--config.file", str(config), "--web.listen-address", f"127.0.0.1:{free_port()}")
    words = (
        f"jobhive-exporter: the state file {path} cannot be used: No such file or directory; "
        "set state.path to a place we may write\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", words)


def test_version_and_wrong_usage() -> None:
    ended = run("--version")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("jobhive-exporter, version 0.")
    ended = run("--web.listen-adress=127.0.0.1:1")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "unrecognized arguments: --web.listen-adress" in ended.stderr


def test_a_password_shows_up_nowhere(tmp_path: Path) -> None:
    password = "canary@tweet/47 11"
    url = f"postgresql://reader:{quote(password, safe='')}@no-such-host.invalid/jobhive"
    config = config_of(url, log={"level": "debug"}, collectors=ALONE)
    with running(tmp_path, config, "--web.enable-lifecycle") as daemon:
        eventually(lambda: daemon.ask("/-/ready").status_code == 200, within=15)
        seen = [daemon.ask(path).text for path in ("/metrics", "/", "/-/ready?verbose")]
        write(tmp_path, config_of(url, nonsense={"url": url}))
        seen.append(daemon.ask("/-/reload", "POST").text)
        assert daemon.end() == 0
        seen.append(daemon.output)
    files = [path.read_bytes().decode(errors="replace") for path in tmp_path.glob("state.db*")]
    assert "no-such-host.invalid" in "".join(seen)
    assert files
    for form in {password, quote(password), quote(password, safe="")}:
        assert not [text for text in (*seen, *files) if form in text]


async def _statuses(most: int, beyond: int) -> list[int]:
    """Send as many requests as may run, while they wait some more, and one when all have ended."""
    gate, arrived = asyncio.Event(), asyncio.Semaphore(0)

    async def slow(_: Request) -> Response:
        arrived.release()
        await gate.wait()
        return PlainTextResponse("done")

    limit = RequestLimit(
        Starlette(routes=[Route(path, slow) for path in ("/", "/probe")]), most=most, exempt=("/probe",)
    )
    waiting = [asyncio.create_task(_status(limit)) for _ in range(most)]
    for _ in waiting:
        await arrived.acquire()
    refused = [await _status(limit) for _ in range(beyond)]
    gate.set()
    return [*await asyncio.gather(*waiting), *refused, await _status(limit)]


async def _status(app: ASGIApp) -> int:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "root_path": ""}
    await app(scope, receive, send)
    return int(sent[0]["status"])


def test_requests_beyond_the_limit_are_refused_until_others_end() -> None:
    assert asyncio.run(asyncio.wait_for(_statuses(most=2, beyond=3), 10)) == [200, 200, 503, 503, 503, 200]


def test_a_pause_stops_collecting_and_the_daemon_says_so(database: str, tmp_path: Path) -> None:
    config = config_of(database, collectors=ALONE, web={"enable_lifecycle": True})
    with running(tmp_path, config) as daemon:
        daemon.until("collector_success", 1, collectors=(FIRST,))
        assert daemon.ask("/-/pause?for=5m", "POST").status_code == 200
        eventually(lambda: daemon.page().of("collector_missed_runs_total", collector=FIRST, reason="paused"), within=10)
        assert "paused until" in daemon.ask("/-/ready").text
        assert "Paused: nothing is collected" in daemon.ask("/").text
        runs = daemon.page().of("collector_runs_total", collector=FIRST)
        assert daemon.ask("/-/resume", "POST").status_code == 200
        eventually(lambda: daemon.page().of("collector_runs_total", collector=FIRST) > runs, within=10)


def test_a_socket_of_systemd_is_served(database: str, tmp_path: Path) -> None:
    path = write(tmp_path, config_of(database, collectors=ALONE))
    with socket.create_server(("127.0.0.1", 0)) as passed:
        # What systemd does: the socket is number 3, and the variables name the process that is to have it.
        script = 'exec 3<&"$0" && LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
        command = [sys.executable, "-m", "exporter", "run", "--config.file", str(path), "--web.systemd-socket"]
        process = subprocess.Popen(
            ["/bin/bash", "-c", script, str(passed.fileno()), *command], pass_fds=[passed.fileno()]
        )
        try:
            address = f"http://127.0.0.1:{passed.getsockname()[1]}/version"
            answer = eventually(lambda: httpx.get(address, timeout=10), within=15, tolerating=NOT_UP_YET)
            assert answer.json()["version"]
        finally:
            process.terminate()
            assert process.wait(10) == 0


def test_without_sockets_of_systemd_the_daemon_says_what_to_do(database: str, tmp_path: Path) -> None:
    path = write(tmp_path, config_of(database, collectors=ALONE))
    done = run("run", "--config.file", str(path), "--web.systemd-socket")
    assert done.returncode == 1
    assert "systemd has passed no socket to this process; start the service by its .socket unit" in done.stderr
