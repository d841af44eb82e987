"""Snapshot → what rules see at an instant: samples with the labels that a scrape would attach, and who is unknown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from alerts.promql import Samples
from alerts.promql.labels import NAME, key
from alerts.promql.samples import Pair
from alerts.rounds import World
from exporter.model import Sample, Snapshot


def world(
    snapshot: Snapshot, own: Iterable[Sample], target: Mapping[str, str], ts: datetime, outputs: Sequence[Pair]
) -> World:
    """Return the world of a round at `ts`; `own` are the daemon's families, `outputs` what rules publish."""
    families = Samples.of(_scraped(snapshot, own, target))
    published = Samples.of({key(labels): (labels, value) for labels, value in outputs}.values())
    failed = {name for name, status in snapshot.statuses.items() if not status.succeeded or status.stale(ts)}
    stale = {name for name, status in snapshot.statuses.items() if status.stale(ts)}
    return World(families | published, {"failed": frozenset(failed), "stale": frozenset(stale)})


def _scraped(snapshot: Snapshot, own: Iterable[Sample], target: Mapping[str, str]) -> Iterator[Pair]:
    yield {NAME: "up", **target}, 1
    for sample in own:
        yield {NAME: sample.name, **dict(sample.labels), **target}, sample.value
    for result in snapshot.served.values():
        for sample in result.samples:
            yield {NAME: sample.name, **dict(sample.labels), **target}, sample.value
