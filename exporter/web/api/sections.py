"""Snapshot → sections: the families of a collector with their values, or the reason why there are none. Pure."""

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import structlog

from exporter.model import Family, Note, Result, Sample, Snapshot, Status
from exporter.registry import modules
from exporter.web.api.expected import Found, indexed, label_sets
from exporter.web.api.shapes import Figure, Reason, Section, Series
from exporter.web.api.units import number, unit

Wanted = Callable[[Family], bool]
Made = TypeVar("Made")
log = structlog.get_logger()


def every(_: Family) -> bool:
    """Want every family."""
    return True


def rows(*identifiers: str) -> Wanted:
    """Want the families of rows of the contract; a row stands for its companions too: `IA12` for `IA12a`."""
    return lambda family: any(_is_row(family.id, row) for row in identifiers)


def without(unwanted: Wanted) -> Wanted:
    """Want all others."""
    return lambda family: not unwanted(family)


def section(snapshot: Snapshot, collector: str, wanted: Wanted = every, window: str | None = None) -> Section:
    """Return a section of the wanted families of a collector, of one window only if asked; it fails alone."""
    broken = Section(collector=collector, as_of=None, stale=True, reason="internal", families={})
    return isolated(collector, lambda: _section(snapshot, collector, wanted, window), broken)


def isolated(what: str, make: Callable[[], Made], otherwise: Made) -> Made:
    """Make a part of an answer; if that fails, the log says where, and the other parts are there all the same."""
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - the border of a unit: a section fails alone
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename}:{place.lineno}"
        log.error("part of an answer failed", part=what, error=type(error).__name__, place=where)
        return otherwise


def _section(snapshot: Snapshot, collector: str, wanted: Wanted, window: str | None) -> Section:
    status, served = snapshot.statuses.get(collector), snapshot.served.get(collector)
    families = [family for family in _families(collector, status) if wanted(family)]
    if window is not None:
        families = [family for family in families if window in _windows(family)]
    why = None if served else missing(status)
    result = status.result if status else None
    return Section(
        collector=collector,
        as_of=result.at if result else None,
        stale=served is None,
        reason=why,
        failure=status.failure.reason.value if status and status.failure else None,
        families=_figures(families, served, snapshot, why, window),
    )


def of_samples(
    collector: str, families: Iterable[Family], samples: Iterable[Sample], at: datetime, notes: Iterable[Note] = ()
) -> Section:
    """Return a section of what was asked for at an instant, and is in no snapshot."""
    found, noted = indexed(samples), _noted(notes)
    figures = {family.name: _figure(family, found, noted.get(family.name, ()), None, None) for family in families}
    return Section(collector=collector, as_of=at, stale=False, families=figures)


def missing(status: Status | None) -> Reason:
    """Return why nothing is served of a collector."""
    if status is None:
        return "collector_disabled"
    if status.failure:
        return "collector_failed"
    return "too_old" if status.result else "never_ran"


def windows(snapshot: Snapshot, collector: str) -> list[str]:
    """Return the windows that the families of a collector have, the shortest first as they are declared."""
    families = _families(collector, snapshot.statuses.get(collector))
    return list(dict.fromkeys(window for family in families for window in _windows(family)))


def document(snapshot: Snapshot, collector: str, key: str, shaped: Callable[[Any], Made]) -> Made | None:
    """Return what a collector has for JSON only in its shape; None where it has nothing, or what has no such shape."""
    served = snapshot.served.get(collector)
    if served is None or key not in served.documents:
        return None
    return isolated(f"{collector}.{key}", lambda: shaped(served.documents[key]), None)


def _is_row(identifier: str, row: str) -> bool:
    rest = identifier.removeprefix(row)
    return rest != identifier and not rest[:1].isdecimal()


def _families(collector: str, status: Status | None) -> Sequence[Family]:
    if status:
        return status.families
    module = modules()[collector]
    return module.families(module.Options())


def _windows(family: Family) -> Sequence[str]:
    return next((label.values or () for label in family.labels if label.name == "window"), ())


def _figures(
    families: Iterable[Family], served: Result | None, snapshot: Snapshot, why: Reason | None, window: str | None
) -> dict[str, Figure]:
    found = indexed(served.samples if served else ())
    noted = _noted(snapshot.notes())
    return {family.name: _figure(family, found, noted.get(family.name, ()), why, window) for family in families}


def _noted(notes: Iterable[Note]) -> Mapping[str, Sequence[Note]]:
    found: dict[str, list[Note]] = {}
    for note in notes:
        found.setdefault(note.family, []).append(note)
    return found


def _figure(family: Family, found: Found, notes: Sequence[Note], why: Reason | None, window: str | None) -> Figure:
    reasons: dict[str, list[Any]] = {"disabled": [], "partial": [], "approximate": []}
    for note in notes:
        reasons[note.kind].append(note.reason)
    why = why or next(iter(reasons["disabled"]), None)
    return Figure(
        id=family.id,
        unit=unit(family),
        approximate=list(dict.fromkeys(reasons["approximate"])),
        partial=list(dict.fromkeys(reasons["partial"])),
        reason=why,
        series=None if why else _series(family, found, next(iter(reasons["partial"]), "not_defined"), window),
    )


def _series(family: Family, found: Found, otherwise: Reason, window: str | None) -> list[Series]:
    values, of = found.get(family.name, {}), unit(family)
    listed = []
    for labels in label_sets(family, found):
        if window is not None and ("window", window) not in labels:
            continue
        known = values.get(labels)
        value = None if known is None else number(known.value, of)
        listed.append(Series(labels=dict(labels), value=value, reason=otherwise if known is None else None))
    return listed
