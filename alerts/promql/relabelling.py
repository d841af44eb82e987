"""The functions that change a label: label_replace and label_join."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import re2

from alerts.promql.errors import EvaluationError
from alerts.promql.labels import Labels, changed
from alerts.promql.nodes import Operation, unique
from alerts.promql.samples import Sample, Vector

# Go's: letters, digits and underscores, as many as there are; what else follows a dollar sign is left alone.
REFERENCE = re2.compile(r"\$(?:(\$)|([\pL\p{Nd}_]+)|\{([\pL\p{Nd}_]+)\})")
Relabel = Callable[[Labels], Labels]
# Characters of one label, and of all that one call makes: a few calls in a row would otherwise fill the memory.
LONGEST_LABEL, LONGEST = 1 << 16, 1 << 22


@dataclass(frozen=True, slots=True)
class Relabelled(Operation):
    """An operand whose samples have other labels."""

    function: str
    arguments: tuple[str, ...]
    relabel: Relabel = field(repr=False, compare=False)

    def _result(self, operands: Sequence[Vector]) -> Vector:
        return unique(list(self._relabelled(operands[0])))

    def _relabelled(self, vector: Vector) -> Iterator[Sample]:
        target, made = self.arguments[0], 0
        for labels, number in vector:
            sample = Sample(self.relabel(labels), number)
            made += len(sample.labels.get(target, ""))
            _check_length(made, LONGEST, f"{self.function}() makes labels")
            yield sample


def replacing(target: str, replacement: str, source: str, pattern: Any) -> Relabel:
    """Return what sets `target` to the expanded replacement where the whole value of `source` matches."""
    groups: dict[str, int] = pattern.groupindex

    def relabel(labels: Labels) -> Labels:
        value = labels.get(source, "")
        match = pattern.fullmatch(value)
        if match is None:
            return labels
        _check_length(
            len(replacement) + len(value) * replacement.count("$"), LONGEST_LABEL, "label_replace() makes a label"
        )
        return changed(labels, target, expanded(replacement, match, groups))

    return relabel


def joining(target: str, separator: str, sources: Sequence[str]) -> Relabel:
    """Return what sets `target` to the values of `sources`."""

    def relabel(labels: Labels) -> Labels:
        values = [labels.get(name, "") for name in sources]
        _check_length(sum(map(len, values)) + len(separator) * len(values), LONGEST_LABEL, "label_join() makes a label")
        return changed(labels, target, separator.join(values))

    return relabel


def _check_length(length: int, longest: int, what: str) -> None:
    if length > longest:
        raise EvaluationError(f"{what} of more than {longest} characters")


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
