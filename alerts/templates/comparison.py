"""Comparisons of templates: of one kind only, an integer is no float."""

import operator
from collections.abc import Callable
from typing import Any

from alerts.templates.errors import ExpansionError
from alerts.templates.values import Data, Map, Nothing, Samples, Value, type_name

NO_ARGUMENT = "missing argument for comparison"
INCOMPATIBLE = "incompatible types for comparison"
NOT_COMPARABLE = "invalid type for comparison"


def _kind(value: Value) -> str:
    """Return the kind of a value that can be compared, or "" for the others."""
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "string"
        case _:
            return ""


def equal(first: Value, *others: Value) -> bool:
    """Tell whether the first value equals one of the others."""
    if not others:
        raise ExpansionError(NO_ARGUMENT)
    return any(_equal(first, other) for other in others)


def _equal(first: Value, other: Value) -> bool:
    if isinstance(first, Nothing) or isinstance(other, Nothing):
        return isinstance(first, Nothing) and isinstance(other, Nothing)
    kind = _kind(first)
    if kind != _kind(other):
        raise ExpansionError(INCOMPATIBLE)
    if kind:
        return bool(first == other)
    for value in (first, other):
        if isinstance(value, Map | Samples | Data):
            raise ExpansionError(f"non-comparable type {type_name(value)}")
    # What is left are pointers.
    return first is other


def unequal(first: Value, other: Value) -> bool:
    """Tell whether values differ."""
    return not equal(first, other)


def _ordered(compare: Callable[[Any, Any], bool], first: Value, other: Value) -> bool:
    kinds = _kind(first), _kind(other)
    if not all(kinds):
        raise ExpansionError(NOT_COMPARABLE)
    if kinds[0] != kinds[1]:
        raise ExpansionError(INCOMPATIBLE)
    if kinds[0] == "bool":
        raise ExpansionError(NOT_COMPARABLE)
    return compare(first, other)


def less(first: Value, other: Value) -> bool:
    """Tell whether a value is less than another one."""
    return _ordered(operator.lt, first, other)


def less_or_equal(first: Value, other: Value) -> bool:
    """Tell whether a value is less than another one or equal."""
    return less(first, other) or equal(first, other)


def greater(first: Value, other: Value) -> bool:
    """Tell whether a value is not less and not equal; so NaN is greater than everything."""
    return not less_or_equal(first, other)


def greater_or_equal(first: Value, other: Value) -> bool:
    """Tell whether a value is not less than another one."""
    return not less(first, other)
