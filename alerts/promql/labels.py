"""Label sets: mappings whose names are in order and whose values are not empty."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from alerts.promql.literals import quoted

Labels = Mapping[str, str]
# What tells two label sets apart.
Key = tuple[tuple[str, str], ...]
NAME = "__name__"
NOTHING: Labels = {}


def ordered(labels: Iterable[tuple[str, str]]) -> Labels:
    """Make a label set; an empty value is none."""
    return {name: value for name, value in sorted(labels) if value}


def key(labels: Labels) -> Key:
    """Return what tells a label set from others; keys are ordered as Prometheus orders series."""
    return tuple(labels.items())


def without(labels: Labels, names: Collection[str]) -> Labels:
    """Return the labels but those of some names."""
    return {name: value for name, value in labels.items() if name not in names}


def nameless(labels: Labels) -> Labels:
    """Return the labels without the metric's name."""
    return without(labels, (NAME,)) if NAME in labels else labels


def only(labels: Labels, names: Collection[str]) -> Labels:
    """Return the labels of some names."""
    return {name: value for name, value in labels.items() if name in names}


def changed(labels: Labels, name: str, value: str) -> Labels:
    """Return the labels with another value for one; an empty value removes it."""
    return ordered((dict(labels) | {name: value}).items())


def values(labels: Labels, names: Sequence[str]) -> tuple[str, ...]:
    """Return the values of some labels, empty where there is none."""
    return tuple([labels.get(name, "") for name in names])


def written(labels: Labels) -> str:
    """Return a label set in Prometheus' notation."""
    return "{" + ", ".join(f"{name}={quoted(value)}" for name, value in labels.items()) + "}"
