"""What a parser might do that ours does not: panic, or know more than we do."""

from typing import Any, NoReturn

import promql_parser
import pytest

from alerts.promql import BadExpression, Unsupported, parse

REAL = promql_parser.parse


class BinaryExpr:
    """An operator of the future."""

    lhs = rhs = REAL("1")
    op = "xor"
    modifier = None


def panic(_text: str) -> Any:
    # What is behind this @ is out of range for the parser, which panics: that is no Exception.
    return REAL("x @ -1").at.at  # type: ignore[attr-defined]


def interrupt(_text: str) -> NoReturn:
    raise KeyboardInterrupt


def test_a_panic_of_the_parser_is_an_error_of_the_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promql_parser, "parse", panic)
    with pytest.raises(BadExpression):
        parse("x")


def test_who_interrupts_the_process_interrupts_the_parser_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promql_parser, "parse", interrupt)
    with pytest.raises(KeyboardInterrupt):
        parse("x")


@pytest.mark.parametrize(
    ("part", "message"),
    [(object(), "a part of kind object is not supported."), (BinaryExpr(), "operator xor is not supported.")],
)
def test_what_a_newer_parser_knows_is_refused(part: object, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promql_parser, "parse", lambda _text: part)
    with pytest.raises(Unsupported) as raised:
        parse("x")
    assert str(raised.value).startswith(message)
