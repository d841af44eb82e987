"""Metric families as text: the Prometheus format 0.0.4 and OpenMetrics 1.0.0. Pure."""

import math
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from prometheus_client import Metric

from exporter.model import Family, Labels, Sample, Value


class Format(Enum):
    """An exposition format; the value is its content type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Block(NamedTuple):
    """One family, ready to be rendered: samples are (name, labels, value)."""

    name: str
    kind: str
    help: str
    samples: Sequence[tuple[str, Labels, Value]]


def block(family: Family, samples: Iterable[Sample]) -> Block:
    """Make the block of one of our families."""
    return Block(family.name, family.kind, family.help, [(s.name, s.labels, s.value) for s in samples])


def from_client(metrics: Iterable[Metric]) -> Iterator[Block]:
    """Make blocks of what prometheus_client holds, without its `_created` series."""
    for metric in metrics:
        suffix = "_total" if metric.type == "counter" else ""
        samples = [
            (sample.name, tuple(sorted(sample.labels.items())), sample.value)
            for sample in metric.samples
            if not sample.name.endswith("_created")
        ]
        yield Block(metric.name + suffix, metric.type, metric.documentation, samples)


def render(blocks: Iterable[Block], form: Format) -> bytes:
    """Render families without the end mark of OpenMetrics; one without samples is left out."""
    return "".join(line for item in blocks if item.samples for line in _lines(item, form)).encode()


END = {Format.TEXT: b"", Format.OPENMETRICS: b"# EOF\n"}


def _lines(item: Block, form: Format) -> Iterator[str]:
    name, kind, text = item.name, item.kind, item.help.replace("\\", "\\\\").replace("\n", "\\n")
    if form is Format.OPENMETRICS:
        # There a family is called without the suffix of its samples, and a quote in a text is escaped.
        name = name.removesuffix("_total") if kind == "counter" else name
        text = text.replace('"', '\\"')
    yield f"# HELP {name} {text}\n"
    yield f"# TYPE {name} {kind}\n"
    for sample, labels, value in item.samples:
        yield f"{sample}{_labels(labels)} {number(value)}\n"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def number(value: Value) -> str:
    """Write a value; this is the border where money stops being Decimal (metrics.md C12)."""
    result = float(value)
    if math.isfinite(result):
        return repr(result) if result % 1 or abs(result) >= 1e15 else str(int(result))
    return "NaN" if math.isnan(result) else ("+Inf" if result > 0 else "-Inf")
