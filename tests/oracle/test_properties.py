"""Properties of metrics.md section 9 that the oracle must have for every history, exactly in fractions."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import HealthCheck, given
from hypothesis import settings as profile

from tests.oracle.histories import DAY, Case, cases
from tests.oracle.measures import movement_amounts, prev_month, scope_of, total_mrr
from tests.oracle.revenue import Values, expected, expected_quality, key

often = profile(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


def ask(case: Case) -> Values:
    return expected(case.world, case.at, case.settings)


def value(values: Values, family: str, **labels: str) -> Fraction | int:
    return values[key(f"jobhive_{family}", **labels)]


def ratio(values: Values, family: str, **labels: str) -> Fraction | int | None:
    return values.get(key(f"jobhive_{family}", **labels))


@often
@given(cases())
def test_movements_lead_from_the_mrr_at_the_start_to_the_mrr_at_the_end(case: Case) -> None:
    scope = scope_of(case.world, case.at, case.settings)
    pairs = [(case.at - days * DAY, case.at - less * DAY) for days, less in ((30, 0), (365, 30), (33, 3))]
    for a, b in [*pairs, prev_month(case.at, case.settings.timezone)]:
        for currency in case.settings.currencies:
            m = movement_amounts(scope, (a, b), currency)
            net = m["new"] + m["reactivation"] + m["expansion"] - m["contraction"] - m["churn"]
            assert total_mrr(scope, a, currency) + net == total_mrr(scope, b, currency)
            assert min(m.values()) >= 0


@often
@given(cases())
def test_retention_is_one_less_churned_revenue(case: Case) -> None:
    values = ask(case)
    for currency in case.settings.currencies:
        labels = {"currency": currency, "window": "30d"}
        net = ratio(values, "net_revenue_retention_ratio", **labels)
        gross = ratio(values, "gross_revenue_retention_ratio", **labels)
        assert (net is None) == (gross is None) == (value(values, "mrr_at_start", **labels) == 0)
        if net is not None and gross is not None:
            assert net == 1 - value(values, "mrr_churn_ratio", kind="net", **labels)
            assert gross == 1 - value(values, "mrr_churn_ratio", kind="gross", **labels)
            assert 0 <= gross <= min(1, net)


@often
@given(cases())
def test_reasons_add_up_to_the_churned_and_these_to_no_more_than_the_base(case: Case) -> None:
    values = ask(case)
    for window in ("30d", "prev_month"):
        for level in ("customer", "subscription"):
            labels = {"level": level, "window": window}
            gone, base = value(values, "churned", **labels), value(values, "churn_base", **labels)
            reasons = ("voluntary", "involuntary", "unknown")
            assert gone == sum(value(values, "churned_by_reason", reason=name, **labels) for name in reasons)
            assert gone <= base
            assert ratio(values, "churn_ratio", **labels) == (Fraction(gone, base) if base else None)


@often
@given(cases())
def test_stocks_fit_together(case: Case) -> None:
    values, scope = ask(case), scope_of(case.world, case.at, case.settings)
    for currency in case.settings.currencies:
        mrr, customers = value(values, "mrr", currency=currency), value(values, "paying_customers", currency=currency)
        assert value(values, "arr", currency=currency) == 12 * mrr
        assert (mrr > 0) == (customers > 0)
        assert customers <= value(values, "paying_subscriptions", currency=currency)
        assert ratio(values, "arpu", currency=currency) == (Fraction(mrr) / customers if customers else None)
    paid = sum(value(values, "paying_subscriptions", currency=currency) for currency in case.settings.currencies)
    held = [value(values, "subscriptions", status=status) for status in ("active", "past_due")]
    assert value(values, "subscriptions_canceling") <= paid <= sum(held)
    assert value(values, "paying_users") <= min(paid, len(scope.users))


@often
@given(cases())
def test_conversions_are_parts_of_their_cohorts(case: Case) -> None:
    values = ask(case)
    families = ("free_to_paid_converted_users", "free_to_paid_cohort_users", "free_to_paid_conversion_ratio")
    trials = ("trials_converted", "trials_ended", "trial_conversion_ratio")
    for names, windows in ((families, ("30d", "90d", "365d")), (trials, ("30d", "90d"))):
        for window in windows:
            part, whole = (value(values, name, window=window) for name in names[:2])
            assert 0 <= part <= whole
            assert ratio(values, names[2], window=window) == (Fraction(part) / whole if whole else None)


@often
@given(cases())
def test_events_from_t_on_change_nothing(case: Case) -> None:
    known = tuple(event for event in case.world.events if event.occurred_at < case.at)
    earlier = replace(case, world=replace(case.world, events=known))
    assert ask(earlier) == ask(case)
    assert expected_quality(earlier.world, case.at, case.settings) == quality(case)


def quality(case: Case) -> dict[tuple[str, str], int]:
    return expected_quality(case.world, case.at, case.settings)


@often
@given(cases())
def test_the_order_of_the_rows_does_not_matter(case: Case) -> None:
    world = case.world
    backwards = replace(
        world,
        users=world.users[::-1],
        plans=world.plans[::-1],
        subscriptions=world.subscriptions[::-1],
        events=world.events[::-1],
    )
    assert ask(replace(case, world=backwards)) == ask(case)
    assert quality(replace(case, world=backwards)) == quality(case)


@often
@given(cases())
def test_the_time_zone_moves_calendar_windows_only(case: Case) -> None:
    def trailing(timezone: str) -> Values:
        values = ask(replace(case, settings=replace(case.settings, timezone=timezone)))
        return {name: amount for name, amount in values.items() if ("window", "prev_month") not in name[1]}

    assert trailing("UTC") == trailing("America/New_York")


@often
@given(cases())
def test_the_same_counts_are_present_in_every_world(case: Case) -> None:
    empty = expected(replace(case.world, users=(), subscriptions=(), events=()), case.at, case.settings)
    assert empty.keys() <= ask(case).keys()
    assert set(empty.values()) == {0}
