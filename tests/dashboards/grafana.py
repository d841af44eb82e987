"""What Grafana makes of an expression before it asks Prometheus, and how it asks."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

# $name, ${name} and ${name:format}; $1 is a group of label_replace, which Grafana leaves to Prometheus.
VARIABLE = re.compile(r"\$(?!\d)(?:(\w+)|{(\w+)(?::\w+)?})")
SPECIAL = re.compile(r"([\\^$*+?.()|{}\[\]])")
# A panel half as wide as a screen asks for about so many points.
POINTS = 720
SCRAPE_INTERVAL = timedelta(seconds=30)
ALL = ".+"


class UnknownVariable(Exception):
    """A variable that neither the dashboard nor Grafana has; Grafana would leave it as it is."""


def interpolated(expression: str, chosen: Mapping[str, str | Sequence[str]], step: timedelta) -> str:
    """Put in what is chosen: several values as a regular expression, `All` as it is, Grafana's own intervals."""
    rate = max(step + SCRAPE_INTERVAL, 4 * SCRAPE_INTERVAL)
    built_in = {"__interval": _seconds(step), "__rate_interval": _seconds(rate)}

    def content(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name in built_in:
            return built_in[name]
        if name not in chosen:
            raise UnknownVariable(name)
        value = chosen[name]
        return value if isinstance(value, str) else _several(value)

    return VARIABLE.sub(content, expression)


def step_of(span: timedelta) -> timedelta:
    """Return how far apart the points of a range are, at least a minute."""
    return max(timedelta(minutes=1), timedelta(seconds=round(span.total_seconds() / POINTS)))


def span_of(board_time: Mapping[str, str]) -> timedelta:
    """Return the span that a dashboard shows at first."""
    found = re.fullmatch(r"now-(\d+)([dh])", board_time["from"])
    if not found or board_time["to"] != "now":
        raise ValueError(f"not a span that ends now: {board_time}")
    return timedelta(**{{"d": "days", "h": "hours"}[found[2]]: int(found[1])})


def _several(values: Sequence[str]) -> str:
    # Grafana escapes for a regular expression within a quoted string.
    escaped = [SPECIAL.sub(r"\\\\\1", value) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _seconds(span: timedelta) -> str:
    return f"{int(span.total_seconds())}s"
