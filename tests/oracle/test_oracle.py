"""The oracle against golden.md: sections 2 and 3, the seed-only numbers and the data quality of section 5."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.oracle.measures import movement_amounts, prev_month, retention_sums, scope_of, total_mrr
from tests.oracle.revenue import Plan, Settings, Subscription, User, World, expected, expected_quality, key

UTC_SETTINGS = Settings()
NEW_YORK = Settings(timezone="America/New_York")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def user(number: int, joined: str) -> User:
    return User(number, date_joined=instant(joined))


def plan(number: int, interval: str, price: int, count: int = 1) -> Plan:
    return Plan(number, interval, Decimal(price), interval_count=count)


def sub(
    number: int, user_id: int, plan_id: int, status: str, period: tuple[str, str], started: str, **more: object
) -> Subscription:
    plain = Subscription(
        number,
        user_id,
        plan_id,
        status,
        created_at=instant(started),
        started_at=instant(started),
        current_period_start=instant(period[0]),
        current_period_end=instant(period[1]),
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # the columns a row sets apart from the common ones


GOLDEN = World(
    users=(
        user(1, "2026-01-05 10:00"),
        user(2, "2026-01-20 10:00"),
        user(3, "2026-02-10 10:00"),
        user(4, "2026-02-11 10:00"),
        user(5, "2026-03-01 00:00"),
    ),
    plans=(plan(1, "month", 30), plan(2, "year", 240), plan(3, "month", 90, 3), plan(4, "month", 0)),
    subscriptions=(
        sub(1, 1, 1, "active", ("2026-04-05", "2026-05-05"), "2026-01-05"),
        sub(2, 2, 2, "active", ("2026-01-20", "2027-01-20"), "2026-01-20", quantity=2),
        sub(3, 3, 3, "active", ("2026-02-10", "2026-05-10"), "2026-02-10", discount_percent=Decimal(50)),
        sub(4, 4, 1, "canceled", ("2026-02-11", "2026-03-11"), "2026-02-11", ended_at=instant("2026-03-11")),
        sub(5, 5, 4, "active", ("2026-04-01", "2026-05-01"), "2026-03-01"),
        sub(6, 1, 1, "canceled", ("2025-11-05", "2025-12-05"), "2025-10-05", ended_at=instant("2025-12-05")),
        sub(7, 4, 1, "past_due", ("2026-03-25", "2026-04-25"), "2026-03-25"),
        sub(8, 5, 1, "active", ("2026-04-01", "2026-05-01"), "2026-04-01"),
    ),
)

STOCKS = """
    2026-02-01 00:00 |  70 |  840 | 2 | 2 | 35     | 2 | 0 | 1 | 2/2
    2026-03-01 00:00 | 115 | 1380 | 4 | 4 | 115/4  | 4 | 0 | 1 | 4/4
    2026-03-12 00:00 |  85 | 1020 | 3 | 3 | 85/3   | 4 | 0 | 2 | 3/5
    2026-03-20 00:00 |  85 | 1020 | 3 | 3 | 85/3   | 4 | 0 | 2 | 3/5
    2026-04-01 00:00 | 115 | 1380 | 4 | 4 | 115/4  | 4 | 1 | 2 | 4/5
    2026-04-20 12:00 | 145 | 1740 | 5 | 5 | 29     | 5 | 1 | 2 | 5/5
    2026-05-01 00:00 | 145 | 1740 | 5 | 5 | 29     | 5 | 1 | 2 | 5/5
"""
WINDOWS = """
    2026-02-01 00:00 | prev_month | 0/0 | 0/0 |   0 | 40 | 30 | 0 | 0 |  0 |  70 | -     | -     | -
    2026-03-01 00:00 | prev_month | 0/2 | 0/2 |  70 | 45 |  0 | 0 | 0 |  0 |  45 | 1     | 1     | -
    2026-03-20 00:00 | 30d        | 1/4 | 1/4 | 115 |  0 |  0 | 0 | 0 | 30 | -30 | 17/23 | 17/23 | 0
    2026-04-01 00:00 | prev_month | 0/4 | 1/4 | 115 |  0 |  0 | 0 | 0 |  0 |   0 | 1     | 1     | -
    2026-04-20 12:00 | 30d        | 0/3 | 0/3 |  85 | 30 | 30 | 0 | 0 |  0 |  60 | 1     | 1     | -
    2026-05-01 00:00 | prev_month | 0/4 | 0/4 | 115 | 30 |  0 | 0 | 0 |  0 |  30 | 1     | 1     | -
"""
CONVERSION = """
    2026-02-01 00:00 | 70    | 0/0 | 0/0 | 0/0
    2026-03-01 00:00 | 345/4 | 2/2 | 2/2 | 2/2
    2026-03-12 00:00 | -     | 1/1 | 2/2 | 2/2
    2026-03-20 00:00 | 425/3 | 3/3 | 4/4 | 4/4
    2026-04-01 00:00 | -     | 2/3 | 4/5 | 4/5
    2026-04-20 12:00 | 261   | 0/1 | 4/5 | 4/5
    2026-05-01 00:00 | -     | 0/0 | 4/5 | 4/5
"""
SEED_ONLY = """
    2026-02-01 00:00 |  50 | 2
    2026-03-01 00:00 | 170 | 4
    2026-04-01 00:00 | 170 | 4
    2026-05-01 00:00 | 200 | 5
"""


def table(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]


class Answer:
    """What the oracle says at one instant, as the texts of golden.md: "-" is absent, a pair is not reduced."""

    def __init__(self, at: str, settings: Settings = UTC_SETTINGS, world: World = GOLDEN) -> None:
        self.values = expected(world, instant(at), settings)

    def value(self, family: str, **labels: str) -> str:
        return str(self.values.get(key(f"jobhive_{family}", **labels), "-"))

    def money(self, family: str, **labels: str) -> str:
        return self.value(family, currency="USD", **labels)

    def pair(self, numerator: str, denominator: str, **labels: str) -> str:
        return f"{self.value(numerator, **labels)}/{self.value(denominator, **labels)}"


@pytest.mark.parametrize("row", table(STOCKS), ids=lambda row: row[0])
def test_stocks_are_golden(row: list[str]) -> None:
    answer = Answer(row[0])
    rate = answer.value("paying_users_ratio")
    assert [
        *(answer.money(family) for family in ("mrr", "arr", "paying_customers", "paying_subscriptions", "arpu")),
        *(answer.value("subscriptions", status=status) for status in ("active", "past_due", "canceled")),
    ] == row[1:9]
    assert answer.value("paying_users") == row[9].split("/")[0]
    assert rate == str(Fraction(row[9]))


def test_the_statuses_nobody_has_are_zero() -> None:
    answer = Answer("2026-05-01 00:00")
    assert {answer.value("subscriptions", status=name) for name in ("trialing", "paused", "unpaid", "other")} == {"0"}


@pytest.mark.parametrize("row", table(WINDOWS), ids=lambda row: f"{row[0]} {row[1]}")
def test_windows_are_golden(row: list[str]) -> None:
    at, window = row[:2]
    answer = Answer(at)
    types = ("new", "reactivation", "expansion", "contraction", "churn")
    assert [
        *(answer.pair("churned", "churn_base", level=level, window=window) for level in ("customer", "subscription")),
        answer.money("mrr_at_start", window=window),
        *(answer.money("mrr_movement", type=name, window=window) for name in types),
        answer.money("mrr_net_new", window=window),
        *retention(window, instant(at)),
        answer.money("mrr_quick_ratio", window=window),
    ] == row[2:]


def retention(window: str, at: datetime) -> list[str]:
    """NRR and GRR as formulas: the families exist for 30d and 365d only."""
    scope = scope_of(GOLDEN, at, UTC_SETTINGS)
    span = (
        prev_month(at, "UTC") if window == "prev_month" else (at - (instant("2026-01-31") - instant("2026-01-01")), at)
    )
    base, net, gross = retention_sums(scope, span, "USD")
    return [str(net / base), str(gross / base)] if base else ["-", "-"]


@pytest.mark.parametrize(
    ("first", "last", "start", "moved", "rate"),
    [
        ("2026-03-01", "2026-03-12", 115, {"churn": 30}, "17/23"),
        ("2026-03-12", "2026-04-01", 85, {"reactivation": 30}, "1"),
    ],
)
def test_any_window_is_golden(first: str, last: str, start: int, moved: dict[str, int], rate: str) -> None:
    window = instant(first), instant(last)
    scope = scope_of(GOLDEN, window[1], UTC_SETTINGS)
    amounts = movement_amounts(scope, window, "USD")
    base, net, gross = retention_sums(scope, window, "USD")
    assert base == start == total_mrr(scope, window[0], "USD")
    assert {name: amount for name, amount in amounts.items() if amount} == moved
    assert str(net / base) == str(gross / base) == rate


def test_the_churn_ratios_of_march_are_golden() -> None:
    answer = Answer("2026-03-20 00:00")
    assert answer.money("mrr_churn_ratio", kind="gross", window="30d") == "6/23"
    assert answer.money("mrr_churn_ratio", kind="net", window="30d") == "6/23"
    assert answer.money("net_revenue_retention_ratio", window="30d") == "17/23"
    assert answer.money("gross_revenue_retention_ratio", window="30d") == "17/23"


@pytest.mark.parametrize("row", table(CONVERSION), ids=lambda row: row[0])
def test_lifetime_value_and_conversion_are_golden(row: list[str]) -> None:
    answer = Answer(row[0])
    families = ("free_to_paid_converted_users", "free_to_paid_cohort_users")
    assert answer.money("customer_lifetime_value") == row[1]
    assert [answer.pair(*families, window=window) for window in ("30d", "90d", "365d")] == row[2:]


@pytest.mark.parametrize("row", table(SEED_ONLY), ids=lambda row: row[0])
def test_seed_columns_alone_give_the_seed_only_numbers(row: list[str]) -> None:
    plans = tuple(replace(plan, interval_count=None, currency=None) for plan in GOLDEN.plans)
    bare = {"started_at": None, "ended_at": None, "quantity": None, "discount_percent": None}
    subs = tuple(replace(row, **bare) for row in GOLDEN.subscriptions)  # type: ignore[arg-type]
    answer = Answer(row[0], world=replace(GOLDEN, plans=plans, subscriptions=subs))
    assert [answer.money("mrr"), answer.money("paying_customers")] == row[1:]


def test_march_in_new_york_ends_four_hours_later() -> None:
    local, utc = Answer("2026-04-01 04:00", NEW_YORK), Answer("2026-04-01 00:00")
    churned = [
        local.pair("churned", "churn_base", level=level, window="prev_month") for level in ("customer", "subscription")
    ]
    assert [local.money("mrr"), local.money("paying_customers")] == ["145", "5"]
    assert [utc.money("mrr"), utc.money("paying_customers")] == ["115", "4"]
    assert churned == ["0/4", "1/4"]
    assert local.money("mrr_movement", type="new", window="prev_month") == "30"
    assert local.money("mrr_at_start", window="prev_month") == "115"


def test_april_in_new_york_has_no_movement() -> None:
    answer = Answer("2026-05-01 04:00", NEW_YORK)
    types = ("new", "reactivation", "expansion", "contraction", "churn")
    assert answer.pair("churned", "churn_base", level="customer", window="prev_month") == "0/5"
    assert {answer.money("mrr_movement", type=name, window="prev_month") for name in types} == {"0"}
    assert answer.money("mrr_at_start", window="prev_month") == answer.money("mrr") == "145"


def test_prev_month_follows_the_business_time_zone() -> None:
    at = instant("2026-04-20 12:00")
    assert prev_month(at, "America/New_York") == (instant("2026-03-01 05:00"), instant("2026-04-01 04:00"))
    assert prev_month(at, "UTC") == (instant("2026-03-01"), instant("2026-04-01"))


def test_the_only_flaw_of_the_golden_rows_is_the_unknown_past_due_since() -> None:
    counts = expected_quality(GOLDEN, instant("2026-04-20 12:00"), UTC_SETTINGS)
    assert {name: count for name, count in counts.items() if count} == {("subscription", "past_due_since_unknown"): 1}
    assert len(counts) == 11


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("*.py")), ids=lambda path: path.name)
def test_the_oracle_shares_no_code_with_the_exporter(path: Path) -> None:
    words = [line.split() for line in path.read_text().splitlines() if line.startswith(("import ", "from "))]
    assert not {"exporter", "collectors", "demo"} & {word[1].split(".")[0] for word in words}
