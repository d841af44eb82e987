"""YAML as Prometheus reads it: every scalar is its source text, `on` and `012` are not made into something else.

Hostile files cost little: size, depth and what aliases make of a file are bounded, a key that is repeated is an error.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from exporter.model import ExporterError

MOST_BYTES, MOST_LEVELS, MOST_NODES = 2**20, 50, 100_000
NULLS = {"", "~", "null", "Null", "NULL"}
TEXT_TAGS = {None, "!", "tag:yaml.org,2002:str"}
MERGE = "<<"
# The C parser is that of Go's library, and twenty times as fast; not every platform has it.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Place(NamedTuple):
    """Where something stands in a file; both count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        """Write it as compilers do."""
        return f"{self.line}:{self.column}"


START = Place(1, 1)


class YamlError(ExporterError):
    """A file that cannot be read."""

    def __init__(self, place: Place, what: str) -> None:
        super().__init__(place, what)
        self.place, self.what = place, what

    def __str__(self) -> str:
        """Return what is wrong, without the place."""
        return self.what


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file; `size` is how many nodes it has when aliases are written out."""

    place: Place
    size: int = field(default=1, kw_only=True)


@dataclass(frozen=True, slots=True)
class Scalar(Node):
    """A text as it stands in the file, None for null.

    `origin` is where its first character stands, if every line of it stands there as it is.
    """

    text: str | None
    origin: Place | None = None

    def at(self, position: int) -> Place:
        """Return where a character stands, counted from 0, or the whole text if nobody knows."""
        if self.origin is None or self.text is None:
            return self.place
        before, _, line = self.text[:position].rpartition("\n")
        lines = before.count("\n") + ("\n" in self.text[:position])
        return Place(self.origin.line + lines, self.origin.column + len(line))


@dataclass(frozen=True, slots=True)
class Items(Node):
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value; `place` is that of the key."""

    place: Place
    value: Node


@dataclass(frozen=True, slots=True)
class Table(Node):
    """A map; keys that `<<` brings in are among its entries, and its own win over them."""

    entries: Mapping[str, Entry]


def parse(source: bytes) -> Node | None:
    """Read the first document of a file, None if there is none; raises YamlError."""
    if len(source) > MOST_BYTES:
        raise YamlError(START, f"the file is {len(source)} bytes long, the limit is {MOST_BYTES}; split it")
    try:
        text = source.decode("utf-8-sig")
        return _Reader(yaml.parse(text, Loader=LOADER), text.split("\n")).document()
    except UnicodeDecodeError:
        raise YamlError(START, "the file is not text; write UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(_place(mark) if mark else START, f"this is not YAML: {error.problem}") from None
    except yaml.YAMLError:
        raise YamlError(START, "this is not YAML: it has characters that no text has") from None


class _Reader:
    """Makes nodes of the parser's events; recursion ends at MOST_LEVELS."""

    def __init__(self, events: Iterator[Any], lines: Sequence[str]) -> None:
        self._events = events
        self._lines = lines
        self._anchors: dict[str, Node | None] = {}

    def document(self) -> Node | None:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                return self._node(next(self._events), 1)
        return None

    def _node(self, event: Any, level: int) -> Node:
        place = _place(event.start_mark)
        if level > MOST_LEVELS:
            raise YamlError(place, f"this is nested deeper than {MOST_LEVELS} levels; write it flatter")
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(str(event.anchor), place)
        if event.anchor:
            self._anchors[event.anchor] = None
        node = self._made(event, place, level)
        if node.size > MOST_NODES:
            raise YamlError(place, f"this has more than {MOST_NODES} values once its aliases are written out")
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _aliased(self, anchor: str, place: Place) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            problem = "contains itself" if anchor in self._anchors else "is unknown"
            raise YamlError(place, f"the anchor {anchor} {problem}")
        return node

    def _made(self, event: Any, place: Place, level: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(place, _text(event, place), self._origin(event))
        if event.tag not in (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            raise YamlError(place, f"unknown tag {event.tag}; leave it out")
        if isinstance(event, yaml.SequenceStartEvent):
            items = tuple(self._children(level))
            return Items(place, items, size=1 + sum(item.size for item in items))
        return self._table(place, level)

    def _origin(self, event: Any) -> Place | None:
        start, end = event.start_mark, event.end_mark
        if event.style == "|":
            first = self._lines[start.line + 1] if start.line + 1 < len(self._lines) else ""
            return Place(start.line + 2, len(first) - len(first.lstrip(" ")) + 1)
        quotes = 1 if event.style in ("'", '"') else 0
        verbatim = start.line == end.line and end.column - start.column == len(event.value) + 2 * quotes
        return Place(start.line + 1, start.column + 1 + quotes) if verbatim else None

    def _children(self, level: int) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                return
            yield self._node(event, level + 1)

    def _table(self, place: Place, level: int) -> Table:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        size, children = 1, self._children(level)
        for key in children:
            value = next(children)
            size += key.size + value.size
            if not isinstance(key, Scalar) or key.text is None:
                raise YamlError(key.place, "a key is not text; write it in quotes")
            if key.text in own:
                raise YamlError(
                    key.place, f"{key.text} stands here again, first in line {own[key.text].place.line}; leave one"
                )
            own[key.text] = Entry(key.place, value)
        if MERGE in own:
            for table in _sources(own.pop(MERGE)):
                merged = {**table.entries, **merged}
        return Table(place, merged | own, size=size + sum(entry.value.size for entry in merged.values()))


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _text(event: Any, place: Place) -> str | None:
    if event.tag not in TEXT_TAGS:
        raise YamlError(place, f"unknown tag {event.tag}; put the value into quotes instead")
    text: str = event.value
    return None if event.tag is None and event.implicit[0] and text in NULLS else text


def _sources(merge: Entry) -> list[Table]:
    """Return the maps that `<<` brings in, those that win first."""
    value = merge.value
    found = list(value.items) if isinstance(value, Items) else [value]
    tables = [one for one in found if isinstance(one, Table)]
    if len(tables) != len(found):
        raise YamlError(merge.place, "<< brings in a map or a list of maps; write <<: *ANCHOR")
    return tables
