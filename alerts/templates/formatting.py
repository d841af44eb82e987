"""Go's `fmt`: one value as text, by a verb."""

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
TOO_LONG = f"the text is longer than {LARGEST_TEXT} bytes"


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
