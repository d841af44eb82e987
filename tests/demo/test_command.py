import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo.postgres import EmbeddedPostgres
from tests.alerts.delivery.sink import Sink, sink
from tests.redis_servers import embedded
from tests.running import NOT_UP_YET, Daemon, Page, free_port
from tests.waiting import eventually

PROC = Path("/proc")
AVAILABLE = "jobhive_ai_realtime_data_available"
TALKING = ("question_generation", "recommendations", "sentiment_analysis", "skill_scoring")
pytestmark = pytest.mark.skipif(not PROC.joinpath("self").exists(), reason="processes are found by /proc")


def processes_of(folder: Path) -> dict[int, str]:
    """Every process whose command line names the folder."""
    found = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_text(errors="replace").replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if str(folder) in command:
                found[int(entry.name)] = command
    return found


def start(folder: Path, port: int, output: Path, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "exporter", "demo", "--users", "300", "--data-dir", str(folder)]
    with output.open("w") as log:
        return subprocess.Popen(
            [*command, "--web.listen-address", f"127.0.0.1:{port}", *flags], stdout=log, stderr=log, text=True
        )


@contextmanager
def demo(folder: Path, *flags: str) -> Iterator[Daemon]:
    """A demo that is ready; killed at the end with all it started, if it still runs."""
    port, output = free_port(), folder.with_name(f"{folder.name}-{os.urandom(4).hex()}.log")
    process = start(folder, port, output, *flags)
    daemon = Daemon(process, port, output)

    def is_ready() -> bool:
        assert process.poll() is None, daemon.output
        return daemon.ask("/-/ready").status_code == 200

    try:
        eventually(is_ready, within=60, tolerating=NOT_UP_YET)
        yield daemon
    finally:
        for pid in [process.pid, *processes_of(folder)]:
            if process.poll() is None or pid != process.pid:
                os.kill(pid, signal.SIGKILL)
        process.wait()


def figures(page: Page) -> dict[str, float]:
    """What the traffic moves."""
    moving = ("jobhive_source_newest_row_timestamp_seconds", "jobhive_mrr")
    return {
        f"{name}{sorted(labels)}": value for (name, labels), value in page.values.items() if name.startswith(moving)
    }


def told(*alertmanagers: Sink) -> list[str]:
    return [word for one in alertmanagers for word in ("--alertmanager", one.url)]


def heard(alertmanager: Sink) -> set[str]:
    return {alert["labels"]["alertname"] for request in alertmanager.requests for alert in request.alerts}


def mrr(page: Page) -> float:
    return max(value for (name, _), value in page.values.items() if name.startswith("jobhive_mrr"))


def test_shows_a_company_that_moves_and_leaves_nothing_running(folder: Path) -> None:
    data = folder / "demo"
    folder.chmod(0o755)
    with sink() as first_told, sink() as also_told, demo(data, *told(first_told, also_told)) as daemon:
        first = daemon.page()
        assert mrr(first) > 0
        running = processes_of(data)
        assert any("postgres -D" in command for command in running.values())
        assert any("redis-server" in command for command in running.values())
        assert f"Redis runs at unix://{data}/redis/redis.sock" in daemon.output
        live = {dict(labels)["component"]: value for (name, labels), value in first.values.items() if name == AVAILABLE}
        assert live == {"transcription": 0} | dict.fromkeys(TALKING, 1)
        spikes = [
            value for (name, _), value in first.values.items() if name == "jobhive_ai_processing_time_spike_ratio"
        ]
        assert len(spikes) == len(TALKING)
        # What is not real is said where people look.
        assert "Simulated, not real: all that comes from aws, datadog." in daemon.output
        assert "Simulated, not real: all that comes from aws, datadog." in daemon.ask("/").text
        assert first.values["jobhive_api_requests", frozenset({("window", "1h")})] > 0
        # Both collectors run twice a minute or more; the traffic changes something that they show more often than that.
        eventually(daemon.page, within=150, until=lambda page: figures(page) != figures(first))
        # The rules run, and whoever is named hears of them.
        for alertmanager in (first_told, also_told):
            eventually(lambda one=alertmanager: "Watchdog" in heard(one), within=90)  # type: ignore[misc]
        assert daemon.end(signal.SIGINT) in (0, 130)
        assert processes_of(data) == {}
        assert "Traceback" not in daemon.output
        assert "live traffic" not in daemon.output


def test_lives_on_servers_that_are_there_already(folder: Path, postgres: EmbeddedPostgres) -> None:
    data = folder / "demo"
    with embedded() as redis, demo(data, "--database", postgres.create("on_given"), "--redis", redis) as daemon:
        page = daemon.page()
        assert mrr(page) > 0
        assert page.values[AVAILABLE, frozenset({("component", "sentiment_analysis")})] == 1
        assert "PostgreSQL runs in postgresql+psycopg2://postgres@/on_given?" in daemon.output
        assert len(processes_of(data)) == 1
        assert daemon.end(signal.SIGTERM) == 0
        assert "Traceback" not in daemon.output


def test_a_killed_demo_is_cleared_away_by_the_next_one(folder: Path) -> None:
    data = folder / "demo"
    folder.chmod(0o755)
    with demo(data, "--no-traffic") as daemon:
        left = processes_of(data)
        daemon.process.kill()
        daemon.process.wait()
        servers = {pid: command for pid, command in left.items() if pid != daemon.process.pid}
        assert len([pid for pid in servers if pid in processes_of(data)]) >= 2
        with demo(data, "--no-traffic") as again:
            # Not one of the old processes: PostgreSQL and Redis have been ended, and their helpers went with them.
            assert not set(servers) & set(processes_of(data))
            assert mrr(again.page()) > 0
            assert again.end(signal.SIGTERM) == 0
        assert processes_of(data) == {}


def test_a_port_in_use_is_told_before_a_database_is_made(folder: Path) -> None:
    with taken_port() as port:
        output = folder / "output.log"
        data = folder / "demo"
        assert start(data, port, output).wait(20) == 1
        message = f"jobhive-exporter: cannot listen on 127.0.0.1:{port}: address already in use; stop what uses it"
        assert re.match(re.escape(message), output.read_text())
        assert not data.exists()


@contextmanager
def taken_port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]
