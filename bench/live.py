"""The recorder and the collector ai_realtime; the peer is the original document's own writer and reader.

Both are on one embedded Redis. The peer's writer deletes what it writes, so its reader is given keys filled by hand.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from redis import Redis

from bench.table import Row
from collectors.ai_realtime import Collector, Options
from collectors.base import Run
from collectors.definitions import Definitions
from demo.redis import EmbeddedRedis
from exporter.live import ACCURACY_KEY, PROCESSING_KEY, LiveRecorder
from exporter.sources.redis import Keyspace
from exporter.sources.redis_address import RedisSettings, parse
from tests.seed_live import RealTimeAIMonitoring

CALLS, THREADS = 16_000, 8
COMPONENTS, SAMPLES, DAY = ("a", "b", "c", "d", "e"), 100_000, 86_400
INTERVAL, RUNS = 15, 12
PATIENCE = 120
Track = Callable[[str, float, float], None]


def rows() -> Iterator[Row]:
    """Yield calls per second, what a call costs its caller, and how long a run takes."""
    with tempfile.TemporaryDirectory(prefix="jhb-", dir="/tmp") as folder, EmbeddedRedis(Path(folder) / "r") as server:
        client: Any = Redis.from_url(server.url, decode_responses=True, protocol=2)
        yield from writer(server.url, RealTimeAIMonitoring(client))
        client.flushall()
        yield from reader(server.url, RealTimeAIMonitoring(client), client)


def writer(url: str, peer: RealTimeAIMonitoring) -> Iterator[Row]:
    """Yield what it costs to record a sample, from one thread and from eight."""
    for threads in (1, THREADS):
        recorder = LiveRecorder(url, capacity=CALLS)
        began = time.perf_counter()
        ours = calls(recorder.track_live_processing_metrics, threads)
        taken = time.perf_counter() - began
        if not recorder.flush(PATIENCE):
            raise RuntimeError("Redis does not keep up")
        written, counts = time.perf_counter() - began, recorder.counts()
        if counts.written != 2 * CALLS:
            raise RuntimeError(f"samples are missing: {counts}")
        recorder.close()
        began = time.perf_counter()
        theirs = calls(peer.track_live_processing_metrics, threads)
        spent = time.perf_counter() - began
        of = f"{threads} thread{'s' if threads > 1 else ''}"
        yield Row(f"calls taken, {of}", "1/s", CALLS / taken, CALLS / spent)
        yield Row(f"calls written to Redis, {of}", "1/s", CALLS / written, CALLS / spent)
        for name, share in (("median", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
            place = int(CALLS * share)
            yield Row(f"added to a caller, {name}, {of}", "µs", ours[place] * 1e6, theirs[place] * 1e6)


def calls(track: Track, threads: int) -> list[float]:
    """Return the seconds that each call took, in order of length."""
    took: list[float] = []

    def work() -> None:
        own = []
        for number in range(CALLS // threads):
            began = time.perf_counter()
            track("parser", 0.001 * number, 0.9)
            own.append(time.perf_counter() - began)
        took.extend(own)

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sorted(took)


def reader(url: str, peer: RealTimeAIMonitoring, client: Any) -> Iterator[Row]:
    """Yield how long a run takes at 5 components × 100,000 samples of each series, over the last 24 hours."""
    chance, now = Random(7), time.time()  # noqa: S311 - play data
    for name in COMPONENTS:
        for pattern in (PROCESSING_KEY, ACCURACY_KEY):
            fill(client, pattern.format(name), now, chance)
    recorder, collector = LiveRecorder(url), Collector(Options(), Keyspace(RedisSettings(parse(url))))
    took, cpu = [], []
    for number in range(RUNS):
        at = datetime.fromtimestamp(now + number * INTERVAL, UTC)
        began, busy = time.perf_counter(), time.process_time()
        collector.collect(Run(at, PATIENCE, Definitions()))
        took.append(time.perf_counter() - began)
        cpu.append(time.process_time() - busy)
        for name in COMPONENTS:
            for _ in range(SAMPLES * INTERVAL // DAY + 1):
                recorder.track_live_processing_metrics(name, chance.lognormvariate(0, 0.5), chance.random())
        recorder.flush(PATIENCE)
    recorder.close()
    began = time.perf_counter()
    for name in COMPONENTS:
        peer.get_real_time_metrics(name)
    spent = time.perf_counter() - began
    yield Row("first run, reads the whole day", "s", took[0])
    yield Row("run, median", "s", median(took[1:]), spent)
    yield Row("run, longest (once a minute what is usual)", "s", max(took[1:]))
    yield Row(f"run, median share of its {INTERVAL} s", "%", 100 * median(took[1:]) / INTERVAL)
    yield Row(f"run, longest share of its {INTERVAL} s", "%", 100 * max(took[1:]) / INTERVAL)
    yield Row("processor time of a run, mean", "s", sum(cpu[1:]) / len(cpu[1:]))


def fill(client: Any, key: str, now: float, chance: Random) -> None:
    """Add the samples of a day, evenly spread."""
    for first in range(0, SAMPLES, 1000):
        pipeline = client.pipeline(transaction=False)
        for number in range(first, first + 1000):
            at = f"{now - DAY * (1 - number / SAMPLES):.6f}"
            pipeline.execute_command("ZADD", key, at, f"{at}:{chance.getrandbits(48):012x}:{chance.random()!r}")
        pipeline.execute()
