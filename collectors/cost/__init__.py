"""What AWS costs, by service and by feature, and what it will and need not cost (metrics.md 4.11)."""

from collectors.cost.collector import Collector, requests
from collectors.cost.families import families
from collectors.cost.options import Options

__all__ = ["Collector", "Options", "families", "requests"]
