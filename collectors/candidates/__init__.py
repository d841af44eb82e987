"""Candidates: whether they come back, and whether they get better (metrics.md 4.5)."""

from collectors.candidates.collector import Collector
from collectors.candidates.families import Options, families

__all__ = ["Collector", "Options", "families"]
