"""What was found for one instant: the results of collectors, and why others have none. Frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from exporter.model import Labels, Result, Value


@dataclass(frozen=True)
class Evidence:
    """The results for an instant by source, and why one that was asked has none.

    A source is a collector, or something beside them that lines.py names. `failures` are words, `absent` has the
    reasons of EX11 for what a deployment has not.
    """

    at: datetime
    results: Mapping[str, Result] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)

    def why_not(self, source: str) -> str | None:
        """Return why a source has no result, None where it was not asked."""
        return self.failures.get(source) or self.absent.get(source)

    @cached_property
    def _values(self) -> Mapping[tuple[str, str, Labels], Value]:
        return {
            (source, sample.name, sample.labels): sample.value
            for source, result in self.results.items()
            for sample in result.samples
        }

    @cached_property
    def notes(self) -> Mapping[str, tuple[str, str]]:
        """Return kind and reason by family, of those that are disabled or approximate."""
        found = (note for result in self.results.values() for note in result.notes if note.kind != "partial")
        return {note.family: (note.kind, note.reason) for note in found}

    def value(self, source: str, family: str, labels: Mapping[str, str]) -> Value | None:
        """Return a value, None where there is none."""
        return self._values.get((source, family, tuple(sorted(labels.items()))))

    def label_values(self, source: str, family: str, label: str) -> tuple[str, ...]:
        """Return the values that a label of a family has."""
        result = self.results.get(source)
        found = (
            dict(sample.labels).get(label) for sample in (result.samples if result else ()) if sample.name == family
        )
        return tuple(sorted({value for value in found if value}))
