"""The recorder that JobHive's services call: live samples of their AI components, for the collector `ai_realtime`.

It imports redis and nothing of ours, so that a service needs neither our settings nor our dependencies. What is
recorded is put into a queue, and a thread of its own writes it: a caller never waits for Redis (docs/live.md).
"""

import hashlib
import logging
import math
import os
import re
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from redis import Redis, RedisCluster
from redis.backoff import NoBackoff
from redis.exceptions import ClusterDownError, NoScriptError, ReadOnlyError, TryAgainError
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import TimeoutError as TooSlow
from redis.retry import Retry

PROCESSING_KEY, ACCURACY_KEY = "ai_processing_times:{}", "ai_accuracy:{}"
# In braces stands the whole name of the key it belongs to: on a cluster both are then in the same slot.
IDS_KEY = "ai_sample_ids:{{{}}}"
COMPONENT = re.compile(r"[a-z0-9_]{1,64}")
# Another id is replaced by its hash: nothing breaks the form of a member, and none is long.
PLAIN_ID = re.compile(r"[!-~]{1,64}")
# KEYS = the sorted set and, for a sample with an id of its own, the ids that were there.
# ARGV = event time, member, retention in seconds, most samples, id.
SCRIPT = """\
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
local ts, retention, most = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
if not ts or ts ~= ts or ts > now + 60 or ts < now - retention then return -1 end
if KEYS[2] and redis.call('ZADD', KEYS[2], 'NX', ARGV[1], ARGV[5]) == 0 then return 0 end
local added = redis.call('ZADD', KEYS[1], 'NX', ARGV[1], ARGV[2])
for _, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. string.format('%.6f', now - retention))
  redis.call('ZREMRANGEBYRANK', key, 0, -(most + 1))
  redis.call('EXPIRE', key, math.ceil(retention) + 3600)
end
return added
"""
SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
BATCH = 200
CONNECT_SECONDS, SOCKET_SECONDS = 1.0, 1.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
# A caller waits at most so long for the lock of the counters, and the end of the process for what is in the queue.
LOCK_SECONDS, EXIT_SECONDS = 0.005, 1.0
# Redis could not be asked, or is not the one to ask just now; what it says of a sample itself is not among them.
PASSING = (LostConnection, TooSlow, ReadOnlyError, ClusterDownError, TryAgainError)
log = logging.getLogger(__name__)

Client = Redis | RedisCluster
Connect = Callable[[], Client]


class Counts(NamedTuple):
    """What became of the values that this process recorded; a call has up to two, a time and an accuracy.

    `known` were there already under their sample id. Dropped are: `invalid`, for their component or value; `overflow`,
    the oldest of a full queue; `refused`, by Redis; `lost`, not written when the recorder was closed.
    """

    written: int = 0
    known: int = 0
    invalid: int = 0
    overflow: int = 0
    refused: int = 0
    lost: int = 0


class _Call(NamedTuple):
    """One call: its event time, and the values that are valid."""

    at: float
    component: str
    values: tuple[tuple[str, float], ...]
    sample_id: str | None


class _Command(NamedTuple):
    """One value as the script takes it; the same again when it has to be sent again."""

    keys: tuple[str, ...]
    arguments: tuple[str, ...]


class LiveRecorder:
    """Records how long an AI component took, and how right it was; made once per service, for all its threads.

    `redis` is a URL as redis-py takes it, or a function that makes a client (for Sentinel, a cluster, certificates of
    one's own); it is called in the thread that writes, when something is to be written, once per process and again
    after failures. At most `capacity` calls wait in memory: then the oldest are dropped. Redis keeps samples for
    `retention` seconds, and of each component at most `max_samples`.
    """

    def __init__(
        self, redis: str | Connect, *, capacity: int = 10_000, retention: int = 86_400, max_samples: int = 200_000
    ) -> None:
        self._connect = redis if callable(redis) else _connector(redis)
        self._capacity, self._limits = capacity, (str(retention), str(max_samples))
        # By process: a thread does not survive a fork, and a lock may be held by one that did not.
        self._writers: dict[int, _Writer] = {}

    def track_live_processing_metrics(
        self, component: str, processing_time: float | None, accuracy: float | None, sample_id: object = None
    ) -> None:
        """Record one sample, now: seconds, and 0 to 1; None for one that there is not. Returns at once, never raises.

        With a `sample_id` (of a request, a task, a trace) it counts once, however often it is recorded.
        """
        try:
            self._writer().take(component, processing_time, accuracy, sample_id)
        except Exception as error:  # noqa: BLE001 - the request of the caller goes on, whatever happens here
            log.debug("a live sample was not taken (%s)", type(error).__name__)

    def counts(self) -> Counts:
        """Return what became of the values so far, in this process."""
        return self._writer().counts()

    def flush(self, timeout: float = 1.0) -> bool:
        """Wait until everything recorded so far has been dealt with; false if that takes longer."""
        return self._writer().flush(timeout)

    def close(self, timeout: float = 1.0) -> None:
        """Write what waits, for at most so many seconds; what is recorded from now on is lost, and counted."""
        self._writer().close(timeout)

    def _writer(self) -> "_Writer":
        process = os.getpid()
        writer = self._writers.get(process)
        if writer is None:
            # Two threads may come here at once; both get the one that was first.
            writer = self._writers.setdefault(process, _Writer(self._connect, self._capacity, self._limits))
            for other in self._writers.keys() - {process}:
                self._writers.pop(other, None)
            # Called when the recorder is forgotten, and when the interpreter ends.
            weakref.finalize(self, writer.close, EXIT_SECONDS)
        return writer


class _Writer:
    """The queue of one process, and the thread that empties it; only that thread talks to Redis."""

    def __init__(self, connect: Connect, capacity: int, limits: tuple[str, str]) -> None:
        self._connect, self._capacity, self._limits = connect, capacity, limits
        self._process = os.getpid()
        self._client: Client | None = None
        # A call, the mark of a flush, or None for the end. Putting never blocks, not even in a signal handler.
        self._queue: SimpleQueue[_Call | threading.Event | None] = SimpleQueue()
        self._lock, self._counts = threading.Lock(), dict.fromkeys(Counts._fields, 0)
        self._thread: threading.Thread | None = None
        self._closed, self._hurry = False, threading.Event()

    def take(self, component: object, processing_time: object, accuracy: object, sample_id: object) -> None:
        """Put a call into the queue; drops and counts what is invalid, and the oldest call of a full queue."""
        given = ((PROCESSING_KEY, processing_time, math.inf), (ACCURACY_KEY, accuracy, 1.0))
        present = [(key, value, highest) for key, value, highest in given if value is not None]
        if not isinstance(component, str) or not COMPONENT.fullmatch(component):
            self._count("invalid", len(present))
            return
        numbers = [(key, _number(value, highest)) for key, value, highest in present]
        values = tuple((key, number) for key, number in numbers if number is not None)
        if len(values) < len(present):
            self._count("invalid", len(present) - len(values))
        if not values:
            return
        if self._closed:
            self._count("lost", len(values))
            return
        call = _Call(time.time(), component, values, _plain(sample_id))
        while self._queue.qsize() >= self._capacity and self._drop_oldest():
            pass
        self._queue.put(call)
        if self._thread is None:
            self._start()

    def counts(self) -> Counts:
        """Return the counters."""
        with self._lock:
            return Counts(**self._counts)

    def flush(self, timeout: float) -> bool:
        """Wait until all that is in the queue has been dealt with."""
        if self._thread is None or not self._thread.is_alive():
            return self._queue.empty()
        mark = threading.Event()
        self._queue.put(mark)
        return mark.wait(timeout)

    def close(self, timeout: float) -> None:
        """End the thread; in the child of a fork there is none to end."""
        if self._closed or self._process != os.getpid():
            return
        self._closed = True
        self._queue.put(None)
        if self._thread:
            self._thread.join(timeout)
            self._hurry.set()
            while self._drop_oldest("lost"):
                pass

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live-recorder", daemon=True)
                self._thread.start()

    def _drop_oldest(self, reason: str = "overflow") -> bool:
        """Take the oldest call out of the queue; false if there is none."""
        try:
            oldest = self._queue.get_nowait()
        except Empty:
            return False
        if oldest is None:
            self._queue.put(None)
            return False
        if isinstance(oldest, _Call):
            self._count(reason, len(oldest.values))
        else:
            # What was before it has been dealt with: dropped.
            oldest.set()
        return True

    def _count(self, name: str, by: int) -> None:
        # Without the lock two threads may at worst count one for two; a caller must not wait for longer.
        locked = self._lock.acquire(timeout=LOCK_SECONDS)
        try:
            self._counts[name] += by
        finally:
            if locked:
                self._lock.release()

    def _run(self) -> None:
        open_ = True
        while open_:
            items = self._next()
            self._write([command for item in items if isinstance(item, _Call) for command in self._commands(item)])
            for item in items:
                if isinstance(item, threading.Event):
                    item.set()
            open_ = None not in items
        self._let_go()

    def _next(self) -> list[_Call | threading.Event | None]:
        """Wait for something in the queue; return what there is."""
        items = [self._queue.get()]
        with suppress(Empty):
            while len(items) < BATCH:
                items.append(self._queue.get_nowait())
        return items

    def _commands(self, call: _Call) -> list[_Command]:
        # Six decimals: a double holds them exactly enough, and they are all that the script reads.
        at, name = f"{call.at:.6f}", call.sample_id or os.urandom(6).hex()
        commands = []
        for pattern, value in call.values:
            key = pattern.format(call.component)
            keys = (key,) if call.sample_id is None else (key, IDS_KEY.format(key))
            commands.append(_Command(keys, (at, f"{at}:{name}:{value!r}", *self._limits, name)))
        return commands

    def _write(self, commands: Sequence[_Command]) -> None:
        """Send commands until Redis has dealt with them, or the recorder is closed and its time is over."""
        pause = SHORTEST_PAUSE
        while commands:
            try:
                commands, why = self._send(commands)
            except Exception as error:  # noqa: BLE001 - the thread must live, whatever a client raises
                why = error
            if why is None:
                return
            self._let_go()
            if pause == SHORTEST_PAUSE:
                log.warning("live samples cannot be written (%s); trying again", type(why).__name__)
            if self._hurry.wait(pause):
                self._count("lost", len(commands))
                return
            pause = min(2 * pause, LONGEST_PAUSE)

    def _send(self, commands: Sequence[_Command]) -> tuple[list[_Command], Exception | None]:
        """Send commands once; returns those that are to be sent again, and why.

        Where the connection broke all are sent again: the script adds nothing twice.
        """
        replies = self._execute("EVALSHA", SHA, commands)
        if unknown := [index for index, reply in enumerate(replies) if isinstance(reply, NoScriptError)]:
            again = self._execute("EVAL", SCRIPT, [commands[index] for index in unknown])
            for index, reply in zip(unknown, again, strict=True):
                replies[index] = reply
        left = [index for index, reply in enumerate(replies) if isinstance(reply, PASSING)]
        self._settle([reply for reply in replies if not isinstance(reply, PASSING)])
        return [commands[index] for index in left], replies[left[0]] if left else None

    def _execute(self, name: str, script: str, commands: Sequence[_Command]) -> list[Any]:
        if self._client is None:
            self._client = self._connect()
        pipeline: Any = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(name, script, len(command.keys), *command.keys, *command.arguments)
        replies: list[Any] = pipeline.execute(raise_on_error=False)
        return replies

    def _settle(self, replies: Sequence[Any]) -> None:
        written, known = replies.count(1), replies.count(0)
        for name, number in (("written", written), ("known", known), ("refused", len(replies) - written - known)):
            if number:
                self._count(name, number)

    def _let_go(self) -> None:
        client, self._client = self._client, None
        try:
            if client:
                client.close()
        except Exception as error:  # noqa: BLE001 - it is of no more use anyway
            log.debug("closing a connection failed (%s)", type(error).__name__)


def _connector(url: str) -> Connect:
    def connect() -> Client:
        # We try again ourselves, without keeping the process from its end.
        return Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=SOCKET_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    return connect


def _number(value: Any, highest: float) -> float | None:
    """Return a value that is finite and in its range, None for another one."""
    try:
        number = float(value)
    except Exception:  # noqa: BLE001 - it may be anything, and do anything when it is looked at
        return None
    return number if math.isfinite(number) and 0 <= number <= highest else None


def _plain(sample_id: object) -> str | None:
    """Return an id as it may stand in a member; None for none, and for one that cannot be written."""
    try:
        name = "" if sample_id is None else str(sample_id)
    except Exception:  # noqa: BLE001 - the sample itself may be fine
        return None
    if not name or PLAIN_ID.fullmatch(name):
        return name or None
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
