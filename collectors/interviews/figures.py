"""The interviews of any period, and of one company if asked: what the JSON API can be filtered by (metrics.md 5)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import FromClause

from collectors.base import Harvest, Reader, complete
from collectors.definitions import Definitions
from collectors.interviews.families import families
from collectors.interviews.interviewers import known, label, named
from collectors.interviews.interviewers import samples as of_interviewers
from collectors.interviews.measures import counts, endings
from collectors.interviews.naming import Naming, summed
from collectors.interviews.options import Options
from collectors.schema import Schema
from collectors.sessions import Sessions
from exporter.model import Family, Label, Sample
from exporter.windows import Window


def figures(
    reader: Reader, definitions: Definitions, at: datetime, window: Window, company: int | None = None
) -> tuple[Sample, ...]:
    """Return the families of sessions for one window, as known at `at`, under the key of the window.

    With a company, of the interviews for its jobs only. Three statements, whatever the window.
    """
    schema = Schema(definitions, reader.columns)
    sessions = Sessions(schema, definitions, at)
    wanted, companies = declared(window.key), None if company is None else (company,)
    naming, found = Naming(wanted), list[Sample]()
    interviewers = known(sessions, reader, schema, window, companies)
    session: FromClause = sessions.facts("touched", sessions.touched_since(window.start), companies=companies)
    session = session if interviewers is None else named(session, interviewers)
    by = () if interviewers is None else ("slug", "nobody")
    statement, measures = counts(session, [window], definitions.interviews, *by)
    rows = reader.rows("sessions", statement)
    for (key, kind), values in summed(rows, measures).items():
        labels = {"kind": kind, "window": key}
        found += (*naming.measured("", labels, values), *naming.steps(labels, values))
    if interviewers is not None:
        slugs = {row.slug for row in interviewers}
        found += of_interviewers(naming, slugs, [window.key], summed(rows, measures, label))
    ended = sessions.facts("ended", sessions.ended_since(window.start), companies=companies)
    statement, keys = endings(ended, [window], ())
    found += naming.durations(keys, tuple(reader.rows("endings", statement)[0]))
    return complete(wanted, Harvest(tuple(found)))


def declared(key: str) -> tuple[Family, ...]:
    """Return the families of `figures` for a window of that key."""
    return tuple(_of_sessions(key))


def _of_sessions(key: str) -> Iterator[Family]:
    """Yield the families that speak of sessions in a window, for another window than those of the collector."""
    for family in families(Options()):
        names = {label.name for label in family.labels}
        if {"kind", "window"} <= names and "company" not in names:
            yield _within(family, key)


def _within(family: Family, key: str) -> Family:
    labels = tuple(Label("window", (key,)) if label.name == "window" else label for label in family.labels)
    companions = (_within(family.of[0], key), _within(family.of[1], key)) if family.of else None
    return replace(family, labels=labels, of=companions)
