"""The rows of a custom query → samples, and how many rows were dropped, by reason. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from collectors.custom_sql import values
from collectors.custom_sql.options import Metric, Options
from exporter.model import Labels, Reason, Sample, SourceError, Value


class Dropped(StrEnum):
    """Why a row does not count for a metric."""

    DUPLICATE = "duplicate"
    LABEL_MISSING = "label_missing"
    VALUE_INVALID = "value_invalid"


class Answer(NamedTuple):
    """What the query gave for one set of parameters."""

    parameters: Mapping[str, object]
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


class Series(NamedTuple):
    """A sample in the making: `own` are the labels that come from the row, which folding may replace."""

    fixed: Labels
    own: Labels
    value: Value

    def sample(self, name: str) -> Sample:
        """Return it as a sample of a family."""
        return Sample(name, tuple(sorted((*self.fixed, *self.own))), self.value)


class Reader:
    """Reads answers in the order in which they come; of two rows with equal labels the first one counts."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._seen: set[tuple[str, Labels, Labels]] = set()
        self.series: dict[str, list[Series]] = {name: [] for name in options.query.metrics}
        self.dropped: dict[Dropped, int] = dict.fromkeys(Dropped, 0)

    def read(self, answer: Answer) -> None:
        """Take an answer; raises SourceError where it lacks a column."""
        check(answer, self._options)
        for row in answer.rows:
            found = dict(zip(answer.columns, row, strict=True))
            reasons = [
                reason
                for name, metric in self._options.query.metrics.items()
                for reason in self._take(name, metric, found, answer.parameters)
            ]
            # A row counts once per reason, however many metrics it is lost for.
            for reason in set(reasons):
                self.dropped[reason] += 1

    def _take(
        self, name: str, metric: Metric, row: Mapping[str, object], parameters: Mapping[str, object]
    ) -> Iterator[Dropped]:
        """Add the series of one metric in one row, and yield why some were not added."""
        own = {key: values.label(row[key]) for key in metric.labels if key in row}
        fixed = {**metric.static_labels, **self._options.labels}
        fixed |= {key: values.label(parameters[key]) or "" for key in metric.labels if key not in row}
        if None in own.values():
            yield Dropped.LABEL_MISSING
            return
        known = _pairs(own)
        for column, found in self._values(name, metric, row):
            if found is None:
                continue
            value = values.number(found)
            key = (name, _pairs(fixed | ({metric.value_label: column} if metric.value_label else {})), known)
            if value is None:
                yield Dropped.VALUE_INVALID
            elif key in self._seen:
                yield Dropped.DUPLICATE
            else:
                self._seen.add(key)
                self.series[name].append(Series(key[1], known, value))

    def _values(self, name: str, metric: Metric, row: Mapping[str, object]) -> Iterator[tuple[str, object]]:
        if metric.static_value is not None:
            yield name, metric.static_value
        for column in metric.columns(name):
            yield column, row[column]


def check(answer: Answer, options: Options) -> None:
    """Raise SourceError unless every column that is named is there, once."""
    for name, metric in options.query.metrics.items():
        for column in (*metric.columns(name), *(label for label in metric.labels if label not in answer.parameters)):
            if (times := list(answer.columns).count(column)) != 1:
                there = ", ".join(answer.columns) or "none"
                what = f"{times} columns {column}" if times else f"no column {column}"
                text = f"the query has {what}, which metric {name} takes; its columns are {there}"
                raise SourceError(Reason.QUERY, f"{text}; name one of them, or write AS {column} in the SQL")


def _pairs(labels: Mapping[str, str | None]) -> Labels:
    return tuple(sorted((name, value or "") for name, value in labels.items()))
