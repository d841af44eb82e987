"""Properties of metrics.md section 9 that the oracle of 4.8 must have for every history."""

import math
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.ai_histories import ai_cases
from tests.oracle.test_usage_properties import often
from tests.oracle.usage import Measured, World, expected_ai_quality
from tests.oracle.usage_histories import DAY, Case

TABLES = ("sentiments", "assessments", "recommendations")
WINDOWS = ("7d", "30d", "90d")
SIGNED = ("score_bias_ratio", "lift_ratio")


def ask(case: Case) -> Measured:
    return expected_ai_quality(case.world, case.at, case.settings)


def by_labels(values: Measured, family: str, *names: str) -> dict[tuple[str, ...], Any]:
    """The sum over every label but those named."""
    found: dict[tuple[str, ...], Any] = {}
    for (name, pairs), value in values.items():
        if name == f"jobhive_{family}":
            place = tuple(dict(pairs)[label] for label in names)
            found[place] = found.get(place, 0) + value
    return found


def near(some: Iterable[Any], others: Iterable[Any]) -> bool:
    return all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) for a, b in zip(some, others, strict=True))


@often
@given(ai_cases())
def test_values_are_finite_labelled_and_complete(case: Case) -> None:
    empty, full = ask(replace(case, world=World())), ask(case)
    assert set(empty.values()) <= {0}
    versioned = {name for name in empty if "model_version" in dict(name[1])}
    assert empty.keys() - versioned <= full.keys()
    assert all(label and text for _, labels in full for label, text in labels)
    assert all(math.isfinite(value) for value in full.values())
    shares: dict[str, Any] = {name: value for (name, _), value in full.items() if name.endswith(("_ratio", "_score"))}
    assert all(-1 <= value <= 1 if name.endswith(SIGNED) else 0 <= value <= 1 for name, value in shares.items())
    assert all(abs(float(value)) <= 1 + 1e-12 for (name, _), value in full.items() if name.endswith("_correlation"))


@often
@given(ai_cases())
def test_counts_are_the_sums_of_their_parts(case: Case) -> None:
    values = ask(case)
    used = by_labels(values, "ai_confusion", "component", "window")
    for family in ("ai_category_validated", "ai_model_validated"):
        parts = by_labels(values, family, "component", "window")
        assert all(n == used.get(place, n) for place, n in parts.items())
    validated = by_labels(values, "ai_validated", "component", "window")
    assert all(n <= validated[place] for place, n in used.items())
    labels = by_labels(values, "ai_confusion", "component", "window", "actual")
    for (component, window, label), n in by_labels(
        values, "ai_label_validated", "component", "window", "label"
    ).items():
        assert n == labels[component, window, label]
    shares = by_labels(values, "ai_confidence_share_ratio", "component", "window")
    assert set(shares.values()) <= {1}
    outcomes = by_labels(values, "recommendations", "outcome")
    accepted = by_labels(values, "recommendation_acceptance_ratio").get(())
    assert (
        sum(outcomes.values()) == 0
        if accepted is None
        else accepted == Fraction(outcomes[("accepted",)], sum(outcomes.values()))
    )


@often
@given(ai_cases())
def test_longer_windows_have_no_fewer_rows(case: Case) -> None:
    values = ask(case)
    for family in ("ai_analyses", "ai_validated", "ai_confidence_samples", "ai_analysis_duration_samples"):
        for component in ("sentiment", "skill_assessment"):
            counts = by_labels(values, family, "component", "window")
            line = [counts.get((component, window), 0) for window in WINDOWS]
            assert line == sorted(line)


@often
@given(ai_cases())
def test_accuracy_is_told_by_its_confusion_and_bounded_below(case: Case) -> None:
    values = ask(case)
    cells = by_labels(values, "ai_confusion", "component", "window", "predicted", "actual")
    lower = by_labels(values, "ai_accuracy_lower_ratio", "component", "window")
    for place, accuracy in by_labels(values, "ai_accuracy_ratio", "component", "window").items():
        assert lower[place] < accuracy or accuracy == 0
        own = {cell[2:]: n for cell, n in cells.items() if cell[:2] == place}
        if own:
            right = sum(n for (predicted, actual), n in own.items() if predicted == actual != "other")
            assert accuracy == Fraction(right, sum(own.values()))


@often
@given(ai_cases(), st.randoms(use_true_random=True))
def test_neither_the_order_of_rows_nor_later_ones_change_anything(case: Case, random: Any) -> None:
    """Later rows are of users who are there, and everything about them is of tomorrow."""
    rows = {name: list(getattr(case.world, name)) for name in TABLES}
    for some in rows.values():
        late = [
            replace(row, id=1000 + row.id, **{name: case.at + DAY for name in vars(row) if name.endswith("_at")})
            for row in some
        ]
        some += late
        random.shuffle(some)
    sessions = random.sample(case.world.sessions, len(case.world.sessions))
    world = replace(case.world, sessions=tuple(sessions), **{name: tuple(some) for name, some in rows.items()})
    before, after = ask(case), ask(replace(case, world=world))
    assert before.keys() == after.keys()
    assert near(before.values(), [after[name] for name in before])
