"""Alerting: Prometheus' rule files, evaluated on the daemon's own snapshot."""
