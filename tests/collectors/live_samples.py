"""Asking the collector ai_realtime of a real Redis, and comparing with the oracle."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from collectors.ai_realtime import Collector, Options, families
from collectors.base import Harvest, Run, complete
from collectors.definitions import Definitions
from exporter.model import Value
from exporter.sources.redis import Keyspace
from exporter.sources.redis_address import RedisSettings, parse
from tests.oracle.realtime import Entry, Key
from tests.redis_servers import plain

T = 1_795_400_000.0
NOTHING = Definitions()


def instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def collector(url: str, **options: Any) -> Collector:
    return Collector(Options.model_validate(options), Keyspace(RedisSettings(parse(url))))


def ask(asked: Collector, at: float = T, deadline: float = 20) -> tuple[dict[Key, Value], Harvest]:
    """Return every sample of an instant, as it would be served."""
    harvest = asked.collect(Run(instant(at), deadline, NOTHING))
    found: dict[Key, Value] = {}
    for sample in complete(families(Options()), harvest):
        key = (sample.name, frozenset(sample.labels))
        assert key not in found, f"{key} is there twice"
        found[key] = sample.value
    return found, harvest


def write(url: str, entries: list[Entry]) -> None:
    with plain(url) as client:
        pipeline = client.pipeline(transaction=False)
        for entry in entries:
            pipeline.execute_command("ZADD", entry.key, f"{entry.score:.6f}", entry.member)
        pipeline.execute()


def differences(found: Mapping[Key, Value], expected: Mapping[Key, float]) -> list[str]:
    wrong = [
        key
        for key in found.keys() | expected.keys()
        if key not in found
        or key not in expected
        or not math.isclose(found[key], expected[key], rel_tol=1e-9, abs_tol=1e-12)
    ]
    return [
        f"{name}{dict(labels)}: {found.get((name, labels))}, not {expected.get((name, labels))}"
        for name, labels in wrong
    ]
