"""The figures of one component at an instant, of the samples before it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from collectors.ai_realtime import families as f
from collectors.ai_realtime.statistics import P95_MIN, is_told, percentile, slope, theil_sen, trend
from exporter.model import Sample

SECONDS = {"5m": 300.0, "1h": 3600.0}
P99_MIN = 100
Times = Sequence[float]


@dataclass(frozen=True, slots=True)
class Window:
    """The samples of one key in one window, by time, and the slope of their values, if they are enough for one."""

    name: str
    times: Times
    values: Sequence[float]
    slope: float | None

    @classmethod
    def of(cls, name: str, times: Times, values: Sequence[float]) -> "Window":
        """Make a window of its samples."""
        return cls(name, times, values, slope(times, values) if is_told(times, SECONDS[name]) else None)

    @property
    def trend(self) -> float | None:
        """The relative change over the window."""
        return None if self.slope is None else trend(self.slope, SECONDS[self.name], self.values)


def processing(component: str, window: Window) -> Iterator[Sample]:
    """Yield RT1, RT2 and RT5."""
    labels = {"component": component, "window": window.name}
    n, ordered = len(window.values), sorted(window.values)
    yield f.PROCESSING_SAMPLES.sample(n, **labels)
    yield f.PROCESSING_TOTAL.sample(fsum(window.values), **labels)
    for family, share, least in ((f.P50, 0.5, 1), (f.P95, 0.95, P95_MIN), (f.P99, 0.99, P99_MIN)):
        if n >= least:
            yield family.sample(percentile(ordered, share), **labels)
    if ordered:
        yield f.LONGEST.sample(ordered[-1], **labels)
    if window.slope is not None:
        yield f.SLOPE.sample(window.slope, **labels)
    if window.trend is not None:
        yield f.TREND.sample(window.trend, **labels)


def accuracy(component: str, window: Window) -> Iterator[Sample]:
    """Yield RT3 and RT5c."""
    labels = {"component": component, "window": window.name}
    yield f.ACCURACY_SAMPLES.sample(len(window.values), **labels)
    yield f.ACCURACY_TOTAL.sample(fsum(window.values), **labels)
    if window.trend is not None:
        yield f.ACCURACY_TREND.sample(window.trend, **labels)


def spike(component: str, window: Window, usual: float | None) -> Iterator[Sample]:
    """Yield RT6, of the samples of the last five minutes and what their p95 usually is."""
    if usual and len(window.values) >= P95_MIN:
        yield f.SPIKE.sample(percentile(sorted(window.values), 0.95) / usual, component=component)


def slopes(windows: Mapping[str, Window]) -> dict[str, object]:
    """Return both slopes of each window; the robust one is for JSON only."""
    return {
        name: {
            "samples": len(window.values),
            "slope": window.slope,
            "theil_sen_slope": None if window.slope is None else theil_sen(window.times, window.values),
        }
        for name, window in windows.items()
    }


def last100(newest_first: Sequence[tuple[float, float]]) -> dict[str, object]:
    """Return RT4: the last samples by time, their mean and their slope."""
    times = [time for time, _ in reversed(newest_first)]
    values = [value for _, value in reversed(newest_first)]
    return {
        "samples": len(values),
        "from": times[0] if times else None,
        "to": times[-1] if times else None,
        "mean": fsum(values) / len(values) if values else None,
        "trend": slope(times, values),
    }
