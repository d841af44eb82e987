"""A simulated Cost Explorer: the wire protocol of AWS, JSON 1.1 over HTTP, on a port of its own.

It checks requests as far as AWS is known to, counts them, and answers for an account that does not exist. Tests give it
other accounts, and faults.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

from demo.aws_account import ONE_DAY, Account, Amount

TARGET = "AWSInsightsIndexService."
CONTENT_TYPE = "application/x-amz-json-1.1"
PAGE_SIZE = 1000
Keys = tuple[tuple[str, ...], str]
Item = tuple[Keys, Decimal]


class Fault(NamedTuple):
    """What is answered in the place of an answer; without a code it is the body alone."""

    code: str = ""
    message: str = ""
    status: int = 400
    body: bytes = b""
    date: str = ""


class Request(NamedTuple):
    """What was asked."""

    operation: str
    body: Mapping[str, Any]


class _Refused(Exception):
    """A request that AWS would not answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SimulatedCostExplorer:
    """The server; `requests` is every request that came, `faults` what the next ones get for an answer."""

    def __init__(self, account: Callable[[], Account], *, page_size: int = PAGE_SIZE) -> None:
        self.account, self.page_size = account, page_size
        self.requests: list[Request] = []
        self.faults: list[Fault | None] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05], name="aws", daemon=True)

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Start the server."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def received(self, request: Request) -> Fault | None:
        """Note a request, and return its fault; none if it is to be answered."""
        with self._lock:
            self.requests.append(request)
            return self.faults.pop(0) if self.faults else None

    def answer(self, request: Request) -> Mapping[str, Any] | Fault:
        """Return what AWS would say."""
        account = self.account()
        try:
            if request.operation == "GetCostAndUsage":
                return _usage(account, request.body, self.page_size)
            return _ready(account, request)
        except _Refused as refused:
            return Fault(refused.code, str(refused))


def _usage(account: Account, body: Mapping[str, Any], page_size: int) -> Mapping[str, Any]:
    first, last = _period(body)
    by = [(group["Type"], group["Key"]) for group in body.get("GroupBy", ())]
    if len(by) > 2:
        raise _Refused("ValidationException", "at most two groups")
    items: list[tuple[date, Item | None]] = []
    for day in (first + n * ONE_DAY for n in range((last - first).days)):
        groups = _grouped(_wanted(account.days.get(day, ()), body), by)
        # A day without a group is there as well.
        items += [(day, item) for item in groups.items()] or [(day, None)]
    start = _offset(body.get("NextPageToken"), len(items))
    pages: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for day, item in items[start : start + page_size]:
        pages[day] += [_group(item, body["Metrics"][0])] if item else []
    results = [
        {
            "TimePeriod": {"Start": day.isoformat(), "End": (day + ONE_DAY).isoformat()},
            "Total": {},
            "Groups": groups,
            "Estimated": day in account.estimated,
        }
        for day, groups in pages.items()
    ]
    more = {"NextPageToken": f"page-{start + page_size}"} if start + page_size < len(items) else {}
    return {"ResultsByTime": results, "GroupDefinitions": body.get("GroupBy", []), **more}


def _ready(account: Account, request: Request) -> Mapping[str, Any]:
    if request.operation == "GetCostForecast":
        _period(request.body)
    if request.operation not in account.answers:
        text = f"User: arn:aws:iam::123456789012:user/jobhive is not authorized to perform: ce:{request.operation}"
        raise _Refused("AccessDeniedException", text)
    return account.answers[request.operation]


def _period(body: Mapping[str, Any]) -> tuple[date, date]:
    period = body["TimePeriod"]
    first, last = date.fromisoformat(period["Start"]), date.fromisoformat(period["End"])
    if first >= last:
        raise _Refused("ValidationException", "Start date (and hour) should be before end date (and hour)")
    return first, last


def _wanted(amounts: Iterable[Amount], body: Mapping[str, Any]) -> list[Amount]:
    excluded = body.get("Filter", {}).get("Not", {}).get("Dimensions", {}).get("Values", ())
    return [amount for amount in amounts if amount.record_type not in excluded]


def _grouped(amounts: Iterable[Amount], by: Iterable[tuple[str, str]]) -> dict[Keys, Decimal]:
    found: dict[Keys, Decimal] = defaultdict(Decimal)
    for amount in amounts:
        keys = tuple(f"{key}${amount.tag}" if kind == "TAG" else amount.service for kind, key in by)
        found[keys, amount.currency] += amount.amount
    return found


def _group(item: Item, metric: str) -> dict[str, Any]:
    (keys, currency), amount = item
    return {"Keys": list(keys), "Metrics": {metric: {"Amount": str(amount), "Unit": currency}}}


def _offset(token: str | None, items: int) -> int:
    if token is None:
        return 0
    offset = token.removeprefix("page-")
    if not offset.isdecimal() or int(offset) >= items:
        raise _Refused("InvalidNextTokenException", "the token is not valid")
    return int(offset)


def _handler(server: SimulatedCostExplorer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body leave together: in two parts the second one waits for the network's acknowledgement.
        wbufsize = -1

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            request = Request(self.headers["X-Amz-Target"].removeprefix(TARGET), json.loads(content))
            answer = server.received(request) or server.answer(request)
            if not isinstance(answer, Fault):
                self._send(200, json.dumps(answer).encode(), "")
            elif answer.code:
                body = json.dumps({"__type": answer.code, "Message": answer.message}).encode()
                self._send(answer.status, body, answer.date)
            else:
                self._send(answer.status, answer.body, answer.date)

        def _send(self, status: int, body: bytes, moment: str) -> None:
            self.send_response_only(status)
            self.send_header("Date", moment or self.date_time_string())
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
