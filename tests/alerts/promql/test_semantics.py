"""The rows of what is easy to get wrong, here and, as proof that the rows are right, on a real Prometheus."""

from collections.abc import Mapping

import pytest

from tests.alerts.promql.comparing import difference
from tests.alerts.promql.generator import Made
from tests.alerts.promql.prometheus import Answer, Prometheus, ours
from tests.alerts.promql.rows import ROWS, WORLD, Value, vector


def answer(expected: Value, given: Answer) -> Answer:
    """Return the answer that a row expects; a part of an error is enough."""
    if isinstance(expected, str):
        return Answer(error=given.error if expected in given.error else expected)
    if isinstance(expected, Mapping):
        return Answer(vector(expected))
    return Answer([({}, expected)], scalar=True)


@pytest.mark.parametrize("expression", ROWS)
def test_an_expression_has_the_value_of_its_row(expression: str) -> None:
    mine = ours(expression, WORLD)
    expected = answer(ROWS[expression], mine)
    assert difference(Made(expression, exact=False), expected, mine) == ""
    assert mine.error == expected.error


@pytest.mark.parametrize("expression", ROWS)
def test_the_row_is_what_prometheus_says(expression: str, server: Prometheus) -> None:
    theirs = server.ask(expression, WORLD)
    expected = answer(ROWS[expression], theirs)
    assert difference(Made(expression, exact=False), expected, theirs) == ""
    assert theirs.error == expected.error
