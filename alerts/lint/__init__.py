"""What is wrong with rules that Prometheus takes: names that cannot match, texts nobody can act on. Pure."""

from alerts.lint.checks import CHECKS, findings
from alerts.lint.findings import Finding, Level
from alerts.lint.knowledge import Knowledge

__all__ = ["CHECKS", "Finding", "Knowledge", "Level", "findings"]
