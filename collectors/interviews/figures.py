"""The interviews of any period, and of one company if asked: what the JSON API can be filtered by (metrics.md 5)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from collectors.base import Harvest, Reader, complete
from collectors.definitions import Definitions
from collectors.interviews.families import families
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

    With a company, of the interviews for its jobs only. Two statements, whatever the window.
    """
    sessions = Sessions(Schema(definitions, reader.columns), definitions, at)
    wanted, companies = declared(window.key), None if company is None else (company,)
    naming, found = Naming(wanted), list[Sample]()
    touched = sessions.facts("touched", sessions.touched_since(window.start), companies=companies)
    statement, measures = counts(touched, [window], definitions.interviews)
    for (key, kind), values in summed(reader.rows("sessions", statement), measures).items():
        labels = {"kind": kind, "window": key}
        found += (*naming.measured("", labels, values), *naming.steps(labels, values))
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
        if {"kind", "window"} <= names and not names & {"company", "interviewer"}:
            yield _within(family, key)


def _within(family: Family, key: str) -> Family:
    labels = tuple(Label("window", (key,)) if label.name == "window" else label for label in family.labels)
    companions = (_within(family.of[0], key), _within(family.of[1], key)) if family.of else None
    return replace(family, labels=labels, of=companions)
