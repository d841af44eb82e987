"""What the simulated Datadog tells of a JobHive that is not there: plausible values of every minute, by arithmetic.

The same minute always has the same values. Load follows the day; now and then the API is slow for some minutes.
"""

from collections.abc import Callable, Mapping, Sequence
from math import exp, pi, sin
from random import Random
from statistics import NormalDist
from typing import NamedTuple

ENVIRONMENT = "simulated"
GIB = 1024.0**3
DAY = 1440
# In minutes: how often the API is slow, for how long, and how much slower it is.
SPIKE_EVERY, SPIKE_LASTS, SPIKE_FACTOR = 47, 4, 4.0
MAX_CONNECTIONS = 200.0
# The shares at which the times of a minute's requests are told, and how wide they spread.
SHARES = (0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.92, 0.97, 0.995)
SPREAD = 0.55
FACTORS = tuple(exp(SPREAD * NormalDist().inv_cdf(share)) for share in SHARES)


class Resource(NamedTuple):
    """An endpoint: requests per minute in the middle of the day, and its median time in seconds."""

    name: str
    per_minute: float
    median: float


RESOURCES = (
    Resource("get_/api/v1/interviews", 90, 0.06),
    Resource("get_/api/v1/interviews/_id", 70, 0.04),
    Resource("post_/api/v1/interviews", 9, 0.18),
    Resource("post_/api/v1/interviews/_id/answers", 40, 0.35),
    Resource("get_/api/v1/interviews/_id/feedback", 22, 0.28),
    Resource("post_/api/v1/sentiment/analyse", 36, 0.52),
    Resource("get_/api/v1/recommendations", 25, 0.22),
    Resource("get_/api/v1/skills/_id/assessments", 14, 0.15),
    Resource("get_/api/v1/dashboard", 18, 0.41),
    Resource("post_/api/v1/login", 12, 0.12),
    Resource("get_/api/v1/jobs", 30, 0.07),
    Resource("post_/api/v1/applications", 5, 0.16),
    Resource("post_/api/v1/reports/export", 0.2, 3.8),
)
Minute = int
Tagged = Mapping[str, str]


def load(minute: Minute) -> float:
    """Return how busy JobHive is: from 0.3 at night to 1 in the afternoon (UTC), with some noise."""
    wave = 0.65 + 0.35 * sin(2 * pi * (minute % DAY) / DAY - pi / 2 - 0.5)
    return wave * (1 + 0.06 * (Random(minute).random() - 0.5))  # noqa: S311 - no secret is made of it


def is_slow(minute: Minute) -> bool:
    """Tell whether a release has just made the API slow."""
    return minute % SPIKE_EVERY < SPIKE_LASTS


def hits(resource: Resource, minute: Minute) -> float:
    """Return the requests of a minute."""
    return float(round(resource.per_minute * load(minute) + 0.5))


def errors(resource: Resource, minute: Minute) -> float:
    """Return the requests of a minute that failed."""
    return float(round(hits(resource, minute) * (0.05 if is_slow(minute) else 0.004)))


def times(resource: Resource, minute: Minute) -> list[tuple[float, float]]:
    """Return the times of a minute's requests in seconds, each with the requests that it stands for."""
    middle = resource.median * (0.8 + 0.4 * load(minute)) * (SPIKE_FACTOR if is_slow(minute) else 1)
    weight = hits(resource, minute) / len(FACTORS)
    return [(middle * factor, weight) for factor in FACTORS]


def connections(minute: Minute) -> float:
    """Return the connections to the database."""
    return float(round(25 + 60 * load(minute) + (40 if is_slow(minute) else 0)))


def cpu(minute: Minute) -> float:
    """Return how busy the database host is, in percent."""
    return min(12 + 45 * load(minute) + (25 if is_slow(minute) else 0), 100)


def queries(minute: Minute) -> float:
    """Return the queries of a minute."""
    return float(round(4200 * load(minute)))


# Of a minute; the names of their unit, and of what it is per.
GAUGES: Mapping[str, tuple[Callable[[Minute], float], tuple[str | None, str | None]]] = {
    "trace.django.request.apdex": (lambda at: 0.71 if is_slow(at) else 0.97 - 0.03 * load(at), ("apdex", None)),
    "postgresql.connections": (connections, ("connection", None)),
    "postgresql.max_connections": (lambda _: MAX_CONNECTIONS, ("connection", None)),
    "postgresql.percent_usage_connections": (lambda at: connections(at) / MAX_CONNECTIONS, ("fraction", None)),
    "postgresql.queries.time": (lambda at: queries(at) * (9e6 if is_slow(at) else 2.4e6), ("nanosecond", None)),
    "postgresql.queries.count": (queries, ("query", None)),
    "system.cpu.idle": (lambda at: 100 - cpu(at), ("percent", None)),
    "system.mem.used": (lambda at: (9 + 3 * load(at)) * GIB, ("byte", None)),
    "system.mem.pct_usable": (lambda at: 1 - (9 + 3 * load(at)) / 16, ("fraction", None)),
    "aws.rds.cpuutilization": (cpu, ("percent", None)),
    "aws.rds.freeable_memory": (lambda at: (7 - 3 * load(at)) * GIB, ("byte", None)),
    "redis.stats.keyspace_hits": (lambda at: 820 * load(at), ("hit", "second")),
    "redis.stats.keyspace_misses": (lambda at: 45 * load(at), ("miss", "second")),
    "redis.mem.used": (lambda at: (0.6 + 0.2 * load(at)) * GIB, ("byte", None)),
    "redis.keys.evicted": (lambda at: 0.4 * load(at), ("key", "second")),
    "redis.net.clients": (lambda at: float(round(30 + 30 * load(at))), ("connection", None)),
    "redis.info.latency_ms": (lambda at: 0.35 + 0.2 * load(at), ("millisecond", None)),
}


def matching(tags: Tagged) -> Sequence[Resource]:
    """Return the endpoints that a scope holds."""
    wanted = tags.get("resource_name")
    return [resource for resource in RESOURCES if wanted in (None, resource.name)]
