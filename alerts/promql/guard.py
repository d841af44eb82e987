"""What stands between a stranger's expression and the parser.

The parser, in Rust, ends the process on input that is long or deep, reads some numbers and escapes differently from
Prometheus, does not know raw strings, and knows words that are newer. So it is only given expressions of bounded
size whose numbers are plain and whose strings are placeholders; what they say is read here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.promql.errors import BadExpression, Unsupported
from alerts.promql.literals import number, unquoted
from alerts.promql.tokens import Token, tokens

MAX_BYTES = 16384
MAX_DEPTH = 100
MAX_OPERATORS = 500
PLACEHOLDER = re.compile(r"#(\d+)")
WORD_OPERATORS = {"and", "or", "unless", "atan2"}
BEFORE_LABELS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
MATCH_OPERATORS = {"=", "!=", "=~", "!~"}
NOTHING = Token("other", "", 0)


@dataclass(frozen=True, slots=True)
class Guarded:
    """An expression that is safe to parse, and what its strings say."""

    text: str
    strings: tuple[str, ...]

    def said(self, placeholder: str) -> str:
        """Return the string for which a placeholder stands."""
        found = PLACEHOLDER.fullmatch(placeholder)
        if found is None:
            raise BadExpression(f"{placeholder} stands where a string is expected")
        return self.strings[int(found[1])]


def guarded(expression: str) -> Guarded:
    """Make an expression safe to parse; raises BadExpression or Unsupported."""
    try:
        size = len(expression.encode())
    except UnicodeEncodeError as error:
        raise BadExpression("expression is not valid UTF-8", error.start) from None
    if size > MAX_BYTES:
        raise BadExpression(f"expression is {size} bytes long, the limit is {MAX_BYTES}")
    found = list(tokens(expression))
    if not found:
        raise BadExpression("expression is empty")
    _check_size(found)
    strings: list[str] = []
    words = []
    for place, (token, around) in enumerate(_surrounded(found)):
        _check_place(token, _before(found, place), around)
        if token.kind == "duration" and not _is_offset(found[max(0, place - 3) : place]):
            raise BadExpression(f"bad number or duration {token.text}", token.position)
        words.append(_literal(token, strings) if token.kind in ("number", "string") else token.text)
    return Guarded(" ".join(words), tuple(strings))


def _check_size(found: Sequence[Token]) -> None:
    depth = operators = 0
    for token in found:
        depth += (token.kind == "open") - (token.kind == "close")
        operators += token.kind == "operator" or token.text.lower() in WORD_OPERATORS
        if depth > MAX_DEPTH:
            raise BadExpression(f"expression is nested deeper than {MAX_DEPTH} levels", token.position)
        if operators > MAX_OPERATORS:
            raise BadExpression(f"expression has more than {MAX_OPERATORS} operators", token.position)


def _surrounded(found: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    """Yield each word with what it is in: a brace, the word before the parenthesis around it, or nothing."""
    around = [""]
    for place, token in enumerate(found):
        if token.kind == "close" and len(around) > 1:
            around.pop()
        yield token, around[-1]
        if token.kind == "open":
            around.append(found[place - 1].text.lower() if token.text == "(" and place else token.text)


def _before(found: Sequence[Token], place: int) -> Token:
    """Return the word that precedes another and the parentheses that open there."""
    while place and found[place - 1].text == "(":
        place -= 1
    return found[place - 1] if place else NOTHING


def _check_place(token: Token, before: Token, around: str) -> None:
    """Refuse what the parser takes, and Prometheus does not."""
    if token.kind == "string":
        if around in BEFORE_LABELS or (around == "{" and before.text not in MATCH_OPERATORS):
            raise Unsupported(f"quoted name {token.text} needs Prometheus 3")
        if around != "{" and before.kind == "operator":
            raise BadExpression(f"a string cannot stand after {before.text}", token.position)
    if token.text == "+" and before.text == "absent":
        # The parser forgets the sign, without which the labels would be those of the selector.
        raise Unsupported("a plus sign before the operand of absent() is not supported")


def _is_offset(before: Sequence[Token]) -> bool:
    """Tell whether words end in a modifier `offset` with or without a sign; it could be the name of a metric too."""
    if before and before[-1].text in ("-", "+"):
        before = before[:-1]
    *others, last = before or [NOTHING]
    return last.text.lower() == "offset" and bool(others) and others[-1].kind in ("word", "close", "range")


def _literal(token: Token, strings: list[str]) -> str:
    """Return a number as every parser reads it, or a placeholder for a string, which is appended to `strings`."""
    try:
        if token.kind == "number":
            return repr(number(token.text))
        strings.append(unquoted(token.text))
    except ValueError as error:
        raise BadExpression(str(error), token.position) from None
    return f'"#{len(strings) - 1}"'
