"""The functions of the subset that take vectors and scalars."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alerts.promql import dates, floats
from alerts.promql.errors import BadExpression
from alerts.promql.labels import NOTHING
from alerts.promql.nodes import Context, Node, Type, each, scalar
from alerts.promql.samples import Sample, Vector

Apply = Callable[[Context, Sequence[Vector]], Vector]
SCALAR, VECTOR = Type.SCALAR, Type.VECTOR


@dataclass(frozen=True, slots=True)
class Function:
    """A function: the types of its arguments, of which the first `required` must be given, and of its value."""

    name: str
    parameters: tuple[Type, ...]
    required: int
    returns: Type
    apply: Apply


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function with its arguments."""

    function: Function

    def value(self, context: Context, operands: Sequence[Vector]) -> Vector:
        """Return the function's value for those of the arguments."""
        return self.function.apply(context, operands)


def _elementwise(of: Callable[[float], float]) -> Apply:
    return lambda _, operands: each(operands[0], of)


def _date(of: Callable[[float], float]) -> Apply:
    def apply(context: Context, operands: Sequence[Vector]) -> Vector:
        if operands:
            return each(operands[0], of)
        return (Sample(NOTHING, of(context.milliseconds // 1000)),)

    return apply


def _clamp(_: Context, operands: Sequence[Vector]) -> Vector:
    low, high = operands[1][0].value, operands[2][0].value
    if high < low:
        return ()
    return each(operands[0], lambda number: floats.maximum(low, floats.minimum(high, number)))


def _clamp_max(_: Context, operands: Sequence[Vector]) -> Vector:
    high = operands[1][0].value
    return each(operands[0], lambda number: floats.minimum(high, number))


def _clamp_min(_: Context, operands: Sequence[Vector]) -> Vector:
    low = operands[1][0].value
    return each(operands[0], lambda number: floats.maximum(low, number))


def _round(_: Context, operands: Sequence[Vector]) -> Vector:
    step = operands[1][0].value if len(operands) > 1 else 1.0
    return each(operands[0], lambda number: floats.nearest(number, step))


def _scalar(_: Context, operands: Sequence[Vector]) -> Vector:
    vector = operands[0]
    return scalar(vector[0].value if len(vector) == 1 else math.nan)


def _sort(_: Context, operands: Sequence[Vector]) -> Vector:
    return sorted(operands[0], key=lambda sample: (math.isnan(sample.value), sample.value))


def _sort_desc(_: Context, operands: Sequence[Vector]) -> Vector:
    return sorted(operands[0], key=lambda sample: (math.isnan(sample.value), -sample.value))


def _vector(_: Context, operands: Sequence[Vector]) -> Vector:
    return operands[0]


def _time(context: Context, _: Sequence[Vector]) -> Vector:
    return scalar(context.seconds)


def _timestamp(context: Context, operands: Sequence[Vector]) -> Vector:
    # A scrape gives old values its own instant too, so all samples are of this one.
    return each(operands[0], lambda _: context.seconds)


def _pi(_: Context, __: Sequence[Vector]) -> Vector:
    return scalar(math.pi)


ELEMENTWISE: dict[str, Callable[[float], float]] = {
    "abs": abs,
    "acos": floats.acos,
    "acosh": floats.acosh,
    "asin": floats.asin,
    "asinh": math.asinh,
    "atan": math.atan,
    "atanh": floats.atanh,
    "ceil": floats.ceil,
    "cos": floats.cos,
    "cosh": floats.cosh,
    "deg": floats.degrees,
    "exp": floats.exp,
    "floor": floats.floor,
    "ln": floats.ln,
    "log10": floats.log10,
    "log2": floats.log2,
    "rad": floats.radians,
    "sgn": floats.sign,
    "sin": floats.sin,
    "sinh": floats.sinh,
    "sqrt": floats.sqrt,
    "tan": floats.tan,
    "tanh": math.tanh,
}
DATES: dict[str, Callable[[float], float]] = {
    "day_of_month": dates.day_of_month,
    "day_of_week": dates.day_of_week,
    "day_of_year": dates.day_of_year,
    "days_in_month": dates.days_in_month,
    "hour": dates.hour,
    "minute": dates.minute,
    "month": dates.month,
    "year": dates.year,
}
OTHERS = (
    Function("clamp", (VECTOR, SCALAR, SCALAR), 3, VECTOR, _clamp),
    Function("clamp_max", (VECTOR, SCALAR), 2, VECTOR, _clamp_max),
    Function("clamp_min", (VECTOR, SCALAR), 2, VECTOR, _clamp_min),
    Function("pi", (), 0, SCALAR, _pi),
    Function("round", (VECTOR, SCALAR), 1, VECTOR, _round),
    Function("scalar", (VECTOR,), 1, SCALAR, _scalar),
    Function("sort", (VECTOR,), 1, VECTOR, _sort),
    Function("sort_desc", (VECTOR,), 1, VECTOR, _sort_desc),
    Function("time", (), 0, SCALAR, _time),
    Function("timestamp", (VECTOR,), 1, VECTOR, _timestamp),
    Function("vector", (SCALAR,), 1, VECTOR, _vector),
)
FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        *(Function(name, (VECTOR,), 1, VECTOR, _elementwise(of)) for name, of in ELEMENTWISE.items()),
        *(Function(name, (VECTOR,), 0, VECTOR, _date(of)) for name, of in DATES.items()),
        *OTHERS,
    )
}


def called(function: Function, arguments: Sequence[Node]) -> Call:
    """Call a function; raises BadExpression unless the arguments are those it takes."""
    given = tuple(argument.type for argument in arguments)
    if len(given) < function.required or given != function.parameters[: len(given)]:
        taken = ", ".join(function.parameters) or "nothing"
        raise BadExpression(f"{function.name}() takes {taken}, not {', '.join(given) or 'nothing'}")
    return Call(tuple(arguments), function, type=function.returns)
