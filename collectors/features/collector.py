"""The collector `features`: one pass over what users did in the last 30 days, and what became of it."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import ClassVar

from collectors.activity import Activity
from collectors.base import Database, Harvest, Reader, Run, Unmapped
from collectors.features import completion, notes, usage
from collectors.features.families import BY_ACTIVITY, LEARNING, PRACTICE, USAGE
from collectors.features.options import Options
from collectors.features.sources import sources
from collectors.schema import Schema
from exporter.model import Sample


class Collector:
    """Reads everything in one transaction, as of one instant."""

    source: ClassVar[str] = "database"
    interval: ClassVar[timedelta] = timedelta(minutes=5)

    def __init__(self, _: Options, database: Database) -> None:
        self._database = database

    def collect(self, run: Run) -> Harvest:
        """Collect the families of features as of the instant of the run."""
        return self._database.read(run.deadline, lambda reader: _harvest(run, reader))


def _harvest(run: Run, reader: Reader) -> Harvest:
    schema = Schema(run.definitions, reader.columns)
    found, missing = sources(schema, run.definitions.features)
    if not found:
        raise Unmapped("no feature has a source", missing[PRACTICE])
    activity, unknown = _activity(schema, run)
    ends = {PRACTICE: missing.get(PRACTICE), LEARNING: schema.why_not("enrolment")}
    row = reader.rows("features", usage.usage(schema, found, activity, run.at))[0]
    completions = _completions(schema, run, reader, {feature for feature, reason in ends.items() if not reason})
    return Harvest(
        (*usage.samples(row, found), *completions),
        notes=(
            *notes.of_features(missing.values(), (*USAGE, *(BY_ACTIVITY if activity else ()))),
            *notes.of_adoption(activity, unknown),
            *notes.of_completion([reason for reason in ends.values() if reason]),
        ),
    )


def _activity(schema: Schema, run: Run) -> tuple[Activity | None, str | None]:
    """Return the activity, or why nothing is known of it."""
    try:
        return Activity(schema, run.at, run.definitions.activity_source), None
    except Unmapped as unmapped:
        return None, unmapped.reason


def _completions(schema: Schema, run: Run, reader: Reader, features: Collection[str]) -> Iterator[Sample]:
    if PRACTICE in features:
        practised = completion.practised(schema, run.definitions, run.at)
        yield from completion.samples(reader.rows("practised", practised)[0], PRACTICE)
    if LEARNING in features:
        learnt = completion.learnt(schema, run.at)
        yield from completion.samples(reader.rows("learnt", learnt)[0], LEARNING)
