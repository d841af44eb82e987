"""The interviews of a company or a period: asked of the database, in the shape of the dashboard."""

from datetime import datetime

from collectors.base import Reader
from collectors.definitions import Definitions
from collectors.interviews.figures import declared, figures
from exporter.model import Sample, Snapshot
from exporter.web.api import shapes
from exporter.web.api.dashboards import of_companies, of_interviewers, of_sessions
from exporter.web.api.sections import Wanted, of_samples, rows, section
from exporter.windows import Window

COLLECTOR = "interviews"


def asked(
    reader: Reader, definitions: Definitions, at: datetime, window: Window, company: int | None
) -> tuple[Sample, ...]:
    """Ask for the interviews of a window, of one company's jobs if there is one: three statements."""
    return figures(reader, definitions, at, window, company)


def interviews(
    snapshot: Snapshot, samples: tuple[Sample, ...], at: datetime, window: Window, company: int | None
) -> shapes.Interviews:
    """Return what was asked for; the configured companies have figures without a filter only."""
    period = shapes.Period(**{"from": window.start, "to": window.end})
    there = {name for name, *_ in samples}
    # What the collector cannot tell, nobody can; but it may not have run yet.
    notes = [note for note in snapshot.notes() if note.family not in there]

    def of(wanted: Wanted) -> shapes.Section:
        families = [family for family in declared(window.key) if wanted(family)]
        return of_samples(COLLECTOR, families, samples, at, notes)

    return shapes.Interviews(
        filter=shapes.Filter(company=company, period=period),
        interviews=of(of_sessions),
        pipeline=of(rows("IA12")),
        interviewers=of(of_interviewers),
        companies=_unfiltered(snapshot, of_companies),
    )


def _unfiltered(snapshot: Snapshot, wanted: Wanted) -> shapes.Section:
    """Return a section without values: none of another company's, whoever asks."""
    known = section(snapshot, COLLECTOR, wanted)
    nothing = {
        name: figure.model_copy(update={"series": None, "reason": "not_filtered"})
        for name, figure in known.families.items()
    }
    return known.model_copy(update={"reason": "not_filtered", "as_of": None, "families": nothing})
