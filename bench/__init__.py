"""Benchmarks: how fast the parts are beside a peer in the same run, and what queries cost. Nothing here is a test."""
