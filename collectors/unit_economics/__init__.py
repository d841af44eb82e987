"""What one active user and one completed interview cost (metrics.md 4.12)."""

from collectors.unit_economics.collector import Collector
from collectors.unit_economics.families import Options, families

__all__ = ["Collector", "Options", "families"]
