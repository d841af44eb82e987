"""Prometheus' own HTTP API, as far as it can be answered from what is known now. It asks no source."""
