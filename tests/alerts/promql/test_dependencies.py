"""Which families an expression reads."""

import pytest

from alerts.promql import families, parse
from exporter.model import Family

CATALOGUE = [Family("X", name, "A family.") for name in ("jobhive_mrr", "jobhive_arr", "jobhive_users")]
MONEY, ALL = {"jobhive_mrr", "jobhive_arr"}, {"jobhive_mrr", "jobhive_arr", "jobhive_users"}
READ = {
    "jobhive_mrr": {"jobhive_mrr"},
    "max by (currency) (jobhive_mrr{window='30d'}) < -0.05 and on () sum(jobhive_arr) > 2": MONEY,
    "{__name__='jobhive_users'}": {"jobhive_users"},
    "{__name__=~'jobhive_[am]rr'}": MONEY,
    "{__name__=~'jobhive.*',__name__!='jobhive_users'}": MONEY,
    "{__name__!~'.*rr|'}": {"jobhive_users"},
    "{currency='USD'}": ALL,
    "absent(jobhive_users)": {"jobhive_users"},
    "label_replace(jobhive_mrr, 'a', 'b', 'c', '')": {"jobhive_mrr"},
    "topk(scalar(jobhive_users), jobhive_mrr)": {"jobhive_mrr", "jobhive_users"},
    "jobhive_mr": set(),
    "ALERTS{alertname='JobHiveMRRDrop'}": set(),
    "vector(time())": set(),
}


@pytest.mark.parametrize("expression", READ)
def test_an_expression_reads_the_families_that_its_selectors_can_match(expression: str) -> None:
    assert {family.name for family in families(parse(expression), CATALOGUE)} == READ[expression]


def test_selectors_are_told_from_left_to_right_with_their_conditions() -> None:
    first, second = parse("sum(a{x='1'}) / on () b{y!~'2|3'}").selectors
    assert (first.name, [(one.label, one.operator, one.value) for one in first.matchers]) == ("a", [("x", "=", "1")])
    assert (second.name, [(one.label, one.operator, one.value) for one in second.matchers]) == (
        "b",
        [("y", "!~", "2|3")],
    )
