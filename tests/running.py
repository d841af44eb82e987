"""The daemon as users run it: a process, spoken to over HTTP and by signals."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from exporter.registry import NAMES
from tests.waiting import eventually

Series = tuple[str, frozenset[tuple[str, str]]]
COLLECTORS = ("data_quality", "revenue")
NOT_UP_YET = (httpx.TransportError,)


class Page:
    """What one scrape returned, read by the official parser."""

    def __init__(self, text: str) -> None:
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        self.values = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
        assert len(self.values) == len(samples), "a series is there twice"

    def __getitem__(self, name: str) -> float:
        return self.of(name)

    def of(self, name: str, **labels: str) -> float:
        """Return the value of one of the exporter's own series, without its prefix."""
        return self.values[f"jobhive_exporter_{name}", frozenset(labels.items())]

    def business(self) -> dict[Series, float]:
        """Return what speaks of JobHive and not of the daemon."""
        others = ("jobhive_exporter_", "jobhive_snapshot_", "jobhive_config_")
        return {
            series: value
            for series, value in self.values.items()
            if series[0].startswith("jobhive_") and not series[0].startswith(others)
        }

    def labelled(self, collector: str) -> set[str]:
        """Return the names of the series of a collector's health."""
        return {name for name, labels in self.values if ("collector", collector) in labels}


class Daemon:
    """A running daemon."""

    def __init__(self, process: subprocess.Popen[str], port: int, output: Path) -> None:
        self.process, self._output = process, output
        self.address = f"127.0.0.1:{port}"

    @property
    def output(self) -> str:
        """What it has written so far, to both streams."""
        return self._output.read_text()

    def ask(self, path: str, method: str = "GET") -> httpx.Response:
        """Send one request."""
        return httpx.request(method, f"http://{self.address}{path}", timeout=10)

    def page(self) -> Page:
        """Scrape."""
        answer = self.ask("/metrics")
        assert answer.status_code == 200
        return Page(answer.text)

    def until(self, name: str, value: float, *, collectors: tuple[str, ...] = COLLECTORS, within: float = 45) -> Page:
        """Scrape until a series of each collector has a value."""

        def found() -> Page | None:
            page = self.page()
            return page if all(page.of(name, collector=collector) == value for collector in collectors) else None

        found_page = eventually(found, within=within)
        assert found_page
        return found_page

    def settled(self, *collectors: str) -> Page:
        """Scrape when every collector has run twice and more: later runs know the results of the others."""

        def found() -> Page | None:
            page = self.page()
            runs = [page.of("collector_runs_total", collector=collector) for collector in collectors]
            return page if min(runs) > 2 else None

        self.until("collector_success", 1, collectors=collectors)
        page = eventually(found, within=45)
        assert page
        return page

    def end(self, number: signal.Signals = signal.SIGTERM, within: float = 10) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(within)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


# The one whose first run comes soonest, alone.
FIRST = COLLECTORS[0]
ALONE: dict[str, Any] = {FIRST: {"interval": "1s", "deadline": "900ms"}, "revenue": {"enabled": False}}


def config_of(url: str, **sections: Any) -> dict[str, Any]:
    """Return the tree of a configuration; two collectors are enough, and run every second unless told otherwise."""
    others = {name: {"enabled": False} for name in NAMES if name not in COLLECTORS}
    every_second = {name: {"interval": "1s", "deadline": "900ms"} for name in COLLECTORS}
    chosen = sections.pop("collectors", every_second)
    return {"database": {"url": url}, "collectors": others | chosen} | sections


def write(folder: Path, config: Mapping[str, Any]) -> Path:
    """Write config.yaml, with the state file beside it."""
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({"state": {"path": str(folder / "state.db")}} | dict(config)))
    return path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        [sys.executable, "-m", "exporter", *arguments], capture_output=True, text=True, timeout=20, check=False
    )


@contextmanager
def running(folder: Path, config: Mapping[str, Any], *flags: str) -> Iterator[Daemon]:
    """Start the daemon; yields it as soon as it answers, and kills it if it still runs at the end."""
    port, output = free_port(), folder / "output.log"
    command = [sys.executable, "-m", "exporter", "run", "--config.file", str(write(folder, config))]
    with output.open("a") as log:
        process = subprocess.Popen(
            [*command, "--web.listen-address", f"127.0.0.1:{port}", *flags], stdout=log, stderr=log, text=True
        )
    daemon = Daemon(process, port, output)
    try:
        eventually(lambda: process.poll() is not None or daemon.ask("/-/healthy"), within=60, tolerating=NOT_UP_YET)
        assert process.poll() is None, daemon.output
        yield daemon
    finally:
        process.kill()
        process.wait()
