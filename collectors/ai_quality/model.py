"""Everything that is told of one component: what is asked, in which order, and which room reads the answer."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, Select

from collectors.ai_quality import (
    accuracy,
    calibration,
    confidence,
    confusion,
    deciles,
    drift,
    quantiles,
    validated,
    volumes,
)
from collectors.ai_quality.analyses import Analyses
from collectors.ai_quality.components import SENTIMENT
from collectors.ai_quality.judgements import DECISIONS
from collectors.ai_quality.names import OTHER, Names, ranked
from collectors.ai_quality.options import Options
from collectors.ai_quality.slices import CURRENT, REFERENCE, WINDOWS
from collectors.ai_quality.validated import Judged
from collectors.ai_quality.volumes import Group
from collectors.base import Reader
from exporter.model import Sample

UNCATEGORIZED = "uncategorized"
MOST_CATEGORIES, MOST_VERSIONS = 20, 3


class Model:
    """A component at an instant; what a deployment lacks is not asked for."""

    def __init__(self, analyses: Analyses, reader: Reader, options: Options) -> None:
        self._analyses, self._reader, self._options = analyses, reader, options
        self._component = analyses.component
        self._by_version = options.by_model_version and analyses.has("model_version")

    def samples(self) -> Iterator[Sample]:
        """Yield every sample of this component."""
        statement = volumes.statement(self._analyses, by_version=self._by_version)
        groups = volumes.groups(self._rows("volumes", statement))
        yield from volumes.samples(self._component, groups)
        if self._analyses.has("confidence"):
            yield from confidence.samples(self._component.name, groups)
            yield from self._confidence_drift(groups)
        yield from self._scores(groups)
        yield from self._validated(groups)

    def _confidence_drift(self, groups: Sequence[Group]) -> Iterator[Sample]:
        labels, both = self._signal("confidence"), drift.sides(groups, "confidence")
        yield from drift.samples(labels, both, self._options.min_drift)
        if both.are_enough(self._options.min_drift):
            current, reference = (volumes.total(groups, side).bins for side in (CURRENT, REFERENCE))
            yield from drift.compared(labels, current, reference)

    def _scores(self, groups: Sequence[Group]) -> Iterator[Sample]:
        """Yield the drift of the scores; the deciles of the reference come with all other percentiles."""
        both, least = drift.sides(groups, "score"), self._options.min_drift
        n = both.reference.valid.n
        shares = deciles.shares(n) if both.are_enough(least) else []
        ordered: Sequence[float] = ()
        statement = quantiles.statement(self._analyses, shares)
        if statement is not None:
            row = self._rows("quantiles", statement)[0]
            yield from quantiles.samples(self._component.name, row)
            ordered = row._asdict().get("ordered", ())
        if self._analyses.has(self._component.signal):
            labels = self._signal(self._component.signal)
            yield from drift.samples(labels, both, least)
            if ordered:
                edges = deciles.edges(n, ordered, self._analyses.scale)
                counts = drift.counts(self._rows("bins", drift.binned(self._analyses, edges)), len(edges) + 1)
                yield from drift.compared(labels, counts[CURRENT], counts[REFERENCE])

    def _validated(self, groups: Sequence[Group]) -> Iterator[Sample]:
        categories = ranked(((one.category, one.volume.rows) for one in groups), MOST_CATEGORIES, UNCATEGORIZED)
        versions = None
        if self._by_version:
            versions = ranked(((one.version, one.volume.rows) for one in groups), MOST_VERSIONS, OTHER)
        found: Sequence[Judged] = ()
        if self._analyses.judgement:
            statement = validated.statement(self._analyses, categories, versions, self._options.tolerance)
            found = validated.groups(self._rows("validated", statement), categories, versions)
        for window, slices in WINDOWS.items():
            labels = {"component": self._component.name, "window": window}
            recent = validated.during(found, slices)
            yield accuracy.VALIDATED.sample(validated.rows(recent), **labels)
            if self._analyses.judgement:
                yield from self._accuracy(labels, validated.audited(recent), categories)
                if versions:
                    yield from accuracy.by_model(labels, validated.audited(recent), versions)

    def _accuracy(self, labels: dict[str, str], judged: Sequence[Judged], categories: Names) -> Iterator[Sample]:
        options, judgement = self._options, self._analyses.judgement
        named = [UNCATEGORIZED] if self._component is SENTIMENT else categories.labels
        yield from accuracy.overall(labels, judged, options.min_validated)
        if self._analyses.has("confidence"):
            yield from calibration.samples(labels, judged, options.min_calibrated)
        if decisions := DECISIONS.get(judgement):
            yield from confusion.confusion(labels, judged, decisions, named)
        if self._component is SENTIMENT:
            yield from accuracy.by_label(labels, judged, options.min_validated)
        else:
            yield from accuracy.by_category(labels, judged, categories)
        if judgement == "score":
            yield from confusion.scores(labels, judged, options.min_validated)
            yield from confusion.errors(labels, judged)

    def _signal(self, signal: str) -> dict[str, str]:
        return {"component": self._component.name, "signal": signal}

    def _rows(self, name: str, statement: Select[*tuple[Any, ...]]) -> Sequence[Row[Any]]:
        return self._reader.rows(f"{self._component.name}_{name}", statement)
