"""AI quality: what the models said, how sure they were, how right they were, and what became of it (metrics.md 4.8)."""

from collectors.ai_quality.collector import Collector
from collectors.ai_quality.families import families
from collectors.ai_quality.options import Options

__all__ = ["Collector", "Options", "families"]
