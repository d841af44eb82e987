"""Samples and instants as they are given."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from alerts.promql import EvaluationError, Samples, evaluate, parse

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_samples_are_ordered_as_prometheus_orders_series() -> None:
    given = [
        ({"__name__": "x", **labels}, value) for labels, value in (({"b": "1"}, 1), ({"a": "2"}, 2), ({"B": "3"}, 3))
    ]
    found = parse("x").evaluate(AT, Samples.of([*given, ({"__name__": "x"}, 0)]))
    assert not isinstance(found, float)
    assert [value for _, value in found] == [3, 0, 2, 1]


def test_numbers_of_any_kind_are_floats_and_an_empty_label_is_none() -> None:
    found = evaluate("x", AT, [({"a": "", "__name__": "x", "b": "1"}, Decimal("0.10"))])
    assert found == [({"__name__": "x", "b": "1"}, 0.1)]


def test_two_samples_with_the_same_labels_are_an_error() -> None:
    twice = [({"__name__": "x", "a": "1", "b": ""}, 1), ({"a": "1", "__name__": "x"}, 2)]
    with pytest.raises(EvaluationError, match=r'^two samples have the labels \{__name__="x", a="1"\}$'):
        evaluate("x", AT, twice)


def test_newer_samples_stand_beside_and_replace() -> None:
    old = Samples.of([({"__name__": "x", "a": "1"}, 1), ({"__name__": "x", "a": "3"}, 3), ({"__name__": "y"}, 0)])
    new = Samples.of([({"__name__": "x", "a": "2"}, 2), ({"__name__": "x", "a": "1"}, 10), ({"__name__": "z"}, 7)])
    both = old | new
    assert [len(list(one)) for one in (old, new, both)] == [3, 3, 5]
    assert parse("x").evaluate(AT, both) == [
        ({"__name__": "x", "a": "1"}, 10.0),
        ({"__name__": "x", "a": "2"}, 2.0),
        ({"__name__": "x", "a": "3"}, 3.0),
    ]
    assert parse("sum(x) + sum(y)").evaluate(AT, old) == [({}, 4.0)]


def test_an_expression_can_be_evaluated_again_at_another_instant_and_on_other_samples() -> None:
    expression = parse("x + time()")
    for seconds, value in ((0, 1.0), (1.5, 2.0)):
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        assert expression.evaluate(at, Samples.of([({"__name__": "x"}, value)])) == [({}, value + seconds)]


def test_an_evaluation_that_takes_too_long_is_an_error() -> None:
    expression, samples = parse("x + x"), Samples.of([({"__name__": "x"}, 1)])
    looks = iter([False, False, True])
    with pytest.raises(EvaluationError, match=r"^query timed out in expression evaluation$"):
        expression.evaluate(AT, samples, lambda: next(looks))
    assert list(looks) == []
    assert expression.evaluate(AT, samples, lambda: False) == [({}, 2.0)]


def test_instants_are_of_any_zone_and_milliseconds_count() -> None:
    at = datetime(2026, 3, 1, 14, 0, 0, 1999, tzinfo=timezone(timedelta(hours=2)))
    assert evaluate("time()", at, []) == AT.timestamp() + 0.001
    assert evaluate("hour()", at, []) == [({}, 12.0)]


def test_an_instant_without_a_zone_is_none() -> None:
    with pytest.raises(TypeError):
        evaluate("time()", AT.replace(tzinfo=None), [])


def test_a_dot_matches_a_newline_as_in_prometheus_3() -> None:
    assert evaluate("count(x{a=~'.*'})", AT, [({"__name__": "x", "a": "1\n2"}, 1)]) == [({}, 1.0)]


@pytest.mark.parametrize("function", ["minute", "hour", "day_of_week", "days_in_month", "year"])
@pytest.mark.parametrize("number", ["NaN", "Inf", "-Inf", "9.3e18"])
def test_the_date_of_what_is_no_integer_of_64_bits_is_unknown(function: str, number: str) -> None:
    assert evaluate(f"{function}(vector({number})) == bool NaN", AT, []) == [({}, 0.0)]
    assert evaluate(f"absent({function}(vector({number})) != {function}(vector({number})))", AT, []) == []


def test_a_string_is_no_value_of_a_rule() -> None:
    with pytest.raises(EvaluationError, match=r"^rule result is not a vector or scalar$"):
        evaluate("'text'", AT, [])
