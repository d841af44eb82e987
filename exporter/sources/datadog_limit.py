"""Datadog's own limit of requests, as the headers of its answers tell it. Pure."""

from collections.abc import Mapping
from typing import NamedTuple


class Limit(NamedTuple):
    """How many requests are left of the limit, and in how many seconds it is renewed; None where nothing is said."""

    remaining: int | None = None
    reset: int | None = None


def limit_of(headers: Mapping[str, str] | None) -> Limit:
    """Read the headers; their names may be written in any case."""
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    return Limit(_number(lower.get("x-ratelimit-remaining")), _number(lower.get("x-ratelimit-reset")))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None
