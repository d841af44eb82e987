"""Live AI: how long the components take right now, and how right they are, from samples in Redis (metrics.md 4.9)."""

from collectors.ai_realtime.collector import Collector
from collectors.ai_realtime.families import families
from collectors.ai_realtime.options import Options

__all__ = ["Collector", "Options", "families"]
