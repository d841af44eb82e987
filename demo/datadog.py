"""A simulated Datadog: a small HTTP server that speaks its wire protocol, for the demo and for tests.

Everything that it tells is made up (demo/datadog_life.py). It answers the queries of the collector `system`, v1 and v2,
checks keys, counts requests against a limit as Datadog does, and fails in the ways it is told to.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

from demo.datadog_answers import VALIDATE, Request, Wrong, answer
from demo.datadog_query import Life, World

API_KEY, APP_KEY = "simulated-api-key", "simulated-application-key"
LIMIT, PERIOD = 1600, 3600


class Fault(NamedTuple):
    """An answer in place of the right one; one that `hangs` never comes, one that `drips` never ends."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    hangs: bool = False
    drips: bool = False
    breaks: bool = False


class Simulator:
    """The server; `faults` are answered before anything else, one for each request, and `requests` has all of them."""

    def __init__(self, world: World | None = None, *, limit: int = LIMIT, clock: Callable[[], float] = time) -> None:
        self.world: World = world or Life()
        self.faults: deque[Fault] = deque()
        self.requests: list[Request] = []
        self.ended = threading.Event()
        self._limit, self.clock = limit, clock
        self._counted: dict[int, int] = {}
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02], name="datadog", daemon=True)

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Answer from now on."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop answering."""
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply(self, request: Request, keys: tuple[str | None, str | None]) -> Fault:
        """Return the right answer: also to a request that is wrong, or one too many."""
        is_limited, headers = self._count()
        if is_limited:
            return _refusal(429, "Too many requests", headers)
        # The API key alone can be validated.
        asked, known = (keys[:1], (API_KEY,)) if request.path == VALIDATE else (keys, (API_KEY, APP_KEY))
        if None in asked:
            return _refusal(401, "Unauthorized", headers)
        if asked != known:
            return _refusal(403, "Forbidden", headers)
        try:
            return Fault(200, json.dumps(answer(self.world, request)).encode(), headers)
        except Wrong as wrong:
            return _refusal(wrong.status, str(wrong), headers)

    def _count(self) -> tuple[bool, dict[str, str]]:
        """Count a request; tell whether it is one too many, and what the headers say."""
        now = int(self.clock())
        count = self._counted[now // PERIOD] = self._counted.get(now // PERIOD, 0) + 1
        headers = {
            "X-RateLimit-Limit": str(self._limit),
            "X-RateLimit-Period": str(PERIOD),
            "X-RateLimit-Remaining": str(max(self._limit - count, 0)),
            "X-RateLimit-Reset": str(PERIOD - now % PERIOD),
            "X-RateLimit-Name": "simulated",
        }
        return count > self._limit, headers


def _refusal(status: int, text: str, headers: Mapping[str, str]) -> Fault:
    return Fault(status, json.dumps({"errors": [text]}).encode(), headers)


class _Server(ThreadingHTTPServer):
    """Answers every request in a thread of its own, for which nobody waits at the end."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body go together: apart, each answer would wait for an acknowledgement.
    wbufsize = 65_536
    server: _Server

    def do_GET(self) -> None:
        self._handle(None)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        self._handle(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return what the answer says of its time, which is that of the simulator."""
        return super().date_time_string(self.server.simulator.clock() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""

    def _handle(self, body: Any) -> None:
        parts, simulator = urlsplit(self.path), self.server.simulator
        parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
        request = Request(self.command, parts.path, parameters, body)
        simulator.requests.append(request)
        keys = self.headers.get("DD-API-KEY"), self.headers.get("DD-APPLICATION-KEY")
        given = simulator.faults.popleft() if simulator.faults else simulator.reply(request, keys)
        # Who asked may have gone.
        with suppress(ConnectionError):
            self._send(given)

    def _send(self, given: Fault) -> None:
        if given.hangs:
            self.server.simulator.ended.wait()
        if given.hangs or given.breaks:
            self.close_connection = True
            return
        self.send_response(given.status)
        # More than ever comes.
        length = 1_000_000 if given.drips else len(given.body)
        headers = {"Content-Type": "application/json", **given.headers, "Content-Length": str(length)}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(given.body)
        self.wfile.flush()
        while given.drips and not self.server.simulator.ended.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()
