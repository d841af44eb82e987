"""YAML with places: every value knows its line and column; `!env` and `!file` bring in what no file should hold."""

import os
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

MOST_VALUES = 20_000

Key = str | int
KeyPath = tuple[Key, ...]


class Place(NamedTuple):
    """Where something stands in a file, counted from 1."""

    line: int
    column: int


class Problem(NamedTuple):
    """What is wrong at a place, and how to mend it."""

    place: Place
    path: KeyPath
    text: str


@dataclass
class Document:
    """The data of a file, the places of its keys and values, and what was wrong with it already.

    `secrets` are the texts that came from the environment or from files: they must not be shown in a message.
    """

    data: Any = None
    keys: dict[KeyPath, Place] = field(default_factory=dict)
    values: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def place(self, path: KeyPath, *, key: bool = False) -> Place:
        """Return where a path stands, or the nearest thing above it that stands somewhere."""
        places = self.keys if key else self.values
        while path and path not in places:
            path = path[:-1]
        return places.get(path) or self.values.get(path) or Place(1, 1)


def read(path: Path, environ: Mapping[str, str] = os.environ) -> Document:
    """Read a YAML file; what is wrong with it is in the `problems` of the document."""
    document = Document()
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        document.data = _Builder(document, path.parent, environ).build(node, ()) if node else {}
    except OSError as error:
        document.problems.append(Problem(Place(1, 1), (), f"the file cannot be read: {error.strerror}; check its path"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        document.problems.append(Problem(place, (), f"this is not YAML: {error.problem}"))
    except (yaml.YAMLError, UnicodeDecodeError):
        document.problems.append(Problem(Place(1, 1), (), "this is not YAML: it is not text; write UTF-8"))
    except (RecursionError, _TooLarge):
        text = "this is nested too deeply or repeats itself too often by aliases; write it out"
        document.problems.append(Problem(Place(1, 1), (), text))
    return document


class _TooLarge(Exception):
    """Aliases of aliases make more of a file than anybody wrote."""


class _Builder:
    """Turns nodes into data, noting places."""

    def __init__(self, document: Document, folder: Path, environ: Mapping[str, str]) -> None:
        self._document, self._folder, self._environ = document, folder, environ
        self._constructor = yaml.constructor.SafeConstructor()
        self._left = MOST_VALUES

    def build(self, node: yaml.Node, path: KeyPath) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _TooLarge
        self._document.values[path] = _place(node)
        if node.tag == "!env":
            return self._from_environment(node, path)
        if node.tag == "!file":
            return self._from_file(node, path)
        if node.tag.startswith("!"):
            return self._problem(node, path, f"unknown tag {node.tag}; there are !env and !file")
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _pairs(self, node: yaml.MappingNode, path: KeyPath) -> Iterator[tuple[Key, Any]]:
        own = [_text(key) for key, _ in node.value]
        for name in dict.fromkeys(name for name in own if own.count(name) > 1 and name != "<<"):
            first, second, *_ = [key for key, _ in node.value if _text(key) == name]
            self._problem(second, (*path, name), f"stands here again, first in line {_place(first).line}; leave one")
        self._constructor.flatten_mapping(node)
        for key_node, value_node in node.value:
            key = self._constructor.construct_object(key_node, deep=True)
            if not isinstance(key, str | int):
                key = str(key) if isinstance(key, Hashable) else _text(key_node)
            if not str(key).isprintable():
                self._problem(key_node, path, "has a key that is not printable; correct it")
                continue
            self._document.keys[(*path, key)] = _place(key_node)
            yield key, self.build(value_node, (*path, key))

    def _scalar(self, node: yaml.Node, path: KeyPath) -> Any:
        try:
            return self._constructor.construct_object(node)
        # A value under a tag of the wrong kind raises whatever the tag's own conversion does.
        except (yaml.YAMLError, ValueError, LookupError, AttributeError):
            return self._problem(node, path, "this value cannot be read; put it into quotes")

    def _from_environment(self, node: yaml.Node, path: KeyPath) -> Any:
        name, default = node.value, None
        if isinstance(node, yaml.MappingNode):
            given = {_text(key): value for key, value in node.value}
            if not {"name"} <= set(given) <= {"name", "default"}:
                return self._problem(node, path, "write !env NAME or !env {name: NAME, default: VALUE}")
            name, default = _text(given["name"]), given.get("default")
        if not isinstance(name, str) or not name:
            return self._problem(node, path, "write !env NAME or !env {name: NAME, default: VALUE}")
        if name in self._environ:
            return self._secret(self._environ[name])
        if default is not None:
            return self.build(default, path)
        return self._problem(
            node,
            path,
            f"the environment variable {name} is not set; set it, or write !env {{name: {name}, default: VALUE}}",
        )

    def _from_file(self, node: yaml.Node, path: KeyPath) -> Any:
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            return self._problem(node, path, "write !file PATH")
        try:
            return self._secret((self._folder / node.value).read_text(encoding="utf-8").rstrip("\r\n"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "its path or its text is not UTF-8"
            return self._problem(node, path, f"the file {node.value} cannot be read: {reason}; check its path and mode")

    def _secret(self, value: str) -> str:
        self._document.secrets.append(value)
        return value

    def _problem(self, node: yaml.Node, path: KeyPath, text: str) -> None:
        self._document.problems.append(Problem(_place(node), path, text))


def _text(node: yaml.Node) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else ""


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)
