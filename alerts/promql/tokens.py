"""The words of an expression, as Prometheus' lexer finds them."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

from alerts.promql.errors import BadExpression

Kind = Literal["word", "number", "duration", "string", "range", "open", "close", "operator", "other"]
TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+|\#[^\r\n]*)
      | (?P<word>[A-Za-z_:][A-Za-z0-9_:]*)
      | (?P<number>(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_]))
      | (?P<duration>[0-9][A-Za-z0-9_]*)
      | (?P<string>"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`)
      | (?P<range>\[[^]]*])
      | (?P<open>[({])
      | (?P<close>[)}])
      | (?P<operator>=~|!~|==|!=|<=|>=|[-+*/%^<>=@])
      | (?P<other>,)
    """,
    re.VERBOSE,
)
UNREADABLE = {'"': "a string that does not end on its line", "'": "a string that does not end on its line"}
UNREADABLE |= {"`": "a raw string without an end", "[": "a bracket without its other half"}


class Token(NamedTuple):
    """A word, with the character where it begins."""

    kind: str
    text: str
    position: int


def one_line(text: str) -> str:
    """Return an expression without comments and with single blanks, but for its strings; raises BadExpression."""
    found = list(tokens(text))
    pieces = [token.text for token in found[:1]]
    for before, after in pairwise(found):
        pieces += [" "] * (before.position + len(before.text) < after.position) + [after.text]
    return "".join(pieces)


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of an expression, without blanks and comments; raises BadExpression."""
    position = 0
    while position < len(text):
        found = TOKEN.match(text, position)
        if found is None:
            character = text[position]
            raise BadExpression(UNREADABLE.get(character, f"unexpected character {character!r}"), position)
        if found.lastgroup and found.lastgroup != "blank":
            yield Token(found.lastgroup, found[0], position)
        position = found.end()
