"""The objects of the contract at their edges, by hand: what golden.sql has no row for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.oracle.measures import movement_amounts, reason, scope_of
from tests.oracle.objects import end, mrr, paid_active, paid_start, state_at, subscription_class
from tests.oracle.revenue import Event, Plan, Settings, Subscription, User, World, expected, expected_quality, key

T = datetime(2026, 4, 20, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
PLANS = (
    Plan(1, "month", Decimal(30)),
    Plan(2, "month", Decimal(0)),
    Plan(3, "month", Decimal(50), currency="EUR"),
    Plan(4, "fortnight", Decimal(30)),
    Plan(5, "Week", Decimal(7), interval_count=2),
)
PLAIN = Subscription(1, user_id=1, plan_id=1, status="active", created_at=T - 100 * DAY)
SETTINGS = Settings(currencies=("USD", "EUR"))


def world(*subs: Subscription, events: tuple[Event, ...] = ()) -> World:
    return World((User(1, T - 200 * DAY),), PLANS, subs or (PLAIN,), events)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "active"),
        ({"started_at": T}, None),
        ({"started_at": T - TICK}, "active"),
        ({"ended_at": T}, "active"),
        ({"ended_at": T - TICK}, "canceled"),
        ({"trial_end": T}, "trialing"),
        ({"trial_end": T - TICK}, "active"),
        ({"trial_end": T, "ended_at": T - TICK}, "canceled"),
        ({"status": "Expired", "current_period_end": T}, "active"),
        ({"status": "cancelled", "current_period_end": T - TICK}, "canceled"),
        ({"status": "past_due", "past_due_since": T}, "active"),
        ({"status": "past_due", "past_due_since": T - TICK}, "past_due"),
        ({"status": "past_due"}, "past_due"),
        ({"status": "trial"}, "trialing"),
        ({"status": "mystery"}, "other"),
    ],
)
def test_class_takes_the_left_limit(changes: dict[str, object], name: str | None) -> None:
    sub = replace(PLAIN, **changes)  # type: ignore[arg-type]  # columns by name
    assert subscription_class(world(sub), sub, T) == name


@pytest.mark.parametrize(
    ("since", "pays"),
    [(T - 30 * DAY, True), (T - 30 * DAY - TICK, False), (None, True)],
)
def test_dunning_grace_lasts_thirty_days_to_the_microsecond(since: datetime | None, pays: bool) -> None:
    sub = replace(PLAIN, status="past_due", past_due_since=since)
    assert paid_active(world(sub), sub, T, SETTINGS) is pays


def test_an_unbroken_run_of_past_due_counts_from_its_first_event() -> None:
    words = ("past_due", "active", "past_due", None, "PAST_DUE")
    log = tuple(Event(n, 1, T - (50 - n) * DAY, to_status=word) for n, word in enumerate(words))
    state = state_at(world(events=log), PLAIN, T)
    assert (state.status, state.past_due_since) == ("past_due", T - 48 * DAY)
    assert not paid_active(world(events=log), PLAIN, T, SETTINGS)


def test_events_of_one_instant_are_folded_by_id_and_those_at_t_not_at_all() -> None:
    log = (
        Event(3, 1, T - DAY, to_quantity=3),
        Event(2, 1, T - DAY, to_quantity=2, to_status="paused"),
        Event(4, 1, T, to_quantity=4, to_status="active"),
    )
    state = state_at(world(events=log), PLAIN, T)
    assert (state.quantity, state.status) == (3, "paused")


def test_a_status_set_by_an_event_is_taken_as_it_is() -> None:
    log = (Event(1, 1, T - DAY, to_status="canceled"),)
    sub = replace(PLAIN, ended_at=T + DAY)
    assert subscription_class(world(sub, events=log), sub, T) == "canceled"


@pytest.mark.parametrize(
    ("changes", "amount"),
    [
        ({}, Fraction(30)),
        ({"quantity": None}, Fraction(30)),
        ({"quantity": 0}, Fraction(0)),
        ({"unit_price": Decimal("NaN")}, Fraction(0)),
        ({"unit_price": Decimal(-1)}, Fraction(0)),
        ({"plan_id": 2, "unit_price": Decimal("9.99")}, Fraction("9.99")),
        ({"discount_percent": Decimal("33.3")}, Fraction("20.01")),
        ({"discount_percent": Decimal(120)}, Fraction(0)),
        ({"discount_percent": Decimal("NaN")}, Fraction(0)),
        ({"discount_percent": Decimal(120), "discount_end": T}, Fraction(30)),
        ({"plan_id": 4}, Fraction(0)),
        ({"plan_id": 5}, Fraction("15.21875")),
    ],
)
def test_mrr_is_the_monthly_price_or_nothing(changes: dict[str, object], amount: Fraction) -> None:
    sub = replace(PLAIN, **changes)  # type: ignore[arg-type]  # columns by name
    assert mrr(world(sub), sub, state_at(world(sub), sub, T), SETTINGS) == amount


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({}, (T - 100 * DAY, "USD")),
        ({"trial_end": T}, (T, "USD")),
        ({"trial_end": T, "ended_at": T}, None),
        ({"trial_end": T, "ended_at": T + TICK}, (T, "USD")),
        ({"plan_id": 2}, (T - 9 * DAY, "EUR")),
        ({"plan_id": 2, "ended_at": T - 9 * DAY}, None),
        ({"status": "incomplete"}, None),
    ],
)
def test_paid_start_is_the_first_instant_worth_money(
    changes: dict[str, object], first: tuple[datetime, str] | None
) -> None:
    sub = replace(PLAIN, **changes)  # type: ignore[arg-type]  # columns by name
    log = (Event(1, 1, T - 9 * DAY, to_plan_id=3),) if sub.plan_id == 2 else ()
    assert paid_start(world(sub, events=log), sub, SETTINGS) == first


def test_a_row_canceled_without_an_end_is_nowhere_but_in_the_quality_counts() -> None:
    bad = world(replace(PLAIN, status="canceled"))
    values = expected(bad, T, SETTINGS)
    assert values[key("jobhive_subscriptions", status="canceled")] == 0
    assert end(bad.subscriptions[0]) is None
    assert expected_quality(bad, T, SETTINGS)["subscription", "canceled_without_end"] == 1


def test_moving_to_another_currency_is_churn_in_one_and_new_in_the_other() -> None:
    scope = scope_of(world(events=(Event(1, 1, T - DAY, to_plan_id=3),)), T, SETTINGS)
    dollars, euros = (movement_amounts(scope, (T - 30 * DAY, T), currency) for currency in SETTINGS.currencies)
    assert dollars["churn"] == 30
    assert euros["new"] == 50
    assert expected(scope.world, T, SETTINGS)[key("jobhive_churned", level="customer", window="30d")] == 0


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ([{"cancel_reason": "switched"}, {"cancel_reason": "Dunning"}], "voluntary"),
        ([{"ended_at": T - 2 * DAY}, {"cancel_reason": "Dunning"}], "involuntary"),
        ([{"cancel_reason": ""}, {"cancel_reason": "Dunning"}], "unknown"),
        ([{"status": "unpaid", "ended_at": None, "cancel_reason": "switched"}, {}], "involuntary"),
    ],
)
def test_the_reason_of_a_customer_is_that_of_the_subscription_that_ended_last(
    changes: list[dict[str, object]], why: str
) -> None:
    gone = replace(PLAIN, ended_at=T - DAY)
    subs = [replace(gone, id=n, **some) for n, some in enumerate(changes, 1)]  # type: ignore[arg-type]
    paid = tuple(Event(n, n, T - 60 * DAY, to_status="active") for n in (1, 2))
    later = (Event(3, 1, T - DAY, to_status="unpaid"),) if subs[0].status == "unpaid" else ()
    scope = scope_of(world(*subs, events=paid + later), T, SETTINGS)
    assert reason(scope, ("user", 1), (T - 30 * DAY, T)) == why


@pytest.mark.parametrize(
    ("trial_end", "ended"),
    [(T - 3 * DAY, 0), (T - 3 * DAY - TICK, 1), (T - 33 * DAY, 1), (T - 33 * DAY - TICK, 0)],
)
def test_trials_are_judged_when_their_grace_is_over(trial_end: datetime, ended: int) -> None:
    values = expected(world(replace(PLAIN, trial_end=trial_end)), T, SETTINGS)
    assert values[key("jobhive_trials_ended", window="30d")] == ended
    assert values[key("jobhive_trials_converted", window="30d")] == ended


@pytest.mark.parametrize("late", [True, False])
def test_a_user_converts_within_thirty_days_of_joining(late: bool) -> None:
    sub = replace(PLAIN, created_at=T - 170 * DAY if late else T - 170 * DAY - TICK)
    values = expected(world(sub), T, SETTINGS)
    assert values[key("jobhive_free_to_paid_cohort_users", window="365d")] == 1
    assert values[key("jobhive_free_to_paid_converted_users", window="365d")] == (0 if late else 1)


def test_companies_are_customers_where_the_rows_have_one() -> None:
    subs = (replace(PLAIN, company_id=7), replace(PLAIN, id=2, company_id=7), replace(PLAIN, id=3))
    by_company = expected(world(*subs), T, replace(SETTINGS, customer_key="company"))
    assert by_company[key("jobhive_paying_customers", currency="USD")] == 2
    assert expected(world(*subs), T, SETTINGS)[key("jobhive_paying_customers", currency="USD")] == 1


@pytest.mark.parametrize(
    ("changes", "settings", "counted"),
    [
        ({}, SETTINGS, 1),
        ({"date_joined": T - 60 * DAY}, SETTINGS, 1),
        ({"date_joined": T - 30 * DAY}, SETTINGS, 0),
        ({"is_staff": True}, SETTINGS, 0),
        ({"is_superuser": True}, SETTINGS, 0),
        ({"is_test": True}, SETTINGS, 0),
        ({"is_test": True}, replace(SETTINGS, exclude_test=False), 1),
        ({"company_id": 2}, replace(SETTINGS, exclude_company_ids=frozenset({2})), 0),
        ({"deleted_at": T - DAY}, SETTINGS, 1),
    ],
)
def test_a_cohort_holds_the_population_and_those_who_left(
    changes: dict[str, object], settings: Settings, counted: int
) -> None:
    joined = replace(User(1, T - 40 * DAY), **changes)  # type: ignore[arg-type]  # columns by name
    values = expected(World((joined,)), T, settings)
    assert values[key("jobhive_free_to_paid_cohort_users", window="30d")] == counted


@pytest.mark.parametrize(("deleted", "users"), [(None, 1), (T, 1), (T - TICK, 0)])
def test_users_deleted_before_t_pay_without_being_counted_as_users(deleted: datetime | None, users: int) -> None:
    values = expected(replace(world(), users=(User(1, T - 200 * DAY, deleted_at=deleted),)), T, SETTINGS)
    assert values[key("jobhive_mrr", currency="USD")] == 30
    assert values[key("jobhive_paying_users")] == users


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, None),
        ({"status": "INCOMPLETE"}, None),
        ({"status": "mystery"}, "status_unknown"),
        ({"status": "mystery", "created_at": T - TICK}, "status_unknown"),
        ({"status": "mystery", "created_at": T}, None),
        ({"ended_at": T - 100 * DAY}, None),
        ({"ended_at": T - 100 * DAY - TICK}, "ended_before_started"),
        ({"status": "past_due"}, "past_due_since_unknown"),
        ({"status": "past_due", "past_due_since": T}, None),
        ({"status": "past_due", "id": 9}, None),
        ({"discount_percent": Decimal(100)}, None),
        ({"discount_percent": Decimal("100.001"), "discount_end": T}, "discount_out_of_range"),
        ({"quantity": 0}, "quantity_invalid"),
        ({"quantity": None}, None),
    ],
)
def test_flaws_of_subscriptions_are_counted(changes: dict[str, object], found: str | None) -> None:
    sub = replace(PLAIN, **changes)  # type: ignore[arg-type]  # columns by name
    told = (Event(1, 9, T - TICK, to_status="past_due"),)
    counts = expected_quality(replace(world(sub, events=told), plans=PLANS[:3]), T, SETTINGS)
    assert [name for name, count in counts.items() if count] == ([("subscription", found)] if found else [])


def test_flaws_of_plans_and_users_are_counted() -> None:
    plans = (
        *PLANS,
        Plan(6, "month", Decimal("NaN"), interval_count=0),
        Plan(7, "", Decimal(-1), currency="JPY"),
    )
    users = tuple(User(n, T + timedelta(seconds=60) + n * TICK) for n in range(3))
    counts = expected_quality(World(users, plans), T, SETTINGS)
    assert {name: count for name, count in counts.items() if count} == {
        ("user", "future_date"): 2,
        ("plan", "interval_unknown"): 2,
        ("plan", "interval_count_invalid"): 1,
        ("plan", "price_invalid"): 2,
        ("plan", "currency_unknown"): 1,
    }
