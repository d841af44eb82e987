"""Reads nodes as what a format expects of them, and collects what is something else."""

from collections.abc import Collection, Iterator, Mapping

from alerts.yaml_source import Entry, Items, Node, Place, Scalar, Table


class Reader:
    """Base of the readers of one file; `problem` is told what is wrong in a place. Null is as good as absent."""

    def problem(self, place: Place, text: str) -> None:
        """Take note of a problem."""
        raise NotImplementedError

    def text(self, entry: Entry | None) -> str:
        """Return a text, empty if there is none."""
        value = entry.value if entry else None
        if isinstance(value, Scalar) or value is None:
            return (value.text if value else None) or ""
        self.problem(value.place, f"{_kind(value)} stands where a text is expected")
        return ""

    def texts(self, entry: Entry | None) -> Iterator[str]:
        """Yield the texts of a list."""
        return (self.text(Entry(node.place, node)) for node in self.items(entry))

    def items(self, entry: Entry | None) -> tuple[Node, ...]:
        """Return the items of a list."""
        value = entry.value if entry else None
        if isinstance(value, Items):
            return value.items
        if value is not None and not is_null(value):
            self.problem(value.place, f"{_kind(value)} stands where a list is expected")
        return ()

    def table(self, node: Node | None, keys: Collection[str] | None = None) -> Mapping[str, Entry]:
        """Return the entries of a map; with `keys` no others are allowed."""
        if isinstance(node, Table):
            for key in sorted(node.entries.keys() - set(keys)) if keys is not None else ():
                self.problem(node.entries[key].place, f"unknown key {key}; there are {', '.join(sorted(keys or ()))}")
            return node.entries
        if node is not None and not is_null(node):
            self.problem(node.place, f"{_kind(node)} stands where a map is expected")
        return {}


def _kind(node: Node) -> str:
    return {Scalar: "a text", Items: "a list"}.get(type(node), "a map")


def is_null(node: Node) -> bool:
    """Tell whether a value is null, which is as good as none."""
    return isinstance(node, Scalar) and node.text is None
