"""AI quality against a brute-force oracle, over random rows in a real PostgreSQL."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as profile

from collectors.definitions import Definitions, Judging
from demo.postgres import EmbeddedPostgres
from exporter.model import Value
from tests.collectors import usage_asking
from tests.collectors.asking import Key
from tests.collectors.usage_asking import Place, ask, often, usage_definitions
from tests.oracle.ai_edges import EDGES
from tests.oracle.ai_histories import ai_cases, full_ai_cases
from tests.oracle.usage import Measured, Settings, expected_ai_quality
from tests.oracle.usage_histories import Case

# What hypothesis says of an example that fails, which would hide how it fails.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

MINIMUMS = ("min_validated", "min_group", "min_calibrated", "min_drift", "min_pairs")


@pytest.fixture(scope="module")
def place(postgres: EmbeddedPostgres) -> Iterator[Place]:
    with usage_asking.place(postgres, "ai_quality_oracle") as found:
        yield found


def meaning_of(settings: Settings) -> tuple[Definitions, dict[str, Any]]:
    """The definitions and the options of the collector, which share most of their names."""
    judging = settings.judging
    shared: dict[str, Any] = {
        "pass_threshold": float(judging.pass_threshold),
        "tolerance": float(judging.tolerance),
        **{name: getattr(judging, name) for name in MINIMUMS},
    }
    options = {
        **shared,
        "pass_thresholds": {name: float(threshold) for name, threshold in judging.pass_thresholds},
        "by_model_version": judging.by_model_version,
    }
    return replace(usage_definitions(settings), judging=Judging(**shared)), options


def near(found: Value, expected: Any) -> bool:
    """The columns are floats, and roots and logarithms are of them."""
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)


def differences(found: Mapping[Key, Value], expected: Measured) -> list[str]:
    keys = found.keys() | expected.keys()
    wrong = [key for key in keys if key not in found or key not in expected or not near(found[key], expected[key])]
    return sorted(f"{key[0]}{dict(key[1])}: {found.get(key)}, not {expected.get(key)}" for key in wrong)


def compare(place: Place, case: Case) -> None:
    place.fill(case.world)
    definitions, options = meaning_of(case.settings)
    found = ask("ai_quality", place.database, case, definitions, **options)
    assert differences(found, expected_ai_quality(case.world, case.at, case.settings)) == []


@often
@given(case=ai_cases())
def test_ai_quality_is_what_the_oracle_says(place: Place, case: Case) -> None:
    compare(place, case)


@profile(often, max_examples=15)
@given(case=full_ai_cases())
def test_ai_quality_has_the_minimum_samples_of_the_contract(place: Place, case: Case) -> None:
    compare(place, case)


@pytest.mark.parametrize("name", EDGES)
def test_ai_quality_at_its_edges(place: Place, name: str) -> None:
    compare(place, EDGES[name])
