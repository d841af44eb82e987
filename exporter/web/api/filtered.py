"""The interviews of a company or a period: asked of the database, in the shape of the dashboard."""

from datetime import datetime

from collectors.base import Harvest, Reader
from collectors.interviews.filtered import declared, filtered, narrowed
from exporter.web.api import shapes
from exporter.web.api.dashboards import of_companies, of_interviewers, of_sessions
from exporter.web.api.sections import Wanted, of_samples, rows
from exporter.web.api.terms import Terms
from exporter.windows import Window

COLLECTOR = "interviews"


def asked(reader: Reader, terms: Terms, at: datetime, window: Window, company: int | None) -> Harvest:
    """Ask for the interviews of a window, of one company's jobs if there is one: seven statements at most."""
    return filtered(reader, terms.definitions, terms.interviews, at, window, company)


def interviews(terms: Terms, found: Harvest, at: datetime, window: Window, company: int | None) -> shapes.Interviews:
    """Return what was asked for. With a company, no other one has figures of its own, whoever asks."""
    period = shapes.Period(**{"from": window.start, "to": window.end})
    families = declared(narrowed(terms.interviews, company), window.key)

    def of(wanted: Wanted) -> shapes.Section:
        return of_samples(COLLECTOR, filter(wanted, families), found.samples, at, found.notes)

    return shapes.Interviews(
        filter=shapes.Filter(company=company, period=period),
        interviews=of(of_sessions),
        pipeline=of(rows("IA12")),
        interviewers=of(of_interviewers),
        companies=of(of_companies),
    )
