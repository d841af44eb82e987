"""Arithmetic of Go on 64-bit floats: it returns infinities and NaN where Python raises.

Where Go's own formula loses digits, or overflows earlier than the C library, it is used: 1e-9 would not cover it.
"""

import math
import operator
from collections.abc import Callable

Unary = Callable[[float], float]
Calculation = Callable[[float, float], float]
INF, NAN = math.inf, math.nan
# From here on Go takes the exponential for twice a hyperbolic function.
HYPERBOLIC = 21.0


def _or_nan(function: Unary) -> Unary:
    """Return a function that is NaN where Python's raises, outside its domain."""

    def total(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return NAN

    return total


sin, cos, tan = _or_nan(math.sin), _or_nan(math.cos), _or_nan(math.tan)
sqrt, acosh = _or_nan(math.sqrt), _or_nan(math.acosh)


def divide(x: float, y: float) -> float:
    """Return x / y."""
    if y:
        return x / y
    return NAN if not x or math.isnan(x) else math.copysign(INF, x) * math.copysign(1.0, y)


def modulo(x: float, y: float) -> float:
    """Return the remainder with the sign of x."""
    try:
        return math.fmod(x, y)
    except ValueError:
        return NAN


def power(x: float, y: float) -> float:
    """Return x to the power of y."""
    try:
        return math.pow(x, y)
    except ValueError:
        # Either 0 to a negative power, or a negative number to a fraction.
        return NAN if x else _signed(INF, x, y)
    except OverflowError:
        return _signed(INF, x, y)


def _signed(magnitude: float, x: float, y: float) -> float:
    odd = y.is_integer() and math.fmod(y, 2) != 0
    return math.copysign(magnitude, x) if odd else magnitude


def exp(x: float) -> float:
    """Return e to the power of x."""
    try:
        return math.exp(x)
    except OverflowError:
        return INF


def ln(x: float) -> float:
    """Return the natural logarithm."""
    if x == 0:
        return -INF
    return NAN if x < 0 else math.log(x)


def log2(x: float) -> float:
    """Return the logarithm to base 2, exact for powers of 2."""
    fraction, exponent = math.frexp(x)
    return float(exponent - 1) if fraction == 0.5 else ln(fraction) * (1 / math.log(2)) + exponent


def log10(x: float) -> float:
    """Return the logarithm to base 10, from the natural one as Go does."""
    return ln(x) * math.log10(math.e)


def asin(x: float) -> float:
    """Return the arc sine."""
    if not abs(x) <= 1:
        return NAN
    other = math.sqrt(1 - x * x)
    angle = math.pi / 2 - math.atan(other / abs(x)) if abs(x) > 0.7 else math.atan(divide(abs(x), other))
    return math.copysign(angle, x)


def acos(x: float) -> float:
    """Return the arc cosine."""
    return math.pi / 2 - asin(x)


def atanh(x: float) -> float:
    """Return the inverse hyperbolic tangent."""
    if abs(x) == 1:
        return math.copysign(INF, x)
    return NAN if abs(x) > 1 else math.atanh(x)


def sinh(x: float) -> float:
    """Return the hyperbolic sine."""
    return math.copysign(exp(abs(x)) * 0.5, x) if abs(x) > HYPERBOLIC else math.sinh(x)


def cosh(x: float) -> float:
    """Return the hyperbolic cosine."""
    return exp(abs(x)) * 0.5 if abs(x) > HYPERBOLIC else math.cosh(x)


def ceil(x: float) -> float:
    """Return the next integer above, -0 for what lies between -1 and 0."""
    return math.copysign(math.ceil(x), x) if math.isfinite(x) else x


def floor(x: float) -> float:
    """Return the next integer below."""
    return math.copysign(math.floor(x), x) if math.isfinite(x) else x


def sign(x: float) -> float:
    """Return -1 or 1; 0 and NaN stay what they are."""
    return math.copysign(1.0, x) if x < 0 or x > 0 else x


def maximum(x: float, y: float) -> float:
    """Return the larger number: infinity wins over NaN, NaN over the rest, 0 over -0."""
    if INF in (x, y):
        return INF
    if math.isnan(x) or math.isnan(y):
        return NAN
    return x + y if x == y == 0 else max(x, y)


def minimum(x: float, y: float) -> float:
    """Return the smaller number: minus infinity wins over NaN, NaN over the rest, -0 over 0."""
    return -maximum(-x, -y)


def nearest(x: float, step: float) -> float:
    """Round to a multiple of `step`; halves go up."""
    inverse = divide(1.0, step)
    return divide(floor(x * inverse + 0.5), inverse)


def degrees(x: float) -> float:
    """Return radians in degrees."""
    return x * 180 / math.pi


def radians(x: float) -> float:
    """Return degrees in radians."""
    return x * math.pi / 180


ARITHMETIC: dict[str, Calculation] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divide,
    "%": modulo,
    "^": power,
    "atan2": math.atan2,
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
