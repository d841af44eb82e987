"""Snapshot → what rules see at an instant: samples with the labels that a scrape would attach, and who is unknown."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain

from alerts.promql import Samples
from alerts.promql.labels import NAME
from alerts.promql.samples import Pair
from alerts.rounds import World
from exporter.model import Result, Sample, Snapshot

Served = Mapping[str, Result]
Target = Mapping[str, str]


class Index:
    """The samples of the collectors, indexed once for all who ask while they stay the same; any thread may ask."""

    def __init__(self) -> None:
        self._latest: tuple[Served, Target, Samples] | None = None

    def of(self, snapshot: Snapshot, target: Target) -> Samples:
        """Return the samples of a snapshot with the labels of the target."""
        latest, served = self._latest, snapshot.served
        if latest is None or latest[0] is not served or latest[1] != target:
            exposed = chain.from_iterable(snapshot.exposed(name) for name in served)
            latest = self._latest = (served, target, Samples.of(_scraped(exposed, target)))
        return latest[2]


def world(
    snapshot: Snapshot,
    own: Iterable[Sample],
    target: Target,
    ts: datetime,
    index: Index | None = None,
) -> World:
    """Return the world of a round at `ts`; `own` are the daemon's families."""
    families = (index or Index()).of(snapshot, target)
    ours = Samples.of(_scraped([Sample("up", (), 1), *own], target))
    failed = {name for name, status in snapshot.statuses.items() if not status.succeeded or status.stale(ts)}
    stale = {name for name, status in snapshot.statuses.items() if status.stale(ts)}
    return World(families | ours, {"failed": frozenset(failed), "stale": frozenset(stale)})


def _scraped(samples: Iterable[Sample], target: Target) -> Iterator[Pair]:
    for sample in samples:
        yield {NAME: sample.name, **dict(sample.labels), **target}, sample.value
