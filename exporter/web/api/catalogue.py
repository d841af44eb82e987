"""Snapshot → the catalogue of every metric family, with the state it is in. Pure."""

from collections.abc import Iterator, Sequence

from exporter.model import Family, Note, Snapshot
from exporter.reference import catalogue as declared
from exporter.web.api.shapes import Catalogue, CatalogueFamily, CatalogueLabel
from exporter.web.api.units import unit

STATES = ("disabled", "partial", "approximate")


def catalogue(snapshot: Snapshot) -> Catalogue:
    """Return every family: as it is configured, or as it would be by default where its collector does not run."""
    notes: dict[str, list[Note]] = {}
    for note in snapshot.notes():
        notes.setdefault(note.family, []).append(note)
    return Catalogue(families=[_entry(family, owner, notes.get(family.name, ())) for owner, family in _owned(snapshot)])


def _owned(snapshot: Snapshot) -> Iterator[tuple[str, Family]]:
    """Yield each family once, with its owner: a custom query has the same ones on every database."""
    seen = set()
    configured = {name: status.families for name, status in snapshot.statuses.items()}
    for owner, families in (configured | {k: v for k, v in declared().items() if k not in configured}).items():
        for family in families:
            if family.name not in seen:
                seen.add(family.name)
                yield owner, family


def _entry(family: Family, owner: str, notes: Sequence[Note]) -> CatalogueFamily:
    kinds = {note.kind for note in notes}
    return CatalogueFamily(
        name=family.name,
        id=family.id,
        type=family.kind,
        unit=unit(family),
        labels=[CatalogueLabel(name=label.name, values=label.values) for label in family.labels],
        help=family.help,
        collector=owner,
        version=family.version,
        past=family.past,
        visibility=family.visibility,
        of=[companion.name for companion in family.of] if family.of else None,
        min_n=family.min_n,
        state=next((state for state in STATES if state in kinds), "exact"),
        reasons=list(dict.fromkeys(note.reason for note in notes)),
    )
