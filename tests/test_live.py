"""The recorder: what it writes, and that nothing that happens to Redis reaches who calls it."""

import asyncio
import logging
import math
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from demo.redis import EmbeddedRedis
from exporter.live import Counts, LiveRecorder
from tests.demo.conftest import temporary_folder
from tests.redis_servers import embedded, now, plain, put, silent
from tests.waiting import eventually

TIMES, ACCURACIES = "ai_processing_times:parser", "ai_accuracy:parser"
PATIENCE = 10


@pytest.fixture
def url() -> Iterator[str]:
    with embedded() as url:
        yield url


@pytest.fixture
def recorder(url: str) -> Iterator[LiveRecorder]:
    recorder = LiveRecorder(url)
    yield recorder
    recorder.close(PATIENCE)


def members(url: str, key: str) -> list[tuple[str, float]]:
    with plain(url) as client:
        return list(client.zrange(key, 0, -1, withscores=True))


def test_a_sample_has_its_time_as_score_and_its_value_in_the_member(url: str, recorder: LiveRecorder) -> None:
    before = now()
    recorder.track_live_processing_metrics("parser", 0.25, 0.875, sample_id="request-1")
    assert recorder.flush(PATIENCE)
    for key, value in ((TIMES, "0.25"), (ACCURACIES, "0.875")):
        ((member, score),) = members(url, key)
        assert before <= score <= now()
        assert member == f"{score:.6f}:request-1:{value}"
        with plain(url) as client:
            assert 89_990 < client.ttl(key) <= 90_000
    assert recorder.counts() == Counts(written=2)


def test_a_sample_without_an_id_gets_one_of_its_own(url: str, recorder: LiveRecorder) -> None:
    for _ in range(100):
        recorder.track_live_processing_metrics("parser", 0.25, None)
    assert recorder.flush(PATIENCE)
    written = [member for member, _ in members(url, TIMES)]
    assert len(written) == 100
    assert all(re.fullmatch(r"\d{10}\.\d{6}:[0-9a-f]{12}:0\.25", member) for member in written)
    with plain(url) as client:
        assert client.keys("*") == [TIMES]


def test_a_sample_counts_once_however_often_and_wherever_it_is_recorded(url: str, recorder: LiveRecorder) -> None:
    again = LiveRecorder(url)
    for one, seconds in ((recorder, 0.25), (recorder, 0.5), (again, 0.75)):
        one.track_live_processing_metrics("parser", seconds, 0.5, sample_id="task-7")
        assert one.flush(PATIENCE)
    recorder.track_live_processing_metrics("scorer", 1, 0.5, sample_id="task-7")
    assert recorder.flush(PATIENCE)
    assert [member.rpartition(":")[2] for member, _ in members(url, TIMES)] == ["0.25"]
    assert len(members(url, ACCURACIES)) == 1
    assert (recorder.counts(), again.counts()) == (Counts(written=4, known=2), Counts(known=2))
    again.close()


@pytest.mark.parametrize("sample_id", ["é", "two words", "x" * 65, "\ud800", "a\nb", 7, 3.5, ("a", "b")])
def test_any_id_will_do(url: str, recorder: LiveRecorder, sample_id: object) -> None:
    for _ in range(2):
        recorder.track_live_processing_metrics("parser", 0.25, None, sample_id)
    assert recorder.flush(PATIENCE)
    ((member, _),) = members(url, TIMES)
    assert re.fullmatch(r"[\d.]+:[!-~]{1,64}:0\.25", member)


INVALID: list[tuple[Any, Any, Any, int]] = [
    ("parser", math.nan, 0.5, 1),
    ("parser", math.inf, None, 1),
    ("parser", -0.001, -0.001, 2),
    ("parser", "soon", 1.001, 2),
    ("parser", object(), [], 2),
    ("parser", 10**400, None, 1),
    ("Parser", 0.5, 0.5, 2),
    ("par{ser}", 0.5, None, 1),
    ("parser\n", 0.5, None, 1),
    ("p" * 65, 0.5, None, 1),
    ("", 0.5, None, 1),
    (None, 0.5, 0.5, 2),
    (b"parser", 0.5, 0.5, 2),
]


@pytest.mark.parametrize(("component", "seconds", "accuracy", "refused"), INVALID)
def test_what_is_no_sample_is_refused_and_counted(
    url: str, recorder: LiveRecorder, component: Any, seconds: Any, accuracy: Any, refused: int
) -> None:
    recorder.track_live_processing_metrics(component, seconds, accuracy)
    assert recorder.flush(PATIENCE)
    given = sum(value is not None for value in (seconds, accuracy))
    assert recorder.counts() == Counts(invalid=refused, written=given - refused)


def test_one_that_raises_when_it_is_looked_at_reaches_nobody(recorder: LiveRecorder) -> None:
    class Hostile:
        def __float__(self) -> float:
            raise RuntimeError

        __str__ = __float__  # type: ignore[assignment]

    recorder.track_live_processing_metrics("parser", Hostile(), None)  # type: ignore[arg-type]
    recorder.track_live_processing_metrics("parser", 0.5, None, Hostile())
    assert recorder.flush(PATIENCE)
    assert recorder.counts() == Counts(written=1, invalid=1)


def test_old_samples_go_and_at_most_so_many_stay(url: str) -> None:
    recorder = LiveRecorder(url, retention=3600, max_samples=50)
    put(url, TIMES, (now() - 3601, "old"), (now() - 3599, "young"))
    for number in range(49):
        recorder.track_live_processing_metrics("parser", 0.25, None, number)
    assert recorder.flush(PATIENCE)
    assert next(member for member, _ in members(url, TIMES)) == "young"
    for number in range(49, 80):
        recorder.track_live_processing_metrics("parser", 0.25, None, number)
    assert recorder.flush(PATIENCE)
    with plain(url) as client:
        assert client.zcard(TIMES) == client.zcard(f"ai_sample_ids:{{{TIMES}}}") == 50
        assert client.ttl(TIMES) <= 7200
    recorder.close()


def test_a_key_of_another_kind_costs_its_own_samples_only(url: str, recorder: LiveRecorder) -> None:
    with plain(url) as client:
        client.set(TIMES, "a string")
    recorder.track_live_processing_metrics("parser", 0.25, 0.5)
    assert recorder.flush(PATIENCE)
    assert recorder.counts() == Counts(written=1, refused=1)
    assert len(members(url, ACCURACIES)) == 1


def test_threads_lose_nothing(url: str, recorder: LiveRecorder) -> None:
    def work() -> None:
        for _ in range(250):
            recorder.track_live_processing_metrics("parser", 0.25, 0.5)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorder.flush(PATIENCE)
    assert recorder.counts() == Counts(written=4000)
    assert len(members(url, TIMES)) == len(members(url, ACCURACIES)) == 2000


def test_it_is_called_from_asyncio_as_from_anywhere(url: str, recorder: LiveRecorder) -> None:
    async def request(number: int) -> None:
        await asyncio.sleep(0)
        recorder.track_live_processing_metrics("parser", 0.25, 0.5, number)

    async def serve() -> bool:
        await asyncio.gather(*map(request, range(200)))
        return await asyncio.to_thread(recorder.flush, PATIENCE)

    assert asyncio.run(serve())
    assert recorder.counts() == Counts(written=400)


def slowest_call(recorder: LiveRecorder, calls: int) -> float:
    """Return the median of how long calls take: one may meet a pause of the machine, most do not."""
    took = []
    for _ in range(calls):
        began = time.perf_counter()
        recorder.track_live_processing_metrics("parser", 0.25, 0.5)
        took.append(time.perf_counter() - began)
    return sorted(took)[len(took) // 2]


def test_a_redis_that_says_nothing_keeps_no_caller_waiting(caplog: pytest.LogCaptureFixture) -> None:
    with silent() as port:
        recorder = LiveRecorder(f"redis://:canary@127.0.0.1:{port}", capacity=100)
        with caplog.at_level(logging.WARNING, "exporter.live"):
            assert slowest_call(recorder, 1000) < 0.005
            assert not recorder.flush(0.05)
            counts = recorder.counts()
            assert 2000 - 2 * (100 + 200) <= counts.overflow <= 1800
            eventually(lambda: caplog.messages, within=PATIENCE)
        assert caplog.messages[0] == "live samples cannot be written (TimeoutError); trying again"
        recorder.close(0)
        recorder.track_live_processing_metrics("parser", 0.25, 0.5)
        eventually(lambda: sum(recorder.counts()) == 2002, within=PATIENCE)
        assert recorder.counts().lost >= 200


def test_what_is_recorded_while_redis_is_down_is_written_when_it_is_back() -> None:
    for folder in temporary_folder():
        server = EmbeddedRedis(folder)
        server.start()
        recorder = LiveRecorder(server.url)
        recorder.track_live_processing_metrics("parser", 0.25, None)
        assert recorder.flush(PATIENCE)
        server.stop()
        recorder.track_live_processing_metrics("parser", 0.5, None)
        assert not recorder.flush(0.2)
        assert recorder.counts() == Counts(written=1)
        with server:
            assert recorder.flush(PATIENCE)
            assert [member.rpartition(":")[2] for member, _ in members(server.url, TIMES)] == ["0.5"]
        assert recorder.counts() == Counts(written=2)
        recorder.close()


def test_the_thread_makes_its_client_and_makes_it_again(url: str) -> None:
    made: list[str] = []

    def connect() -> Any:
        made.append(threading.current_thread().name)
        if len(made) == 1:
            raise OSError
        return Redis.from_url(url)

    recorder = LiveRecorder(connect)
    assert made == []
    recorder.track_live_processing_metrics("parser", 0.25, None)
    assert recorder.flush(PATIENCE)
    assert made == ["live-recorder"] * 2
    recorder.close()


def test_after_close_nothing_is_taken(url: str) -> None:
    recorder = LiveRecorder(url)
    recorder.track_live_processing_metrics("parser", 0.25, 0.5)
    recorder.close(PATIENCE)
    recorder.track_live_processing_metrics("parser", 0.25, 0.5)
    recorder.close(PATIENCE)
    assert recorder.flush(PATIENCE)
    assert recorder.counts() == Counts(written=2, lost=2)
    assert len(members(url, TIMES)) == 1


def test_a_recorder_that_is_forgotten_ends_its_thread(url: str) -> None:
    recorder = LiveRecorder(url)
    recorder.track_live_processing_metrics("parser", 0.25, None)
    before = [thread for thread in threading.enumerate() if thread.name == "live-recorder"]
    del recorder
    eventually(lambda: not any(thread.is_alive() for thread in before), within=PATIENCE)
    assert len(members(url, TIMES)) == 1


FORKING = """
import os, sys
from exporter.live import LiveRecorder
recorder = LiveRecorder(sys.argv[1])
recorder.track_live_processing_metrics("parser", 0.25, None, "parent")
recorder.flush(10)
children = []
for number in range(3):
    recorder.track_live_processing_metrics("parser", 0.5, None, f"before-{number}")
    child = os.fork()
    if not child:
        recorder.track_live_processing_metrics("parser", 0.75, None, f"child-{number}")
        done = recorder.flush(10) and recorder.counts().written == 1
        os._exit(0 if done else 1)
    children.append(child)
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
assert recorder.flush(10) and recorder.counts().written == 4, recorder.counts()
"""
LEAVING = """
import sys
from exporter.live import LiveRecorder
recorder = LiveRecorder(sys.argv[1])
for number in range(500):
    recorder.track_live_processing_metrics("parser", 0.25, None)
"""


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def test_a_child_of_a_fork_has_its_own_queue_and_thread(url: str) -> None:
    done = run(FORKING, url)
    assert (done.returncode, done.stderr) == (0, "")
    names = [member.split(":")[1] for member, _ in members(url, TIMES)]
    assert sorted(names) == [*(f"before-{n}" for n in range(3)), *(f"child-{n}" for n in range(3)), "parent"]


def test_what_waits_is_written_before_the_process_ends(url: str) -> None:
    done = run(LEAVING, url)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(members(url, TIMES)) == 500


def test_a_redis_that_says_nothing_does_not_keep_the_process() -> None:
    with silent() as port:
        began = time.monotonic()
        done = run(LEAVING, f"redis://127.0.0.1:{port}")
        assert done.returncode == 0
        assert done.stderr.splitlines() in ([], ["live samples cannot be written (TimeoutError); trying again"])
        assert time.monotonic() - began < PATIENCE


def test_it_imports_redis_and_nothing_of_ours() -> None:
    script = "import sys; before = set(sys.modules); import exporter.live; print(*sorted(set(sys.modules) - before))"
    loaded = {
        name.partition(".")[0] if not name.startswith("exporter") else name for name in run(script).stdout.split()
    }
    ours = {name for name in loaded if name.startswith(("exporter", "collectors", "alerts", "demo"))}
    assert ours == {"exporter", "exporter.live"}
    assert not loaded & {"pydantic", "sqlalchemy", "starlette", "prometheus_client", "structlog", "apscheduler"}


def test_the_script_refuses_what_is_too_old_from_the_future_or_no_number(url: str) -> None:
    from exporter.live import SCRIPT

    def added(at: str) -> int:
        with plain(url) as client:
            return int(client.eval(SCRIPT, 1, "ai_accuracy:x", at, f"{at}:id:0.5", "86400", "10"))

    answers = [added(at) for at in ("nan", "inf", "-inf", "soon", f"{now() + 90:.6f}", f"{now() - 86410:.6f}")]
    assert answers == [-1] * 6
    assert [added(f"{now() + 30:.6f}"), added(f"{now() - 86000:.6f}")] == [1, 1]


def test_the_page_shows_the_script_as_it_is() -> None:
    from exporter.live import SCRIPT

    page = (Path(__file__).parent.parent / "docs" / "live.md").read_text()
    assert SCRIPT in page
