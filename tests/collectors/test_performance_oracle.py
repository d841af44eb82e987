"""One candidate in detail against a brute-force oracle, over random histories in a real PostgreSQL."""

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from collectors.candidates.judgement import Judged
from collectors.candidates.performance import Performance, performance
from collectors.definitions import Definitions
from collectors.schema import Schema
from demo.postgres import EmbeddedPostgres
from tests.collectors import usage_asking
from tests.collectors.usage_asking import Place, often, usage_definitions
from tests.oracle import usage as oracle
from tests.oracle.candidate_histories import performance_cases
from tests.oracle.performance import MOST, Mark
from tests.oracle.usage import expected_performance
from tests.oracle.usage_histories import Case

# A threshold is met with a tolerance of 10⁻⁹, so margins that differ by less are the same margin.
NEAR = 1e-9
# Beside the first users, somebody who does not exist.
ASKED = (1, 2, 3, 99)


@pytest.fixture(scope="module")
def place(postgres: EmbeddedPostgres) -> Iterator[Place]:
    with usage_asking.place(postgres, "performance_oracle") as found:
        yield found


def ask(place: Place, case: Case, definitions: Definitions, user: int) -> Performance | None:
    kind: Any = case.settings.candidate_kind
    return place.database.read(
        30,
        lambda reader: performance(reader, Schema(definitions, reader.columns), definitions, case.at, user, kind),
    )


def near(found: float | None, expected: Fraction | None) -> bool:
    if found is None or expected is None:
        return found is None and expected is None
    return math.isclose(found, expected, rel_tol=NEAR, abs_tol=NEAR)


def all_near(found: Mapping[str, float | None], expected: Mapping[str, Fraction | None]) -> bool:
    return found.keys() == expected.keys() and all(near(found[name], expected[name]) for name in found)


def same_history(found: Performance, expected: oracle.Performance) -> bool:
    pairs = list(zip(found.history, expected.history, strict=False))
    return len(found.history) == expected.total_interviews == len(pairs) and all(
        (mine.id, mine.date) == (theirs.interview_id, theirs.date)
        and all_near(mine.scores, {name: getattr(theirs, name) for name in mine.scores})
        and near(mine.sentiment, theirs.sentiment)
        and near(mine.skill, theirs.skill)
        for mine, theirs in pairs
    )


def same_marks(found: Sequence[Judged], expected: Sequence[Mark]) -> bool:
    """Compare in order, in which margins that are the same but for floating point may have changed places.

    At the cut, such a change brings a name that is not expected at all.
    """
    margins = [float(margin) for _, margin in expected]
    if len(found) != len(margins) or not all(
        math.isclose(one.margin, margin, abs_tol=NEAR) for one, margin in zip(found, margins, strict=True)
    ):
        return False
    names, cut = dict(expected), expected[-1][1] if len(expected) == MOST else None
    return all(near(one.margin, names.get(one.subject.name, cut)) for one in found)


@often
@given(case=performance_cases())
def test_a_candidate_is_what_the_oracle_says(place: Place, case: Case) -> None:
    place.fill(case.world)
    definitions = usage_definitions(case.settings)
    for user in ASKED:
        found = ask(place, case, definitions, user)
        expected = expected_performance(case.world, case.at, case.settings, user)
        assert (found is None) == (expected is None)
        if found is None or expected is None:
            continue
        assert same_history(found, expected), (found, expected)
        assert all_near(found.improvement, expected.improvement)
        assert all_near(found.robust_improvement, expected.robust_improvement)
        slopes = {"interview": found.slope_per_interview, "30d": found.slope_per_30d}
        assert all_near(slopes, expected.improvement_rate), (slopes, expected.improvement_rate)
        assert same_marks(found.strengths, expected.strengths), (found.strengths, expected.strengths)
        assert same_marks(found.areas_for_improvement, expected.areas), (found.areas_for_improvement, expected.areas)
