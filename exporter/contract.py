"""What a collector may put into the store: the check that a result passes whole or not at all."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from exporter.model import PERSONAL, ExporterError, Family, Result, Sample

MAX_LABEL_LENGTH = 100


class InvalidResult(ExporterError):
    """A result broke its contract; it was refused whole."""

    def __init__(self, collector: str, problems: list[str]) -> None:
        super().__init__(f"the result of collector {collector} was refused: {'; '.join(problems)}")
        self.problems = problems


@dataclass(frozen=True)
class Contract:
    """The terms of one configured collector.

    `max_series` limits what is exposed. `fingerprint` changes when the meaning of its numbers does: results are carried
    over a restart or a reload only under the same fingerprint.
    """

    collector: str
    families: tuple[Family, ...]
    max_staleness: timedelta
    required: bool
    max_series: int
    fingerprint: str

    @cached_property
    def by_name(self) -> dict[str, Family]:
        """Index the families by name."""
        return {family.name: family for family in self.families}

    def check(self, result: Result) -> None:
        """Raise InvalidResult, naming every kind of problem, unless the result may be served."""
        problems = list(self._problems(result.samples))
        if problems:
            raise InvalidResult(self.collector, problems)

    def _problems(self, samples: tuple[Sample, ...]) -> Iterator[str]:
        counted = Counter(sample.name for sample in samples if self._is_exposed(sample))
        if (series := counted.total()) > self.max_series:
            listed = ", ".join(f"{name} ({count})" for name, count in counted.most_common(3))
            yield f"{series} series, the limit max_series is {self.max_series}; the largest families are {listed}"
        seen = Counter((sample.name, sample.labels) for sample in samples)
        yield from (f"{name}{dict(labels)} is there {n} times" for (name, labels), n in seen.items() if n > 1)
        for sample in samples:
            yield from self._sample_problems(sample)

    def _is_exposed(self, sample: Sample) -> bool:
        family = self.by_name.get(sample.name)
        return family is None or family.is_exposed

    def _sample_problems(self, sample: Sample) -> Iterator[str]:
        family = self.by_name.get(sample.name)
        if family is None:
            yield f"{sample.name} is not a declared family"
            return
        if not math.isfinite(sample.value):
            yield f"{sample.name} has the value {sample.value}"
        names, declared = [name for name, _ in sample.labels], [label.name for label in family.labels]
        if names != declared:
            yield f"{sample.name} has the labels {names}, declared are {declared}"
            return
        for (name, value), label in zip(sample.labels, family.labels, strict=True):
            if problem := label_problem(value, label.values):
                yield f"{sample.name}: the value of label {name} {problem}"


def label_problem(value: object, domain: Iterable[str] | None) -> str | None:
    """Say what is wrong with a label value, without repeating one that may be personal; None if it is fine."""
    if not isinstance(value, str) or not value:
        return f"is {value!r}, not a non-empty string"
    if domain is not None and value not in domain:
        return "is outside the declared domain"
    if len(value) > MAX_LABEL_LENGTH or not value.isprintable():
        return f"is longer than {MAX_LABEL_LENGTH} characters or not printable"
    if PERSONAL.search(value):
        return "looks like an e-mail address or a UUID"
    return None
