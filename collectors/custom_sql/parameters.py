"""The parameters of a custom query: a list of sets, or a matrix of which every combination is a set. Pure."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

Parameter = str | int | float | bool | None
Parameters = tuple[Mapping[str, Parameter], ...]

MOST_SETS = 1000


def product_of(given: object) -> object:
    """Return the sets; ValueError where what is given is none of the two forms, or there are too many sets."""
    if isinstance(given, Mapping):
        columns = [list(_column(str(name), values)) for name, values in given.items()]
        if _size(columns) > MOST_SETS:
            raise ValueError(f"are more than {MOST_SETS} combinations; each one is a query: ask for them in the SQL")
        given = [{name: value for part in chosen for name, value in part.items()} for chosen in product(*columns)]
    if not isinstance(given, list | tuple) or not all(isinstance(values, Mapping) for values in given):
        raise ValueError("write a list of maps, or a map of lists of which every combination is taken")
    if not given:
        raise ValueError("are no set at all; write one, or leave the key out")
    if len(given) > MOST_SETS:
        raise ValueError(f"are more than {MOST_SETS} sets; each one is a query: ask for them in the SQL")
    for values in given:
        _check(values)
    return tuple({str(name): value for name, value in values.items()} for values in given)


def _size(columns: list[list[Any]]) -> int:
    size = 1
    for column in columns:
        size *= len(column)
    return size


def _column(name: str, values: object) -> Iterator[dict[str, Any]]:
    """Yield the choices of one dimension; one that is a map gives the parameters NAME__KEY, which belong together."""
    if not isinstance(values, list) or not values:
        raise ValueError(f"{name} is not a list of values; write {name}: [VALUE, VALUE]")
    for value in values:
        yield {f"{name}__{key}": part for key, part in value.items()} if isinstance(value, dict) else {name: value}


def _check(values: Mapping[Any, object]) -> None:
    for name, value in values.items():
        if value is not None and not isinstance(value, Parameter):
            raise ValueError(f"the value of {name} is not a text, a number, true, false or null; put it into quotes")
