"""Numbers and strings of an expression, read and written as Go does."""

import math
import re
from decimal import Decimal

ESCAPE = re.compile(r"\\(?:([abfnrtv\\'\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
NAMED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
WRITTEN = {character: f"\\{letter}" for letter, character in NAMED.items()} | {"\\": "\\\\", '"': '\\"'}
# From here on numbers of a text have an exponent, unless it is asked to have none.
LARGE, SMALL = 6, -5


def number(text: str) -> float:
    """Read a literal: decimal, hexadecimal, or octal after a leading 0; ValueError if there is no such number."""
    if text[:2] in ("0x", "0X"):
        value = int(text, 16)
        if value >= 2**63:
            raise ValueError(f"hexadecimal number {text} needs more than 63 bits")
        return float(value)
    if re.fullmatch("0[0-7]+", text) and int(text, 8) < 2**63:
        return float(int(text, 8))
    if math.isinf(found := float(text)):
        raise ValueError(f"number {text} is out of range")
    return found


def unquoted(literal: str) -> str:
    """Return what a string literal says; ValueError if an escape is unknown or the bytes are no text."""
    quote, inner = literal[0], literal[1:-1]
    if "\ufffd" in inner:
        raise ValueError("a string with U+FFFD, which stands for bytes that are no UTF-8")
    if quote == "`":
        return inner
    said, position = b"", 0
    for found in re.finditer(r"\\", inner):
        if found.start() < position:
            continue
        escape = ESCAPE.match(inner, found.start())
        if escape is None or escape[1] in ({'"', "'"} - {quote}):
            raise ValueError(f"unknown escape sequence {inner[found.start() : found.start() + 2]} in a string")
        said += inner[position : found.start()].encode() + _meant(escape)
        position = escape.end()
    try:
        return (said + inner[position:].encode()).decode()
    except UnicodeDecodeError:
        raise ValueError("a string whose bytes are no UTF-8") from None


def _meant(escape: re.Match[str]) -> bytes:
    named, octal, byte, *code = escape.groups()
    if named:
        return NAMED.get(named, named).encode()
    if octal or byte:
        value = int(octal, 8) if octal else int(byte, 16)
        if value > 255:
            raise ValueError(f"escape sequence {escape[0]} is no byte")
        return bytes([value])
    point = int(code[0] or code[1], 16)
    if point > 0x10FFFF or 0xD800 <= point < 0xE000:
        raise ValueError(f"escape sequence {escape[0]} is no character")
    return chr(point).encode()


def quoted(text: str) -> str:
    """Write a string as Go's `%q`."""
    return '"' + "".join(WRITTEN.get(one) or (one if one.isprintable() else _coded(one)) for one in text) + '"'


def _coded(character: str) -> str:
    point = ord(character)
    if point < 0x80:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def plain(value: float) -> str:
    """Write a number without exponent in as few digits as tell it apart, as `count_values` does."""
    if not math.isfinite(value):
        return _special(value)
    text = f"{Decimal(repr(value)):f}"
    return text.removesuffix(".0")


def general(value: float) -> str:
    """Write a number as Go's `%v`: in as few digits as tell it apart, with an exponent where it is large or small."""
    if not math.isfinite(value) or value == 0:
        return plain(value)
    return plain(value) if SMALL < Decimal(repr(value)).adjusted() < LARGE else exponential(value)


def exponential(value: float) -> str:
    """Write a number as Go's `%e`, in as few digits as tell it apart: 900 is `9e+02`."""
    if not math.isfinite(value):
        return _special(value)
    if value == 0:
        return f"{value:.0e}"
    digits, places = Decimal(repr(value)).normalize().as_tuple()[1:]
    first, *rest = map(str, digits)
    mantissa = f"{first}.{''.join(rest)}" if rest else first
    return f"{'-' if value < 0 else ''}{mantissa}e{len(digits) + int(places) - 1:+03d}"


def _special(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"
