"""Features against a brute-force oracle, over random histories in a real PostgreSQL."""

from collections.abc import Iterator

import pytest
from hypothesis import given

from collectors.definitions import Definitions
from demo.postgres import EmbeddedPostgres
from tests.collectors import usage_asking
from tests.collectors.asking import differences
from tests.collectors.usage_asking import Place, ask, often, usage_definitions
from tests.oracle.part_histories import feature_cases
from tests.oracle.usage import Settings, expected_features
from tests.oracle.usage_histories import Case


@pytest.fixture(scope="module")
def place(postgres: EmbeddedPostgres) -> Iterator[Place]:
    with usage_asking.place(postgres, "features_oracle") as found:
        yield found


def meaning_of(settings: Settings) -> Definitions:
    """The words of activities are those of the default map, and what is ignored is no use of a feature anyway."""
    return usage_definitions(settings)


@often
@given(case=feature_cases())
def test_features_are_what_the_oracle_says(place: Place, case: Case) -> None:
    place.fill(case.world)
    found = ask("features", place.database, case, meaning_of(case.settings))
    assert differences(found, expected_features(case.world, case.at, case.settings)) == []
