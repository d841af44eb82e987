"""The JobHive exporter: a Prometheus exporter and alerting daemon."""

__version__ = "0.1.0"
