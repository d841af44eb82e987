"""The system: how fast and how soundly JobHive answers, from Datadog (metrics.md 4.10, docs/datadog.md)."""

from collectors.system.collector import Collector
from collectors.system.families import families
from collectors.system.options import Options

__all__ = ["Collector", "Options", "families"]
