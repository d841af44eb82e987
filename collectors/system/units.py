"""Units of Datadog by their names, as factors to seconds, bytes, shares and plain numbers. Pure.

The factor that an answer brings along is not trusted; a name that is not here is refused (sources.md 3.2).
"""

from typing import Literal

from exporter.scalars import Column

Quantity = Literal["time", "size", "share", "count", "rate", "any"]

TIME = {
    "nanosecond": 1e-9,
    "microsecond": 1e-6,
    "millisecond": 1e-3,
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86_400.0,
    "week": 604_800.0,
}
POWERS = ("byte", "kibibyte", "mebibyte", "gibibyte", "tebibyte", "pebibyte", "exbibyte")
SIZE = {"bit": 1 / 8} | {name: 1024.0**power for power, name in enumerate(POWERS)}
SHARE = {"percent_nano": 1e-11, "percent": 0.01, "fraction": 1.0, "apdex": 1.0}
NOUNS = """
    assertion attempt block buffer cell check column command commit connection container core cpu cursor datagram
    device document email entry error event eviction execution fault fetch file flush garbage_collection get hit hop
    host index inode instance invocation item job key location lock merge message method microcore millicore miss
    monitor nanocore node object occurrence offset operation packet page payload prepared_statement process query
    question read record refresh request resource response route row sample scan sector segment service session set
    shard sheet split stage table task thread ticket time timeout transaction tuple unit update user wait worker write
"""
COUNT = dict.fromkeys(NOUNS.split(), 1.0) | {"nanocore": 1e-9, "microcore": 1e-6, "millicore": 1e-3}
KNOWN = {"time": TIME, "size": SIZE, "share": SHARE, "count": COUNT, "rate": COUNT, "any": TIME | SIZE | SHARE | COUNT}


def factor(column: Column, quantity: Quantity, usual: str | None, *, counted: bool = False) -> float | None:
    """Return by what the values of a column are multiplied, None where its unit is not one of the quantity.

    `usual` is the unit that Datadog documents for the metric, for an answer without one. What is `counted` by
    `.as_count()` is an amount, though the metric itself is one per second.
    """
    unit = column.unit if column.unit is not None else usual
    scale = 1.0 if unit is None and quantity in ("count", "rate", "any") else KNOWN[quantity].get(unit or "")
    if scale is None or column.per is None or counted:
        return scale
    if quantity not in ("rate", "any") or column.per not in TIME:
        return None
    return scale / TIME[column.per]
