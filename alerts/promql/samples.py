"""The samples of an instant, indexed by the name of the metric; they never change."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
    """An index of samples. Within a name they are in Prometheus' order, that of their labels.

    It may have layers: to put samples together costs nothing, and only what is selected is merged. Of samples with the
    same labels that in the latest layer counts.
    """

    def __init__(self, *layers: Mapping[str, Vector]) -> None:
        """Take over samples by name that are in order; see `of`."""
        self.layers = layers

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

    @classmethod
    def together(cls, parts: Iterable["Samples"]) -> "Samples":
        """Return the samples of all parts; later ones replace those with the same labels."""
        return cls(*(layer for part in parts for layer in part.layers if layer))

    def __or__(self, newer: "Samples") -> "Samples":
        """Return these samples and newer ones, which replace those with the same labels."""
        return self.together((self, newer))

    def without(self, names: Collection[str]) -> "Samples":
        """Return the samples but those of some names."""
        return Samples(*({name: layer[name] for name in layer if name not in names} for layer in self.layers))

    def __iter__(self) -> Iterator[Sample]:
        """Yield all samples, in their order."""
        return iter(_merged(self._named(())))

    def select(self, name: str, matchers: Sequence[Matcher]) -> Vector:
        """Return the samples of a name, or of any if it is empty, that meet all conditions."""
        conditions = [matcher for matcher in matchers if matcher.label != NAME]
        found = self._of_name(name) if name else self._named([one for one in matchers if one.label == NAME])
        return _merged(_kept(samples, conditions) for samples in found)

    def _of_name(self, name: str) -> Iterator[Vector]:
        return (layer[name] for layer in self.layers if name in layer)

    def _named(self, conditions: Sequence[Matcher]) -> Iterator[Vector]:
        for layer in self.layers:
            yield from (layer[name] for name in layer if all(one.matches(name) for one in conditions))


def _arrange(samples: list[Sample]) -> None:
    samples.sort(key=lambda sample: key(sample.labels))
    for one, other in pairwise(samples):
        if one.labels == other.labels:
            raise EvaluationError(f"two samples have the labels {written(one.labels)}")


def _merged(parts: Iterable[Vector]) -> Vector:
    """Put vectors into one, in order; of samples with the same labels the last one counts."""
    found = [samples for samples in parts if samples]
    if len(found) == 1:
        return found[0]
    known = {key(sample.labels): sample for samples in found for sample in samples}
    return [known[one] for one in sorted(known)]


def _kept(samples: Vector, conditions: Iterable[Matcher]) -> Vector:
    for condition in conditions:
        samples = _meeting(samples, condition)
    return samples


def _meeting(samples: Vector, matcher: Matcher) -> Vector:
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
