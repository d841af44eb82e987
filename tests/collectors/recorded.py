"""A Datadog that knows a few points, whose answers can be worked out by hand, and how to ask it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from collectors.base import Harvest, Run, complete
from collectors.definitions import Definitions
from collectors.system import Collector, Options, families
from demo.datadog import API_KEY, APP_KEY, Simulator
from demo.datadog_query import Answer, Query
from exporter.secrets import Secret
from exporter.sources.datadog import Datadog, DatadogSettings
from tests.sources.test_datadog import Book

# A whole minute; and an instant whose windows end there.
END = int(datetime(2026, 4, 20, 12, 35, tzinfo=UTC).timestamp())
AT = datetime.fromtimestamp(END + 90 + 17.25, UTC)
Unit = tuple[str | None, str | None]
Values = dict[tuple[str, frozenset[tuple[str, str]]], Any]


class Recorded:
    """Points by metric: (group, seconds before END, value). Each answer uses what lies in its window and no more."""

    def __init__(self, points: Mapping[str, Sequence[tuple[str, int, float]]], units: Mapping[str, Unit]) -> None:
        self.points, self.units = points, units
        self.asked: list[tuple[Query, str, int, int]] = []

    def answer(self, query: Query, aggregator: str, start: int, end: int) -> Answer:
        self.asked.append((query, aggregator, start, end))
        groups: dict[tuple[str, ...], list[float]] = {}
        # The oldest point first.
        for group, before, value in sorted(self.points.get(query.metric, ()), key=lambda point: -point[1]):
            if start <= END - before < end:
                groups.setdefault((group,) * len(query.by), []).append(value)
        values = [(group, self._one(query, aggregator, found)) for group, found in groups.items()]
        return Answer(values, self.units.get(query.metric, (None, None)))

    def _one(self, query: Query, aggregator: str, values: list[float]) -> float:
        if query.percentile is not None:
            assert aggregator == "percentile"
            ordered = sorted(values)
            return ordered[int(query.percentile * (len(ordered) - 1))]
        reduced = {"avg": sum(values) / len(values), "sum": sum(values), "max": max(values), "last": values[-1]}
        return reduced[aggregator]


class Asking:
    """One collector on one simulated Datadog, which may be asked again."""

    def __init__(self, simulator: Simulator, options: Options, api: str) -> None:
        self.simulator, self.options, self.book, self.limits = simulator, options, Book(10_000), list[int]()
        settings = DatadogSettings(simulator.url, Secret(API_KEY), Secret(APP_KEY), api, 5)
        self.source = Datadog(settings, self.book, self.limits.append)
        self._collector = Collector(options, self.source)

    def harvest(self, at: datetime = AT) -> Harvest:
        return self._collector.collect(Run(at, 10, Definitions()))

    def ask(self, at: datetime = AT) -> Values:
        harvest = self.harvest(at)
        samples = complete(families(self.options), harvest)
        found = {(sample.name.removeprefix("jobhive_"), frozenset(sample.labels)): sample.value for sample in samples}
        assert len(found) == len(samples)
        return found


@contextmanager
def asking(world: Any, api: str = "v2", **options: Any) -> Iterator[Asking]:
    with Simulator(world) as simulator:
        made = Asking(simulator, Options.model_validate(options), api)
        try:
            yield made
        finally:
            made.source.close()


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())
