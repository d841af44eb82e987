"""The formulas against SciPy, scikit-learn and NumPy, which know nothing of ours."""

import math
from fractions import Fraction
from math import isclose
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2, entropy, pearsonr
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, f1_score

from collectors.ai_quality import accuracy, calibration, deciles, drift
from collectors.ai_quality.accuracy import macro_f1, wilson_lower
from collectors.ai_quality.improvement import Changes, correlation
from collectors.ai_quality.judgements import LABELS
from collectors.ai_quality.moments import Pairs, Spread
from collectors.ai_quality.names import ranked
from collectors.ai_quality.validated import Judged

CHANCE = np.random.default_rng(11)
SHARES = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


def judged(**changes: Any) -> Judged:
    """One validated row."""
    plain: dict[str, Any] = dict.fromkeys(Judged.__dataclass_fields__)
    plain |= {"slice": 4, "rows": 1, "is_correct": False, "confidence": Spread(), "scores": Pairs()}
    return Judged(**(plain | changes))


def spread(values: Any) -> Spread:
    """The spread of a sample by NumPy."""
    return Spread(len(values), float(np.mean(values)), float(np.var(values) * len(values)), min(values), max(values))


@pytest.mark.parametrize(("correct", "n"), [(27, 30), (450, 500), (0, 30), (30, 30), (1, 1), (123_456, 1_000_000)])
def test_wilson(correct: int, n: int) -> None:
    expected = binomtest(correct, n).proportion_ci(confidence_level=0.95, method="wilson").low
    assert isclose(wilson_lower(correct, n), expected, rel_tol=1e-9, abs_tol=1e-15)


def test_wilson_as_the_contract_says() -> None:
    assert (round(wilson_lower(27, 30), 3), round(wilson_lower(450, 500), 3)) == (0.744, 0.871)
    assert isclose(accuracy.QUANTILE, NormalDist().inv_cdf(0.975))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from((*LABELS, "other")), st.sampled_from((*LABELS, "other"))), min_size=1))
def test_macro_f1(decisions: list[tuple[str, str]]) -> None:
    predicted, actual = zip(*decisions, strict=True)
    found = macro_f1([judged(predicted=p, actual=a) for p, a in decisions])
    there = [label for label in LABELS if label in predicted or label in actual]
    if not there:
        assert found is None
        return
    assert found is not None
    assert isclose(found, f1_score(actual, predicted, labels=there, average="macro", zero_division=0.0), abs_tol=1e-12)


def calibrated(confidence: Any, correct: Any) -> list[Judged]:
    """Groups by bin and correctness, as the database makes them."""
    bins = np.searchsorted(np.arange(1, 10) / 10, confidence, side="right")
    return [
        judged(bin=number, is_correct=is_correct, rows=int(picked.sum()), confidence=spread(confidence[picked]))
        for number in range(10)
        for is_correct in (False, True)
        if (picked := (bins == number) & (correct == is_correct)).any()
    ]


def test_calibration() -> None:
    confidence = np.round(CHANCE.uniform(0.005, 0.995, 5000), 6)
    correct = CHANCE.random(5000) < confidence**1.3
    found = [*calibrated(confidence, correct), judged(bin=None, rows=7)]
    of_bin, mean = calibration_curve(correct, confidence, n_bins=10, strategy="uniform")
    weights = np.histogram(confidence, bins=10, range=(0, 1))[0]
    expected = float(np.sum(weights[weights > 0] / 5000 * np.abs(of_bin - mean)))
    assert isclose(calibration.expected_error(found), expected, rel_tol=1e-10)
    assert isclose(calibration.brier(found), float(brier_score_loss(correct, confidence)), rel_tol=1e-12)


def test_the_index_of_stability_and_what_it_exceeds_by_chance() -> None:
    current, reference = CHANCE.integers(50, 100, 10), CHANCE.integers(100, 500, 10)
    q, p = current / current.sum(), reference / reference.sum()
    found = drift.stability(current.tolist(), reference.tolist())
    assert isclose(found, float(entropy(q, p) + entropy(p, q)), rel_tol=1e-12)
    assert isclose(drift.stability([0, 10], [5, 5]), -0.4999 * np.log(0.0002) + 0.5 * np.log(2), rel_tol=1e-12)
    for bins in range(2, 11):
        quantile = chi2.ppf(0.99, bins - 1)
        assert isclose(drift.threshold(bins, 20, 80), quantile * (1 / 20 + 1 / 80), rel_tol=1e-4)
    assert drift.threshold(10, 10**6, 10**6) == 0.1


@settings(deadline=None)
@given(st.lists(SHARES, min_size=1, max_size=60))
def test_deciles(values: list[float]) -> None:
    n, ordered = len(values), sorted(values)
    # percentile_disc: the first value whose cumulated share is not below the one asked for.
    found = [ordered[int(np.ceil(share * n)) - 1] for share in deciles.shares(n)]
    expected = np.quantile(values, np.arange(1, 10) / 10)
    kept = [edge for place, edge in enumerate(expected) if place == 0 or edge - expected[place - 1] > 1e-10]
    assert np.allclose(deciles.edges(n, found, 1), kept, atol=1e-12)


def test_edges_that_chain_are_compared_with_the_one_that_was_kept() -> None:
    ordered = [value for step in range(9) for value in (0.5 + step * 6e-10,) * 2]
    assert len(deciles.edges(11, ordered, 1)) == 5
    assert len(deciles.edges(11, [value * 100 for value in ordered], 100)) == 5


def test_a_value_just_left_of_an_edge_stays_left_of_it() -> None:
    low, high = 0.1, math.nextafter(0.1, 1)
    # Half way between two neighbours, so that the nearest float is the lower one.
    assert deciles.edges(6, [low, high] * 9, 1)[0] == high


@settings(deadline=None)
@given(st.lists(st.lists(st.tuples(SHARES, SHARES), min_size=1), min_size=1, max_size=5))
def test_moments_of_parts_are_those_of_the_whole(parts: list[list[tuple[float, float]]]) -> None:
    found = Pairs()
    for part in parts:
        x, y = (np.array(side) for side in zip(*part, strict=True))
        products = float(((x - x.mean()) * (y - y.mean())).sum())
        found += Pairs(spread(x), spread(y), products)
    x, y = (np.array(side) for side in zip(*(pair for part in parts for pair in part), strict=True))
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert found.correlation is None
        return
    assert found.correlation is not None
    assert isclose(found.correlation, pearsonr(x, y).statistic, rel_tol=1e-9, abs_tol=1e-9)
    if len(x) > 1:
        assert isclose(found.x.deviation, np.std(x, ddof=1), rel_tol=1e-9)


def test_values_far_from_zero_keep_their_correlation() -> None:
    x = 0.9 + CHANCE.random(1000) * 1e-6
    y = x + CHANCE.random(1000) * 1e-6
    halves = [Pairs(spread(a), spread(b), float(((a - a.mean()) * (b - b.mean())).sum()))
              for a, b in ((x[:400], y[:400]), (x[400:], y[400:]))]  # fmt: skip
    found = (halves[0] + halves[1]).correlation
    assert found is not None
    assert isclose(found, pearsonr(x, y).statistic, rel_tol=1e-8)


def changes(values: list[Fraction]) -> Changes:
    return Changes(len(values), sum(values, Fraction(0)), sum((value**2 for value in values), Fraction(0)))


def test_correlation_of_acceptance_and_change() -> None:
    accepted, others = ([Fraction(int(n), 1000) for n in CHANCE.integers(low, 500, 40)] for low in (-300, -500))
    x, y = [1] * 40 + [0] * 40, [float(value) for value in (*accepted, *others)]
    found = correlation(changes(accepted), changes(others))
    assert found is not None
    assert isclose(found, pearsonr(x, y).statistic, rel_tol=1e-9)
    assert correlation(changes(accepted), Changes()) is None
    assert correlation(changes([Fraction(1, 3)] * 5), changes([Fraction(1, 3)] * 5)) is None


def test_names_of_the_same_cleaned_form_are_counted_together() -> None:
    found = ranked([("a", 2), ("b", 3), ("a\n", 2), (None, 9), ("other", 9)], 1, "none")
    assert (found.top, list(found.labels)) == (("a",), ["a", "other", "none"])
    assert [found.label(name) for name in ("a", "a\n", "b", "other", None, "new")] == [
        "a",
        "a",
        *["other"] * 2,
        "none",
        "other",
    ]
