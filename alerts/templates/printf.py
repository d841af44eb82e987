"""Go's `fmt.Sprintf`: values as text, by a pattern; what does not fit is told within the text."""

import re
from collections.abc import Sequence
from dataclasses import replace

from alerts.templates.errors import ExpansionError
from alerts.templates.formatting import LARGEST_TEXT, TOO_LONG, formatted, plain
from alerts.templates.values import Nothing, Value, type_name
from alerts.templates.verbs import Verb

LARGEST_WIDTH = 10**6
DIRECTIVE = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<first>\[[^]]*\])?(?P<width>\*|[0-9]*)"
    r"(?P<point>\.(?P<second>\[[^]]*\])?(?P<precision>\*|[0-9]*))?(?P<third>\[[^]]*\])?(?P<verb>.?)",
    re.DOTALL,
)


def sprintf(pattern: str, values: Sequence[Value]) -> str:
    """Write values as a pattern says; what does not fit is told within the text, as Go does."""
    return _Printf(pattern, values).text()


class _Printf:
    """One use of a pattern."""

    def __init__(self, pattern: str, values: Sequence[Value]) -> None:
        self._pattern = pattern
        self._values = values
        self._number = 0
        self._reordered = False
        self._good = True

    def text(self) -> str:
        found, position = "", 0
        for directive in DIRECTIVE.finditer(self._pattern):
            found += self._pattern[position : directive.start()] + self._directive(directive)
            position = directive.end()
            if len(found) > LARGEST_TEXT:
                raise ExpansionError(TOO_LONG)
        return found + self._pattern[position:] + self._extra()

    def _directive(self, directive: re.Match[str]) -> str:
        self._good = True
        problems, verb = "", Verb.of(directive["verb"], directive["flags"])
        self._choose(directive["first"])
        if directive["width"] == "*":
            width = self._integer()
            problems += "" if width is not None else "%!(BADWIDTH)"
            verb = verb.wide(width)
        elif directive["width"]:
            self._good = self._good and not directive["first"]
            verb = verb.wide(_bounded(directive["width"]))
        if directive["point"]:
            told, verb = self._precise(directive, verb)
            problems += told
        self._choose(directive["third"])
        return problems + self._written(verb)

    def _precise(self, directive: re.Match[str], verb: Verb) -> tuple[str, Verb]:
        if directive["first"] and directive["width"] != "*":
            self._good = False
        self._choose(directive["second"])
        if directive["precision"] != "*":
            return "", replace(verb, precision=_bounded(directive["precision"] or "0") or 0)
        precision = self._integer()
        if precision is None:
            return "%!(BADPREC)", verb
        # A negative one makes no sense.
        return ("", replace(verb, precision=precision)) if precision >= 0 else ("%!(BADPREC)", verb)

    def _written(self, verb: Verb) -> str:
        if not verb.letter:
            return "%!(NOVERB)"
        if verb.letter == "%":
            return "%"
        if not self._good:
            return f"%!{verb.letter}(BADINDEX)"
        if self._number >= len(self._values):
            return f"%!{verb.letter}(MISSING)"
        self._number += 1
        return formatted(self._values[self._number - 1], verb)

    def _choose(self, index: str | None) -> None:
        """Go on with the argument that stands in brackets."""
        if index is None:
            return
        self._reordered = True
        number = index[1:-1]
        if number.isdecimal() and 1 <= int(number) <= len(self._values):
            self._number = int(number) - 1
        else:
            self._good = False

    def _integer(self) -> int | None:
        """Return the next argument if it can be a width; it is used up anyway."""
        self._number += 1
        if self._number > len(self._values):
            return None
        value = self._values[self._number - 1]
        fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_WIDTH
        return value if fits and isinstance(value, int) else None

    def _extra(self) -> str:
        rest = self._values[self._number :]
        if self._reordered or not rest:
            return ""
        return f"%!(EXTRA {', '.join(_told(value) for value in rest)})"


def _bounded(digits: str) -> int | None:
    return int(digits) if len(digits) <= 7 and int(digits) <= LARGEST_WIDTH else None


def _told(value: Value) -> str:
    if isinstance(value, Nothing):
        return Nothing.NIL.value
    return f"{type_name(value)}={plain(value)}"
