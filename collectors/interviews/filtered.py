"""The interviews of any period, and of one company if asked: what the JSON API can be filtered by (metrics.md 5)."""

from dataclasses import replace
from datetime import datetime

from collectors.base import Harvest, Reader, complete
from collectors.definitions import Definitions
from collectors.interviews.families import families
from collectors.interviews.figures import Figures, utc_months
from collectors.interviews.naming import Naming
from collectors.interviews.notes import notes
from collectors.interviews.options import Options
from collectors.schema import Schema
from exporter.model import Family, Label, Sample
from exporter.windows import Window


def filtered(
    reader: Reader, definitions: Definitions, options: Options, at: datetime, window: Window, company: int | None
) -> Harvest:
    """Return every family for one window, as known at `at`, under the key of the window; zeros and ratios are there.

    With a company, of its jobs only. Seven statements at most, whatever the window.
    """
    own = narrowed(options, company)
    wanted = declared(own, window.key)
    asked = Figures(reader, definitions, at, [window], Naming(wanted), company)
    samples = (
        *asked.sessions(),
        *asked.companies(own.per_company),
        *asked.endings(utc_months(at)),
        *asked.applications(own),
    )
    schema = Schema(definitions, reader.columns)
    noted = tuple(notes(schema, companies=bool(own.per_company), company=company))
    return Harvest(complete(wanted, Harvest(samples, notes=noted)), notes=noted)


def of_sessions(reader: Reader, definitions: Definitions, at: datetime, window: Window) -> tuple[Sample, ...]:
    """Return the families of everyone's sessions alone: three statements."""
    wanted = tuple(family for family in declared(Options(), window.key) if _speaks_of_sessions(family))
    asked = Figures(reader, definitions, at, [window], Naming(wanted))
    return complete(wanted, Harvest((*asked.sessions(), *asked.endings())))


def narrowed(options: Options, company: int | None) -> Options:
    """Return the options without the figures of other companies than that of the filter."""
    companies = tuple(own for own in options.per_company if company in (None, own.id))
    return options.model_copy(update={"per_company": companies})


def declared(options: Options, key: str) -> tuple[Family, ...]:
    """Return every family for a window of that key."""
    return tuple(_within(family, key) for family in families(options))


def _speaks_of_sessions(family: Family) -> bool:
    names = {label.name for label in family.labels}
    return {"kind", "window"} <= names and "company" not in names


def _within(family: Family, key: str) -> Family:
    labels = tuple(Label("window", (key,)) if label.name == "window" else label for label in family.labels)
    companions = (_within(family.of[0], key), _within(family.of[1], key)) if family.of else None
    return replace(family, labels=labels, of=companions)
