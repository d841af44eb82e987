"""The journey against a brute-force oracle, over random histories in a real PostgreSQL."""

from collections.abc import Iterator

import pytest
from hypothesis import given

from demo.postgres import EmbeddedPostgres
from tests.collectors import usage_asking
from tests.collectors.asking import differences
from tests.collectors.usage_asking import Place, ask, often, usage_definitions
from tests.oracle.journey_histories import journey_cases
from tests.oracle.usage import expected_journey
from tests.oracle.usage_histories import Case


@pytest.fixture(scope="module")
def place(postgres: EmbeddedPostgres) -> Iterator[Place]:
    with usage_asking.place(postgres, "journey_oracle") as found:
        yield found


@often
@given(case=journey_cases())
def test_the_journey_is_what_the_oracle_says(place: Place, case: Case) -> None:
    place.fill(case.world)
    found = ask("journey", place.database, case, usage_definitions(case.settings))
    assert differences(found, expected_journey(case.world, case.at, case.settings)) == []
