"""A number that changes its meaning changes the version of its family: definitions.txt has what each means by now.

What a family means is how it is declared, and what it says of the golden data set.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from collectors.definitions import Definitions
from exporter.model import Family
from exporter.reference import catalogue
from exporter.registry import modules
from tests.collectors.asking import ask, source

FILE = Path(__file__).with_name("definitions.txt")
INSTANTS = (datetime(2026, 4, 20, 12, tzinfo=UTC), datetime(2026, 3, 15, 12, tzinfo=UTC))


class Definition(NamedTuple):
    """The version of a family, and a digest of what it means."""

    version: int
    digest: str


def written() -> dict[str, Definition]:
    rows = (line.split() for line in FILE.read_text().splitlines())
    return {name: Definition(int(version), digest) for name, version, digest in rows}


def found(golden: str) -> dict[str, Definition]:
    said: dict[str, list[str]] = {}
    definitions = Definitions()
    with source(golden, definitions) as database:
        for name in (name for name, module in modules().items() if module.Collector.source == "database"):
            for at in INSTANTS:
                samples, _ = ask(name, database, at, definitions)
                for (family, labels), value in samples.items():
                    said.setdefault(family, []).append(f"{at} {sorted(labels)} {float(value):.9g}")
    families = [family for owned in catalogue().values() for family in owned]
    return {family.name: Definition(family.version, digest(family, said.get(family.name, []))) for family in families}


def digest(family: Family, said: list[str]) -> str:
    of = [part.name for part in family.of or ()]
    declared = f"{family.labels} {family.kind} {family.zero_filled} {of} {family.min_n}"
    return hashlib.sha256("\n".join([declared, *sorted(said)]).encode()).hexdigest()[:16]


def problems(before: Mapping[str, Definition], now: Mapping[str, Definition]) -> list[str]:
    """Return what is to be done before the change can go in."""
    lines = []
    for name, definition in sorted(now.items()):
        line = f"{name} {definition.version} {definition.digest}"
        if name not in before:
            lines.append(f"{name} is new; add to {FILE.name}: {line}")
        elif before[name].version != definition.version:
            lines.append(f"{name} has another version; write into {FILE.name}: {line}")
        elif before[name] != definition:
            lines.append(f"{name} means something else now: raise `version` where it is declared, or mend the change")
    lines += [f"{name} is gone; take it from {FILE.name}" for name in sorted(before.keys() - now.keys())]
    return lines


def test_no_family_changes_its_meaning_without_its_version(golden: str) -> None:
    assert problems(written(), found(golden)) == []


OLD = {"a": Definition(1, "x")}


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (OLD, None),
        ({"a": Definition(1, "y")}, "a means something else now: raise `version`"),
        ({"a": Definition(2, "y")}, "a has another version; write into definitions.txt: a 2 y"),
        (OLD | {"b": Definition(1, "z")}, "b is new; add to definitions.txt: b 1 z"),
        ({}, "a is gone"),
    ],
)
def test_what_is_to_be_done_is_told(now: dict[str, Definition], told: str | None) -> None:
    lines = problems(OLD, now)
    assert (len(lines), lines[0].startswith(told)) == (1, True) if told else lines == []
