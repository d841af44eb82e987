"""The tokens of a template, one after the other."""

from alerts.templates.errors import BadTemplate
from alerts.templates.lexer import Token, tokens

MAX_DEPTH = 100


class Stream:
    """Base of what reads tokens; raises BadTemplate where another one is expected."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = list(tokens(source))
        self._index = 0
        self._depth = 0

    def _peek(self) -> Token:
        return self._tokens[self._index]

    def _next(self) -> Token:
        token = self._tokens[self._index]
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def _skip(self) -> Token:
        """Pass blanks, and return the token after them, which stays."""
        while self._peek().kind == "space":
            self._next()
        return self._peek()

    def _take(self, *kinds: str, context: str) -> Token:
        token = self._skip()
        if token.kind not in kinds:
            raise self._unexpected(token, context)
        return self._next()

    def _unexpected(self, token: Token, context: str) -> BadTemplate:
        shown = "EOF" if token.kind == "eof" else f'"{token.text}"'
        return BadTemplate(f"unexpected {shown} in {context}", token.position)

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadTemplate(f"is nested deeper than {MAX_DEPTH} levels", self._peek().position)

    def _between(self, start: int, end: int) -> str:
        return self._source[start:end].strip()
