"""A function is called with the arguments that it takes here, whatever a parser lets pass."""

from collections.abc import Sequence

import pytest

from alerts.promql import BadExpression
from alerts.promql.functions import FUNCTIONS, called
from alerts.promql.nodes import Node, Number, Text, Type
from alerts.promql.selectors import Selector

VECTOR, SCALAR = Selector((), "x", ()), Number((), 1.0, type=Type.SCALAR)
STRING = Text((), "text", type=Type.STRING)
WRONG: tuple[tuple[str, Sequence[Node], str], ...] = (
    ("abs", (), "abs() takes instant vector, not nothing."),
    ("abs", (SCALAR,), "abs() takes instant vector, not scalar."),
    ("abs", (VECTOR, VECTOR), "abs() takes instant vector, not instant vector, instant vector."),
    ("clamp", (VECTOR, SCALAR), "clamp() takes instant vector, scalar, scalar, not instant vector, scalar."),
    ("round", (VECTOR, STRING), "round() takes instant vector, scalar, not instant vector, string."),
    ("time", (SCALAR,), "time() takes nothing, not scalar."),
)


@pytest.mark.parametrize(("name", "arguments", "message"), WRONG)
def test_other_arguments_are_refused(name: str, arguments: Sequence[Node], message: str) -> None:
    with pytest.raises(BadExpression) as raised:
        called(FUNCTIONS[name], arguments)
    assert str(raised.value) == message


def test_optional_arguments_may_be_left_out() -> None:
    assert called(FUNCTIONS["round"], [VECTOR]).children == (VECTOR,)
    assert called(FUNCTIONS["round"], [VECTOR, SCALAR]).children == (VECTOR, SCALAR)
    assert called(FUNCTIONS["hour"], []).type is Type.VECTOR
