"""Samples looked up by name and labels; what is not there is None. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from exporter.model import Family, Sample, Snapshot
from exporter.web.api.shapes import Number
from exporter.web.api.units import number, unit

PERCENT = 100


class Values:
    """The values of samples, as numbers of JSON."""

    def __init__(self, families: Iterable[Family], samples: Iterable[Sample]) -> None:
        units = {family.name: unit(family) for family in families}
        self._found: dict[str, list[tuple[Mapping[str, str], Number]]] = {}
        for sample in samples:
            value = number(sample.value, units[sample.name])
            self._found.setdefault(sample.name, []).append((dict(sample.labels), value))

    def one(self, name: str, **labels: str) -> Number | None:
        """Return the value with exactly these labels."""
        return next((value for found, value in self._found.get(f"jobhive_{name}", ()) if found == labels), None)

    def percent(self, name: str, **labels: str) -> Number | None:
        """Return a ratio as a percentage."""
        return percent(self.one(name, **labels))

    def total(self, name: str, **labels: str) -> Number | None:
        """Return the sum over all labels that are not named; None where there is nothing."""
        found = [value for _, value in self._matching(name, labels)]
        return sum(found) if found else None

    def by(self, label: str, name: str, **labels: str) -> dict[str, Number]:
        """Return the sums by the values of a label."""
        found: dict[str, Number] = {}
        for own, value in self._matching(name, labels):
            found[own[label]] = found.get(own[label], 0) + value
        return found

    def _matching(self, name: str, labels: Mapping[str, str]) -> Iterator[tuple[Mapping[str, str], Number]]:
        for own, value in self._found.get(f"jobhive_{name}", ()):
            if labels.items() <= own.items():
                yield own, value


def of_snapshot(snapshot: Snapshot, *collectors: str) -> Values:
    """Return the values that are served of some collectors."""
    served = [name for name in collectors if name in snapshot.served]
    return Values(
        chain.from_iterable(snapshot.statuses[name].families for name in served),
        chain.from_iterable(snapshot.served[name].samples for name in served),
    )


def percent(ratio: Number | None) -> Number | None:
    """Return a ratio as a percentage."""
    return None if ratio is None else PERCENT * ratio
