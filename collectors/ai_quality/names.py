"""Values of a label that the data decide: the most frequent ones, and `other` (metrics.md C10)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exporter.model import PERSONAL

OTHER = "other"
LONGEST = 100


@dataclass(frozen=True)
class Names:
    """Which label each name of the database has; `top` are the labels with names of their own, `nameless` has none."""

    top: tuple[str, ...]
    nameless: str
    known: dict[str, str]

    @property
    def labels(self) -> Sequence[str]:
        """All labels: a count is told for each, also as 0."""
        return list(dict.fromkeys((*self.top, OTHER, self.nameless)))

    def label(self, name: str | None) -> str:
        """Return the label of a name."""
        return self.nameless if name is None else self.known.get(name, OTHER)


def ranked(rows: Iterable[tuple[str | None, int]], most: int, nameless: str) -> Names:
    """Keep the names with the most rows, and of two with as many the first in the alphabet."""
    counts: Counter[str] = Counter()
    labels: dict[str, str] = {}
    for name, n in rows:
        if name is not None:
            labels[name] = _cleaned(name) or nameless
            counts[labels[name]] += n
    for own in (OTHER, nameless):
        del counts[own]
    top = sorted(counts, key=lambda label: (-counts[label], label))[:most]
    known = {name: label for name, label in labels.items() if label in top or label == nameless}
    return Names(tuple(top), nameless, known)


def _cleaned(name: str) -> str:
    """Return a name that can be a label; one that looks like an address or an id is nobody's name."""
    printable = "".join(character for character in name if character.isprintable())[:LONGEST]
    return OTHER if PERSONAL.search(printable) else printable
