"""The functions that every Go template has."""

from collections.abc import Mapping
from urllib.parse import quote_plus

from alerts.templates.calls import Function, Kind
from alerts.templates.comparison import equal, greater, greater_or_equal, less, less_or_equal, unequal
from alerts.templates.errors import ExpansionError
from alerts.templates.formatting import sprint, sprintln
from alerts.templates.printf import sprintf
from alerts.templates.printing import printed
from alerts.templates.values import (
    Byte,
    Map,
    Nothing,
    Samples,
    Value,
    from_bytes,
    is_true,
    to_bytes,
    type_name,
)

HTML = {"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
JS = {"\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D"}


def _html(*values: Value) -> str:
    return "".join(HTML.get(one, one) for one in _text(values))


def _js(*values: Value) -> str:
    return "".join(JS.get(one) or (one if one.isprintable() else f"\\u{ord(one):04X}") for one in _text(values))


def _urlquery(*values: Value) -> str:
    return quote_plus(to_bytes(_text(values)))


def _text(values: tuple[Value, ...]) -> str:
    """Return values as one text, each as an action would print it."""
    return sprint([printed(value) if isinstance(value, Nothing) else value for value in values], printed)


def _length(item: Value) -> int:
    match item:
        case Nothing():
            raise ExpansionError("len of nil pointer")
        case str():
            return len(to_bytes(item))
        case Samples():
            return len(item)
        case Map(entries):
            return len(entries)
        case _:
            raise ExpansionError(f"len of type {_type_pointed(item)}")


def _index(item: Value, *indexes: Value) -> Value:
    if item is Nothing.INVALID or item is Nothing.NIL:
        raise ExpansionError("index of untyped nil")
    for index in indexes:
        match item:
            case Nothing():
                raise ExpansionError("index of nil pointer")
            case str():
                found = to_bytes(item)
                item = Byte(found[_place(index, len(found) - 1)])
            case Samples():
                item = item[_place(index, len(item) - 1)]
            case Map():
                item = item[_key(index)]
            case _:
                raise ExpansionError(f"can't index item of type {_type_pointed(item)}")
    return item


def _key(index: Value) -> str:
    if isinstance(index, Nothing):
        raise ExpansionError("value is nil; should be of type string")
    if not Kind.STRING.fits(index):
        raise ExpansionError(f"value has type {type_name(index)}; should be string")
    return str(index)


def _place(index: Value, last: int) -> int:
    if isinstance(index, Nothing):
        raise ExpansionError("cannot index slice/array with nil")
    if isinstance(index, bool) or not isinstance(index, int):
        raise ExpansionError(f"cannot index slice/array with type {type_name(index)}")
    if not 0 <= index <= last:
        raise ExpansionError(f"index out of range: {int(index)}")
    return int(index)


def _slice(item: Value, *indexes: Value) -> Value:
    if isinstance(item, Nothing):
        raise ExpansionError("slice of untyped nil")
    if len(indexes) > 3:
        raise ExpansionError(f"too many slice indexes: {len(indexes)}")
    if isinstance(item, str):
        if len(indexes) == 3:
            raise ExpansionError("cannot 3-index slice a string")
        found = to_bytes(item)
        first, last = _bounds(indexes, len(found))
        return from_bytes(found[first:last])
    if isinstance(item, Samples):
        first, last = _bounds(indexes, len(item))
        return Samples(item[first:last])
    raise ExpansionError(f"can't slice item of type {_type_pointed(item)}")


def _bounds(indexes: tuple[Value, ...], length: int) -> tuple[int, int]:
    places = [_place(index, length) for index in indexes]
    first, last, *most = [*places, *[0, length][len(places) :]]
    if first > last:
        raise ExpansionError(f"invalid slice index: {first} > {last}")
    if most and last > most[0]:
        raise ExpansionError(f"invalid slice index: {last} > {most[0]}")
    return first, last


def _type_pointed(value: Value) -> str:
    """Return the type of what a pointer points to."""
    return type_name(value).removeprefix("*")


def _call(function: Value, *_: Value) -> Value:
    if isinstance(function, Nothing):
        raise ExpansionError("call of nil")
    raise ExpansionError(f"non-function of type {type_name(function)}")


# The interpreter evaluates the arguments of these one by one, and no further than needed.
SHORT_CIRCUIT = {"and": False, "or": True}
VALUE, ANY = Kind.VALUE, Kind.ANY
BUILTINS: Mapping[str, Function] = {
    "and": Function(lambda *_: None, (VALUE,), VALUE),
    "or": Function(lambda *_: None, (VALUE,), VALUE),
    "not": Function(lambda value: not is_true(value), (VALUE,)),
    "eq": Function(equal, (VALUE,), VALUE),
    "ne": Function(unequal, (VALUE, VALUE)),
    "lt": Function(less, (VALUE, VALUE)),
    "le": Function(less_or_equal, (VALUE, VALUE)),
    "gt": Function(greater, (VALUE, VALUE)),
    "ge": Function(greater_or_equal, (VALUE, VALUE)),
    "index": Function(_index, (VALUE,), VALUE),
    "slice": Function(_slice, (VALUE,), VALUE),
    "len": Function(_length, (VALUE,)),
    "call": Function(_call, (VALUE,), VALUE),
    "print": Function(lambda *values: sprint(values), (), ANY),
    "printf": Function(lambda pattern, *values: sprintf(pattern, values), (Kind.STRING,), ANY),
    "println": Function(lambda *values: sprintln(values), (), ANY),
    "html": Function(_html, (), ANY),
    "js": Function(_js, (), ANY),
    "urlquery": Function(_urlquery, (), ANY),
}
