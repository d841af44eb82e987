"""The functions that change a label: label_replace and label_join."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import re2

from alerts.promql.labels import Labels, changed
from alerts.promql.nodes import Operation, unique
from alerts.promql.samples import Sample, Vector

# Go's: letters, digits and underscores, as many as there are; what else follows a dollar sign is left alone.
REFERENCE = re2.compile(r"\$(?:(\$)|([\pL\p{Nd}_]+)|\{([\pL\p{Nd}_]+)\})")
Relabel = Callable[[Labels], Labels]


@dataclass(frozen=True, slots=True)
class Relabelled(Operation):
    """An operand whose samples have other labels."""

    function: str
    arguments: tuple[str, ...]
    relabel: Relabel = field(repr=False, compare=False)

    def _result(self, operands: Sequence[Vector]) -> Vector:
        return unique([Sample(self.relabel(labels), number) for labels, number in operands[0]])


def replacing(target: str, replacement: str, source: str, pattern: Any) -> Relabel:
    """Return what sets `target` to the expanded replacement where the whole value of `source` matches."""
    groups: dict[str, int] = pattern.groupindex

    def relabel(labels: Labels) -> Labels:
        match = pattern.fullmatch(labels.get(source, ""))
        return labels if match is None else changed(labels, target, expanded(replacement, match, groups))

    return relabel


def joining(target: str, separator: str, sources: Sequence[str]) -> Relabel:
    """Return what sets `target` to the values of `sources`."""
    return lambda labels: changed(labels, target, separator.join([labels.get(name, "") for name in sources]))


def expanded(replacement: str, match: Any, groups: dict[str, int]) -> str:
    """Return a replacement with its references to groups replaced, as Go does."""
    found, position = "", 0
    for reference in REFERENCE.finditer(replacement):
        dollar, name, braced = reference.groups()
        found += replacement[position : reference.start()] + (dollar or _group(name or braced, match, groups))
        position = reference.end()
    return found + replacement[position:]


def _group(name: str, match: Any, groups: dict[str, int]) -> str:
    """Return what a group matched, by number or name; nothing if there is no such group."""
    numbered = re.fullmatch("0|[1-9][0-9]{0,7}", name)
    index = int(name) if numbered else groups.get(name)
    if index is None or index > match.re.groups:
        return ""
    return match[index] or ""
