"""A template's text as tokens: text outside of actions, words and signs within."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from alerts.templates.errors import BadTemplate

SPACE = " \t\r\n"
KEYWORDS = {"block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template", "with"}
# Words and numbers end before one of these.
TERMINATORS = {*SPACE, ".", ",", "|", ":", ")", "("}
NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*|0[bB][01_]*"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)
QUOTED = {
    '"': (re.compile(r'"(?:\\[^\n]|[^"\\\n])*"'), "string", "unterminated quoted string"),
    "'": (re.compile(r"'(?:\\[^\n]|[^'\\\n])*'"), "char", "unterminated character constant"),
    "`": (re.compile(r"`[^`]*`"), "raw", "unterminated raw quoted string"),
}
SIGNS = {"=": "assign", "|": "pipe", "(": "open", ")": "close"}


class Token(NamedTuple):
    """A piece of a template; `position` counts characters from 0."""

    kind: str
    text: str
    position: int

    @property
    def end(self) -> int:
        """Return the position behind it."""
        return self.position + len(self.text)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a template, an `eof` last; raises BadTemplate."""
    position, trims = 0, False
    while (start := text.find("{{", position)) >= 0:
        inside = start + 2
        trimmed = text[inside : inside + 1] == "-" and text[inside + 1 : inside + 2] in tuple(SPACE)
        yield from _outside(text, position, start, left=trims, right=trimmed)
        inside += 2 * trimmed
        if text.startswith("/*", inside):
            position, trims = _after_comment(text, inside)
            continue
        yield Token("left", "{{", start)
        for token in _action(text, inside):
            yield token
        position, trims = token.end, token.text != "}}"
    yield from _outside(text, position, len(text), left=trims, right=False)
    yield Token("eof", "", len(text))


def _outside(text: str, start: int, end: int, *, left: bool, right: bool) -> Iterator[Token]:
    found = text[start:end]
    if left:
        found = found.lstrip(SPACE)
    start = end - len(found)
    if right:
        found = found.rstrip(SPACE)
    if found:
        yield Token("text", found, start)


def _after_comment(text: str, start: int) -> tuple[int, bool]:
    """Return where the text goes on after a comment, and whether its blanks are trimmed."""
    end = text.find("*/", start + 2)
    if end < 0:
        raise BadTemplate("unclosed comment", start)
    closing = _closing(text, end + 2)
    if not closing:
        raise BadTemplate("comment ends before closing delimiter", start)
    return end + 2 + len(closing), closing != "}}"


def _closing(text: str, position: int) -> str:
    """Return the end of an action that is here, with its trim marker; "" if none is."""
    if text.startswith("}}", position):
        return "}}"
    if text[position : position + 1] in tuple(SPACE) and text.startswith("-}}", position + 1):
        return text[position : position + 4]
    return ""


def _action(text: str, position: int) -> Iterator[Token]:
    depth = 0
    while not (closing := _closing(text, position)):
        token = _token(text, position)
        depth += (token.kind == "open") - (token.kind == "close")
        if depth < 0:
            raise BadTemplate("unexpected right paren", position)
        yield token
        position = token.end
    if depth:
        raise BadTemplate("unclosed left paren", position)
    yield Token("right", closing, position)


def _token(text: str, position: int) -> Token:
    """Return the token that begins inside of an action."""
    one = text[position : position + 1]
    if not one:
        raise BadTemplate("unclosed action", position)
    if one in SPACE:
        return _blanks(text, position)
    if one in QUOTED:
        return _quoted(text, position)
    if one in SIGNS:
        return Token(SIGNS[one], one, position)
    if text.startswith(":=", position):
        return Token("declare", ":=", position)
    if one == "$" or (one == "." and not text[position + 1 : position + 2].isdecimal()):
        return _dotted(text, position)
    if one in "+-." or one in "0123456789":
        return _number(text, position)
    if _of_word(one):
        return _word(text, position)
    return _sign(one, position)


def _sign(one: str, position: int) -> Token:
    if one == ":":
        raise BadTemplate("expected :=", position)
    if not " " < one <= "~":
        raise BadTemplate(f"unrecognized character in action: {one!r}", position)
    return Token("char", one, position)


def _blanks(text: str, position: int) -> Token:
    end = position
    while text[end : end + 1] and text[end] in SPACE:
        end += 1
    # The last blank may be part of a trim marker.
    if _closing(text, end - 1) not in ("", "}}"):
        end -= 1
    return Token("space", text[position:end], position)


def _quoted(text: str, position: int) -> Token:
    pattern, kind, problem = QUOTED[text[position]]
    found = pattern.match(text, position)
    if found is None:
        raise BadTemplate(problem, position)
    return Token(kind if kind != "char" else "number", found[0], position)


def _dotted(text: str, position: int) -> Token:
    """Return a variable, a field or the dot."""
    end = _end_of_word(text, position + 1)
    word = text[position:end]
    if word == ".":
        return Token("dot", word, position)
    return Token("variable" if word[0] == "$" else "field", word, position)


def _number(text: str, position: int) -> Token:
    found = NUMBER.match(text, position)
    end = found.end() if found else position
    after = text[end : end + 1]
    if end == position or after == "+" or after == "-" or (after and _of_word(after)):
        raise BadTemplate(f"bad number syntax: {text[position : end + 1]!r}", position)
    return Token("number", text[position:end], position)


def _word(text: str, position: int) -> Token:
    word = text[position : _end_of_word(text, position)]
    if word in KEYWORDS:
        return Token(word, word, position)
    return Token("bool" if word in ("true", "false") else "identifier", word, position)


def _end_of_word(text: str, end: int) -> int:
    while text[end : end + 1] and _of_word(text[end]):
        end += 1
    after = text[end : end + 1]
    if after and after not in TERMINATORS and not text.startswith("}}", end):
        raise BadTemplate(f"bad character {after!r}", end)
    return end


def _of_word(one: str) -> bool:
    return one == "_" or one.isalpha() or one.isdecimal()
