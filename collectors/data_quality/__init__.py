"""Data quality: rows that break a check, and how fresh each source table is (metrics.md 4.13)."""

from collectors.data_quality.collector import Collector
from collectors.data_quality.families import families
from collectors.data_quality.options import Options

__all__ = ["Collector", "Options", "families"]
