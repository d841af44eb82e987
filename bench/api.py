"""The JSON API on the whole demo: every endpoint as a client sees it, over HTTP, while the collectors go on.

What is asked of the database is asked with another company, period or candidate each time, so that nothing is kept.
"""

import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.resources import as_file, files
from itertools import count
from pathlib import Path
from statistics import median

import httpx2 as httpx

from bench.table import Row
from demo.ai_traffic import AiTraffic
from demo.aws import SimulatedCostExplorer
from demo.aws_account import simulated
from demo.datadog import API_KEY, APP_KEY, Simulator
from demo.dataset import load as load_data
from demo.postgres import EmbeddedPostgres
from demo.redis import EmbeddedRedis
from exporter.config import load
from exporter.daemon import Daemon
from exporter.log import configure as configure_log
from exporter.web.api.endpoints import CANDIDATE, ENDPOINTS, INTERVIEWS

USERS, ROUNDS = 2000, 100
PATIENCE, BETWEEN_LOOKS = 120.0, 0.5
Numbered = Callable[[int], str]


def rows() -> Iterator[Row]:
    """Yield the median and the 99th percentile of each endpoint, in milliseconds."""
    with demo() as address, httpx.Client(base_url=address, timeout=30) as client:
        for name, path in asked():
            took = sorted(_seconds(client, path(number)) for number in range(ROUNDS))
            yield Row(f"{name}, median", "ms", median(took) * 1000)
            yield Row(f"{name}, p99", "ms", took[int(len(took) * 0.99)] * 1000)


def asked() -> Iterator[tuple[str, Numbered]]:
    """Yield what is asked, by the number of the round."""
    for endpoint in ENDPOINTS:
        if endpoint is not CANDIDATE:
            yield endpoint.name, partial(_same, endpoint.path)
    yield "interviews, compat=seed", partial(_same, f"{INTERVIEWS.path}?compat=seed")
    yield "interviews of a company, live", lambda number: f"{INTERVIEWS.path}?company={number + 1}"
    yield "interviews of a period, live", lambda number: f"{INTERVIEWS.path}?window={number + 100}h"
    yield "candidate_performance, live", lambda number: CANDIDATE.path.format(user_id=number + 1)


def _same(path: str, _: int) -> str:
    return path


@contextmanager
def demo() -> Iterator[str]:
    """Run the demo without its traffic; yields its address when every collector has run."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="jhb-", dir="/tmp")))
        folder.chmod(0o711)
        server = running.enter_context(EmbeddedPostgres(folder / "pg"))
        redis = running.enter_context(EmbeddedRedis(folder / "redis"))
        running.enter_context(AiTraffic(redis.url, seed=1))
        aws = running.enter_context(SimulatedCostExplorer(lambda: simulated(datetime.now(UTC).date())))
        url = server.create("jobhive")
        load_data(url, users=USERS, now=datetime.now(UTC), progress=lambda _: None)
        environ = os.environ | {
            "DATABASE_URL": url,
            "REDIS_URL": redis.url,
            "DATADOG_URL": running.enter_context(Simulator()).url,
            "DD_API_KEY": API_KEY,
            "DD_APP_KEY": APP_KEY,
            "JOBHIVE_DEMO_AWS": aws.url,
            "JOBHIVE_DEMO_AWS_KEY": "simulated",
            "JOBHIVE_DEMO_STATE": str(folder / "state.db"),
        }
        path = running.enter_context(as_file(files("demo") / "config.yaml"))
        host = f"127.0.0.1:{_free_port()}"
        read = partial(load, path, {"web": {"listen_addresses": [host]}, "log": {"level": "error"}}, environ)
        config = read()
        configure_log(config.log, config.redact)
        daemon = Daemon(config, read)
        running.callback(daemon.stop)
        daemon.start()
        address = f"http://{host}"
        _until_ready(address)
        yield address


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _until_ready(address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    for looked in count():
        if httpx.get(f"{address}/-/ready").status_code == httpx.codes.OK:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"not ready after {looked} looks")
        time.sleep(BETWEEN_LOOKS)


def _seconds(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(path)
    if answer.status_code not in (httpx.codes.OK, httpx.codes.NOT_FOUND):
        raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:200]}")
    return time.perf_counter() - began
