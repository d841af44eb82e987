"""Redis: rounds of read-only commands within the deadline of a run (sources.md, section 2)."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple, TypeVar

from redis import RedisCluster
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import RedisClusterException, RedisError

from exporter.model import ExporterError, Interrupted, Reason, SourceError
from exporter.sources.deadline import timer
from exporter.sources.redis_address import RedisSettings
from exporter.sources.redis_client import make_client
from exporter.sources.redis_errors import explained, is_wrong_type, reason_of

SCAN_COUNT = 1000
FAILURES = (RedisError, RedisClusterException, OSError)
Command = Sequence[str | int]
Found = TypeVar("Found")


class Cursor(NamedTuple):
    """Where a sweep over all keys stands: the node of a cluster, by its position, and the place in it."""

    node: int
    place: int


START = Cursor(0, 0)


class Round:
    """What a collector sees of a run."""

    def __init__(self, client: Any, check: Callable[[], None]) -> None:
        self._client, self._check = client, check

    def ask(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands at once; returns the raw replies, None where a key is of another type."""
        self._check()
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        replies = pipeline.execute(raise_on_error=False)
        for reply in replies:
            if isinstance(reply, Exception) and not is_wrong_type(reply):
                raise reply
        return [None if isinstance(reply, Exception) else reply for reply in replies]

    def scan(self, pattern: str, cursor: Cursor | None) -> tuple[Cursor | None, list[str]]:
        """Take one step of a sweep over the keys, the first one without a cursor.

        Returns where it goes on, None at its end, and what it found.
        """
        self._check()
        cursor = cursor or START
        client, nodes = self._client, list[dict[str, Any]]([{}])
        if isinstance(client, RedisCluster):
            primaries: list[Any] = client.get_primaries()  # type: ignore[no-untyped-call]
            nodes = [{"target_nodes": node} for node in sorted(primaries, key=lambda node: str(node.name))]
        if cursor.node >= len(nodes):
            return None, []
        place, keys = client.scan(cursor.place, match=pattern, count=SCAN_COUNT, **nodes[cursor.node])
        if isinstance(place, dict):
            (place,) = place.values()
        following = Cursor(cursor.node, place) if place else Cursor(cursor.node + 1, 0)
        return following if following.node < len(nodes) else None, keys

    def time(self) -> float:
        """Return the clock of the server, in seconds since the epoch."""
        self._check()
        options = {"target_nodes": RedisCluster.RANDOM} if isinstance(self._client, RedisCluster) else {}
        seconds, micros = self._client.time(**options)
        return float(seconds) + float(micros) / 1e6


class Keyspace:
    """The connections to one Redis; made when it is first read, and anew after a failure."""

    def __init__(self, settings: RedisSettings) -> None:
        self._settings = settings
        # The library's own types are those of its asynchronous client as well.
        self._client: Any = None
        self._one_at_a_time = threading.Lock()
        self._ended: ExporterError | None = None
        self._stopped, self._turn = False, 0

    def read(self, deadline: float, work: Callable[[Round], Found]) -> Found:
        """Return what `work` makes of Redis within so many seconds. Raises SourceError.

        A connection that the server has closed meanwhile is replaced once.
        """
        with self._one_at_a_time:
            end = monotonic() + deadline
            fresh = self._client is None
            try:
                return self._once(deadline, work)
            except LostConnection as error:
                if fresh or monotonic() >= end:
                    raise self._failure(error) from None
            except FAILURES as error:
                raise self._failure(error) from None
            try:
                return self._once(end - monotonic(), work)
            except FAILURES as error:
                raise self._failure(error) from None

    def stop(self) -> None:
        """End what is running; safe to call from another thread."""
        self._stopped = True
        self._cut(Interrupted("the daemon is stopping"))

    def close(self) -> None:
        """Let the connections go; one that is in use is let go by its run."""
        if self._one_at_a_time.acquire(blocking=False):
            try:
                self._let_go()
            finally:
                self._one_at_a_time.release()

    def _once(self, deadline: float, work: Callable[[Round], Found]) -> Found:
        self._ended = Interrupted("the daemon is stopping") if self._stopped else None
        mend = "give the collector a longer deadline, or see whether the server is overloaded"
        late = SourceError(Reason.TIMEOUT, f"Redis was not done within the deadline of {deadline:g} s; {mend}")
        self._turn += 1
        turn = self._turn
        # A clock that could not be stopped in time must not cut the next run.
        clock = timer(deadline, lambda: self._cut(late) if turn == self._turn else None)
        clock.start()
        try:
            self._check()
            self._client = self._client or make_client(self._settings, deadline)
            return work(Round(self._client, self._check))
        except BaseException:
            self._let_go()
            # Whatever the library makes of a socket that is closed under it.
            self._check()
            raise
        finally:
            clock.cancel()
            self._turn += 1

    def _check(self) -> None:
        if self._ended:
            raise self._ended

    def _cut(self, why: ExporterError) -> None:
        self._ended = self._ended or why
        self._let_go()

    def _let_go(self) -> None:
        client, self._client = self._client, None
        # A cluster has a pool for each of its nodes.
        nodes = client.nodes_manager.nodes_cache.values() if isinstance(client, RedisCluster) else ()
        for one in [node.redis_connection for node in nodes] or [client]:
            if one:
                with suppress(Exception):
                    one.connection_pool.disconnect()

    def _failure(self, error: Exception) -> SourceError:
        return SourceError(reason_of(error), explained(error))
