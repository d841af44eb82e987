"""Benchmarks: how fast the parts are, beside a peer in the same run. Nothing here is a test, as machines differ."""
