"""Fields of values."""

from collections.abc import Mapping

from alerts.templates.errors import ExpansionError
from alerts.templates.values import Data, Map, Nothing, Sampled, Value, type_name

INVALID = Nothing.INVALID


def along(value: Value, fields: tuple[str, ...]) -> Value:
    """Return a field of a field of a value; raises ExpansionError."""
    for field in fields:
        value = member(value, field)
    return value


def member(value: Value, name: str) -> Value:
    """Return a field of a value, what is no value if it is none itself; raises ExpansionError."""
    if value is INVALID:
        return INVALID
    if value is Nothing.NIL:
        raise ExpansionError(f"nil pointer evaluating interface {{}}.{name}")
    if isinstance(value, Map):
        return value[name]
    fields: Mapping[str, Value] = {}
    if isinstance(value, Data | Sampled):
        fields = value.fields
    if name not in fields:
        raise ExpansionError(f"can't evaluate field {name} in type {type_name(value)}")
    return fields[name]
