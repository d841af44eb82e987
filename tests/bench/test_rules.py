"""The benchmark of rules counts the alerts of its own rules rightly, so that it compares the same work."""

from bench.rules import FAMILIES, made, ours, written

RULES, SERIES = 20, 1_000


def test_every_alert_that_the_rules_ask_for_is_there() -> None:
    samples = list(made(SERIES))
    assert len({tuple(labels.items()) for labels, _ in samples}) == SERIES
    asked = {f"bench_{number % FAMILIES}" for number in range(RULES) if number % 10}
    high = {(labels["__name__"], labels["kind"]) for labels, value in samples if float(value) > 0.9}
    cost = ours(written(RULES), samples)
    assert cost.alerts == len([name for name, _ in high if name in asked]) > 0
    assert cost.whole is not None
    assert 0 < cost.round < cost.whole
