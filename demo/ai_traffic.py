"""Live AI: a thread that records samples the way a service of JobHive does, after a day of history at the start."""

import os
import signal
import threading
import time
from collections.abc import Callable
from random import Random
from types import TracebackType
from typing import Any, Self

from redis import Redis
from redis.exceptions import RedisError

from demo.ai import day_before, second
from demo.errors import DemoError
from exporter.live import ACCURACY_KEY, PROCESSING_KEY, LiveRecorder

TICK_SECONDS, STOP_SECONDS = 1.0, 3.0
HOUR = 3600
BATCH, KEPT_SECONDS = 1000, 25 * HOUR


class AiTraffic:
    """Records what the components measure, second by second, until it is stopped."""

    def __init__(self, url: str, seed: int, clock: Callable[[], float] = time.time) -> None:
        self._url, self._clock = url, clock
        self._chance = Random(f"{seed}/ai")  # noqa: S311 - play data
        self._recorder = LiveRecorder(url)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ai-traffic")

    def __enter__(self) -> Self:
        """Write the day before, and start."""
        self._began = self._clock()
        write_history(self._url, self._began, self._chance)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop within a second."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        # The daemon waits for signals in its own thread; one that came here would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while not self._stop.wait(TICK_SECONDS):
            for sample in second(int(self._clock() - self._began), self._chance):
                self._recorder.track_live_processing_metrics(*sample)
        self._recorder.close()


def write_history(url: str, now: float, chance: Random) -> None:
    """Write the day before the start, as the recorder would have written it then."""
    commands: list[tuple[str, ...]] = []
    for at, sample in day_before(now, chance):
        # Nobody looks at an accuracy of yesterday.
        accuracy = [(ACCURACY_KEY, sample.accuracy)] if at > now - 2 * HOUR else []
        for key, value in ((PROCESSING_KEY, sample.processing_time), *accuracy):
            text = f"{at:.6f}"
            commands.append(("ZADD", key.format(sample.component), text, f"{text}:{os.urandom(6).hex()}:{value!r}"))
    keys = {command[1] for command in commands}
    commands += [("EXPIRE", key, str(KEPT_SECONDS)) for key in sorted(keys)]
    try:
        with Redis.from_url(url) as client:
            for first in range(0, len(commands), BATCH):
                pipeline: Any = client.pipeline(transaction=False)
                for command in commands[first : first + BATCH]:
                    pipeline.execute_command(*command)
                pipeline.execute()
    except RedisError as error:
        raise DemoError(f"cannot write into Redis at {url} ({type(error).__name__})") from None
