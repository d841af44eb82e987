"""Candidates against a brute-force oracle, over random histories in a real PostgreSQL."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given

from collectors.definitions import Definitions
from demo.postgres import EmbeddedPostgres
from tests.collectors import usage_asking
from tests.collectors.asking import differences
from tests.collectors.usage_asking import Place, ask, often, usage_definitions
from tests.oracle.candidate_histories import candidate_cases
from tests.oracle.usage import Settings, expected_candidates
from tests.oracle.usage_histories import Case


@pytest.fixture(scope="module")
def place(postgres: EmbeddedPostgres) -> Iterator[Place]:
    with usage_asking.place(postgres, "candidates_oracle") as found:
        yield found


def meaning_of(settings: Settings) -> tuple[Definitions, dict[str, Any]]:
    """The definitions and the options of the collector."""
    kind = settings.candidate_kind
    return usage_definitions(settings), {} if kind == "all" else {"kind": kind}


@often
@given(case=candidate_cases())
def test_candidates_are_what_the_oracle_says(place: Place, case: Case) -> None:
    place.fill(case.world)
    definitions, options = meaning_of(case.settings)
    found = ask("candidates", place.database, case, definitions, **options)
    assert differences(found, expected_candidates(case.world, case.at, case.settings)) == []
