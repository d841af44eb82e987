"""The collector ai_realtime on a real Redis: single rows of metrics.md 4.9, bad keys, limits, what is read when."""

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import Any

import pytest

from collectors.ai_realtime import Collector, Options
from collectors.ai_realtime.statistics import is_told, percentile, slope, theil_sen, trend, usual_p95
from exporter.live import LiveRecorder
from exporter.model import Value
from exporter.sources.redis import Keyspace, Round
from exporter.sources.redis_address import RedisSettings, parse
from tests.collectors.live_samples import T, ask, collector, write
from tests.oracle.realtime import Entry, Key
from tests.redis_servers import embedded, now, plain
from tests.seed_live import RealTimeAIMonitoring

TIMES, ACCURACIES = "ai_processing_times:", "ai_accuracy:"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with embedded() as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    with plain(server) as client:
        client.flushall()
    return server


def entry(key: str, at: float, value: object, name: object = "id") -> Entry:
    return Entry(key, at, f"{at:.6f}:{name}:{value}")


def steady(component: str, values: list[float], step: float = 1.0, until: float = T) -> list[Entry]:
    """Return processing times so many seconds apart, the last one a step before an instant."""
    first = until - step * len(values)
    return [entry(TIMES + component, first + step * n, value, n) for n, value in enumerate(values)]


def get(found: dict[Key, Value], name: str, **labels: str) -> Value | None:
    return found.get(("jobhive_ai_" + name, frozenset(labels.items())))


def test_percentiles_are_interpolated() -> None:
    values = [float(n) for n in range(1, 11)]
    assert math.isclose(percentile(values, 0.95), 9.55)
    assert (percentile(values, 0), percentile(values, 0.5), percentile(values, 1)) == (1, 5.5, 10)
    assert percentile([7.0], 0.99) == 7


def test_a_line_has_its_own_slope_also_far_from_the_epoch() -> None:
    times = [T + n * 0.25 for n in range(400)]
    values = [3 + (time - T) * 0.002 for time in times]
    assert math.isclose(slope(times, values) or 0, 0.002, rel_tol=1e-9)
    assert math.isclose(theil_sen(times, values) or 0, 0.002, rel_tol=1e-6)
    assert trend(0.002, 300, [0.5, 1.5]) == 0.6
    assert trend(0.002, 300, [0.0, 0.0]) is None
    assert slope([T, T], [1, 2]) is None
    assert slope([T], [1]) is None
    assert theil_sen([T, T], [1, 2]) is None


def test_one_wild_value_moves_the_robust_slope_little() -> None:
    times, values = [T + n for n in range(20)], [float(n) for n in range(20)]
    values[19] = 1000
    assert theil_sen(times, values) == 1
    assert (slope(times, values) or 0) > 10


@pytest.mark.parametrize(("n", "span", "told"), [(10, 75, True), (9, 299, False), (10, 74.9, False), (0, 0, False)])
def test_a_slope_needs_samples_and_time(n: int, span: float, told: bool) -> None:
    assert is_told([T + span * index / max(n - 1, 1) for index in range(n)], 300) is told


def test_what_is_usual_needs_24_full_bins() -> None:
    start, end = T - 86400, T - 600
    bins = [[end - 300 * number - 150 + n for n in range(20)] for number in range(24)]
    times = sorted(time for one in bins for time in one)
    assert usual_p95(times, [2.0] * len(times), start, end) == 2
    assert usual_p95(times[1:], [2.0] * (len(times) - 1), start, end) is None


def test_each_percentile_needs_its_samples(url: str) -> None:
    for n, present in (
        (1, (True, False, False)),
        (19, (True, False, False)),
        (20, (True, True, False)),
        (99, (True, True, False)),
        (100, (True, True, True)),
    ):
        write(url, steady(f"c{n}", [1.0] * n))
        found, _ = ask(collector(url))
        labels = {"component": f"c{n}", "window": "5m"}
        shown = tuple(
            get(found, f"processing_time_{name}_seconds", **labels) is not None for name in ("p50", "p95", "p99")
        )
        assert shown == present, n
        assert get(found, "processing_samples", **labels) == n


def test_a_component_of_the_configuration_is_there_when_it_is_silent(url: str) -> None:
    found, harvest = ask(collector(url, components=["quiet"]))
    assert {name: value for (name, labels), value in found.items() if ("window", "1h") not in labels} == {
        "jobhive_ai_processing_samples": 0,
        "jobhive_ai_realtime_accuracy_samples": 0,
        "jobhive_ai_realtime_data_available": 0,
    }
    assert harvest.dropped == {("redis", "sample_invalid"): 0, ("redis", "legacy_member"): 0}
    assert harvest.documents["dropped"] == {}


def test_one_series_does_without_the_other(url: str) -> None:
    write(url, [entry(ACCURACIES + "only", T - 10, 0.75)])
    found, _ = ask(collector(url))
    assert get(found, "realtime_accuracy_avg_ratio", component="only", window="5m") == 0.75
    assert get(found, "processing_samples", component="only", window="5m") == 0
    assert get(found, "realtime_data_available", component="only") == 1
    assert get(found, "last_sample_timestamp_seconds", component="only") == T - 10


def test_a_key_of_another_type_costs_its_series_only(url: str) -> None:
    with plain(url) as client:
        client.set(TIMES + "parser", "text")
        client.hset(ACCURACIES + "scorer", "a", "b")
    write(url, [entry(ACCURACIES + "parser", T - 10, 0.5), entry(TIMES + "scorer", T - 10, 2)])
    found, harvest = ask(collector(url))
    assert get(found, "processing_samples", component="parser", window="1h") is None
    assert get(found, "realtime_accuracy_samples", component="parser", window="1h") == 1
    assert get(found, "realtime_accuracy_samples", component="scorer", window="1h") is None
    assert get(found, "processing_time_max_seconds", component="scorer", window="1h") == 2
    assert harvest.dropped["redis", "sample_invalid"] == 2
    assert harvest.documents["dropped"] == {
        TIMES + "parser": {"sample_invalid": 1},
        ACCURACIES + "scorer": {"sample_invalid": 1},
    }


def test_components_are_found_by_name_up_to_fifty(url: str) -> None:
    write(url, [entry(f"{TIMES}found_{n:02}", T - 10, 1) for n in range(60)])
    write(url, [entry(f"{ACCURACIES}{name}", T - 10, 1) for name in ("Upper", "a-b", "x" * 65, "é", "", "aa")])
    found, _ = ask(collector(url, components=["zz", "found_59"]))
    names = [dict(labels)["component"] for name, labels in found if name == "jobhive_ai_realtime_data_available"]
    assert names == ["zz", "found_59", "aa", *(f"found_{n:02}" for n in range(47))]


def test_the_last_hundred_are_the_latest_valid_ones_before_the_instant(url: str) -> None:
    noise = [entry(TIMES + "parser", T - 1 - n / 1000, "nan", n) for n in range(1500)]
    later = [entry(TIMES + "parser", T + n / 10, 9, n) for n in range(300)]
    write(url, [*steady("parser", [float(n) for n in range(150)], 2, T - 3), *noise, *later])
    _, harvest = ask(collector(url))
    document: Any = harvest.documents["components"]
    last = document["parser"]["last100"]["processing_time"]
    assert (last["samples"], last["mean"], last["from"], last["to"]) == (100, 99.5, T - 203, T - 5)
    assert math.isclose(last["trend"], 0.5)
    assert document["parser"]["last100"]["accuracy"] == {
        "samples": 0,
        "from": None,
        "to": None,
        "mean": None,
        "trend": None,
    }


class Counting(Keyspace):
    """Tells how many members were read."""

    members = 0

    def read(self, deadline: float, work: Any) -> Any:
        def counted(round_: Round) -> Any:
            asked = round_.ask

            def ask(commands: Any) -> Any:
                replies = asked(commands)
                sizes = [len(reply) // 2 for reply in replies if isinstance(reply, list)]
                self.members += sum(sizes)
                assert sum(sizes) <= 41_000, "a round is too large"
                return replies

            round_.ask = ask  # type: ignore[method-assign]
            return work(round_)

        return super().read(deadline, counted)


def test_a_run_reads_what_is_new_and_the_day_once(url: str) -> None:
    chance = NormalDist(1, 0.1).samples(60_000, seed=1)
    write(url, steady("parser", [abs(value) for value in chance], 1.4))
    source = Counting(RedisSettings(parse(url)))
    asked = Collector(Options(), source)
    ask(asked, T)
    assert source.members >= 60_000
    source.members = 0
    first, _ = ask(asked, T + 15)
    ask(asked, T + 75)
    assert source.members <= 2 * 100
    write(url, steady("parser", [5.0] * 40, 0.1, T + 74))
    found, _ = ask(asked, T + 75)
    assert source.members <= 800
    assert get(found, "processing_time_max_seconds", component="parser", window="5m") == 5
    spikes = [get(one, "processing_time_spike_ratio", component="parser") for one in (first, found)]
    assert spikes[0] is not None
    assert spikes[1] is not None
    assert spikes[0] < 1.1 < 4 < spikes[1]


def test_what_is_usual_is_looked_at_once_a_minute_and_at_the_instant_by_a_single_run(url: str) -> None:
    def spikes(at: float) -> list[Value | None]:
        return [
            get(ask(one, at)[0], "processing_time_spike_ratio", component="parser") for one in (asked, collector(url))
        ]

    asked = collector(url)
    day = [2.0 if (n // 300) % 2 else 1.0 for n in range(0, 86400, 10)]
    write(url, steady("parser", day, 10))
    (lasting, fresh) = spikes(T)
    assert lasting == fresh is not None
    write(url, steady("parser", [8.0] * 20_000, 2.5, T - 700))
    (lasting_later, fresh_later) = spikes(T + 59)
    assert lasting_later != fresh_later
    (lasting_at_last, fresh_at_last) = spikes(T + 60)
    assert lasting_at_last == fresh_at_last


def test_a_busy_segment_is_read_page_by_page(url: str) -> None:
    values = [float(n % 97) for n in range(45_000)]
    write(url, steady("parser", values, 0.005))
    source = Counting(RedisSettings(parse(url)))
    asked = Collector(Options(), source)
    found, _ = ask(asked)
    assert get(found, "processing_samples", component="parser", window="5m") == 45_000
    assert math.isclose(
        float(get(found, "processing_time_avg_seconds", component="parser", window="1h") or 0), sum(values) / 45_000
    )


def test_what_the_original_document_loses(url: str) -> None:
    """Its writer and its reader beside ours, on one Redis, with the same hundred and fifty calls (traps 63 to 71)."""
    with plain(url) as client:
        original, recorder = RealTimeAIMonitoring(client), LiveRecorder(url)
        for number in range(150):
            original.track_live_processing_metrics("theirs", 0.1 * number, 0.9)
            recorder.track_live_processing_metrics("ours", 0.1 * number, 0.9)
        assert recorder.flush(10)
        recorder.close()
        # The value is the score, so everything is older than a day: each call deletes what it has just written.
        assert client.zcard(TIMES + "theirs") == 0
        assert original.get_real_time_metrics("theirs") == {"error": "Insufficient data"}
        assert client.zcard(TIMES + "ours") == 150
        # Without that, calls of one second overwrite each other, and the last hundred are the largest hundred.
        client.zadd(TIMES + "theirs", {str(1000 + number): float(150 - number) for number in range(150)})
        client.zadd(ACCURACIES + "theirs", {"1000": 0.5})
        assert original.get_real_time_metrics("theirs")["avg_processing_time"] == sum(range(51, 151)) / 100
        assert client.ttl(TIMES + "theirs") == -1
        assert client.ttl(TIMES + "ours") > 0
    found, harvest = ask(collector(url), now() + 1)
    assert get(found, "processing_samples", component="ours", window="5m") == 150
    assert math.isclose(float(get(found, "processing_time_avg_seconds", component="ours", window="5m") or 0), 7.45)
    assert get(found, "processing_samples", component="theirs", window="1h") == 0
    assert get(found, "realtime_data_available", component="theirs") == 0
    assert harvest.dropped["redis", "legacy_member"] == 151
