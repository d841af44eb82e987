"""Revenue on the golden data set: each row is one mistake made visible (the values come from its own document)."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collectors.base import Run
from collectors.definitions import Definitions
from collectors.mapping import mapped
from exporter.model import SourceError, Value
from exporter.registry import modules
from tests.collectors.asking import Key, ask, same, source
from tests.conftest import execute

OPTIONAL = (
    *("started_at", "ended_at", "trial_end", "past_due_since", "quantity", "unit_price"),
    *("discount_percent", "discount_end", "company_id", "cancel_at_period_end", "cancel_reason"),
)
SEED_ONLY: dict[str, Any] = {
    "subscription": {"columns": dict.fromkeys(OPTIONAL)},
    "plan": {"columns": {"interval_count": None, "currency": None, "slug": None}},
    "user": {
        "columns": {"is_staff": None, "is_superuser": None, "is_test": None, "deleted_at": None, "company_id": None}
    },
}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def asked(url: str, at: str, **changes: Any) -> dict[Key, Value]:
    definitions = Definitions(**changes)
    with source(url, definitions) as database:
        return ask("revenue", database, instant(at), definitions)[0]


def value(found: dict[Key, Value], name: str, **labels: str) -> Value | None:
    return found.get((f"jobhive_{name}", frozenset(labels.items())))


# T, MRR, customers, subscriptions, ARPU, then active, past due, canceled (golden.md section 2).
STOCKS = [
    ("2026-02-01 00:00", 70, 2, 2, "35", 2, 0, 1),
    ("2026-03-01 00:00", 115, 4, 4, "28.75", 4, 0, 1),
    ("2026-03-12 00:00", 85, 3, 3, "85/3", 4, 0, 2),
    ("2026-03-20 00:00", 85, 3, 3, "85/3", 4, 0, 2),
    ("2026-04-01 00:00", 115, 4, 4, "28.75", 4, 1, 2),
    ("2026-04-20 12:00", 145, 5, 5, "29", 5, 1, 2),
    ("2026-05-01 00:00", 145, 5, 5, "29", 5, 1, 2),
]


@pytest.mark.parametrize("row", STOCKS, ids=lambda row: str(row[0]))
def test_what_is_at_an_instant(golden: str, row: tuple[Any, ...]) -> None:
    at, mrr, customers, subscriptions, arpu, active, past_due, canceled = row
    found = asked(golden, at)
    assert value(found, "mrr", currency="USD") == mrr
    assert value(found, "paying_customers", currency="USD") == customers
    assert value(found, "paying_subscriptions", currency="USD") == subscriptions
    assert same(value(found, "arpu", currency="USD") or 0, Fraction(arpu))
    statuses = {"active": active, "past_due": past_due, "canceled": canceled}
    for status in ("active", "past_due", "trialing", "paused", "unpaid", "canceled", "other"):
        assert value(found, "subscriptions", status=status) == statuses.get(status, 0)


# T, window, (churned, base) of customers, the same of subscriptions.
CHURN = [
    ("2026-02-01 00:00", "prev_month", (0, 0), (0, 0)),
    ("2026-03-01 00:00", "prev_month", (0, 2), (0, 2)),
    ("2026-03-20 00:00", "30d", (1, 4), (1, 4)),
    ("2026-04-01 00:00", "prev_month", (0, 4), (1, 4)),
    ("2026-04-20 12:00", "30d", (0, 3), (0, 3)),
    ("2026-05-01 00:00", "prev_month", (0, 4), (0, 4)),
]


@pytest.mark.parametrize(("at", "window", "customers", "subscriptions"), CHURN)
def test_who_left(
    golden: str, at: str, window: str, customers: tuple[int, int], subscriptions: tuple[int, int]
) -> None:
    found = asked(golden, at)
    for level, (churned, base) in {"customer": customers, "subscription": subscriptions}.items():
        assert value(found, "churned", level=level, window=window) == churned
        assert value(found, "churn_base", level=level, window=window) == base
        ratio = value(found, "churn_ratio", level=level, window=window)
        assert ratio == (churned / base if base else None)


# T, window, MRR at start, (new, reactivation, expansion, contraction, churn), net new, quick ratio.
MOVED = [
    ("2026-02-01 00:00", "prev_month", 0, (40, 30, 0, 0, 0), 70, None),
    ("2026-03-01 00:00", "prev_month", 70, (45, 0, 0, 0, 0), 45, None),
    ("2026-03-20 00:00", "30d", 115, (0, 0, 0, 0, 30), -30, 0),
    ("2026-04-01 00:00", "prev_month", 115, (0, 0, 0, 0, 0), 0, None),
    ("2026-04-20 12:00", "30d", 85, (30, 30, 0, 0, 0), 60, None),
    ("2026-05-01 00:00", "prev_month", 115, (30, 0, 0, 0, 0), 30, None),
]


@pytest.mark.parametrize(("at", "window", "start", "moved", "net", "quick"), MOVED)
def test_what_moved(
    golden: str, at: str, window: str, start: int, moved: tuple[int, ...], net: int, quick: int | None
) -> None:
    found, labels = asked(golden, at), {"currency": "USD", "window": window}
    assert value(found, "mrr_at_start", **labels) == start
    kinds = ("new", "reactivation", "expansion", "contraction", "churn")
    assert tuple(value(found, "mrr_movement", type=kind, **labels) for kind in kinds) == moved
    assert value(found, "mrr_net_new", **labels) == net
    assert value(found, "mrr_quick_ratio", **labels) == quick
    lost = moved[3] + moved[4]
    for kind, loss in {"gross": lost, "net": lost - moved[2]}.items():
        rate = value(found, "mrr_churn_ratio", kind=kind, **labels)
        assert rate is None if start == 0 else same(rate or 0, Fraction(loss, start))


# T, churned/base over three times 30 days, lifetime value, then converted/cohort of 30, 90 and 365 days, paying users.
LIFETIME = [
    ("2026-02-01 00:00", "70", [None, None, None], (2, "1")),
    ("2026-03-01 00:00", "86.25", [(2, 2), (2, 2), (2, 2)], (4, "1")),
    ("2026-03-12 00:00", None, [(1, 1), (2, 2), (2, 2)], (3, "3/5")),
    ("2026-03-20 00:00", "425/3", [(3, 3), (4, 4), (4, 4)], (3, "3/5")),
    ("2026-04-01 00:00", None, [(2, 3), (4, 5), (4, 5)], (4, "4/5")),
    ("2026-04-20 12:00", "261", [(0, 1), (4, 5), (4, 5)], (5, "1")),
    ("2026-05-01 00:00", None, [None, (4, 5), (4, 5)], (5, "1")),
]


@pytest.mark.parametrize(("at", "lifetime", "conversions", "users"), LIFETIME)
def test_lifetime_value_conversion_and_paying_users(
    golden: str, at: str, lifetime: str | None, conversions: list[tuple[int, int] | None], users: tuple[int, str]
) -> None:
    found = asked(golden, at)
    worth = value(found, "customer_lifetime_value", currency="USD")
    assert worth is None if lifetime is None else same(worth or 0, Fraction(lifetime))
    for window, counts in zip(("30d", "90d", "365d"), conversions, strict=True):
        names = ("free_to_paid_converted_users", "free_to_paid_cohort_users")
        assert tuple(value(found, name, window=window) for name in names) == (counts or (0, 0))
        rate = value(found, "free_to_paid_conversion_ratio", window=window)
        assert rate is None if counts is None else same(rate or 0, Fraction(*counts))
    assert value(found, "paying_users") == users[0]
    assert same(value(found, "paying_users_ratio") or 0, Fraction(users[1]))


def test_retention_is_what_is_left_of_the_revenue_at_the_start(golden: str) -> None:
    found = asked(golden, "2026-03-20 00:00")
    for name in ("net_revenue_retention_ratio", "gross_revenue_retention_ratio"):
        assert same(value(found, name, currency="USD", window="30d") or 0, Fraction(85, 115))


def test_families_whose_columns_are_missing_are_disabled_and_not_zero(golden: str) -> None:
    columns = dict.fromkeys(("cancel_at_period_end", "cancel_reason", "trial_end"))
    definitions = Definitions(tables=mapped({"subscription": {"columns": columns}}))
    with source(golden, definitions) as database:
        found, harvest = ask("revenue", database, instant("2026-04-20"), definitions)
    disabled = {note.family for note in harvest.notes if note.reason == "column_unmapped"}
    assert disabled == {
        *("jobhive_subscriptions_canceling", "jobhive_churned_by_reason", "jobhive_trial_conversion_ratio"),
        *("jobhive_trials_ended", "jobhive_trials_converted"),
    }
    assert not {name for name, _ in found} & disabled


def test_revenue_by_plan_is_opt_in_and_adds_up(golden: str) -> None:
    execute(golden, "UPDATE billing_plan SET slug = 'plan-' || id WHERE id > 1")
    definitions = Definitions()
    with source(golden, definitions) as database:
        module = modules()["revenue"]
        run = Run(instant("2026-04-20 12:00"), 30, definitions)
        harvest = module.Collector(module.Options.model_validate({"by_plan": True}), database).collect(run)
    plans = {dict(s.labels)["plan"]: s.value for s in harvest.samples if s.name == "jobhive_mrr_by_plan"}
    assert plans == {"other": 90, "plan-2": 40, "plan-3": 15}
    assert ("disabled", "jobhive_mrr_by_plan", "not_enabled") in asked_notes(golden)


def asked_notes(url: str) -> tuple[Any, ...]:
    definitions = Definitions()
    with source(url, definitions) as database:
        return ask("revenue", database, instant("2026-04-20"), definitions)[1].notes


# Section 3: subscription 8 starts on 31 March, 20:00 in New York.
NEW_YORK = [
    ("2026-04-01 04:00", 145, 5, (0, 4), (1, 4)),
    ("2026-05-01 04:00", 145, 5, (0, 5), (0, 5)),
]


@pytest.mark.parametrize(("at", "mrr", "payers", "customers", "subscriptions"), NEW_YORK)
def test_months_end_in_the_business_time_zone(
    golden: str, at: str, mrr: int, payers: int, customers: tuple[int, int], subscriptions: tuple[int, int]
) -> None:
    found = asked(golden, at, timezone=ZoneInfo("America/New_York"))
    assert (value(found, "mrr", currency="USD"), value(found, "paying_customers", currency="USD")) == (mrr, payers)
    for level, counts in {"customer": customers, "subscription": subscriptions}.items():
        names = ("churned", "churn_base")
        assert tuple(value(found, name, level=level, window="prev_month") for name in names) == counts


SEED_VALUES = [("2026-02-01", 50, 2), ("2026-03-01", 170, 4), ("2026-04-01", 170, 4), ("2026-05-01", 200, 5)]


@pytest.mark.parametrize(("at", "mrr", "customers"), SEED_VALUES)
def test_the_seeds_columns_alone_give_an_approximation_that_says_so(
    golden: str, at: str, mrr: int, customers: int
) -> None:
    definitions = Definitions(tables=mapped(SEED_ONLY))
    with source(golden, definitions) as database:
        found, harvest = ask("revenue", database, instant(at), definitions)
    assert value(found, "mrr", currency="USD") == mrr
    assert value(found, "paying_customers", currency="USD") == customers
    flagged = {note.family for note in harvest.notes if note.reason == "seed_only_subscription_span"}
    assert {"jobhive_mrr", "jobhive_subscriptions", "jobhive_churn_ratio"} <= flagged


def test_a_database_with_the_seeds_columns_alone_needs_no_mapping(golden: str) -> None:
    with_mapping = asked(golden, "2026-04-20", tables=mapped(SEED_ONLY))
    for table, columns in (
        ("billing_customersubscription", SEED_ONLY["subscription"]["columns"]),
        ("billing_plan", SEED_ONLY["plan"]["columns"]),
        ("accounts_user", SEED_ONLY["user"]["columns"]),
    ):
        execute(golden, "; ".join(f"ALTER TABLE {table} DROP COLUMN {column}" for column in columns))
    execute(golden, "DROP TABLE billing_subscriptionevent")
    assert asked(golden, "2026-04-20") == with_mapping


def test_no_row_at_all_is_zero_and_a_ratio_of_nothing_is_absent(database: str) -> None:
    found = asked(database, "2026-04-20")
    assert set(found.values()) == {0}
    assert value(found, "mrr", currency="USD") == 0
    assert not {name for name, _ in found if "ratio" in name or "arpu" in name}


def test_later_rows_do_not_change_the_past(golden: str) -> None:
    before = asked(golden, "2026-03-20")
    execute(
        golden,
        """
        INSERT INTO accounts_user (id, date_joined) VALUES (99, '2026-03-20');
        INSERT INTO billing_customersubscription (user_id, plan_id, status, created_at, started_at)
            VALUES (1, 1, 'active', '2026-03-20', '2026-03-20'), (99, 1, 'active', '2026-03-01', '2026-03-01');
        INSERT INTO billing_subscriptionevent (subscription_id, occurred_at, event_type, to_status)
            VALUES (1, '2026-03-20', 'canceled', 'canceled');
        """,
    )
    assert asked(golden, "2026-03-20") == before


def test_a_renamed_deployment_gives_the_same_numbers(golden: str) -> None:
    before = asked(golden, "2026-04-20 12:00")
    execute(
        golden,
        """
        CREATE SCHEMA shop;
        ALTER TABLE billing_plan SET SCHEMA shop;
        ALTER TABLE accounts_user SET SCHEMA shop;
        ALTER TABLE billing_customersubscription SET SCHEMA shop;
        ALTER TABLE billing_subscriptionevent SET SCHEMA shop;
        ALTER TABLE shop.billing_plan RENAME TO "Tariff";
        ALTER TABLE shop."Tariff" RENAME COLUMN price TO cents;
        UPDATE shop."Tariff" SET cents = cents * 100;
        ALTER TABLE shop.billing_customersubscription RENAME COLUMN status TO state;
        UPDATE shop.billing_customersubscription SET state = 'LIVE' WHERE state = 'active';
        """,
    )
    tables = mapped(
        {
            "plan": {"name": "Tariff", "columns": {"price": "cents"}, "price_unit": "minor"},
            "subscription": {"columns": {"status": "state"}, "status_map": {"active": ["live"]}},
        }
    )
    assert asked(golden, "2026-04-20 12:00", schema="shop", tables=tables) == before


MISSING = [
    (
        "ALTER TABLE accounts_user RENAME COLUMN date_joined TO joined",
        {},
        "public.accounts_user has no column date_joined; map it under database.tables.user.columns.date_joined",
    ),
    (
        "SELECT 1",
        {"plan": {"columns": {"currency": "curency"}}},
        "database.tables.plan.columns maps currency to curency, which public.billing_plan does not have",
    ),
    (
        "ALTER TABLE billing_plan RENAME TO plans",
        {},
        "there is no table public.billing_plan; set database.tables.plan.name, or grant SELECT on it",
    ),
]


@pytest.mark.parametrize(("change", "tables", "message"), MISSING)
def test_what_the_database_lacks_is_named_with_the_mend(
    golden: str, change: str, tables: dict[str, Any], message: str
) -> None:
    execute(golden, change)
    with pytest.raises(SourceError) as raised:
        asked(golden, "2026-04-20", tables=mapped(tables))
    assert raised.value.reason == "query"
    assert message in str(raised.value)


def test_odd_numbers_of_seats_and_intervals_are_counted_and_never_fatal(golden: str) -> None:
    execute(
        golden,
        """
        ALTER TABLE billing_customersubscription ALTER quantity TYPE double precision;
        UPDATE billing_customersubscription SET quantity = 'NaN' WHERE id = 2;
        UPDATE billing_customersubscription SET quantity = 3e9 WHERE id = 1;
        UPDATE billing_plan SET interval_count = 2000000000 WHERE id = 2;
        """,
    )
    found = asked(golden, "2026-04-20 12:00")
    assert value(found, "mrr", currency="USD") == 145 - 40 - 30 + 30 * 3_000_000_000
    definitions = Definitions()
    with source(golden, definitions) as database:
        quality, _ = ask("data_quality", database, instant("2026-04-20 12:00"), definitions)
    assert value(quality, "data_quality_rows", table="subscription", check="quantity_invalid") == 1


def test_a_slug_that_is_no_name_of_a_plan_does_not_cost_the_result(golden: str) -> None:
    execute(
        golden,
        r"""
        UPDATE billing_plan SET slug = 'team@acme.io' WHERE id = 1;
        UPDATE billing_plan SET slug = E'two\nlines' WHERE id = 2;
        UPDATE billing_plan SET slug = repeat('x', 64) WHERE id = 3;
        """,
    )
    definitions = Definitions()
    module = modules()["revenue"]
    with source(golden, definitions) as database:
        collector = module.Collector(module.Options.model_validate({"by_plan": True}), database)
        harvest = collector.collect(Run(instant("2026-04-20 12:00"), 30, definitions))
    plans = {dict(s.labels)["plan"]: s.value for s in harvest.samples if s.name == "jobhive_mrr_by_plan"}
    assert plans == {"other": 90, "twolines": 40, "x" * 64: 15}
