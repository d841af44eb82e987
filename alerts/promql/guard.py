"""What stands between a stranger's expression and the parser.

The parser, in Rust, ends the process on input that is long or deep, reads some numbers and escapes differently from
Prometheus, does not know raw strings, and knows words that are newer. So it is only given expressions of bounded
size whose numbers are plain, whose strings are placeholders, and whose conditions are all `=`; what was there is
remembered here.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from alerts.promql.errors import BadExpression, Unsupported
from alerts.promql.limits import within_limits
from alerts.promql.literals import number, unquoted
from alerts.promql.tokens import Token

Said = TypeVar("Said", float, str)
# The parser leaves it alone in a string; elsewhere it would begin a comment, of which none are left.
PLACEHOLDER = "#"
BEFORE_LABELS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
MATCH_OPERATORS = {"=", "!=", "=~", "!~"}
NOTHING = Token("other", "", 0)


class Quoted(NamedTuple):
    """What a string says, and the operator of the condition it is in, if it is in one."""

    text: str
    operator: str


@dataclass(frozen=True, slots=True)
class Guarded:
    """An expression that is safe to parse, and its strings."""

    text: str
    strings: tuple[Quoted, ...]

    def quoted(self, placeholder: str) -> Quoted:
        """Return the string for which a placeholder stands."""
        return self.strings[int(placeholder.removeprefix(PLACEHOLDER))]

    def restored(self, text: str) -> str:
        """Put strings where their placeholders are."""
        return re.sub(f"{PLACEHOLDER}([0-9]+)", lambda found: self.strings[int(found[1])].text, text)


def guarded(expression: str) -> Guarded:
    """Make an expression safe to parse; raises BadExpression or Unsupported."""
    found = within_limits(expression)
    strings: list[Quoted] = []
    text = ""
    for place, (token, around) in enumerate(_surrounded(found)):
        before = _before(found, place)
        _check_place(token, before, around)
        if token.kind == "duration" and not _is_offset(found[max(0, place - 3) : place]):
            raise BadExpression(f"bad number or duration {token.text}", token.position)
        # The parser takes a label for a keyword where a blank follows.
        blank = "" if around == "{" and (token.kind == "operator" or before.text in ("{", ",")) else " "
        text += blank + _harmless(token, before, around, strings)
    return Guarded(text, tuple(strings))


def _harmless(token: Token, before: Token, around: str, strings: list[Quoted]) -> str:
    """Return what the parser is given for a word; a string is appended to `strings`."""
    if token.kind == "string":
        strings.append(Quoted(_read(unquoted, token), before.text if around == "{" else ""))
        return f'"{PLACEHOLDER}{len(strings) - 1}"'
    if token.kind == "number":
        return repr(_read(number, token))
    return "=" if around == "{" and token.text in MATCH_OPERATORS else token.text


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


def _read(reader: Callable[[str], Said], token: Token) -> Said:
    try:
        return reader(token.text)
    except ValueError as error:
        raise BadExpression(str(error), token.position) from None
