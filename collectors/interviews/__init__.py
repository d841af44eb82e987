"""Interviews: how many, how long, how well, and the hiring pipeline around them (metrics.md 4.3)."""

from collectors.interviews.collector import Collector
from collectors.interviews.families import families
from collectors.interviews.options import Options

__all__ = ["Collector", "Options", "families"]
