"""Gauges of a deployment's own that Datadog refuses: they are left out, and nothing else is."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from exporter.model import Reason, SourceError
from exporter.scalars import Column, ScalarQuery, Span

# Somebody may have mended it in Datadog.
AGAIN = timedelta(minutes=15)


class Round(Protocol):
    """Calls to Datadog."""

    def scalar(self, queries: Sequence[ScalarQuery], span: Span) -> dict[str, Column]:
        """Ask for all queries at once; SourceError if that fails."""
        ...

    def alone(self, query: ScalarQuery, span: Span) -> dict[str, Column] | None:
        """Ask for one query; None if Datadog refuses it, SourceError if something else fails."""
        ...


class Refusals:
    """Remembers which of the gauges are refused."""

    def __init__(self, gauges: Iterable[str]) -> None:
        self._gauges = frozenset(gauges)
        self._since: dict[str, datetime] = {}

    def at(self, at: datetime) -> list[str]:
        """Return the gauges that are not asked for at an instant."""
        return sorted(name for name, since in self._since.items() if timedelta(0) <= at - since < AGAIN)

    def columns(self, queries: Sequence[ScalarQuery], span: Span, at: datetime, round_: Round) -> dict[str, Column]:
        """Ask for all at once; where that is refused, for ours together, and for each gauge alone."""
        refused = self.at(at)
        wanted = [query for query in queries if query.name not in refused]
        own = [query for query in wanted if query.name in self._gauges]
        try:
            if wanted != own[:1]:
                return round_.scalar(wanted, span)
        except SourceError as error:
            if error.reason != Reason.QUERY or not own:
                raise
        ours = [query for query in wanted if query not in own]
        found = round_.scalar(ours, span) if ours else {}
        for query in own:
            found |= self._alone(query, span, at, round_)
        return found

    def _alone(self, query: ScalarQuery, span: Span, at: datetime, round_: Round) -> dict[str, Column]:
        self._since.pop(query.name, None)
        found = round_.alone(query, span)
        if found is None:
            self._since[query.name] = at
        return found or {}
