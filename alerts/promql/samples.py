"""The samples of an instant, indexed by the name of the metric; they never change."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from alerts.promql.errors import EvaluationError
from alerts.promql.labels import NAME, Labels, key, ordered, written
from alerts.promql.matchers import Matcher
from exporter.model import Value

Pair = tuple[Mapping[str, str], Value]


class Sample(NamedTuple):
    """A pair of labels and value; the metric's name is the label `__name__`."""

    labels: Labels
    value: float


Vector = Sequence[Sample]


class Samples:
    """An index of samples. Within a name they are in Prometheus' order, that of their labels."""

    def __init__(self, by_name: Mapping[str, Vector]) -> None:
        """Take over samples that are in order; see `of`."""
        self._by_name = by_name

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> "Samples":
        """Index pairs of labels and value; raises EvaluationError if two have the same labels."""
        by_name: dict[str, list[Sample]] = {}
        for labels, value in pairs:
            sample = Sample(ordered(labels.items()), float(value))
            by_name.setdefault(sample.labels.get(NAME, ""), []).append(sample)
        for samples in by_name.values():
            _arrange(samples)
        return cls(by_name)

    def __or__(self, newer: "Samples") -> "Samples":
        """Return these samples and newer ones, which replace those with the same labels."""
        by_name = dict(self._by_name)
        for name, samples in newer._by_name.items():
            known = {key(sample.labels): sample for sample in (*by_name.get(name, ()), *samples)}
            by_name[name] = [known[one] for one in sorted(known)]
        return Samples(by_name)

    def without(self, names: Collection[str]) -> "Samples":
        """Return the samples but those of some names."""
        return Samples({name: samples for name, samples in self._by_name.items() if name not in names})

    def __len__(self) -> int:
        """Return how many samples there are."""
        return sum(map(len, self._by_name.values()))

    def select(self, name: str, matchers: Sequence[Matcher]) -> Vector:
        """Return the samples of a name, or of any if it is empty, that meet all conditions."""
        found = self._by_name.get(name, ()) if name else self._named(matchers)
        for matcher in matchers:
            if matcher.label != NAME:
                found = _kept(found, matcher)
        return found

    def _named(self, matchers: Sequence[Matcher]) -> Vector:
        tests = [matcher.matches for matcher in matchers if matcher.label == NAME]
        names = [name for name in self._by_name if all(test(name) for test in tests)]
        found = [sample for name in names for sample in self._by_name[name]]
        return sorted(found, key=lambda sample: key(sample.labels)) if len(names) > 1 else found


def _arrange(samples: list[Sample]) -> None:
    samples.sort(key=lambda sample: key(sample.labels))
    for one, other in pairwise(samples):
        if one.labels == other.labels:
            raise EvaluationError(f"two samples have the labels {written(one.labels)}")


def _kept(samples: Vector, matcher: Matcher) -> Vector:
    label, matches = matcher.label, matcher.matches
    if matcher.operator in ("=", "!="):
        return [sample for sample in samples if matches(sample.labels.get(label, ""))]
    # A label has few values, and a regex is slow: each value is tried once.
    verdicts: dict[str, bool] = {}
    kept = []
    for sample in samples:
        value = sample.labels.get(label, "")
        if value not in verdicts:
            verdicts[value] = matches(value)
        if verdicts[value]:
            kept.append(sample)
    return kept
