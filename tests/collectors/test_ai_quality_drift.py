"""Drift: which values are compared, where the bins lie, and what is too little to be told."""

from collections.abc import Sequence
from math import isclose, log
from typing import Any

import numpy as np
import pytest
from scipy.stats import entropy

from tests.collectors.judged import DAY, INFINITY, NAN, TICK, Answer, T, asked, assessments, people, sentiment
from tests.conftest import execute

NOW, BEFORE = T - DAY, T - 20 * DAY
SKILL = {"component": "skill_assessment", "signal": "accumulated_score"}
CONFIDENCE = {"component": "skill_assessment", "signal": "confidence"}


@pytest.fixture
def url(database: str) -> str:
    """A database with users and interviews, of which nobody has said anything yet."""
    return people(database)


def rows(values: Sequence[float | None], created_at: Any, column: str = "accumulated_score") -> list[dict[str, Any]]:
    return [{column: value, "created_at": created_at} for value in values]


def samples(found: Answer, **labels: str) -> tuple[Any, Any]:
    return tuple(found.of("ai_drift_samples", side=side, **labels) for side in ("current", "reference"))  # type: ignore[return-value]


SIDES = [
    (T, (0, 0)),
    (T - TICK, (1, 0)),
    (T - 7 * DAY, (1, 0)),
    (T - 7 * DAY - TICK, (0, 1)),
    (T - 35 * DAY, (0, 1)),
    (T - 35 * DAY - TICK, (0, 0)),
]


@pytest.mark.parametrize(("created_at", "n"), SIDES)
def test_the_reference_ends_where_the_last_week_begins(url: str, created_at: Any, n: tuple[int, int]) -> None:
    assessments(url, {"created_at": created_at, "accumulated_score": 0.5, "confidence": 0.5})
    found = asked(url)
    assert samples(found, **SKILL) == n
    assert samples(found, **CONFIDENCE) == n


def index(current: Sequence[int], reference: Sequence[int]) -> float:
    """The index of counts per bin by the textbook; none of them may be 0."""
    q, p = np.array(current) / sum(current), np.array(reference) / sum(reference)
    return float(entropy(q, p) + entropy(p, q))


def test_equal_samples_do_not_drift(url: str) -> None:
    values = [number / 200 for number in range(200)]
    assessments(url, *rows(values, NOW), *rows(values, BEFORE))
    found = asked(url)
    assert found.of("ai_drift_psi", **SKILL) == 0
    # The server adds up the rows of both sides in orders of its own.
    assert isclose(float(found.of("ai_drift_mean_shift", **SKILL) or 0), 0, abs_tol=1e-12)
    assert isclose(float(found.of("ai_drift_threshold", **SKILL) or 0), 21.666 / 100)


LEAST = [(200, 200, True), (199, 200, False), (200, 199, False)]


@pytest.mark.parametrize(("n", "m", "is_told"), LEAST)
def test_two_hundred_valid_values_on_both_sides(url: str, n: int, m: int, is_told: bool) -> None:
    values = [number / 1000 for number in range(200)]
    invalid = (None, NAN, INFINITY, -0.1, 1.1)
    for column in ("accumulated_score", "confidence"):
        assessments(url, *rows([*values[:n], *invalid], NOW, column), *rows([*values[:m], *invalid], BEFORE, column))
    # A row about confidence has the score of the default, which is none of the others.
    execute(url, "UPDATE assessments_skillassessment SET accumulated_score = NULL WHERE accumulated_score = 0.5")
    found = asked(url)
    for labels in (SKILL, CONFIDENCE):
        assert samples(found, **labels) == (n, m)
        for name in ("ai_drift_psi", "ai_drift_threshold", "ai_drift_mean_shift"):
            assert (found.of(name, **labels) is not None) == is_told, name
        # Five rows are invalid, one of them null; those of the other column have none at all.
        assert found.of("ai_signal_null_ratio", **labels) == (n + 6) / (2 * n + 10)
        assert found.of("ai_signal_out_of_range_ratio", **labels) == 4 / (n + 4)


def test_a_value_on_an_edge_lies_to_its_right(url: str) -> None:
    # Deciles of 0 to 200 are 20, 40 … 180: each of them a value.
    reference = [number / 200 for number in range(201)]
    assessments(url, *rows(reference, BEFORE), *rows([0.1] * 100 + [0.0] * 100, NOW))
    counts = [100, 100, 0, 0, 0, 0, 0, 0, 0, 0]
    q = [max(n / 200, 0.0001) for n in counts]
    p = [20 / 201] * 9 + [21 / 201]
    expected = sum((a - b) * log(a / b) for a, b in zip(q, p, strict=True))
    assert isclose(float(asked(url).of("ai_drift_psi", **SKILL) or 0), expected, rel_tol=1e-12)


def test_an_edge_between_two_values_is_as_it_is_written(url: str) -> None:
    # The median lies half-way between 0.001 and 0.017, and 0.009 upon it: the binary numbers next to them say below.
    reference = [0.001] * 105 + [0.017] * 105
    assessments(url, *rows(reference, BEFORE), *rows([0.009] * 200, NOW))
    # Edges: 0.001, 0.009 and 0.017.
    q, p = [0.0001, 0.0001, 1, 0.0001], [0.0001, 0.5, 0.0001, 0.5]
    expected = sum((a - b) * log(a / b) for a, b in zip(q, p, strict=True))
    assert isclose(float(asked(url).of("ai_drift_psi", **SKILL) or 0), expected, rel_tol=1e-12)


def test_equal_edges_are_one_and_nearly_equal_ones_too(url: str) -> None:
    reference = [0.2] * 100 + [0.2 + 5e-10] * 100 + [0.6] * 100
    assessments(url, *rows(reference, BEFORE), *rows([0.1] * 60 + [0.2] * 90 + [0.7] * 150, NOW))
    found = asked(url)
    # The empty bin below 0.2 counts as 0.0001, without the others losing anything.
    p, q = [0.0001, 2 / 3, 1 / 3], [0.2, 0.3, 0.5]
    exact = sum((a - b) * log(a / b) for a, b in zip(q, p, strict=True))
    assert isclose(float(found.of("ai_drift_psi", **SKILL) or 0), exact, rel_tol=1e-12)
    # Three bins, two degrees of freedom: less than 0.1.
    assert found.of("ai_drift_threshold", **SKILL) == 0.1


def test_a_reference_of_one_value_has_two_bins_and_no_deviation(url: str) -> None:
    assessments(url, *rows([0.7] * 200, BEFORE), *rows([0.7] * 100 + [0.1] * 100, NOW))
    found = asked(url)
    exact = (0.5 - 0.0001) * log(0.5 / 0.0001) + (0.5 - 1) * log(0.5)
    assert isclose(float(found.of("ai_drift_psi", **SKILL) or 0), exact, rel_tol=1e-12)
    assert found.of("ai_drift_threshold", **SKILL) == 0.1
    assert found.of("ai_drift_mean_shift", **SKILL) is None


def test_confidence_has_ten_bins_whatever_is_in_them(url: str) -> None:
    now, before = [0.95] * 150 + [0.3] * 50, [0.95] * 100 + [0.3] * 100
    assessments(url, *rows(now, NOW, "confidence"), *rows(before, BEFORE, "confidence"))
    found = asked(url)
    assert isclose(float(found.of("ai_drift_psi", **CONFIDENCE) or 0), index([150, 50], [100, 100]), rel_tol=1e-12)
    assert isclose(float(found.of("ai_drift_threshold", **CONFIDENCE) or 0), 21.666 / 100)
    shift = (np.mean(now) - np.mean(before)) / np.std(before, ddof=1)
    assert isclose(float(found.of("ai_drift_mean_shift", **CONFIDENCE) or 0), float(shift), rel_tol=1e-12)


def test_scores_of_another_scale_have_the_same_drift(url: str) -> None:
    chance = np.random.default_rng(5)
    now, before = (np.round(chance.beta(a, 2, size=n), 3) for a, n in ((2.5, 333), (2, 1234)))
    assessments(url, *rows([float(x) for x in now], NOW), *rows([float(x) for x in before], BEFORE))
    sentiment(url, *rows([round(float(x) * 10, 2) for x in now], NOW, "positive_score"))
    sentiment(url, *rows([round(float(x) * 10, 2) for x in before], BEFORE, "positive_score"))
    found = asked(url, sentiment={"score_scale": 10})
    edges = np.quantile(before, np.arange(1, 10) / 10)
    counts = [np.bincount(np.searchsorted(edges, side, side="right"), minlength=10) for side in (now, before)]
    expected = index(*([int(n) for n in side] for side in counts))
    for labels in (SKILL, {"component": "sentiment", "signal": "positive_score"}):
        assert isclose(float(found.of("ai_drift_psi", **labels) or 0), expected, rel_tol=1e-9)
