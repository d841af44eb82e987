"""The collector `cost` against its oracle: random accounts, pages, instants and rules."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.base import Harvest
from demo.aws_account import Account, Amount
from tests.collectors.cost_asking import asking
from tests.oracle.cost import Choice, Series, expected

EPOCH = date(2026, 1, 1)
TAGS = ("", "", "api", "web$v2", "$", "stray", "interview")
FEATURES = {"ai": ("api", "$"), "web": ("web$v2",), "none": ()}
RULES = {"s00": {"ai": "0.6", "db": "0.3"}, "s01": {"web": "1"}, "s02": {"db": "0.333"}, "s03": {}}

amounts = st.builds(
    Amount,
    st.integers(0, 24).map(lambda n: f"s{n:02}"),
    st.sampled_from(TAGS),
    st.decimals(-500, 5000, places=10),
    st.sampled_from(("USD", "USD", "USD", "EUR")),
)


@st.composite
def accounts(draw: st.DrawFn) -> tuple[Account, datetime]:
    today = EPOCH + timedelta(days=draw(st.integers(0, 365)))
    late, days = draw(st.integers(-1, 4)), draw(st.sampled_from((3, 20, 40, 62, 70)))
    seed = draw(st.lists(st.lists(amounts, max_size=4), min_size=5, max_size=12))
    found = {today - timedelta(days=late + n): seed[n % len(seed)] for n in range(1, days + 1)}
    estimated = draw(st.integers(0, 40))
    still = frozenset(day for day in found if day >= today - timedelta(days=estimated))
    at = datetime.combine(today, draw(st.times()), UTC)
    return Account(found, still, {}), at


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(accounts(), st.sampled_from((1, 7, 1000)), st.booleans(), st.sampled_from(("USD", "EUR")))
def test_every_figure_of_the_days_is_that_of_the_oracle(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[Account, datetime], size: int, tagged: bool, currency: str
) -> None:
    account, at = drawn
    total = sum(len(items) for items in account.days.values()) + 65
    options: dict[str, Any] = {"rules": RULES, "currency": currency, "monthly_budget": "1234.5"}
    options |= {"feature_tag": "feature", "features": FEATURES} if tagged else {}
    rules = {service: {name: Fraction(weight) for name, weight in given.items()} for service, given in RULES.items()}
    choice = Choice(tagged, FEATURES if tagged else {}, rules, currency, Fraction("1234.5"))
    page_size = max(size, total // 9 + 1)
    with asking(account, tmp_path_factory.mktemp("c") / "s.db", page_size=page_size) as asked:
        harvest = asked.collect(at, **options)
        # From the state file alone, but for the days that are still open.
        again = asked.collect(at, **options)
    found = {(sample.name, sample.labels): Fraction(sample.value) for sample in harvest.samples}
    assert _rounded(found) == _rounded(expected(account, at, choice))
    assert sorted(again.samples) == sorted(harvest.samples)
    assert_conserved(harvest)


def _rounded(found: Mapping[Series, Fraction]) -> dict[Series, Fraction]:
    """Money is exact; a quotient has the digits of its context."""
    return {
        (name, labels): Fraction(round(value * 10**20)) if name.endswith("_ratio") else value
        for (name, labels), value in found.items()
    }


def assert_conserved(harvest: Harvest) -> None:
    """Σ services = Σ features = total, per currency and window, to the last digit."""
    sums: dict[str, dict[tuple[str, str], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for sample in harvest.samples:
        labels = dict(sample.labels)
        if sample.name in ("jobhive_aws_cost", "jobhive_aws_service_cost", "jobhive_aws_feature_cost"):
            sums[sample.name][labels["currency"], labels["window"]] += Decimal(sample.value)
    total = sums["jobhive_aws_cost"]
    assert sums["jobhive_aws_service_cost"] == total
    by_feature = sums["jobhive_aws_feature_cost"]
    assert by_feature == {key: value for key, value in total.items() if key[1] in ("30d", "mtd", "prev_month")}
    assert harvest.dropped["aws", "sum_mismatch"] == 0


def test_the_oracle_knows_a_month_by_hand() -> None:
    days = {date(2026, 3, n): [Amount("s00", "", Decimal(n))] for n in range(1, 32)}
    days |= {date(2026, 4, n): [Amount("s00", "api", Decimal(1))] for n in range(1, 11)}
    at = datetime.combine(date(2026, 4, 11), time(12), UTC)
    found = expected(Account(days), at, Choice(True, FEATURES, {}, "USD", None))
    cost = {dict(labels)["window"]: value for (name, labels), value in found.items() if name == "jobhive_aws_cost"}
    assert cost == {"prev_day": 1, "7d": 7, "30d": sum(range(12, 32)) + 10, "mtd": 10, "prev_month": 496}
    april = ("jobhive_aws_feature_cost", (("currency", "USD"), ("feature", "ai"), ("method", "tag"), ("window", "mtd")))
    assert found[april] == 10
