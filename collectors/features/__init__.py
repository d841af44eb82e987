"""Features: how often each is used, by how many, and by what share of the active users (metrics.md 4.6)."""

from collectors.features.collector import Collector
from collectors.features.families import families
from collectors.features.options import Options

__all__ = ["Collector", "Options", "families"]
