"""The journey of users: the funnel from registration to payment, and who stays month by month (metrics.md 4.7)."""

from collectors.journey.collector import Collector
from collectors.journey.families import Options, families

__all__ = ["Collector", "Options", "families"]
