"""Numbers as Go's `fmt` writes them."""

import math
from dataclasses import replace

from alerts.promql.literals import general
from alerts.templates.values import Byte
from alerts.templates.verbs import Verb

BASES = {"v": "d", "d": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
PREFIXES = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}
LARGEST_RUNE = 0x10FFFF
SIGNIFICANT = 6


def integer_text(value: int, verb: Verb) -> str | None:
    """Write an integer; None if the verb does not fit."""
    if verb.letter in BASES:
        return _integer(value, verb)
    rune = value % 2**32 if 0 <= value % 2**32 <= LARGEST_RUNE and value >= 0 else 0xFFFD
    match verb.letter:
        case "c":
            return verb.padded(chr(rune))
        case "q":
            return verb.padded(_quoted_rune(rune, verb))
        case "U":
            return _unicode(value, verb)
        case _:
            return None


def _integer(value: int, verb: Verb) -> str:
    letter = verb.letter
    if verb.go_syntax and isinstance(value, Byte):
        letter, verb = "x", replace(verb, sharp=True)
    unpadded = replace(verb, zero=False)
    if verb.precision == 0 and value == 0:
        return unpadded.padded("")
    sign = "-" if value < 0 else "+" if verb.plus else " " if verb.space else ""
    least = verb.precision or 0
    if verb.precision is None and verb.zero and verb.width:
        least = verb.width - len(sign)
    digits = format(abs(value), BASES[letter]).rjust(least, "0")
    if verb.sharp and not (letter in "oO" and digits[0] == "0"):
        digits = PREFIXES.get(BASES[letter], "") + digits
    if letter == "O":
        digits = "0o" + digits
    return unpadded.padded(sign + digits)


def _quoted_rune(rune: int, verb: Verb) -> str:
    one = chr(rune)
    named = {"'": "\\'", "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r"}
    named |= {"\t": "\\t", "\v": "\\v"}
    if one in named:
        return f"'{named[one]}'"
    if one.isprintable() and (one.isascii() or not verb.plus):
        return f"'{one}'"
    if rune < 0x80:
        return f"'\\x{rune:02x}'"
    return f"'\\u{rune:04x}'" if rune < 0x10000 else f"'\\U{rune:08x}'"


def _unicode(value: int, verb: Verb) -> str:
    text = f"U+{value % 2**64:0{max(verb.precision or 0, 4)}X}"
    if verb.sharp and 0 <= value <= LARGEST_RUNE and chr(value).isprintable():
        text += f" '{chr(value)}'"
    return replace(verb, zero=False).padded(text)


def float_text(value: float, verb: Verb) -> str | None:
    """Write a float; None if the verb does not fit."""
    if verb.letter not in "vbgGxXfFeE":
        return None
    digits = _digits(abs(value), verb) if not math.isnan(value) else "NaN"
    sign = "-" if math.copysign(1, value) < 0 and not math.isnan(value) else "+"
    if sign == "+" and verb.space and not verb.plus:
        sign = " "
    if not math.isfinite(value):
        shown = sign if math.isinf(value) or verb.plus or verb.space else ""
        return replace(verb, zero=False).padded(shown + digits)
    if verb.sharp and verb.letter != "b":
        digits = _with_point(digits, verb)
    # The sign of a positive number is shown if it is asked for, a blank in its place too.
    shown = sign if verb.plus or sign != "+" else ""
    if shown and verb.zero and verb.width:
        return shown + digits.rjust(verb.width - 1, "0")
    return verb.padded(shown + digits)


def _digits(size: float, verb: Verb) -> str:
    """Write a number that is not negative, without sign."""
    if math.isinf(size):
        return "Inf"
    match verb.letter.lower():
        case "e" | "f":
            letter = verb.letter.replace("F", "f")
            return f"{size:.{SIGNIFICANT if verb.precision is None else verb.precision}{letter}}"
        case "b":
            return _binary(size)
        case "x":
            return _hexadecimal(size, verb)
        case _:
            text = general(size) if verb.precision is None else f"{size:.{max(verb.precision, 1)}g}"
            return text.upper() if verb.letter == "G" else text


def _binary(size: float) -> str:
    _, exponent = math.frexp(size)
    if size == 0:
        return "0p-1074"
    shift = max(exponent - 53, -1074)
    return f"{int(math.ldexp(size, -shift))}p{shift:+d}"


def _hexadecimal(size: float, verb: Verb) -> str:
    """Write a number as Go's `%x`: 0x1.8p+01."""
    fraction, exponent = math.frexp(size)
    exponent = exponent - 1 if size else 0
    scaled = int(math.ldexp(fraction, 53)) if size else 0
    digits = 13
    if verb.precision is not None and verb.precision < digits:
        dropped = 4 * (digits - verb.precision)
        scaled, rest = scaled >> dropped, scaled & ((1 << dropped) - 1)
        half = 1 << (dropped - 1)
        scaled += rest > half or (rest == half and scaled & 1 == 1)
        digits = verb.precision
        if scaled >> (4 * digits) > 1:
            scaled, exponent = scaled >> 1, exponent + 1
    whole, part = scaled >> (4 * digits), scaled & ((1 << (4 * digits)) - 1)
    mantissa = f"{part:0{digits}x}" if digits else ""
    mantissa = mantissa.rstrip("0") if verb.precision is None else mantissa.ljust(verb.precision, "0")
    text = f"0x{whole}{'.' if mantissa else ''}{mantissa}p{exponent:+03d}"
    return text.upper() if verb.letter == "X" else text


def _with_point(digits: str, verb: Verb) -> str:
    """Return the digits with a point, and for `%g` with all digits that were asked for."""
    mantissa, mark, exponent = digits, "", ""
    for sign in "pPeE":
        if sign in digits and (sign in "pP" or verb.letter not in "xX"):
            mantissa, mark, exponent = digits.partition(sign)
            break
    wanted = 0
    if verb.letter in "gGx":
        wanted = SIGNIFICANT if verb.precision is None else verb.precision
    significant = len(mantissa.replace(".", "").lstrip("0"))
    if "." not in mantissa:
        significant += mantissa == "0"
        mantissa += "."
    return mantissa + "0" * max(wanted - significant, 0) + mark + exponent
