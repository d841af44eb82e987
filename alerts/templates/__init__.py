"""The template language of rule files: Go's text/template with Prometheus' functions (docs/templates.md)."""

from alerts.templates.template import compile_template

__all__ = ["compile_template"]
