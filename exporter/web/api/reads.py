"""Questions to the database: few at once, each with a deadline, and none twice within its time."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Generic, NamedTuple, TypeVar

from collectors.base import Reader, Unmapped
from exporter.model import ExporterError, Reason, SourceError
from exporter.web.api.problem import Refused
from exporter.web.api.terms import Terms

# As many as there are connections for them (exporter/connections.py).
MOST_AT_ONCE, MOST_KEPT = 2, 500
# Beyond the deadline of the database itself there is the time to connect.
GRACE = 6.0
TRY_AGAIN, BUSY = 5, "busy"
Found = TypeVar("Found")
Known = TypeVar("Known")


@dataclass(frozen=True, slots=True)
class Question(Generic[Found]):
    """What is asked, under a key that tells it from all others.

    An answer lasts `lasting`; the database may take `deadline` seconds, whoever asks waits for `patience` at most.
    """

    key: Hashable
    ask: Callable[[Reader, Terms, datetime], Found]
    lasting: timedelta = timedelta(seconds=60)
    deadline: float = 10.0
    patience: float = 10.0 + GRACE


class Answer(NamedTuple, Generic[Known]):
    """What was found, and for which instant; it is good until `until`."""

    found: Known
    at: datetime
    until: datetime


class _Kept(NamedTuple):
    at: datetime
    until: datetime
    future: Future[Any]


class Reads:
    """The one way from a request to the database. Who asks what is being asked already waits for the same answer."""

    def __init__(self, terms: Callable[[], Terms], clock: Callable[[], datetime]) -> None:
        self._terms, self._clock = terms, clock
        self._workers = ThreadPoolExecutor(MOST_AT_ONCE, "api")
        self._lock = threading.Lock()
        self._running = 0
        self._kept: dict[Hashable, _Kept] = {}

    def answer(self, question: Question[Found]) -> Answer[Found]:
        """Return the answer to a question; raises Refused where there is none in time."""
        kept = self._asked(question)
        try:
            return Answer(kept.future.result(question.patience), kept.at, kept.until)
        except TimeoutError:
            raise _late("is still being computed") from None
        except SourceError as error:
            raise _failed(error) from None
        except Unmapped as error:
            detail = "the deployment lacks a table that this is made of"
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, reason=error.reason) from None
        except ExporterError:
            raise _busy("the daemon is stopping") from None

    def close(self) -> None:
        """Start nothing more."""
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _asked(self, question: Question[Any]) -> _Kept:
        terms, now = self._terms(), self._clock()
        if terms.database is None:
            detail = "no database is configured; add the section database to the configuration"
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, reason="collector_disabled")
        # A reload may change what every word means.
        key = (terms, question.key)
        with self._lock:
            self._forget(now)
            if key in self._kept:
                return self._kept[key]
            if self._running >= MOST_AT_ONCE:
                raise _busy(f"{MOST_AT_ONCE} questions are being asked of the database already")
            self._running += 1
            try:
                future = self._workers.submit(_read, question, terms, now - terms.settle)
            except RuntimeError:
                self._running -= 1
                raise _busy("the daemon is stopping") from None
            kept = self._kept[key] = _Kept(now - terms.settle, now + question.lasting, future)
        future.add_done_callback(partial(self._done, key))
        return kept

    def _done(self, key: Hashable, future: Future[Any]) -> None:
        with self._lock:
            self._running -= 1
            if future.cancelled() or future.exception():
                self._kept.pop(key, None)

    def _forget(self, now: datetime) -> None:
        """Let go of what is too old, and of the oldest answers beyond the most; not of what is being asked."""
        for key in [key for key, kept in self._kept.items() if kept.future.done() and kept.until <= now]:
            del self._kept[key]
        for key in list(self._kept)[: max(len(self._kept) - MOST_KEPT + 1, 0)]:
            if self._kept[key].future.done():
                del self._kept[key]


def _read(question: Question[Found], terms: Terms, at: datetime) -> Found:
    if terms.database is None:
        raise ValueError(question.key)
    return terms.database.read(question.deadline, lambda reader: question.ask(reader, terms, at))


def _busy(detail: str) -> Refused:
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, f"{detail}; try again", reason=BUSY, retry_after=TRY_AGAIN)


def _late(detail: str) -> Refused:
    return Refused(
        HTTPStatus.GATEWAY_TIMEOUT, f"the answer {detail}; try again", reason=Reason.TIMEOUT, retry_after=TRY_AGAIN
    )


def _failed(error: SourceError) -> Refused:
    if error.reason is Reason.TIMEOUT:
        return _late("took the database too long")
    # The text of the failure is for the log of the collectors: it names hosts and tables.
    detail = f"the database did not answer ({error.reason}); try again, and see /-/ready?verbose"
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, reason=error.reason, retry_after=TRY_AGAIN)
