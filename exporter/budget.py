"""What may be asked of paid APIs: a ledger in the state file counts every request before it is sent.

A page is a request, and a retry is one. What is counted stays counted, whether an answer came or not: a process that
dies between the two has spent it. Processes on one state file share one budget.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from exporter.model import Reason, SourceError
from exporter.state import connect
from exporter.stored import EPOCH, instant, micros

MICRO = Decimal(1_000_000)
# Row 0 keeps the sums; a period that no clock will ever come back to is forgotten.
KEPT = timedelta(days=92)
TOTALS = "SELECT requests, spend_micro_usd, latest FROM jhx_budget WHERE api = ? AND period = 0"
SPENT = """
SELECT coalesce(sum(requests) FILTER (WHERE period = :period), 0), coalesce(sum(spend_micro_usd), 0)
FROM jhx_budget WHERE api = :api AND period >= :month AND period < :next_month
"""
COUNT = """
INSERT INTO jhx_budget VALUES (:api, :period, 1, :price, :at)
ON CONFLICT (api, period) DO UPDATE SET
    requests = requests + 1, spend_micro_usd = spend_micro_usd + :price, latest = max(latest, :at)
"""
FORGET = "DELETE FROM jhx_budget WHERE api = ? AND period > 0 AND period < ?"


class Api(NamedTuple):
    """A paid or limited API: the period of its request limit, begun at UTC midnight, and the price of a request."""

    period: timedelta
    period_name: str
    price: Decimal
    section: str


APIS: Mapping[str, Api] = {
    "aws_ce": Api(timedelta(days=1), "day", Decimal("0.01"), "aws.budget"),
    "datadog": Api(timedelta(hours=1), "hour", Decimal(0), "datadog.budget"),
}


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that may be spent: requests in a period of the API, and USD in a calendar month of UTC, if limited."""

    requests: int
    usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Where one API stands: what was ever spent, and what is left of the budget."""

    api: str
    requests: int
    usd: Decimal
    requests_left: int
    usd_left: Decimal | None


class _Page(NamedTuple):
    """The ledger of one API as it was last read: the sums of all times, of a period and of its month."""

    period: datetime
    requests: int = 0
    month_usd: Decimal = Decimal(0)
    total_requests: int = 0
    total_usd: Decimal = Decimal(0)


class Ledger:
    """The account book of one state file, which must be there; safe in several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._budgets: Mapping[str, Budget] = {}
        self._pages: dict[str, _Page] = {}
        self._accounts: tuple[Account, ...] = ()

    def configure(self, budgets: Mapping[str, Budget], now: datetime) -> None:
        """Take the budgets of the APIs that are configured, by their names in APIS; what is spent stays spent."""
        with self._lock:
            self._budgets = dict(budgets)
            with self._open() as connection:
                self._pages = {api: _read(connection, api, now) for api in budgets}

    def spend(self, api: str, at: datetime) -> None:
        """Count one request that is about to be sent; SourceError with reason `budget` if it must not be.

        `at` is the moment of the request itself, which decides on the day and the month that pay for it.
        """
        with self._lock:
            budget, terms = self._budgets[api], APIS[api]
            with self._open() as connection:
                # The right to write comes first, so that no other process can spend between the look and the count.
                connection.execute("BEGIN IMMEDIATE")
                self._pages[api] = page = _read(connection, api, at)
                _refuse(page, budget, api, at)
                values = {"api": api, "price": int(terms.price * MICRO), "at": micros(at)}
                for period in (0, micros(page.period)):
                    connection.execute(COUNT, values | {"period": period})
                connection.execute(FORGET, (api, micros(at - KEPT)))
                connection.commit()
            self._pages[api] = page._replace(
                requests=page.requests + 1,
                month_usd=page.month_usd + terms.price,
                total_requests=page.total_requests + 1,
                total_usd=page.total_usd + terms.price,
            )

    def latest(self, api: str) -> datetime | None:
        """Return when a request was last counted, by this process or another one; None if none ever was."""
        with self._open() as connection:
            row = connection.execute(TOTALS, (api,)).fetchone()
        return instant(row[2]) if row else None

    def accounts(self, now: datetime) -> tuple[Account, ...]:
        """Return every configured API as this process last saw it; the very same object until something changes."""
        with self._lock:
            found = tuple(_account(api, self._pages[api], self._budgets[api], now) for api in sorted(self._budgets))
            if found != self._accounts:
                self._accounts = found
            return self._accounts

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(connect(self._path)) as connection:
                yield connection
        except sqlite3.Error as error:
            # What cannot be counted must not be sent.
            text = f"requests cannot be counted in the state file {self._path}: {error}; none is sent until they can"
            raise SourceError(Reason.BUDGET, text) from None


def _read(connection: sqlite3.Connection, api: str, at: datetime) -> _Page:
    period, (month, next_month) = _period(api, at), _month(at)
    bounds = {"period": micros(period), "month": micros(month), "next_month": micros(next_month)}
    requests, spent = connection.execute(SPENT, {"api": api} | bounds).fetchone()
    total_requests, total_spent, _ = connection.execute(TOTALS, (api,)).fetchone() or (0, 0, 0)
    return _Page(period, requests, spent / MICRO, total_requests, total_spent / MICRO)


def _refuse(page: _Page, budget: Budget, api: str, at: datetime) -> None:
    """Raise SourceError where the budget does not hold another request."""
    terms = APIS[api]
    if page.requests >= budget.requests:
        until = page.period + terms.period
        spent = f"all {budget.requests} requests of this UTC {terms.period_name} are spent"
        key = f"{terms.section}.requests_per_{terms.period_name}"
    elif budget.usd is not None and page.month_usd + terms.price > budget.usd:
        until = _month(at)[1]
        spent = f"{page.month_usd:.2f} of the {budget.usd} USD of this UTC month are spent"
        key = f"{terms.section}.usd_per_month"
    else:
        return
    text = f"the budget of {api} is exhausted: {spent}; it goes on at {until:%Y-%m-%dT%H:%MZ}, or raise {key}"
    raise SourceError(Reason.BUDGET, text)


def _account(api: str, page: _Page, budget: Budget, now: datetime) -> Account:
    same_month = _month(page.period) == _month(now)
    requests = page.requests if page.period == _period(api, now) else 0
    month_usd = page.month_usd if same_month else Decimal(0)
    return Account(
        api=api,
        requests=page.total_requests,
        usd=page.total_usd,
        # A budget may have been lowered below what is spent.
        requests_left=max(budget.requests - requests, 0),
        usd_left=None if budget.usd is None else max(budget.usd - month_usd, Decimal(0)),
    )


def _period(api: str, at: datetime) -> datetime:
    return at - (at - EPOCH) % APIS[api].period


def _month(at: datetime) -> tuple[datetime, datetime]:
    """Return where the calendar month of UTC begins, and where the next one does."""
    first = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, (first + timedelta(days=32)).replace(day=1)
