"""What an action can have as its value, and what Go calls its type.

Numbers, texts and truth values are Python's own: an int is Go's int, a float its float64.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal

from alerts.promql.expression import EPOCH

Value = object
NANOSECONDS = 10**9


class Nothing(Enum):
    """The absence of a value: a nil that is known to be one, and what is not even that."""

    NIL = "<nil>"
    INVALID = "<no value>"


class SafeText(str):
    """What `safeHtml` returns: another type than a string, though made of the same."""

    __slots__ = ()


class Byte(int):
    """A byte of a string."""


@dataclass(frozen=True, slots=True)
class Map:
    """A map with string keys, in their order; `of` is the type of its values."""

    entries: Mapping[str, Value]
    of: Literal["string", "interface {}"] = "string"

    @classmethod
    def sorted(cls, entries: Mapping[str, Value], of: Literal["string", "interface {}"] = "string") -> "Map":
        """Make one of entries in any order."""
        return cls({name: entries[name] for name in sorted(entries)}, of)

    def __getitem__(self, key: str) -> Value:
        """Return the value of a key, or the zero value of its type."""
        return self.entries.get(key, "" if self.of == "string" else Nothing.NIL)


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """A sample that `query` found; each is equal to itself only."""

    labels: Map
    value: float

    @property
    def fields(self) -> Mapping[str, Value]:
        """Return its fields by name, in order."""
        return {"Labels": self.labels, "Value": self.value}


class Samples(list[Sampled]):
    """What `query` found."""


@dataclass(frozen=True, slots=True)
class Instant:
    """What `toTime` returns: an instant in UTC, of whole milliseconds."""

    milliseconds: int

    def __str__(self) -> str:
        """Write it as Go does."""
        at = EPOCH + timedelta(milliseconds=self.milliseconds)
        fraction = f".{self.milliseconds % 1000:03d}".rstrip("0").rstrip(".")
        return f"{_date(at)}{fraction} +0000 UTC"


@dataclass(frozen=True, slots=True)
class Duration:
    """What `toDuration` returns."""

    nanoseconds: int

    def __str__(self) -> str:
        """Write it as Go does: 1h0m0s, 1.5s, 250ms."""
        size, sign = abs(self.nanoseconds), "-" if self.nanoseconds < 0 else ""
        if size == 0:
            return "0s"
        for unit, name in ((1000, "ns"), (10**6, "µs"), (NANOSECONDS, "ms")):
            if size < unit:
                return f"{sign}{_decimal(size, unit // 1000)}{name}"
        minutes, rest = divmod(size, 60 * NANOSECONDS)
        found = f"{_decimal(rest, NANOSECONDS)}s"
        if minutes:
            found = f"{minutes % 60}m{found}"
        if minutes >= 60:
            found = f"{minutes // 60}h{found}"
        return sign + found


@dataclass(frozen=True, slots=True)
class Data:
    """What a template is expanded for: the value of the dot."""

    labels: Map
    external_labels: Map
    external_url: str
    value: float

    @property
    def fields(self) -> Mapping[str, Value]:
        """Return its fields by name, in order."""
        return {
            "Labels": self.labels,
            "ExternalLabels": self.external_labels,
            "ExternalURL": self.external_url,
            "Value": self.value,
        }


TYPES: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (Byte, "uint8"),
    (int, "int"),
    (float, "float64"),
    (SafeText, "template.HTML"),
    (str, "string"),
    (Sampled, "*template.sample"),
    (Samples, "template.queryResult"),
    (Instant, "*time.Time"),
    (Duration, "*time.Duration"),
    (
        Data,
        "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value float64 }",
    ),
)


def type_name(value: Value) -> str:
    """Return the name of a value's type in Go."""
    if isinstance(value, Map):
        return f"map[string]{value.of}"
    return next((name for kind, name in TYPES if isinstance(value, kind)), Nothing.NIL.value)


def is_true(value: Value) -> bool:
    """Tell whether a condition holds that has this value: it is not the zero of its type."""
    match value:
        case Nothing():
            return False
        case Map(entries):
            return bool(entries)
        case bool() | int() | float() | str() | Samples():
            return bool(value)
        case _:
            return True


def to_bytes(text: str) -> bytes:
    """Return the bytes of a string, which may end within a character."""
    return text.encode(errors="surrogateescape")


def from_bytes(found: bytes) -> str:
    """Return a string of bytes, which may end within a character."""
    return found.decode(errors="surrogateescape")


def _date(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


def _decimal(amount: int, unit: int) -> str:
    whole, part = divmod(amount, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{part:0{digits}d}".rstrip("0").rstrip(".") if digits else str(whole)
