"""Snapshot → the families that speak of the collectors, the build and the configuration (metrics.md 4.14). Pure.

They exist in every state: before the first run, when a source is down, when there is nothing to serve.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from exporter.exposition import Block, block
from exporter.model import Family, Label, Sample, Snapshot

COLLECTOR = Label("collector")
NOTE = (Label("family"), Label("reason"))
PREFIX = "jobhive_exporter_collector"

BUILD = Family("EX1", "jobhive_exporter_build_info", "The build: 1.", (Label("revision"), Label("version")))
SUCCESS = Family("EX2", f"{PREFIX}_success", "Whether the latest run succeeded; 0 before any did.", (COLLECTOR,))
STALE = Family("EX3", f"{PREFIX}_stale", "Whether no values are served, for lack of a fresh success.", (COLLECTOR,))
LAST_SUCCESS = Family(
    "EX4", f"{PREFIX}_last_success_timestamp_seconds", "When the last successful run ended; 0 is never.", (COLLECTOR,)
)
EVALUATION = Family(
    "EX5",
    f"{PREFIX}_evaluation_timestamp_seconds",
    "The instant that the values being served speak of; 0 is never.",
    (COLLECTOR,),
)
LAST_ATTEMPT = Family(
    "EX4b", f"{PREFIX}_last_attempt_timestamp_seconds", "When the latest run ended; 0 is never.", (COLLECTOR,)
)
CHANGED = Family("EX5b", "jobhive_snapshot_timestamp_seconds", "When what is served last changed.")
DURATION = Family(
    "EX6", f"{PREFIX}_duration_seconds", "How long the latest run took; 0 before the first.", (COLLECTOR,)
)
SERIES = Family("EX7", f"{PREFIX}_series", "Series being served on this page.", (COLLECTOR,))
DISABLED = Family(
    "EX11",
    "jobhive_exporter_metric_disabled_info",
    "A family that is not computed, or not for each value of its labels, and why: 1.",
    NOTE,
)
APPROXIMATE = Family(
    "EX12", "jobhive_exporter_metric_approximation_info", "A family that is computed from a substitute: 1.", NOTE
)
THRESHOLD = Family("EX13", "jobhive_config_threshold", "A threshold that is in force.", (Label("name"),))
DEFINITION = Family(
    "EX29",
    "jobhive_exporter_metric_definition_info",
    "The version of a family's definition, raised when its meaning changes: 1.",
    (Label("family"), Label("version")),
    visibility="JSON only",
)
LEADER = Family("EX30", "jobhive_exporter_leader", "Whether this replica holds the lease, or no lease is configured.")
ROWS_DROPPED = Family(
    "EX32",
    "jobhive_exporter_custom_sql_rows_dropped",
    "Rows of a custom query that count for nothing in what is served, by reason.",
    (COLLECTOR, Label("reason", ("duplicate", "label_missing", "value_invalid"))),
)

FAMILIES = (
    *(BUILD, SUCCESS, STALE, LAST_SUCCESS, LAST_ATTEMPT, EVALUATION, CHANGED, DURATION, SERIES),
    *(DISABLED, APPROXIMATE, THRESHOLD, ROWS_DROPPED, DEFINITION, LEADER),
)


class Build(NamedTuple):
    """Which code runs."""

    version: str
    revision: str


def blocks(snapshot: Snapshot, build: Build) -> Iterator[Block]:
    """Make the families, in the order of their declaration."""
    samples = [*_of_collectors(snapshot), *_of_build(snapshot, build), *_of_notes(snapshot)]
    for family in FAMILIES:
        yield block(family, (sample for sample in samples if sample.name == family.name))


def _of_collectors(snapshot: Snapshot) -> Iterator[Sample]:
    for name, status in sorted(snapshot.statuses.items()):
        result, served = status.result, snapshot.served.get(name)
        yield SUCCESS.sample(int(status.succeeded), collector=name)
        yield STALE.sample(int(served is None), collector=name)
        yield LAST_SUCCESS.sample(_seconds(result.ended if result else None), collector=name)
        yield LAST_ATTEMPT.sample(_seconds(status.attempted), collector=name)
        yield EVALUATION.sample(_seconds(served.at if served else None), collector=name)
        yield DURATION.sample(status.duration, collector=name)
        yield SERIES.sample(len(snapshot.exposed(name)), collector=name)
        for (table, reason), rows in served.dropped.items() if served else ():
            # What others drop are rows of JobHive, which the collector data_quality tells.
            if table == "custom_sql":
                yield ROWS_DROPPED.sample(rows, collector=name, reason=reason)


def _of_build(snapshot: Snapshot, build: Build) -> Iterator[Sample]:
    yield BUILD.sample(1, version=build.version, revision=build.revision)
    yield CHANGED.sample(snapshot.changed.timestamp())
    # A lease cannot be configured: every replica collects, and none pays twice on one state file.
    yield LEADER.sample(1)
    for family, number in sorted(snapshot.definitions.items()):
        yield DEFINITION.sample(1, family=family, version=str(number))
    for name, value in sorted(snapshot.thresholds.items()):
        yield THRESHOLD.sample(value, name=name)


def _of_notes(snapshot: Snapshot) -> Iterator[Sample]:
    families = {"disabled": DISABLED, "partial": DISABLED, "approximate": APPROXIMATE}
    yield from sorted(
        {families[note.kind].sample(1, family=note.family, reason=note.reason) for note in snapshot.notes()}
    )


def _seconds(instant: datetime | None) -> float:
    return instant.timestamp() if instant else 0
