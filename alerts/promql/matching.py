"""Vector matching: which sample of one side belongs to which of the other."""

from dataclasses import dataclass
from typing import Literal

from alerts.promql.labels import NAME, Labels, Signature, changed, nameless, only, signature, without

Cardinality = Literal["one-to-one", "many-to-one", "one-to-many"]


@dataclass(frozen=True, slots=True)
class Matching:
    """How the samples of two vectors are matched.

    `on` compares the `labels` alone, otherwise all others but the name are compared; they are in order, and none is
    there twice. `included` are the labels that the many take from the one.
    """

    on: bool = False
    labels: tuple[str, ...] = ()
    cardinality: Cardinality = "one-to-one"
    included: tuple[str, ...] = ()

    def signature(self) -> Signature:
        """Return the function whose value is the same for samples that match."""
        return signature(self.labels, excluded=not self.on)

    def group(self, labels: Labels) -> Labels:
        """Return the labels by which a sample was matched."""
        return only(labels, self.labels) if self.on else without(labels, (NAME, *self.labels))

    def result(self, many: Labels, one: Labels, *, named: bool) -> Labels:
        """Return the labels of the result for two samples that match; `named` keeps the name of the metric."""
        found = many if named else nameless(many)
        if self.cardinality == "one-to-one":
            found = only(found, self.labels) if self.on else without(found, self.labels)
        for label in self.included:
            found = changed(found, label, one.get(label, ""))
        return found
