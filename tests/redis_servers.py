"""Real Redis servers for tests: the demo's 6.2 on a socket; Debian's 7 on TCP, by TLS, with users, guarded, sharded."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from redis import Redis

from demo.redis import EmbeddedRedis
from tests.debian import program
from tests.running import free_port
from tests.waiting import eventually

NOT_UP_YET = (ConnectionError, OSError)
Member = tuple[float, str]


@contextmanager
def embedded() -> Iterator[str]:
    """The URL of an empty Redis 6.2."""
    with tempfile.TemporaryDirectory(prefix="jhr-", dir="/tmp") as folder, EmbeddedRedis(Path(folder) / "r") as server:
        yield server.url


def plain(url: str) -> Any:
    """Return a client that shares no code with ours."""
    return Redis.from_url(url, decode_responses=True, socket_timeout=5, protocol=2)


def put(url: str, key: str, *members: Member) -> None:
    """Add members with their scores, as any service may."""
    with plain(url) as client:
        pipeline = client.pipeline(transaction=False)
        for score, member in members:
            pipeline.execute_command("ZADD", key, repr(score), member)
        pipeline.execute()


@contextmanager
def debian(folder: Path, *words: str, port: int, name: str = "redis-server", **settings: str) -> Iterator[int]:
    """Run Debian's Redis in a folder of its own, until it listens; yields its process."""
    own = folder / f"{name}-{port}"
    own.mkdir()
    lines = {"port": str(port), "bind": "127.0.0.1", "dir": str(own)}
    if name == "redis-server":
        lines |= {"save": '""', "appendonly": "no"}
    lines |= {key.replace("_", "-"): value for key, value in settings.items()}
    config = own / "redis.conf"
    config.write_text("\n".join([*(f"{key} {value}" for key, value in lines.items()), *words]) + "\n")
    with (own / "log").open("w") as log:
        process = subprocess.Popen([str(program(name)), str(config)], stdout=log, stderr=log)
    listening = int(settings.get("tls_port", port))

    def answers() -> bool:
        assert process.poll() is None, (own / "log").read_text()
        socket.create_connection(("127.0.0.1", listening), 1).close()
        return True

    try:
        eventually(answers, within=10, tolerating=NOT_UP_YET)
        yield process.pid
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(own, ignore_errors=True)


@contextmanager
def cluster(folder: Path, masters: int = 3) -> Iterator[list[int]]:
    """Run a cluster of masters that share the slots; yields their ports."""
    ports: list[int] = []
    while len(ports) < masters:
        # The bus of a node listens on a port of its own, 10000 above.
        if (port := free_port()) < 55_000 and port not in ports:
            ports.append(port)
    with ExitStack() as running:
        for port in ports:
            running.enter_context(debian(folder, port=port, cluster_enabled="yes", cluster_node_timeout="2000"))
        clients = [running.enter_context(Redis(port=port, decode_responses=True, protocol=2)) for port in ports]
        step = 16384 // masters + 1
        for number, client in enumerate(clients):
            slots = range(number * step, min((number + 1) * step, 16384))
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", slots[0], slots[-1])
            client.execute_command("CLUSTER", "MEET", "127.0.0.1", ports[0])
        eventually(lambda: all(_is_whole(client) for client in clients), within=20)
        yield ports


def _is_whole(client: Any) -> bool:
    info = client.execute_command("CLUSTER INFO")
    return bool(info["cluster_state"] == "ok" and int(info["cluster_slots_ok"]) == 16384)


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server that accepts connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


def member(at: float, value: object, sample_id: str = "x") -> Member:
    """Return a sample as the layout has it."""
    return at, f"{at:.6f}:{sample_id}:{value}"


def now() -> float:
    """Read the clock, to the microsecond."""
    return round(time.time(), 6)
