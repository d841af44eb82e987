"""The rows that the statements of this collector return: a figure, up to three label values, and a value."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, cast, literal, null

from exporter.model import Family, Sample

# Counts are int, amounts Decimal: nothing here is rounded.
Number = int | Decimal
Figures = Mapping[tuple[str, ...], Number]
Statement = Select[*tuple[Any, ...]]


def figure(name: str, value: ColumnElement[Any], *labels: ColumnElement[Any]) -> Statement:
    """Select the values of a family, whose labels come in its order; to be narrowed and grouped by the caller."""
    texts = [cast(label, Text) for label in labels] + [null()] * (3 - len(labels))
    named = [text.label(letter) for text, letter in zip(texts, "abc", strict=True)]
    return Select(literal(name).label("figure"), *named, value.label("value"))


def collected(rows: Iterable[Row[Any]]) -> Figures:
    """Index rows by (figure, label values)."""
    return {(row.figure, *(label for label in (row.a, row.b, row.c) if label is not None)): row.value for row in rows}


def samples(figures: Figures, families: Iterable[Family]) -> Iterator[Sample]:
    """Turn figures into samples of the families they are named after, where the labels are in the declared domain."""
    declared = {family.name: family for family in families}
    for (name, *labels), value in figures.items():
        family = declared.get(name)
        if family and all(
            label.values is None or text in label.values for label, text in zip(family.labels, labels, strict=True)
        ):
            yield family.sample(value, **dict(zip((label.name for label in family.labels), labels, strict=True)))
