"""AWS Cost Explorer: pages of answers, each request counted in the ledger before it is sent (sources.md 4)."""

import json
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from time import monotonic
from typing import Any, NamedTuple, Protocol, TypeVar

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.parsers import ResponseParserError

from exporter.model import Interrupted, Reason, SourceError
from exporter.secrets import Secret
from exporter.sources.aws_errors import ERRORS, code_of, explained, may_pass
from exporter.sources.cost_memory import CostMemory, CostRow

API = "aws_ce"
# The endpoint is global, wherever the account works.
REGION = "us-east-1"
# Retries are ours, because each one is paid for.
TERMS = Config(
    retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=30, tcp_keepalive=True
)
ATTEMPTS, PAUSE_SECONDS = 2, 2.0
MOST_PAGES = 10
log = structlog.get_logger()
Found = TypeVar("Found")
Page = Mapping[str, Any]


class Answer(NamedTuple):
    """Every page of an answer; or else the code of the error with which AWS refused it."""

    pages: Sequence[Page]
    refused: str = ""


class Spending(Protocol):
    """What counts requests."""

    def spend(self, api: str, at: datetime) -> None:
        """Count a request that is about to be sent; SourceError if it must not be."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach the account: everything is found by boto3 itself unless it is given."""

    endpoint: str | None = None
    access_key_id: Secret | None = None
    secret_access_key: Secret | None = None
    session_token: Secret | None = None

    @property
    def identity(self) -> str:
        """Return a word that is another one for another account, as far as we are told which one it is."""
        given = (self.endpoint or "", self.access_key_id.reveal() if self.access_key_id else "")
        return sha256("\n".join(given).encode()).hexdigest()[:12]

    def client(self) -> Any:
        """Make the client; it connects when it is first asked."""
        keys = (self.access_key_id, self.secret_access_key, self.session_token)
        session = boto3.session.Session(*(key.reveal() if key else None for key in keys))
        if session.get_credentials() is None:
            text = "there are no AWS credentials; give a role or keys: docs/aws-cost.md"
            raise SourceError(Reason.AUTH, text)
        return session.client("ce", region_name=REGION, endpoint_url=self.endpoint, config=TERMS)


class CostExplorer:
    """The client of one account; one run at a time."""

    def __init__(
        self,
        access: Access,
        ledger: Spending,
        memory: CostMemory,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._access, self._ledger, self._memory = access, ledger, memory
        self._clock, self._pause = clock, pause
        self._running, self._stopped = threading.Lock(), threading.Event()
        self._client: Any = None

    def read(self, deadline: float, work: Callable[["Questions"], Found]) -> Found:
        """Return what `work` makes of the answers; no request is begun after `deadline` seconds. Raises SourceError."""
        if not self._running.acquire(blocking=False):
            raise SourceError(Reason.TIMEOUT, "the run before is still waiting for AWS; see the network to it")
        try:
            return work(Questions(self, monotonic() + deadline))
        finally:
            self._running.release()

    def stop(self) -> None:
        """Begin no more requests; one that is on its way is waited for by nobody."""
        self._stopped.set()

    def close(self) -> None:
        """Close idle connections."""
        if self._client:
            self._client.close()

    @property
    def now(self) -> datetime:
        """The time by which requests are paid for."""
        return self._clock()

    @property
    def memory(self) -> CostMemory:
        """What was answered before."""
        return self._memory

    @property
    def identity(self) -> str:
        """What tells this account from another one."""
        return self._access.identity

    def send(self, operation: str, request: Mapping[str, object], until: float) -> Page:
        """Send one request, and once again if it fails in passing. Raises SourceError, or the error of the API."""
        client, attempts = self._connected(operation), ATTEMPTS
        while True:
            attempts -= 1
            self._check(operation, until)
            self._ledger.spend(API, self._clock())
            try:
                return _readable(getattr(client, operation)(**request))
            except ERRORS as error:
                if not attempts or not may_pass(error):
                    raise
                self._stopped.wait(self._pause)

    def _connected(self, operation: str) -> Any:
        if self._client is None:
            try:
                self._client = self._access.client()
            except (BotoCoreError, ValueError) as error:
                raise explained(error, api_name(operation), self._clock()) from None
        return self._client

    def _check(self, operation: str, until: float) -> None:
        if self._stopped.is_set():
            raise Interrupted("the daemon is stopping")
        if monotonic() >= until:
            text = f"the deadline was over before {api_name(operation)} was asked; give the collector a longer one"
            raise SourceError(Reason.TIMEOUT, text)


class Questions:
    """What a collector sees of a run: pages of answers, and what was answered before."""

    def __init__(self, source: CostExplorer, until: float) -> None:
        self._source, self._until = source, until

    @property
    def today(self) -> date:
        """The current day of UTC."""
        return self._source.now.date()

    def ask(
        self,
        operation: str,
        request: Mapping[str, object],
        *,
        unless: Collection[str] = (),
        once_a_day: bool = False,
    ) -> Answer:
        """Return every page of an answer, none where AWS refuses it with an error named in `unless`.

        What is asked for once a day is answered from the state file until the next day of UTC, a refusal too.
        """
        question = json.dumps([self._source.identity, operation, request], sort_keys=True)
        day = self.today
        if once_a_day and (known := self._source.memory.answer(question, day)):
            return Answer(*json.loads(known))
        try:
            found = Answer(self._every(operation, request))
        except ERRORS as error:
            if code_of(error) not in unless:
                raise explained(error, api_name(operation), self._source.now) from None
            found = Answer([], code_of(error))
        if once_a_day:
            self._source.memory.keep(question, day, json.dumps(found))
        return found

    def load_days(self, dimension: str, metric: str, start: date, end: date) -> Sequence[CostRow]:
        """Return the daily amounts that are known."""
        return self._source.memory.days(self._own(dimension), metric, start, end)

    def fetched_days(self, dimension: str, metric: str, start: date, end: date) -> Mapping[date, date]:
        """Return the days that are known, each with the day of UTC on which it was answered."""
        return self._source.memory.fetched(self._own(dimension), metric, start, end)

    def save_days(self, dimension: str, metric: str, start: date, end: date, rows: Iterable[CostRow]) -> None:
        """Keep daily amounts in the place of what was known of these days."""
        memory, own = self._source.memory, self._own(dimension)
        before = memory.currencies(own, metric)
        memory.replace(own, metric, start, end, rows, self._source.now)
        after = memory.currencies(own, metric)
        if len(after) > 1 and after - before:
            log.warning("AWS costs are in several currencies now, which are never added", currencies=sorted(after))

    def _own(self, dimension: str) -> str:
        return f"{self._source.identity} {dimension}"

    def _every(self, operation: str, request: Mapping[str, object]) -> list[Page]:
        pages: list[Page] = []
        tokens: set[str] = set()
        more: dict[str, str] = {}
        # Not every operation has a paginator in boto3, and those that are there count nothing.
        while len(pages) < MOST_PAGES:
            pages.append(self._source.send(operation, {**request, **more}, self._until))
            token = pages[-1].get("NextPageToken")
            if not token:
                return pages
            if token in tokens:
                name = api_name(operation)
                raise SourceError(Reason.QUERY, f"{name} gave the same page token twice; no figure of it is used")
            tokens.add(token)
            more = {"NextPageToken": token}
        text = f"{api_name(operation)} has more than {MOST_PAGES} pages; exclude record types, or use fewer tag values"
        raise SourceError(Reason.QUERY, text)


def _readable(page: dict[str, Any]) -> Page:
    """Return a page; boto3 takes a body that is no JSON for an answer that says nothing."""
    page.pop("ResponseMetadata", None)
    if not page:
        raise ResponseParserError("nothing in it")
    return page


def api_name(operation: str) -> str:
    """Return the name that AWS has for an operation of boto3."""
    return "".join(part.capitalize() for part in operation.split("_"))
