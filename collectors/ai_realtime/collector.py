"""One run: what has changed in Redis is read, then every component is judged by the samples before T."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple

from collectors.ai_realtime import families as f
from collectors.ai_realtime.discovery import ACCURACY_KEY, PROCESSING_KEY, Discovery, chosen
from collectors.ai_realtime.figures import SECONDS, Window, accuracy, last100, processing, slopes, spike
from collectors.ai_realtime.options import Options
from collectors.ai_realtime.reading import Tail, load, tails
from collectors.ai_realtime.samples import Scale, Series, segments
from collectors.ai_realtime.statistics import usual_p95
from collectors.base import Harvest, Keyspace, Round, Run
from exporter.model import Sample

HOUR, RETENTION, RECENT = timedelta(hours=1), timedelta(hours=24), timedelta(minutes=10)
# What is usual changes slowly: it is looked at once a minute.
USUAL_FOR = timedelta(seconds=60)
# The share of a run's deadline that looking for components may take.
DISCOVERY_SHARE = 1 / 3
CHECKS = ("legacy_member", "sample_invalid")


class Usual(NamedTuple):
    """The p95 that a component usually has, and when that was found."""

    at: datetime
    p95: float | None


class Collector:
    """Keeps what it has read of the last 24 hours, so that a run reads little more than what is new."""

    source: ClassVar[str] = "redis"
    interval: ClassVar[timedelta] = timedelta(seconds=15)

    def __init__(self, options: Options, keyspace: Keyspace) -> None:
        self._options, self._keyspace = options, keyspace
        self._scales = {
            PROCESSING_KEY: Scale(),
            ACCURACY_KEY: Scale(100, 100) if options.accuracy_unit == "percent" else Scale(1),
        }
        self._discovery = Discovery()
        self._series: dict[str, Series] = {}
        self._usual: dict[str, Usual] = {}

    def collect(self, run: Run) -> Harvest:
        """Collect every component as of the instant of the run."""
        return self._keyspace.read(run.deadline, lambda round_: self._collected(run, round_))

    def _collected(self, run: Run, round_: Round) -> Harvest:
        found = self._discovery.components(round_, run.at, run.deadline * DISCOVERY_SHARE)
        components = chosen(self._options.components, found)
        due = [name for name in components if not self._is_usual_known(name, run.at)]
        wanted = self._wanted(components, due, run.at)
        ends = tails(round_, {key: self._series[key].scale for key in wanted}, run.at.timestamp())
        for wrong in load(round_, wanted, self._series):
            ends.pop(wrong, None)
        self._usual |= {name: Usual(run.at, self._usual_p95(name, run.at)) for name in due}
        samples, documents = list[Sample](), dict[str, object]()
        for name in components:
            windows = self._windows(name, run.at, ends)
            samples += _samples(name, windows, self._usual[name].p95, _newest(name, ends))
            documents[name] = _document(name, windows, ends)
        dropped = {key: self._dropped(key, run.at, ends.get(key)) for key in wanted}
        return Harvest(
            samples=tuple(samples),
            dropped={("redis", check): sum(counts[check] for counts in dropped.values()) for check in CHECKS},
            documents={
                "components": documents,
                "dropped": {key: dict(counts) for key, counts in dropped.items() if counts.total()},
            },
        )

    def _is_usual_known(self, component: str, at: datetime) -> bool:
        usual = self._usual.get(component)
        return usual is not None and timedelta(0) <= at - usual.at < USUAL_FOR

    def _wanted(self, components: Sequence[str], due: Sequence[str], at: datetime) -> dict[str, range]:
        """Return the segments of each key that the run needs, and forget what no run will."""
        hour, day = _span(at, HOUR), _span(at, RETENTION)
        wanted = {PROCESSING_KEY + name: day if name in due else hour for name in components}
        wanted |= {ACCURACY_KEY + name: hour for name in components}
        scales = {key: self._scales[key.partition(":")[0] + ":"] for key in wanted}
        self._series = {key: self._series.get(key) or Series(scale) for key, scale in scales.items()}
        self._usual = {name: usual for name, usual in self._usual.items() if name in components}
        for key, series in self._series.items():
            series.keep(day if key.startswith(PROCESSING_KEY) else hour)
        return wanted

    def _usual_p95(self, component: str, at: datetime) -> float | None:
        start, end = (at - RETENTION).timestamp(), (at - RECENT).timestamp()
        return usual_p95(*self._series[PROCESSING_KEY + component].between(start, end), start, end)

    def _windows(self, component: str, at: datetime, ends: Mapping[str, Tail]) -> dict[str, dict[str, Window]]:
        """Return the windows of each series of a component; a key that is no sorted set has none."""
        return {
            prefix: {
                name: Window.of(name, *self._series[prefix + component].between(_before(at, seconds), at.timestamp()))
                for name, seconds in SECONDS.items()
            }
            for prefix in (PROCESSING_KEY, ACCURACY_KEY)
            if prefix + component in ends
        }

    def _dropped(self, key: str, at: datetime, end: Tail | None) -> Counter[str]:
        """Count the members of a key that are no samples, among those that the run looked at; 1 for a wrong key."""
        if end is None:
            return Counter(sample_invalid=1)
        span = RETENTION if key.startswith(PROCESSING_KEY) else HOUR
        flaws = Counter[str](self._series[key].flaws((at - span).timestamp(), at.timestamp()))
        return flaws + Counter(sample_invalid=end.future, legacy_member=end.ancient)


def _samples(
    component: str, windows: Mapping[str, Mapping[str, Window]], usual: float | None, newest: float | None
) -> Iterator[Sample]:
    for window in windows.get(PROCESSING_KEY, {}).values():
        yield from processing(component, window)
        if window.name == "5m":
            yield from spike(component, window, usual)
    for window in windows.get(ACCURACY_KEY, {}).values():
        yield from accuracy(component, window)
    if newest is not None:
        yield f.LAST_SAMPLE.sample(newest, component=component)
    is_there = any(series["1h"].values for series in windows.values())
    yield f.AVAILABLE.sample(int(is_there), component=component)


def _newest(component: str, ends: Mapping[str, Tail]) -> float | None:
    found = [ends[key].newest for prefix in (PROCESSING_KEY, ACCURACY_KEY) if (key := prefix + component) in ends]
    return max((newest for newest in found if newest is not None), default=None)


def _document(
    component: str, windows: Mapping[str, Mapping[str, Window]], ends: Mapping[str, Tail]
) -> dict[str, object]:
    """Return what is for JSON only: RT4, and the robust slope beside RT5."""
    names = {"processing_time": PROCESSING_KEY, "accuracy": ACCURACY_KEY}
    present = {name: prefix for name, prefix in names.items() if prefix in windows}
    return {
        "last100": {name: last100(ends[prefix + component].last) for name, prefix in present.items()},
        "slopes": slopes(windows.get(PROCESSING_KEY, {})),
    }


def _span(at: datetime, length: timedelta) -> range:
    return segments((at - length).timestamp(), at.timestamp())


def _before(at: datetime, seconds: float) -> float:
    return (at - timedelta(seconds=seconds)).timestamp()
