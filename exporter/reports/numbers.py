"""Values as people read them: money, percent, durations, and how they changed. Pure.

Percent exists here and nowhere else (metrics.md C4); what is computed is never rounded before it is shown.
"""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum

from exporter.model import Value

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
# Digits after the point where they are not two (ISO 4217).
DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}
MINUS, NONE, PLUS = "−", "–", "+"
NOTHING = "±0%"
ENOUGH = 60
SMALL = Decimal("0.01")


class Unit(StrEnum):
    """What a number is of."""

    COUNT = "count"
    SHARE = "share"
    MONEY = "money"
    SECONDS = "seconds"
    NUMBER = "number"


def shown(value: Value | None, unit: Unit, currency: str = "") -> str:
    """Return a value with its unit; a dash where there is none."""
    if value is None:
        return NONE
    exact = _exact(value)
    return (MINUS if exact < 0 and _is_seen(exact, unit, currency) else "") + _writers(currency)[unit](abs(exact))


def change(value: Value | None, before: Value | None, unit: Unit, currency: str = "") -> str:
    """Return the difference to the value before, and by how much percent that is; a dash where one is missing."""
    if value is None or before is None:
        return NONE
    if not direction(value, before, unit, currency):
        return "±0"
    difference, was = _exact(value) - _exact(before), _exact(before)
    sign = PLUS if difference > 0 else MINUS
    if unit is Unit.SHARE:
        return f"{sign}{_percent(abs(difference))} pp"
    text = sign + _writers(currency)[unit](abs(difference))
    share = relative(value, before) if was > 0 else NOTHING
    return text if share == NOTHING else f"{text} ({share})"


def relative(value: Value, before: Value) -> str:
    """Return a relative change in percent; the value before is positive."""
    with localcontext(prec=ENOUGH):
        share = (_exact(value) - _exact(before)) / _exact(before) * 100
    digits = 0 if abs(share) >= 100 else 1
    text = _rounded(abs(share), digits)
    if not text.strip("0."):
        return NOTHING
    return f"{PLUS if share > 0 else MINUS}{text}%"


def direction(value: Value | None, before: Value | None, unit: Unit, currency: str = "") -> int:
    """Return 1 where a value rose, −1 where it fell, 0 where nobody can see a difference."""
    if value is None or before is None or shown(value, unit, currency) == shown(before, unit, currency):
        return 0
    return 1 if value > before else -1


def added(one: Value, other: Value) -> Value:
    """Return a sum; money meets nothing but money."""
    return _exact(one) + _exact(other)


def compact(value: Value, unit: Unit, currency: str = "") -> str:
    """Return a value for the axis of a chart, where there is little room."""
    exact = abs(_exact(value))
    sign, symbol = MINUS if value < 0 else "", _symbol(currency) if unit is Unit.MONEY else ""
    for limit, letter in ((Decimal(10**6), "M"), (Decimal(10**3), "k")):
        if exact >= limit:
            return f"{sign}{symbol}{_rounded(exact / limit, 2).rstrip('0').rstrip('.')}{letter}"
    return f"{sign}{symbol}{_rounded(exact, 0)}"


def _exact(value: Value) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _rounded(value: Decimal, digits: int) -> str:
    with localcontext(prec=ENOUGH):
        return f"{value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"


def _is_seen(value: Decimal, unit: Unit, currency: str) -> bool:
    """Tell whether there is more to see than zeros."""
    return any(letter in "123456789" for letter in _writers(currency)[unit](abs(value)))


def _writers(currency: str) -> Mapping[Unit, Callable[[Decimal], str]]:
    return {
        Unit.COUNT: lambda value: _rounded(value, 0),
        Unit.SHARE: lambda value: f"{_percent(value)}%",
        Unit.MONEY: lambda value: f"{_symbol(currency)}{_rounded(value, DIGITS.get(currency, 2))}",
        Unit.SECONDS: _duration,
        Unit.NUMBER: lambda value: _rounded(value, 2),
    }


def _percent(share: Decimal) -> str:
    """Return a share times 100; of a small one more digits."""
    return _rounded(share * 100, 1 if share >= SMALL or not share else 2)


def _symbol(currency: str) -> str:
    return SYMBOLS.get(currency) or f"{currency}\u00a0"


def _duration(seconds: Decimal) -> str:
    if seconds < 1:
        return f"{_rounded(seconds * 1000, 0)}\u00a0ms"
    if seconds < 60:
        return f"{_rounded(seconds, 2)}\u00a0s"
    if seconds < 3600:
        return f"{_rounded(seconds / 60, 1)}\u00a0min"
    if seconds < 48 * 3600:
        return f"{_rounded(seconds / 3600, 1)}\u00a0h"
    return f"{_rounded(seconds / 86400, 1)}\u00a0d"
