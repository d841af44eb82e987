"""The collectors there are: a name is a module of `collectors`, a key of config.yaml and a value of a label."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Protocol, cast

from collectors.base import Collector, CollectorOptions
from exporter.model import Family

NAMES = (
    *("ai_quality", "ai_realtime", "candidates", "cost", "data_quality", "engagement", "features", "interviews"),
    *("journey", "operations", "revenue", "system", "unit_economics"),
)
# A collector that reads what others found has no source of its own: it runs where these do.
SNAPSHOT = "snapshot"
READS: Mapping[str, tuple[str, ...]] = {"unit_economics": ("cost",)}


class CollectorClass(Protocol):
    """What a module calls `Collector`: the class, with its defaults."""

    source: str
    interval: Any

    def __call__(self, options: Any, source: Any, /) -> Collector:
        """Make a collector of its options and its source."""
        ...


class CollectorModule(Protocol):
    """The three names that a collector's module offers."""

    Options: type[CollectorOptions]
    Collector: CollectorClass

    def families(self, options: Any, /) -> tuple[Family, ...]:
        """Return all that the collector may emit."""
        ...


@cache
def modules() -> Mapping[str, CollectorModule]:
    """Import every collector."""
    return {name: cast("CollectorModule", import_module(f"collectors.{name}")) for name in NAMES}
