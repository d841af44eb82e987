"""The ledger: what is counted stays counted, whoever counts, and the budget holds."""

import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter import spending, state
from exporter.budget import APIS, Account, Budget, Ledger
from exporter.exposition import Format, render
from exporter.model import Reason, SourceError
from exporter.state import State, StateError

NOON = datetime(2026, 4, 1, 12, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AWS: Mapping[str, Budget] = {"aws_ce": Budget(3)}
# Spends until the budget is gone, and prints how often that was possible.
SPENDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from exporter.budget import Budget, Ledger
from exporter.model import SourceError
at = datetime(2026, 4, 1, 12, 30, tzinfo=UTC)
ledger = Ledger(Path(sys.argv[1]))
ledger.configure({"aws_ce": Budget(int(sys.argv[2]))}, at)
print("ready", flush=True)
sys.stdin.readline()
sent = 0
try:
    while True:
        ledger.spend("aws_ce", at)
        sent += 1
except SourceError as error:
    print(sent, error.reason)
"""


def ledger(path: Path, budgets: Mapping[str, Budget] = AWS, now: datetime = NOON) -> Ledger:
    state.ensure(path)
    made = Ledger(path)
    made.configure(budgets, now)
    return made


def spend(book: Ledger, times: int, at: datetime = NOON, api: str = "aws_ce") -> None:
    for _ in range(times):
        book.spend(api, at)


def refusal(book: Ledger, at: datetime = NOON, api: str = "aws_ce") -> str:
    with pytest.raises(SourceError) as refused:
        book.spend(api, at)
    assert refused.value.reason is Reason.BUDGET
    return str(refused.value)


def test_the_request_after_the_last_is_refused_with_the_place_and_the_mend(tmp_path: Path) -> None:
    book = ledger(tmp_path / "s.db")
    spend(book, 3)
    assert refusal(book) == (
        "the budget of aws_ce is exhausted: all 3 requests of this UTC day are spent; "
        "it goes on at 2026-04-02T00:00Z, or raise aws.budget.requests_per_day"
    )
    assert book.accounts(NOON) == (Account("aws_ce", 3, Decimal("0.03"), 0, None),)


def test_a_month_of_money_ends_before_the_requests_do(tmp_path: Path) -> None:
    book = ledger(tmp_path / "s.db", {"aws_ce": Budget(100, Decimal("0.025"))})
    spend(book, 2)
    assert refusal(book, NOON + 5 * DAY) == (
        "the budget of aws_ce is exhausted: 0.02 of the 0.025 USD of this UTC month are spent; "
        "it goes on at 2026-05-01T00:00Z, or raise aws.budget.usd_per_month"
    )
    book.spend("aws_ce", datetime(2026, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("api", "last", "first"),
    [
        ("aws_ce", datetime(2026, 4, 1, 23, 59, 59, 999999, UTC), datetime(2026, 4, 2, tzinfo=UTC)),
        ("datadog", datetime(2026, 4, 1, 12, 59, 59, 999999, UTC), datetime(2026, 4, 1, 13, tzinfo=UTC)),
    ],
)
def test_a_budget_is_whole_again_with_the_next_period(
    tmp_path: Path, api: str, last: datetime, first: datetime
) -> None:
    book = ledger(tmp_path / "s.db", {api: Budget(2)}, last)
    spend(book, 2, last, api)
    refusal(book, last, api)
    assert [account.requests_left for account in book.accounts(last)] == [0]
    assert [account.requests_left for account in book.accounts(first)] == [2]
    book.spend(api, first)
    assert [account.requests_left for account in book.accounts(first)] == [1]


def test_datadog_costs_requests_and_no_money(tmp_path: Path) -> None:
    book = ledger(tmp_path / "s.db", {"datadog": Budget(300, Decimal(1)), "aws_ce": Budget(20)})
    spend(book, 5, api="datadog")
    assert book.accounts(NOON) == (
        Account("aws_ce", 0, Decimal(0), 20, None),
        Account("datadog", 5, Decimal(0), 295, Decimal(1)),
    )


def test_a_hundred_restarts_spend_one_budget_and_keep_the_sums(tmp_path: Path) -> None:
    sent = 0
    for minute in range(100):
        book = ledger(tmp_path / "s.db", {"aws_ce": Budget(20)}, NOON + timedelta(seconds=30 * minute))
        try:
            book.spend("aws_ce", NOON + timedelta(seconds=30 * minute))
            sent += 1
        except SourceError:
            pass
    assert sent == 20
    after = ledger(tmp_path / "s.db", {"aws_ce": Budget(20)}, NOON + DAY)
    assert after.accounts(NOON + DAY) == (Account("aws_ce", 20, Decimal("0.20"), 20, None),)
    assert after.latest("aws_ce") == NOON + timedelta(seconds=30 * 19)


def test_two_processes_spend_one_budget(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    state.ensure(path)
    command = [sys.executable, "-c", SPENDER, str(path), "60"]
    spenders = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for spender in spenders:
        assert spender.stdout
        assert spender.stdout.readline() == "ready\n"
    for spender in spenders:
        assert spender.stdin
        spender.stdin.write("go\n")
        spender.stdin.flush()
    answers = [spender.communicate(timeout=60)[0].split() for spender in spenders]
    assert [reason for _, reason in answers] == ["budget", "budget"]
    assert sum(int(sent) for sent, _ in answers) == 60
    assert ledger(path).accounts(NOON)[0].requests == 60


def test_what_another_process_spent_counts(tmp_path: Path) -> None:
    first, second = ledger(tmp_path / "s.db"), ledger(tmp_path / "s.db")
    spend(first, 2)
    spend(second, 1)
    refusal(first)
    assert first.accounts(NOON) == second.accounts(NOON)


def test_a_new_budget_forgets_nothing(tmp_path: Path) -> None:
    book = ledger(tmp_path / "s.db")
    spend(book, 3)
    book.configure({"aws_ce": Budget(2)}, NOON)
    assert book.accounts(NOON)[0].requests_left == 0
    refusal(book)
    book.configure({"aws_ce": Budget(4)}, NOON)
    book.spend("aws_ce", NOON)
    refusal(book)


def test_an_account_is_the_same_object_until_it_changes(tmp_path: Path) -> None:
    book = ledger(tmp_path / "s.db")
    before = book.accounts(NOON)
    assert book.accounts(NOON + HOUR) is before
    book.spend("aws_ce", NOON)
    assert book.accounts(NOON) is not before


def test_what_cannot_be_counted_is_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    book = ledger(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TABLE jhx_budget")
    assert refusal(book) == (
        f"requests cannot be counted in the state file {path}: no such table: jhx_budget; none is sent until they can"
    )


def test_old_periods_are_forgotten_and_their_sums_are_not(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    book = ledger(path, {"datadog": Budget(300)})
    for hour in range(0, 24 * 200, 12):
        book.spend("datadog", NOON + hour * HOUR)
    with closing(sqlite3.connect(path)) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM jhx_budget").fetchone()
    assert rows == 92 * 2 + 1
    assert book.accounts(NOON)[0].requests == 400


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.timedeltas(timedelta(0), timedelta(days=70)), st.sampled_from(sorted(APIS))), max_size=40),
    st.integers(1, 4),
    st.integers(1, 12),
)
def test_no_order_of_requests_breaks_a_budget(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[timedelta, str]], requests: int, cents: int
) -> None:
    usd = Decimal(cents) / 100
    book = ledger(tmp_path_factory.mktemp("l") / "s.db", dict.fromkeys(APIS, Budget(requests, usd)))
    sent: list[tuple[str, datetime]] = []
    for after, api in asked:
        at = NOON + after
        same = [other for name, other in sent if name == api]
        shape = "%Y-%m-%d %H" if api == "datadog" else "%Y-%m-%d"
        fits = sum(f"{other:{shape}}" == f"{at:{shape}}" for other in same) < requests
        if api == "aws_ce":
            fits &= sum(f"{other:%Y-%m}" == f"{at:%Y-%m}" for other in same) < cents
        if fits:
            book.spend(api, at)
            sent.append((api, at))
        else:
            refusal(book, at, api)
    totals = {account.api: account.requests for account in book.accounts(NOON)}
    assert totals == {api: sum(name == api for name, _ in sent) for api in APIS}


def test_a_file_of_the_version_before_keeps_its_results(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(state.MIGRATIONS[0])
        connection.execute("INSERT INTO jhx_snapshot VALUES ('revenue', 'x', NULL, NULL, NULL)")
        connection.execute("PRAGMA user_version = 1")
    opened = State(path, NOON)
    opened.close(10)
    assert opened.recovered
    assert [record.collector for record in opened.load()] == ["revenue"]
    spend(ledger(path), 3)


@pytest.mark.parametrize("content", [b"no database " * 100, b"version"])
def test_who_only_asks_moves_no_file_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.db"
    if content == b"version":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 99")
    else:
        path.write_bytes(content)
    with pytest.raises(StateError, match=r"cannot be used: .*; move it away, or set state\.path to another place$"):
        state.ensure(path)
    assert [found.name for found in tmp_path.iterdir()] == ["s.db"]


def test_the_families_of_the_accounts() -> None:
    accounts = [
        Account("aws_ce", 7, Decimal("0.07"), 13, Decimal("4.93")),
        Account("datadog", 130, Decimal(0), 170, None),
    ]
    text = render(spending.blocks(accounts), Format.TEXT).decode()
    assert [line for line in text.splitlines() if not line.startswith("# HELP")] == [
        "# TYPE jobhive_exporter_api_requests_total counter",
        'jobhive_exporter_api_requests_total{api="aws_ce"} 7',
        'jobhive_exporter_api_requests_total{api="datadog"} 130',
        "# TYPE jobhive_exporter_api_spend_usd_total counter",
        'jobhive_exporter_api_spend_usd_total{api="aws_ce"} 0.07',
        'jobhive_exporter_api_spend_usd_total{api="datadog"} 0',
        "# TYPE jobhive_exporter_api_budget_remaining_requests gauge",
        'jobhive_exporter_api_budget_remaining_requests{api="aws_ce"} 13',
        'jobhive_exporter_api_budget_remaining_requests{api="datadog"} 170',
        "# TYPE jobhive_exporter_api_budget_remaining_usd gauge",
        'jobhive_exporter_api_budget_remaining_usd{api="aws_ce"} 4.93',
    ]
    assert render(spending.blocks([]), Format.TEXT) == b""
