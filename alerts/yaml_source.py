"""YAML as Prometheus reads it: every scalar is its source text, `on` and `012` are not made into something else.

Hostile files cost little: size, depth and what aliases make of a file are bounded, a key that is repeated is an error.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from exporter.model import ExporterError

MOST_BYTES, MOST_LEVELS, MOST_NODES = 2**20, 50, 100_000
NULLS = {"", "~", "null", "Null", "NULL"}
TEXT_TAGS = {None, "!", "tag:yaml.org,2002:str"}
MERGE = "<<"
# The C parser is that of Go's library, and twenty times as fast; not every platform has it.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(ExporterError):
    """A file that cannot be read; `line` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(line, what)
        self.line, self.what = line, what

    def __str__(self) -> str:
        """Return what is wrong, without the place."""
        return self.what


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file; `size` is how many nodes it has when aliases are written out."""

    line: int
    size: int = field(default=1, kw_only=True)


@dataclass(frozen=True, slots=True)
class Scalar(Node):
    """A text as it stands in the file, None for null."""

    text: str | None


@dataclass(frozen=True, slots=True)
class Items(Node):
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value; `line` is that of the key."""

    line: int
    value: Node


@dataclass(frozen=True, slots=True)
class Table(Node):
    """A map; keys that `<<` brings in are among its entries, and its own win over them."""

    entries: Mapping[str, Entry]


def parse(source: bytes) -> Node | None:
    """Read the first document of a file, None if there is none; raises YamlError."""
    if len(source) > MOST_BYTES:
        raise YamlError(1, f"the file is {len(source)} bytes long, the limit is {MOST_BYTES}; split it")
    try:
        events = yaml.parse(source.decode("utf-8-sig"), Loader=LOADER)
        return _Reader(events).document()
    except UnicodeDecodeError:
        raise YamlError(1, "the file is not text; write UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, f"this is not YAML: {error.problem}") from None
    except yaml.YAMLError:
        raise YamlError(1, "this is not YAML: it has characters that no text has") from None


class _Reader:
    """Makes nodes of the parser's events; recursion ends at MOST_LEVELS."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, Node | None] = {}

    def document(self) -> Node | None:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                return self._node(next(self._events), 1)
        return None

    def _node(self, event: Any, level: int) -> Node:
        line = event.start_mark.line + 1
        if level > MOST_LEVELS:
            raise YamlError(line, f"this is nested deeper than {MOST_LEVELS} levels; write it flatter")
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(str(event.anchor), line)
        if event.anchor:
            self._anchors[event.anchor] = None
        node = self._made(event, line, level)
        if node.size > MOST_NODES:
            raise YamlError(line, f"this has more than {MOST_NODES} values once its aliases are written out")
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _aliased(self, anchor: str, line: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            problem = "contains itself" if anchor in self._anchors else "is unknown"
            raise YamlError(line, f"the anchor {anchor} {problem}")
        return node

    def _made(self, event: Any, line: int, level: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(line, _text(event, line))
        if event.tag not in (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            raise YamlError(line, f"unknown tag {event.tag}; leave it out")
        if isinstance(event, yaml.SequenceStartEvent):
            items = tuple(self._children(level))
            return Items(line, items, size=1 + sum(item.size for item in items))
        return self._table(line, level)

    def _children(self, level: int) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                return
            yield self._node(event, level + 1)

    def _table(self, line: int, level: int) -> Table:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        size, children = 1, self._children(level)
        for key in children:
            value = next(children)
            size += key.size + value.size
            if not isinstance(key, Scalar) or key.text is None:
                raise YamlError(key.line, "a key is not text; write it in quotes")
            if key.text in own:
                raise YamlError(
                    key.line, f"{key.text} stands here again, first in line {own[key.text].line}; leave one"
                )
            own[key.text] = Entry(key.line, value)
        if MERGE in own:
            for table in _sources(own.pop(MERGE)):
                merged = {**table.entries, **merged}
        return Table(line, merged | own, size=size + sum(entry.value.size for entry in merged.values()))


def _text(event: Any, line: int) -> str | None:
    if event.tag not in TEXT_TAGS:
        raise YamlError(line, f"unknown tag {event.tag}; put the value into quotes instead")
    text: str = event.value
    return None if event.tag is None and event.implicit[0] and text in NULLS else text


def _sources(merge: Entry) -> list[Table]:
    """Return the maps that `<<` brings in, those that win first."""
    value = merge.value
    found = list(value.items) if isinstance(value, Items) else [value]
    tables = [one for one in found if isinstance(one, Table)]
    if len(tables) != len(found):
        raise YamlError(merge.line, "<< brings in a map or a list of maps; write <<: *ANCHOR")
    return tables
