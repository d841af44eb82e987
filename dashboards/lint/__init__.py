"""What a dashboard must be: the rules, and `python -m dashboards.lint`, which checks what is committed."""
