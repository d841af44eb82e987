"""Input that ends the parser's process, or was made to: an error, and the process that asked is alive."""

import subprocess
import sys

import pytest

from alerts.promql import EvaluationError, evaluate
from tests.alerts.promql.rows import AT

TOO_LONG = "expression is {} bytes long, the limit is 16384"
TOO_DEEP = "expression is nested deeper than 100 levels, at character 101"
TOO_MANY = "expression has more than 500 operators, at character {}"
# A Python expression that makes the text, and the error.
HOSTILE = {
    "'+'.join(['x'] * 5000)": TOO_MANY.format(1002),
    "'x' + ' unless x' * 501": TOO_MANY.format(4503),
    "'(' * 12000 + 'x' + ')' * 12000": TOO_LONG.format(24001),
    "'(' * 8000 + 'x' + ')' * 8000": TOO_DEEP,
    "'abs(' * 4000": "expression is nested deeper than 100 levels, at character 404",
    "'{' * 101": TOO_DEEP,
    "'-' * 12000 + 'x'": TOO_MANY.format(501),
    "'^'.join(['2'] * 8000)": TOO_MANY.format(1002),
    "'x' * (1 << 20)": TOO_LONG.format(1 << 20),
    "'x{a=\"' + 'b' * (1 << 20) + '\"}'": TOO_LONG.format((1 << 20) + 7),
    "'x{a=\"' + 'é' * 8192 + '\"}'": TOO_LONG.format(16391),
    "'[' * 16000": "a bracket without its other half, at character 1",
    "'\"' * 16383": "a string that does not end on its line, at character 16383",
    "'(' * 16000": TOO_DEEP,
    "'x{a=~\"' + '(' * 8000 + '\"}'": "regex",
    "'x{a=~\"' + 'x{1000}' * 2300 + '\"}'": "regex",
    "'x{a=~\"' + '(' * 1500 + ')*' * 1500 + '\"}'": "regex",
    "'x{a=~\"' + '[' * 16000 + '\"}'": "regex",
    "'x @ -1'": "uses the modifier @",
    "'x @ 1e400'": "number 1e400 is out of range, at character 5",
    "'\\x00'": "unexpected character '\\x00', at character 1",
    "'x{a=\"\\\\xff\\\\xfe\"}'": "a string whose bytes are no UTF-8, at character 5",
    "'x{a=\"\\udc80\"}'": "expression is not valid UTF-8, at character 6",
    "'x{a=\"\\\\'": "a string that does not end on its line, at character 5",
    "'1' * 16000": "number 1",
    "'0x' + 'f' * 16000": "hexadecimal number 0xfff",
    '\'label_replace(x, "a", "$\' + \'9\' * 9000 + \'", "b", "(")\'': "regex",
    "'sum by (' + 'a,' * 8000": "unclosed left parenthesis",
}
DOUBLING = {
    "label_join": 'label_join({}, "a", "", "a", "a")',
    "label_replace": 'label_replace({}, "a", "$0$0", "a", ".*")',
}
# The largest that are taken, and evaluate.
LARGEST = (
    "'+'.join(['x'] * 501)",
    "'-' * 500 + 'x'",
    "'^'.join(['x'] * 501)",
    "' or '.join(['x'] * 501)",
    "'(' * 100 + 'x' + ')' * 100",
    "'abs(' * 100 + 'x' + ')' * 100",
    '\'label_replace(x, "a", "$\' + \'9\' * 9000 + \'", "b", "")\'',
    "'x{a=\"' + 'b' * 16000 + '\"}'",
    "'sum by (' + 'a,' * 8000 + 'a) (x)'",
)
PROGRAM = """
from datetime import UTC, datetime
from alerts.promql import PromQLError, evaluate
try:
    found = evaluate({text}, datetime(2026, 1, 1, tzinfo=UTC), [({{"__name__": "x", "b": ""}}, 1.0)])
except PromQLError as error:
    print("error:", error)
else:
    print("value:", len(found))
print("alive")
"""


def evaluated(text: str) -> str:
    """Evaluate in a process of its own, and return what it said."""
    command = [sys.executable, "-c", PROGRAM.format(text=text)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    *said, alive = done.stdout.splitlines()
    assert alive == "alive"
    return "\n".join(said)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_expression_is_an_error(text: str) -> None:
    assert evaluated(text).startswith(f"error: {HOSTILE[text]}")


@pytest.mark.parametrize("text", LARGEST)
def test_the_largest_expressions_are_evaluated(text: str) -> None:
    assert evaluated(text).startswith("value: ")


@pytest.mark.parametrize("function", DOUBLING)
def test_labels_that_double_again_and_again_end(function: str) -> None:
    expression = "x"
    for _ in range(60):
        expression = DOUBLING[function].format(expression)
    with pytest.raises(EvaluationError) as raised:
        evaluate(expression, AT, [({"__name__": "x", "a": "b"}, 1.0)])
    assert str(raised.value) == f"{function}() makes a label of more than 65536 characters"


def test_labels_that_are_long_in_every_series_end() -> None:
    expression = f'label_replace(x, "a", "{"y" * 10_000}", "", "")'
    series = [({"__name__": "x", "i": str(number)}, 1.0) for number in range(420)]
    assert len(list(evaluate(expression, AT, series[:419]))) == 419  # type: ignore[arg-type]
    with pytest.raises(EvaluationError) as raised:
        evaluate(expression, AT, series)
    assert str(raised.value) == "label_replace() makes labels of more than 4194304 characters"
