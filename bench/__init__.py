"""How fast the exporter is, and what its queries cost."""
