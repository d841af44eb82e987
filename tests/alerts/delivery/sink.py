"""A server that takes alerts and answers as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

RESET, HANG = -1, -2
Judge = Callable[[list[dict[str, Any]]], int]


class Request(NamedTuple):
    """What arrived."""

    path: str
    headers: dict[str, str]
    alerts: Any
    at: datetime


class Sink:
    """What arrived so far; `judge` chooses the status of an answer, RESET closes, HANG waits until the end."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.requests: list[Request] = []
        self.connections = 0
        self.over = threading.Event()
        self.url = ""

    @property
    def name(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def sizes(self) -> list[int]:
        return [len(request.alerts) for request in self.requests]

    def tried_more_than(self, requests: int) -> bool:
        """Tell whether more requests than so many have arrived."""
        return len(self.requests) > requests

    def numbers(self) -> list[str]:
        """The labels `number` of all alerts that arrived."""
        return [alert["labels"].get("number", "") for request in self.requests for alert in request.alerts]


@contextmanager
def sink(judge: Judge | int = 200, port: int = 0) -> Iterator[Sink]:
    """Run a server until the end of the block."""
    found = Sink(judge if callable(judge) else lambda _: judge)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            found.connections += 1
            super().setup()

        def do_POST(self) -> None:
            alerts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = found.judge(alerts)
            found.requests.append(Request(self.path, dict(self.headers.items()), alerts, datetime.now(UTC)))
            if status == HANG:
                found.over.wait()
            if status < 0:
                self.close_connection = True
                return
            self.send_response(status)
            if status // 100 == 3:
                self.send_header("Location", found.url + "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield found
    finally:
        found.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
