"""The catalogue: every family has one owner, its documentation is fresh, and names follow the conventions."""

import re
from collections import Counter
from pathlib import Path

import pytest

from exporter.exposition import from_client
from exporter.model import Family
from exporter.reference import COUNTERS, catalogue, reference
from exporter.telemetry import Telemetry

DOCS = Path(__file__).parent.parent / "docs"
FAMILIES = [family for families in catalogue().values() for family in families]


def test_the_page_in_docs_is_fresh() -> None:
    assert (DOCS / "metrics.md").read_text() == reference(), "run make docs"


def test_a_family_belongs_to_one_owner_and_has_one_row() -> None:
    for column in ("name", "id"):
        repeated = [
            value for value, count in Counter(getattr(family, column) for family in FAMILIES).items() if count > 1
        ]
        assert repeated == [], column


def test_the_counters_are_those_of_the_telemetry() -> None:
    telemetry = Telemetry()
    telemetry.configure(["revenue"])
    telemetry.web_config_read(ok=True)
    exported = {block.name: (block.kind, block.help) for block in from_client(telemetry.metrics())}
    assert exported == {family.name: (family.kind, family.help) for family in COUNTERS}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: str(family.name))
def test_names_and_texts_follow_the_conventions(family: Family) -> None:
    assert re.fullmatch(r"jobhive_[a-z0-9_]+", family.name)
    assert family.name.endswith("_total") == (family.kind == "counter")
    assert not family.name.endswith(("_count", "_sum", "_bucket", "_created", "_percent"))
    assert not {label.name for label in family.labels} & {"job", "instance", "le", "quantile"}
    assert family.help.endswith("."), "HELP is a sentence"
    assert family.of is None or family.name.endswith(("_ratio", "_arpu", "_avg", "_avg_seconds"))
