"""Go's `fmt`: values as text, by verbs."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from alerts.promql.literals import quoted
from alerts.templates.errors import ExpansionError
from alerts.templates.numbers import float_text, integer_text
from alerts.templates.values import (
    Data,
    Duration,
    Instant,
    Map,
    Nothing,
    Sampled,
    Samples,
    Value,
    to_bytes,
    type_name,
)
from alerts.templates.verbs import Verb

LARGEST_TEXT = 65536
LARGEST_WIDTH = 10**6
TOO_LONG = f"the text is longer than {LARGEST_TEXT} bytes"
DIRECTIVE = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<first>\[[^]]*\])?(?P<width>\*|[0-9]*)"
    r"(?P<point>\.(?P<second>\[[^]]*\])?(?P<precision>\*|[0-9]*))?(?P<third>\[[^]]*\])?(?P<verb>.?)",
    re.DOTALL,
)


def sprint(values: Sequence[Value], show: Callable[[Value], str] | None = None) -> str:
    """Write values one after the other, with a blank between two of which neither is a string."""
    show = show or plain
    found, before_is_text = "", True
    for number, value in enumerate(values):
        is_text = isinstance(value, str)
        if number and not is_text and not before_is_text:
            found += " "
        found, before_is_text = found + show(value), is_text
    return found


def sprintln(values: Sequence[Value]) -> str:
    """Write values with blanks between them, and a line's end."""
    return " ".join(map(plain, values)) + "\n"


def plain(value: Value) -> str:
    """Write one value as `%v`."""
    return formatted(value, Verb("v"))


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


def formatted(value: Value, verb: Verb, *, inner: bool = False) -> str:
    """Write a value by a verb; `inner`: it is a part of another one."""
    if verb.letter == "T" and not inner:
        return verb.padded(type_name(value))
    match value:
        case Nothing():
            return _nothing(verb, inner=inner)
        case bool() | int() | float() | str() | Instant() | Duration():
            found = _scalar(value, verb)
            return bad(value, verb) if found is None else found
        case Map():
            return _map(value, verb)
        case Samples():
            return _sequence(value, verb)
        case Sampled():
            return "&" + _struct("template.sample", value.fields, verb)
        case Data():
            return _struct(type_name(value), value.fields, verb)
        case _:
            raise ExpansionError(f"can't print {type(value).__name__}")


def _scalar(value: bool | float | str | Instant | Duration, verb: Verb) -> str | None:
    """Write a value without parts; None if the verb does not fit."""
    match value:
        case bool():
            return verb.padded(str(value).lower()) if verb.letter in ("t", "v") else None
        case int():
            return integer_text(value, verb)
        case float():
            return float_text(value, verb)
        case _:
            return _string(str(value), verb)


def bad(value: Value, verb: Verb) -> str:
    """Tell that a verb does not fit a value."""
    return f"%!{verb.letter}({type_name(value)}={formatted(value, replace(verb, letter='v'))})"


def _nothing(verb: Verb, *, inner: bool) -> str:
    if verb.letter != "v":
        return f"%!{verb.letter}(<nil>)"
    if inner:
        return "interface {}(nil)" if verb.go_syntax else Nothing.NIL.value
    return verb.padded(Nothing.NIL.value)


def _string(text: str, verb: Verb) -> str | None:
    match verb.letter:
        case "v" if verb.go_syntax:
            return verb.padded(_quoted(text, verb))
        case "v" | "s":
            return verb.padded(text if verb.precision is None else text[: verb.precision])
        case "q":
            return verb.padded(_quoted(text if verb.precision is None else text[: verb.precision], verb))
        case "x" | "X":
            return _hexadecimal(to_bytes(text), verb)
        case _:
            return None


def _quoted(text: str, verb: Verb) -> str:
    if verb.sharp and "`" not in text and all(one == "\t" or one.isprintable() for one in text):
        return f"`{text}`"
    # A byte that is no part of a character is shown as such.
    found = "".join(f"\\x{ord(one) - 0xDC00:02x}" if "\udc80" <= one <= "\udcff" else quoted(one)[1:-1] for one in text)
    found = f'"{found}"'
    return "".join(one if one.isascii() else _escaped(one) for one in found) if verb.plus else found


def _escaped(one: str) -> str:
    return f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}"


def _hexadecimal(found: bytes, verb: Verb) -> str:
    if verb.precision is not None:
        found = found[: verb.precision]
    prefix = "0x" if verb.sharp and found else ""
    digits = f" {prefix}".join(f"{one:02x}" for one in found) if verb.space else found.hex()
    text = prefix + digits
    return verb.padded(text.upper() if verb.letter == "X" else text)


def _map(value: Map, verb: Verb) -> str:
    pairs = _parts(
        f"{formatted(name, verb, inner=True)}:{formatted(entry, verb, inner=True)}"
        for name, entry in value.entries.items()
    )
    if verb.go_syntax:
        return f"{type_name(value)}{{{', '.join(pairs)}}}"
    return f"map[{' '.join(pairs)}]"


def _sequence(value: Samples, verb: Verb) -> str:
    parts = _parts(formatted(one, verb, inner=True) for one in value)
    return f"template.queryResult{{{', '.join(parts)}}}" if verb.go_syntax else f"[{' '.join(parts)}]"


def _struct(name: str, fields: Mapping[str, Value], verb: Verb) -> str:
    named = verb.go_syntax or verb.field_names
    parts = _parts(
        (f"{field}:" if named else "") + formatted(value, verb, inner=True) for field, value in fields.items()
    )
    if verb.go_syntax:
        return f"{name}{{{', '.join(parts)}}}"
    return f"{{{' '.join(parts)}}}"


def _parts(found: Iterable[str]) -> list[str]:
    """Return the parts of a text that is not too long: a value may hold another many times."""
    parts, length = list[str](), 0
    for part in found:
        parts.append(part)
        length += len(part)
        if length > LARGEST_TEXT:
            raise ExpansionError(TOO_LONG)
    return parts
