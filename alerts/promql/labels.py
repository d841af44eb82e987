"""Label sets: mappings whose names are in order and whose values are not empty."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence

from alerts.promql.literals import quoted

Labels = Mapping[str, str]
# What tells two label sets apart.
Key = tuple[tuple[str, str], ...]
Signature = Callable[[Labels], Hashable]
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
    if NAME not in labels:
        return labels
    found = dict(labels)
    del found[NAME]
    return found


def only(labels: Labels, names: Sequence[str]) -> Labels:
    """Return the labels of some names, which are in order."""
    return {name: labels[name] for name in names if name in labels}


def changed(labels: Labels, name: str, value: str) -> Labels:
    """Return the labels with another value for one; an empty value removes it."""
    if not value:
        return without(labels, (name,))
    found = {**labels, name: value}
    return found if name in labels else ordered(found.items())


def signature(names: Sequence[str], *, excluded: bool) -> Signature:
    """Return a function that is the same for label sets that agree in some names; `excluded`: in all others.

    Then the metric's name does not matter.
    """
    if excluded:
        ignored = {NAME, *names}
        return lambda labels: tuple([item for item in labels.items() if item[0] not in ignored])
    if len(names) == 1:
        (single,) = names
        return lambda labels: labels.get(single, "")
    return lambda labels: tuple([labels.get(name, "") for name in names])


def written(labels: Labels) -> str:
    """Return a label set in Prometheus' notation."""
    return "{" + ", ".join(f"{name}={quoted(value)}" for name, value in labels.items()) + "}"
