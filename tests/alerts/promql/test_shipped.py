"""The rules that we ship for both engines are within the subset."""

import pytest

from alerts.promql import Unsupported, parse
from tests.alerts.rule_files import rules

OURS = [rule["expr"] for path, rule in rules() if not path.name.endswith(".prometheus.rules.yml")]
# Forms of the rules that are planned (alerting.md, section 16).
PLANNED = (
    "(max by (c) (spike) > 2 or (max by (c) (spike) > 1.5 and on (c) ALERTS{alertname='Slow',alertstate='firing'})) and max by (c) (n) >= 30",
    "time() - (max by (report) (last) > 0) > 8 * 86400 or (sum by (report) (f) > 0 unless on (report) (max by (report) (last) > 0))",
    "max by (currency) (forecast{bound='mean'}) > on () group_left () max(jobhive_config_threshold{name='aws_monthly_budget'})",
    "(time() - max by (c) (t) > 900 or max by (c) (available) == 0) and on () sum(max by (kind) (active)) > 0",
    "max(s{status='past_due'}) / (max(s{status='active'}) + max(s{status='past_due'})) > 0.10 and max(s{status='active'}) >= 50",
    "up{job='jobhive'} == 0 or absent(up{job='jobhive'})",
    "vector(1)",
)


@pytest.mark.parametrize("expression", [*OURS, *PLANNED])
def test_a_rule_can_be_evaluated(expression: str) -> None:
    assert parse(expression).text == expression


def test_there_are_rules() -> None:
    assert OURS
    with pytest.raises(Unsupported):
        parse("max_over_time(jobhive_mrr[1h])")
