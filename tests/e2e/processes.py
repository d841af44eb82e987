"""Servers for a test: each on a free port of its own, ended by its id whatever happens."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx
import yaml

from tests.debian import program
from tests.waiting import eventually

START_SECONDS = 90
STOP_SECONDS = 10.0


class Service(NamedTuple):
    """A server that runs: where it answers, and what it logs."""

    url: str
    log: Path

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a path; a refusal is an error."""
        return httpx.get(f"{self.url}{path}", headers=headers, timeout=5).raise_for_status()

    def json(self, path: str) -> Any:
        """Return what it answers as JSON."""
        return self.get(path).json()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port: int = bound.getsockname()[1]
        return port


@contextmanager
def running(name: str, command: Sequence[str], port: int, folder: Path, **environ: str) -> Iterator[Service]:
    """Run a server until the end of the block; it is up when it says that it is ready."""
    service = Service(f"http://127.0.0.1:{port}", folder / f"{name}.log")
    with service.log.open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        wait_until_ready(process, service)
        yield service
    finally:
        stop(process)


def wait_until_ready(process: subprocess.Popen[bytes], service: Service) -> None:
    """Return when a server answers that it is ready; a failure tells what it logged."""
    problem = ""
    try:
        eventually(
            lambda: process.poll() is not None or service.get("/-/ready").is_success,
            within=START_SECONDS,
            tolerating=(httpx.HTTPError,),
        )
    except AssertionError as error:
        problem = str(error)
    if process.poll() is not None:
        problem = f"it ended with {process.returncode}"
    if problem:
        raise AssertionError(f"{service.log.stem} is not ready: {problem}\n{service.log.read_text()[-2000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server in an orderly way, or else at once."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)


def written(path: Path, content: Any) -> Path:
    """Write a configuration."""
    path.write_text(yaml.safe_dump(content))
    return path


@contextmanager
def exporter(database: str, folder: Path, **sections: Any) -> Iterator[Service]:
    """Run the daemon on a database; it collects every second."""
    port = free_port()
    often = {"interval": "1s", "deadline": "900ms", "max_staleness": "2m", "required": True}
    config = {
        "database": {"url": database},
        "collectors": {"revenue": often, "data_quality": often},
        "web": {"listen_addresses": [f"127.0.0.1:{port}"]},
        "state": {"path": str(folder / "state.db")},
        **sections,
    }
    file = written(folder / "config.yaml", config)
    # Where it runs must not matter, so neither may what else is in the environment.
    command = [sys.executable, "-m", "exporter", "run", "--config.file", str(file)]
    with running("exporter", command, port, folder, STATE_DIRECTORY="") as service:
        yield service


@contextmanager
def alertmanager(folder: Path) -> Iterator[Service]:
    """Run Debian's Alertmanager, with a receiver that tells nobody."""
    port = free_port()
    config = {
        "global": {"resolve_timeout": "5s"},
        "route": {"receiver": "nobody", "group_wait": "0s", "group_interval": "1s"},
        "receivers": [{"name": "nobody"}],
    }
    command = [
        str(program("alertmanager")),
        f"--config.file={written(folder / 'alertmanager.yml', config)}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with running("alertmanager", command, port, folder) as service:
        yield service


@contextmanager
def prometheus(scraped: Service, alerted: Service, rules: Path, folder: Path) -> Iterator[Service]:
    """Run Debian's Prometheus: it scrapes one service every second, evaluates the rules, and alerts another."""
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [{"job_name": "jobhive", "static_configs": [targets(scraped)]}],
        "alerting": {"alertmanagers": [{"static_configs": [targets(alerted)]}]},
    }
    with configured_prometheus(config, folder) as service:
        yield service


@contextmanager
def configured_prometheus(config: Mapping[str, Any], folder: Path, *flags: str) -> Iterator[Service]:
    """Run Debian's Prometheus with a configuration."""
    port = free_port()
    command = [
        str(program("prometheus")),
        f"--config.file={written(folder / 'prometheus.yml', config)}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        *flags,
    ]
    with running("prometheus", command, port, folder) as service:
        yield service


def targets(service: Service) -> dict[str, list[str]]:
    """Return a static configuration with one target."""
    return {"targets": [service.url.removeprefix("http://")]}
