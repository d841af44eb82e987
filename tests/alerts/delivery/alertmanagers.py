"""Real Alertmanagers: with TLS and users, and in a cluster."""

import os
import signal
import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.debian import program
from tests.e2e.processes import START_SECONDS, free_port, stop, written
from tests.waiting import eventually

NOBODY = {
    "global": {"resolve_timeout": "5m"},
    "route": {"receiver": "nobody", "group_wait": "0s", "group_interval": "1s"},
    "receivers": [{"name": "nobody"}],
}
# Before it tells its receivers, it looks whether a peer did.
LOOKED = "alertmanager_nflog_queries_total"


class Alertmanager:
    """One that can be killed and started again."""

    def __init__(
        self,
        folder: Path,
        name: str,
        *flags: str,
        config: Mapping[str, Any] = NOBODY,
        tls: ssl.SSLContext | None = None,
        **ask: Any,
    ) -> None:
        self._folder = folder
        self._config = config
        self._name = name
        self._log = folder / f"{name}.log"
        self._flags = flags
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(verify=tls or True, timeout=5, **ask)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._port}"
        self.name = f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and return when it is ready."""
        command = [
            str(program("alertmanager")),
            f"--config.file={written(self._folder / 'alertmanager.yml', self._config)}",
            f"--storage.path={self._folder / self._name}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            *self._flags,
        ]
        # What an earlier life wrote is of no more use.
        with self._log.open("w") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        eventually(lambda: self.get("/-/ready").is_success, within=START_SECONDS, tolerating=(httpx.TransportError,))

    def kill(self) -> None:
        """End it at once."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def hang(self) -> None:
        """Have it answer nobody until it goes on: its system still takes connections."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Have it answer again."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)

    def decided(self) -> Sequence[str]:
        """Return what it had to tell its receivers, when it has looked each time whether its peers told already."""
        page = text_string_to_metric_families(self.get("/metrics").text)
        (looked,) = [one.value for family in page for one in family.samples if one.name == LOOKED]
        flushed = [line for line in self._log.read_text().splitlines() if "msg=flushing" in line]
        return flushed if looked >= len(flushed) else ()

    def get(self, path: str) -> httpx.Response:
        """Ask for a path."""
        return self._client.get(f"{self.url}{path}")

    def post(self, body: str | bytes, content_type: str = "application/json") -> httpx.Response:
        """Send a body as an alerting system does."""
        return self._client.post(
            f"{self.url}/api/v2/alerts", content=body, headers={"Content-Type": content_type} if content_type else {}
        )

    def alerts(self) -> dict[str, dict[str, Any]]:
        """Return the alerts that it shows, by name."""
        return {alert["labels"].get("alertname", ""): alert for alert in self.get("/api/v2/alerts").json()}

    def close(self) -> None:
        """End it in an orderly way."""
        if self._process and self._process.poll() is None:
            stop(self._process)
        self._client.close()


@contextmanager
def alertmanager(
    folder: Path, name: str = "single", *flags: str, tls: ssl.SSLContext | None = None, **more: Any
) -> Iterator[Alertmanager]:
    """Run one until the end of the block; it is alone unless told otherwise."""
    found = Alertmanager(folder, name, *(flags or ("--cluster.listen-address=",)), tls=tls, **more)
    try:
        found.start()
        yield found
    finally:
        found.close()


@contextmanager
def pair(folder: Path, *flags: str, config: Mapping[str, Any] = NOBODY) -> Iterator[Sequence[Alertmanager]]:
    """Run two that know each other."""
    ports = [free_port(), free_port()]
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                alertmanager(
                    folder,
                    f"member{own}",
                    f"--cluster.listen-address=127.0.0.1:{own}",
                    f"--cluster.peer=127.0.0.1:{other}",
                    "--cluster.settle-timeout=1s",
                    *flags,
                    config=config,
                )
            )
            for own, other in (ports, reversed(ports))
        ]


def amtool(url: str) -> str:
    """Return what people see on their terminal."""
    done = subprocess.run(
        [program("amtool"), "alert", "query", f"--alertmanager.url={url}"],
        env=os.environ | {"HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
