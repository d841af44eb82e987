"""Engagement: who is active, who comes back, how long they stay, and how many there are (metrics.md 4.1)."""

from collectors.engagement.collector import Collector
from collectors.engagement.families import Options, families

__all__ = ["Collector", "Options", "families"]
