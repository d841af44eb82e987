"""The checks of every table against a brute-force oracle, over random rows in a real PostgreSQL."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from demo.postgres import EmbeddedPostgres
from tests.collectors import usage_asking
from tests.collectors.asking import Key, differences
from tests.collectors.usage_asking import Place, ask, of_family, often, usage_definitions
from tests.oracle.part_histories import check_cases
from tests.oracle.usage import Settings, expected_checks
from tests.oracle.usage_histories import Case
from tests.oracle.usage_rows import STAGES

ROWS, NEWEST = "jobhive_data_quality_rows", "jobhive_source_newest_row_timestamp_seconds"


@pytest.fixture(scope="module")
def place(postgres: EmbeddedPostgres) -> Iterator[Place]:
    with usage_asking.place(postgres, "data_quality_oracle") as found:
        yield found


def meaning_of(settings: Settings) -> Settings:
    """The settings as far as a deployment can tell them to this collector: not what options of others say."""
    return replace(settings, stages=STAGES, ignored_features=())


def microseconds(values: Mapping[Key, Any]) -> dict[Key, int]:
    return {key: round(value * 10**6) for key, value in of_family(values, NEWEST).items()}


@often
@given(case=check_cases())
def test_checks_are_what_the_oracle_says(place: Place, case: Case) -> None:
    place.fill(case.world)
    settings = meaning_of(case.settings)
    found = ask("data_quality", place.database, case, usage_definitions(settings))
    expected = expected_checks(case.world, case.at, settings)
    assert differences(of_family(found, ROWS), of_family(expected, ROWS)) == []
    # To the microsecond, which a relative difference would not see.
    assert microseconds(found) == microseconds(expected)
