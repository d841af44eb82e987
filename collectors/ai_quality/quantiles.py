"""Percentiles of confidence and processing time, and the order statistics that deciles are made of: one pass more."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.dialects.postgresql import array

from collectors.ai_quality.analyses import Analyses
from collectors.ai_quality.confidence import PERCENTILE, PERCENTILES
from collectors.ai_quality.slices import REFERENCE, WINDOWS
from collectors.ai_quality.volumes import DURATION_P95
from exporter.model import Sample


def statement(analyses: Analyses, shares: Sequence[float]) -> Select[*tuple[Any, ...]] | None:
    """Select one row: percentiles by window, and of the scores of the reference the values at some shares of the rows.

    Each aggregate sorts nothing but its own numbers. None if there is nothing to ask for.
    """
    said = analyses.said()
    columns: list[ColumnElement[Any]] = []
    for window, slices in WINDOWS.items():
        recent = said.c.slice >= slices.start
        if analyses.has("confidence"):
            found = func.percentile_cont(array(list(PERCENTILES.values()))).within_group(said.c.confidence)
            columns.append(found.filter(recent).label(f"confidence_{window}"))
        if analyses.is_timed:
            slow = func.percentile_cont(0.95).within_group(said.c.milliseconds)
            columns.append(slow.filter(recent).label(f"milliseconds_{window}"))
    if shares:
        valid = and_(said.c.slice.in_(list(REFERENCE)), said.c.score.is_not(None))
        ordered = func.percentile_disc(array(list(shares))).within_group(said.c.any_score)
        columns.append(ordered.filter(valid).label("ordered"))
    return select(*columns) if columns else None


def samples(component: str, row: Row[Any]) -> Iterator[Sample]:
    """Yield the percentiles of what there is."""
    found = row._asdict()
    for window in WINDOWS:
        labels = {"component": component, "window": window}
        for name, value in zip(PERCENTILES, found.get(f"confidence_{window}") or (), strict=False):
            yield PERCENTILE[name].sample(value, **labels)
        if (milliseconds := found.get(f"milliseconds_{window}")) is not None:
            yield DURATION_P95.sample(milliseconds / 1000, **labels)
