"""What two answers of Prometheus' API have to have in common, and what they need not."""

import re
from typing import Any

TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


def timeless(value: Any) -> Any:
    """Return JSON with times and durations by their kind."""
    if isinstance(value, dict):
        return {key: "seconds" if key == "evaluationTime" else timeless(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [timeless(one) for one in value]
    return "time" if isinstance(value, str) and TIMES.fullmatch(value) else value


def ordered(data: Any) -> Any:
    """Return rules or alerts with the alerts in order: Prometheus has none."""
    for rule in [rule for group in data.get("groups", [data]) for rule in group.get("rules", [group])]:
        if "alerts" in rule:
            rule["alerts"].sort(key=lambda alert: sorted(alert["labels"].items()))
    return data


def elements(text: str, expression: str) -> list[str]:
    """Return the value of an expression in pieces: those of a vector have no order unless it is sorted."""
    pieces = [piece.rstrip(",]}\n") for piece in text.split('{"metric":')]
    return pieces if expression.startswith(("sort", "topk")) else sorted(pieces)
