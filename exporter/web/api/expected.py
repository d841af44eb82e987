"""Which label sets a family could have: those without a value are null, with a reason. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product

from exporter.model import Family, Labels, Sample
from exporter.web.api.units import unit

Found = Mapping[str, Mapping[Labels, Sample]]
# Their labels do not combine freely, and the ones there are say all.
AS_THEY_COME = {"jobhive_aws_feature_cost", "jobhive_activity_source_info"}
SIGNALS = {
    ("sentiment", "positive_score"),
    ("sentiment", "confidence"),
    ("skill_assessment", "accumulated_score"),
    ("skill_assessment", "confidence"),
}


def indexed(samples: Iterable[Sample]) -> Found:
    """Return samples by name and labels."""
    found: dict[str, dict[Labels, Sample]] = {}
    for sample in samples:
        found.setdefault(sample.name, {})[sample.labels] = sample
    return found


def label_sets(family: Family, found: Found) -> list[Labels]:
    """Return the label sets of a family, those that are there and those that could be, in order of their domains."""
    present = found.get(family.name, {})
    if family.zero_filled or family.name in AS_THEY_COME or (_is_open(family) and unit(family) == "count"):
        return sorted(present, key=_place(family))
    wanted = set(_possible(family, found)) | present.keys()
    return sorted(wanted, key=_place(family))


def _is_open(family: Family) -> bool:
    return any(label.values is None for label in family.labels)


def _possible(family: Family, found: Found) -> Iterator[Labels]:
    numerators = found.get(family.of[0].name, {}) if family.of else {}
    if numerators:
        yield from numerators
        return
    open_names = [label.name for label in family.labels if label.values is None]
    domains = [[(label.name, value) for value in label.values] for label in family.labels if label.values is not None]
    for opened in _opened(open_names, found) if open_names else [()]:
        for declared in product(*domains):
            labels = tuple(sorted((*opened, *declared)))
            if _combines(family, dict(labels)):
                yield labels


def _opened(names: Sequence[str], found: Found) -> set[Labels]:
    """Return what the data say of labels without a domain, in this family and in others of its collector."""
    sets = (labels for samples in found.values() for labels in samples)
    seen = (tuple(pair for pair in labels if pair[0] in names) for labels in sets)
    return {pairs for pairs in seen if len(pairs) == len(names)}


def _combines(family: Family, labels: Mapping[str, str]) -> bool:
    if {"from", "to"} <= labels.keys():
        domains = {label.name: label.values or () for label in family.labels}
        return (labels["from"], labels["to"]) in zip(domains["from"], domains["to"], strict=True)
    if {"component", "signal"} <= labels.keys():
        return (labels["component"], labels["signal"]) in SIGNALS
    return True


def _place(family: Family) -> Callable[[Labels], tuple[tuple[int, str], ...]]:
    """Return the key that sorts label sets as the domains stand, and what has no domain by its text."""
    places = {label.name: {value: place for place, value in enumerate(label.values or ())} for label in family.labels}
    return lambda labels: tuple((places[name].get(value, -1), value) for name, value in labels)
