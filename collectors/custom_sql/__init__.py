"""Custom queries: a deployment's own SQL, on its own databases, as metrics of its own (docs/custom-sql.md)."""

from collectors.custom_sql.collector import Collector
from collectors.custom_sql.families import families
from collectors.custom_sql.options import Options

__all__ = ["Collector", "Options", "families"]
