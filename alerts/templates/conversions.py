"""What functions read out of texts: numbers and durations."""

import math
import re

from alerts.templates.errors import ExpansionError
from alerts.templates.values import Byte, Nothing, SafeText, Value, type_name

DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
HEXADECIMAL = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+")
SPECIAL = re.compile(r"[+-]?inf(?:inity)?|nan", re.IGNORECASE)
DURATION = re.compile(
    r"(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?"
)
MILLISECONDS = (365 * 86400000, 7 * 86400000, 86400000, 3600000, 60000, 1000, 1)
LONGEST_MILLISECONDS = 2**63 // 10**6


def as_float(value: Value) -> float:
    """Return a number, or what a text says; raises ExpansionError."""
    if isinstance(value, str) and not isinstance(value, SafeText):
        return _parsed(value)
    if isinstance(value, bool | Byte) or not isinstance(value, int | float):
        shown = Nothing.NIL.value if isinstance(value, Nothing) else type_name(value)
        raise ExpansionError(f"can't convert {shown} to float")
    return float(value)


def _parsed(text: str) -> float:
    said = f'strconv.ParseFloat: parsing "{text}"'
    if SPECIAL.fullmatch(text):
        return float(text)
    if DECIMAL.fullmatch(text):
        found = float(text)
    elif HEXADECIMAL.fullmatch(text):
        found = _from_hexadecimal(text)
    else:
        raise ExpansionError(f"{said}: invalid syntax")
    if math.isinf(found):
        raise ExpansionError(f"{said}: value out of range")
    return found


def _from_hexadecimal(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return math.inf


def seconds(text: str) -> float:
    """Return what a duration like 1h30m is in seconds; raises ExpansionError."""
    if text == "0":
        return 0.0
    found = DURATION.fullmatch(text)
    if not text:
        raise ExpansionError("empty duration string")
    if found is None:
        raise ExpansionError(f'not a valid duration string: "{text}"')
    amounts = [int(amount or 0) for amount in found.groups()]
    total = sum(amount * unit for amount, unit in zip(amounts, MILLISECONDS, strict=True))
    if total > LONGEST_MILLISECONDS:
        raise ExpansionError("duration out of range")
    return total / 1000
