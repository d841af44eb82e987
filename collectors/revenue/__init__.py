"""Revenue: recurring revenue, customers, churn, movements and conversion, from the billing tables (metrics.md 4.2)."""

from collectors.revenue.collector import Collector
from collectors.revenue.families import Options, families

__all__ = ["Collector", "Options", "families"]
