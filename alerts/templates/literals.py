"""The literals of a template, read as Go does."""

import math
import re

from alerts.promql.literals import unquoted
from alerts.templates.errors import BadTemplate
from alerts.templates.lexer import Token

INTEGER = re.compile(r"[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)")
LARGEST = 2**63 - 1
HEXADECIMAL = re.compile("[+-]?0[xX]")
BASES = {"x": 16, "b": 2, "o": 8}


def text(token: Token) -> str:
    """Return what a string says."""
    if token.kind == "raw":
        return token.text[1:-1].replace("\r", "")
    try:
        return unquoted(token.text)
    except ValueError as error:
        raise BadTemplate(str(error), token.position) from None


def character(token: Token) -> int:
    """Return the number of a character."""
    try:
        said = unquoted(token.text)
    except ValueError as error:
        raise BadTemplate(str(error), token.position) from None
    if len(said) != 1:
        raise BadTemplate(f"malformed character constant: {token.text}", token.position)
    return ord(said)


def number(token: Token) -> float:
    """Return an int or a float."""
    if token.text.endswith("i"):
        raise BadTemplate(f"complex number {token.text} is not supported", token.position)
    if INTEGER.fullmatch(token.text):
        return _integer(token)
    try:
        plain = token.text.replace("_", "")
        found = float.fromhex(plain) if HEXADECIMAL.match(plain) else float(plain)
    except (ValueError, OverflowError):
        raise BadTemplate(f'illegal number syntax: "{token.text}"', token.position) from None
    if math.isinf(found):
        raise BadTemplate(f'illegal number syntax: "{token.text}"', token.position)
    if not set(token.text) & set(".eEpP"):
        raise BadTemplate(f'integer overflow: "{token.text}"', token.position)
    return found


def _integer(token: Token) -> int:
    sign = -1 if token.text[0] == "-" else 1
    digits = token.text.lstrip("+-").replace("_", "").lower()
    base = BASES.get(digits[1:2]) or (8 if digits[0] == "0" else 10)
    value = sign * int(digits[2:] if digits[1:2] in BASES else digits, base)
    if not -LARGEST - 1 <= value <= LARGEST:
        raise BadTemplate(f"{token.text} overflows int", token.position)
    return value
