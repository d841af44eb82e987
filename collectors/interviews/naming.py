"""From measures of sessions to samples of the families that are named after them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Row

from collectors.interviews.families import STAGES
from collectors.interviews.measures import Measure
from exporter.model import Family, Sample

# Window, kind, and what else the measures are taken by.
Key = tuple[Any, ...]


class Naming:
    """The declared families by name, with the companions that only make ratios."""

    def __init__(self, declared: Iterable[Family]) -> None:
        self._families: dict[str, Family] = {
            family.name: family for one in declared for family in (one, *(one.of or ()))
        }

    def __getitem__(self, name: str) -> Family:
        """Return a family or companion."""
        return self._families[name]

    def measured(self, prefix: str, labels: Mapping[str, str], values: Mapping[Measure, Any]) -> Iterator[Sample]:
        """Yield each measure as the family of its name, and as the companion that also has the kind `all`."""
        for (name, more), value in values.items():
            for family in (self._families.get(start + prefix + name) for start in ("jobhive_", "")):
                if family and _has(family, labels):
                    yield family.sample(value, **labels, **dict(more))

    def steps(self, labels: Mapping[str, str], values: Mapping[Measure, Any]) -> Iterator[Sample]:
        """Yield the companions of the steps from stage to stage."""
        came = {stage: values["interview_pipeline_sessions", (("stage", stage),)] for stage in STAGES}
        for stage, following in pairwise(STAGES):
            step = {**labels, "from": stage, "to": following}
            yield self["interview_pipeline_to"].sample(came[following], **step)
            yield self["interview_pipeline_from"].sample(came[stage], **step)

    def durations(self, keys: Iterable[tuple[str, str]], row: Sequence[Any]) -> Iterator[Sample]:
        """Yield median and 95th percentile; what follows them in the row is something else."""
        for (kind, window), found in zip(keys, row, strict=False):
            for name, seconds in zip(("p50", "p95"), found or (), strict=False):
                yield self[f"jobhive_interview_duration_{name}_seconds"].sample(seconds, kind=kind, window=window)


def summed(
    rows: Sequence[Row[Any]], measures: Sequence[Measure], by: Callable[[Row[Any]], Any] | None = None
) -> Mapping[Key, Mapping[Measure, Any]]:
    """Add the measures up by window, kind and what `by` makes of a row, and those of all kinds together."""
    found: dict[Key, Counter[Measure]] = {}
    for row in rows:
        more = (by(row),) if by else ()
        # A sum over nothing is null; its companion says that there is nothing.
        values = {measure: value or 0 for measure, value in zip(measures, row[-len(measures) :], strict=True)}
        for kind in (row.kind, "all"):
            sums = found.setdefault((row.window, kind, *more), Counter(dict.fromkeys(measures, 0)))
            for measure, value in values.items():
                sums[measure] += value
    return found


def _has(family: Family, labels: Mapping[str, str]) -> bool:
    """Tell that the kind is in the family's domain: counts have no `all`."""
    domains = {label.name: label.values for label in family.labels}
    return labels["kind"] in (domains["kind"] or ())
