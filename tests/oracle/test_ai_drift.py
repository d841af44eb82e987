"""The oracle of AI14 of metrics.md 4.8 by hand and against NumPy and SciPy."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2, entropy

from tests.oracle.drift import CHANCE, deciles, psi, shares
from tests.oracle.test_ai_quality import BASE, DAY, INFINITY, JUDGED, NAN, SAID, TICK, T, asked
from tests.oracle.usage import Judging, Measured, Sentiment, Settings, expected_ai_quality, key

FEW = Judging(min_drift=2)
NOW, THEN = T - DAY, T - 20 * DAY


def drift(values: Measured, family: str, signal: str = "positive_score", **labels: str) -> Any:
    component = "skill_assessment" if signal == "accumulated_score" else "sentiment"
    return values.get(key(f"jobhive_ai_{family}", component=component, signal=signal, **labels))


def sides(current: Sequence[float | None], reference: Sequence[float | None]) -> list[Sentiment]:
    """The same values as scores and, where they are no confidence, as none."""
    rows = [(NOW, value) for value in current] + [(THEN, value) for value in reference]
    return [replace(SAID, created_at=when, positive_score=value, confidence=value) for when, value in rows]


def fractions(values: Sequence[float]) -> list[Fraction]:
    return [Fraction(repr(value)) for value in values]


@pytest.mark.parametrize(
    ("when", "current", "reference"),
    [
        (T, 0, 0),
        (T - TICK, 1, 0),
        (T - 7 * DAY, 1, 0),
        (T - 7 * DAY - TICK, 0, 1),
        (T - 35 * DAY, 0, 1),
        (T - 35 * DAY - TICK, 0, 0),
    ],
)
def test_a_week_is_compared_with_the_four_before(when: Any, current: int, reference: int) -> None:
    values = asked(replace(SAID, created_at=when), replace(JUDGED, created_at=when))
    for signal in ("positive_score", "accumulated_score", "confidence"):
        found = [drift(values, "drift_samples", signal, side=side) for side in ("current", "reference")]
        assert found == [current, reference]
    assert drift(values, "signal_null_ratio") == (0 if current else None)


@pytest.mark.parametrize(("n", "m", "told"), [(200, 200, True), (199, 200, False), (200, 199, False)])
def test_drift_is_told_of_two_hundred_valid_values_on_both_sides(n: int, m: int, told: bool) -> None:
    current, reference = ([0.25 if place % 2 else 0.75 for place in range(size)] for size in (n, m))
    values = asked(*sides([*current, None, NAN], [*reference, 1.01]), judging=Judging())
    for signal in ("positive_score", "confidence"):
        found = [drift(values, "drift_samples", signal, side=side) for side in ("current", "reference")]
        assert found == [n, m]
        for family in ("drift_psi", "drift_threshold", "drift_mean_shift"):
            assert (drift(values, family, signal) is not None) is told


def test_the_same_on_both_sides_is_no_drift() -> None:
    line = [place / 40 for place in range(41)]
    values = asked(*sides(line, line), judging=FEW)
    assert [drift(values, family) for family in ("drift_psi", "drift_mean_shift")] == [0, 0]
    # Ten bins: the contract's 21.666 · (1/41 + 1/41).
    assert drift(values, "drift_threshold") == Fraction("21.666") * 2 / 41


def test_chance_is_bounded_by_the_quantiles_of_chi_square() -> None:
    assert [float(value) for value in CHANCE] == pytest.approx([chi2.ppf(0.99, n) for n in range(1, 10)], abs=5e-4)
    values = asked(*sides([0.25, 0.75] * 300, [0.25, 0.75] * 300), judging=FEW)
    # Deciles of two values: one at 0.25, one between the halves and one at 0.75, thus four bins.
    assert drift(values, "drift_threshold") == Fraction("0.1")
    few = asked(*sides([0.25, 0.75] * 2, [0.25, 0.75] * 300), judging=FEW)
    assert drift(few, "drift_threshold") == Fraction("11.345") * (Fraction(1, 4) + Fraction(1, 600))


def test_one_value_alone_has_two_bins_and_no_shift() -> None:
    values = asked(*sides([0.5, 0.5, 0.25], [0.5] * 4), judging=FEW)
    assert drift(values, "drift_threshold") == Fraction("6.635") * (Fraction(1, 3) + Fraction(1, 4))
    # In the bin below 0.5 a third against the least share, above it two thirds against all.
    expected = (1 / 3 - 0.0001) * np.log(1 / 3 / 0.0001) + (2 / 3 - 1) * np.log(2 / 3)
    assert drift(values, "drift_psi") == pytest.approx(expected)
    assert drift(values, "drift_mean_shift") is None


def test_shift_is_in_standard_deviations_of_the_reference() -> None:
    values = asked(*sides([0.5, 0.7], [0.1, 0.2, 0.6]), judging=FEW)
    assert drift(values, "drift_mean_shift") == pytest.approx((0.6 - 0.3) / np.std([0.1, 0.2, 0.6], ddof=1))


def test_a_scale_changes_nothing() -> None:
    one = expected_ai_quality(
        replace(BASE, sentiments=tuple(sides([0.3, 0.7, 2], [0.4, 0.5]))), T, Settings(judging=FEW)
    )
    rows = [replace(row, positive_score=(row.positive_score or 0) * 100) for row in sides([0.3, 0.7, 2], [0.4, 0.5])]
    hundred = asked(*rows, judging=FEW, sentiment_scale=100)
    for family in ("drift_psi", "drift_mean_shift", "signal_out_of_range_ratio"):
        assert drift(one, family) == pytest.approx(drift(hundred, family))


def test_edges_are_deciles_of_which_near_ones_are_one() -> None:
    assert deciles(fractions([place / 10 for place in range(11)])) == [Fraction(n, 10) for n in range(1, 10)]
    assert deciles(fractions([0.5] * 5)) == [Fraction(1, 2)]
    assert deciles(fractions([0.1] * 95 + [0.9] * 5)) == [Fraction("0.1")]
    near = [Fraction("0.1") + Fraction(n, 10**10) for n in range(11)]
    assert deciles(near) == [near[1]]
    apart = [Fraction("0.1") + Fraction(n, 10**9) for n in range(11)]
    assert deciles(apart) == apart[1:10]


def test_a_value_falls_right_of_an_edge_it_equals() -> None:
    edges = fractions([0.3, 0.6])
    assert shares(fractions([0.29, 0.3, 0.59, 0.6, 1.0]), edges) == [Fraction(n, 5) for n in (1, 2, 2)]


@pytest.mark.parametrize("seed", range(5))
def test_psi_is_the_sum_of_two_relative_entropies(seed: int) -> None:
    random = Random(seed)
    current = [round(random.betavariate(4, 3), 3) for _ in range(300)]
    reference = [round(random.betavariate(3, 3), 3) for _ in range(401)]
    values = asked(*sides(current, reference), judging=Judging())
    inner = {
        "positive_score": np.unique(np.percentile(reference, range(10, 100, 10))),
        "confidence": np.arange(1, 10) / 10,
    }
    for signal, edges in inner.items():
        q, p = (
            np.maximum(
                np.bincount(np.searchsorted(edges, np.array(side) + 1e-12), minlength=len(edges) + 1) / len(side), 1e-4
            )
            for side in (current, reference)
        )
        # entropy() makes its arguments sum to 1, which raising small shares breaks.
        jeffreys = q.sum() * entropy(q, p) + p.sum() * entropy(p, q) + (q.sum() - p.sum()) * np.log(q.sum() / p.sum())
        assert drift(values, "drift_psi", signal) == pytest.approx(jeffreys)


def test_psi_raises_small_shares() -> None:
    assert psi([Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]) == pytest.approx(2 * 0.9999 * np.log(10**4))
    assert psi([Fraction(0)] * 2, [Fraction("0.0001")] * 2) == 0


def test_chance_alone_is_as_the_contract_says() -> None:
    """With n = m = 200 and no drift PSI has the mean 0.092 and exceeds 0.1 in 37 %, but its bound in 1 %."""
    random = Random(4)
    found = []
    for _ in range(400):
        now, then = ([Fraction(random.randrange(10**6), 10**6) for _ in range(200)] for _ in range(2))
        edges = deciles(then)
        found.append(psi(shares(now, edges), shares(then, edges)))
    assert np.mean(found) == pytest.approx(0.092, abs=0.006)
    assert np.mean(np.array(found) > 0.1) == pytest.approx(0.37, abs=0.06)
    assert np.mean(np.array(found) > 21.666 / 100) < 0.03


def test_signals_tell_what_is_not_there_and_what_is_no_value() -> None:
    values = asked(*sides([0.5, None, None, NAN, INFINITY, 1.01, -0.01, 1.0], [None, NAN]))
    for signal in ("positive_score", "confidence"):
        assert drift(values, "signal_null_ratio", signal) == Fraction(2, 8)
        assert drift(values, "signal_out_of_range_ratio", signal) == Fraction(4, 6)
    empty = asked(*sides([None], []))
    assert (drift(empty, "signal_null_ratio"), drift(empty, "signal_out_of_range_ratio")) == (1, None)
    nothing = asked(*sides([], [0.5]))
    assert (drift(nothing, "signal_null_ratio"), drift(nothing, "signal_out_of_range_ratio")) == (None, None)
    unmapped = Judging(lacking=frozenset({("sentiment", "confidence")}))
    assert not [
        name
        for name, labels in asked(SAID, judging=unmapped)
        if labels >= {("signal", "confidence"), ("component", "sentiment")}
    ]


def test_the_reference_is_older_than_a_week_to_the_microsecond() -> None:
    rows = sides([0.1, 0.2], [0.9, 0.8])
    edge = replace(rows[0], created_at=T - timedelta(days=7), positive_score=0.3)
    values = asked(*rows, edge, replace(edge, created_at=edge.created_at - TICK), judging=FEW)
    assert [drift(values, "drift_samples", side=side) for side in ("current", "reference")] == [3, 3]
