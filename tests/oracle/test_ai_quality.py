"""The oracle of metrics.md 4.8 by hand: volumes, confidence, accuracy, calibration; the contract's own figures."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest, pearsonr
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, f1_score, precision_score, recall_score

from tests.oracle.accuracy import wilson_lower
from tests.oracle.usage import (
    Assessment,
    Judging,
    Measured,
    Sentiment,
    Session,
    Settings,
    Skill,
    User,
    World,
    expected_ai_quality,
    key,
)

T = datetime(2026, 4, 20, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
NAN, INFINITY = float("nan"), float("inf")
BASE = World(
    users=(User(1, T - 200 * DAY), User(2, T - 200 * DAY, is_staff=True), User(3, T)),
    sessions=tuple(Session(number, number, "completed", T - DAY) for number in (1, 2, 3)),
    skills=(*(Skill(number, f"c{number:02}") for number in range(1, 23)), Skill(23), Skill(24, "")),
)
SAID = Sentiment(
    0, 1, T - DAY, 0.5, predicted_label="positive", human_label="positive", human_validated_at=T - TICK, confidence=0.9
)
JUDGED = Assessment(
    0, 1, T - DAY, 0.8, human_validated=True, human_score=0.8, human_validated_at=T - TICK, confidence=0.9
)
ONE = Judging(min_validated=1, min_group=1, min_calibrated=1)
COUNTS = {
    "ai_analyses",
    "ai_analysis_duration_samples",
    "ai_calibration_samples",
    "ai_category_validated",
    "ai_confidence_samples",
    "ai_confusion",
    "ai_drift_samples",
    "ai_label_validated",
    "ai_model_validated",
    "ai_validated",
    "recommendation_improvement_pairs",
    "recommendation_ratings",
    "recommendations",
    "recommendations_shown",
}


def asked(*rows: Sentiment | Assessment, judging: Judging = ONE, world: World = BASE, **settings: Any) -> Measured:
    numbered = [replace(row, id=number) for number, row in enumerate(rows, 1)]
    full = replace(
        world,
        sentiments=tuple(row for row in numbered if isinstance(row, Sentiment)),
        assessments=tuple(row for row in numbered if isinstance(row, Assessment)),
    )
    return expected_ai_quality(full, T, Settings(judging=judging, **settings))


def get(values: Measured, family: str, component: str, window: str = "30d", **labels: str) -> Any:
    return values.get(key(f"jobhive_ai_{family}", component=component, window=window, **labels))


def said(values: Measured, family: str, window: str = "30d", **labels: str) -> Any:
    return get(values, family, "sentiment", window, **labels)


def judged(values: Measured, family: str, window: str = "30d", **labels: str) -> Any:
    return get(values, family, "skill_assessment", window, **labels)


def windows(values: Measured, family: str) -> list[Any]:
    return [[get(values, family, name, window) for window in ("7d", "30d", "90d")] for name in NAMES]


NAMES = ("sentiment", "skill_assessment")


def test_nothing_is_zero_of_everything_that_is_counted() -> None:
    values = expected_ai_quality(World(), T, Settings(judging=Judging(by_model_version=True)))
    assert {family.removeprefix("jobhive_") for family, _ in values} == COUNTS
    assert set(values.values()) == {0}
    assert len([name for name, _ in values if name == "jobhive_ai_confusion"]) == 3 * (16 + 2 * 4)


@pytest.mark.parametrize(
    ("when", "found"),
    [
        (T, [0, 0, 0]),
        (T - TICK, [1, 1, 1]),
        (T - 7 * DAY, [1, 1, 1]),
        (T - 7 * DAY - TICK, [0, 1, 1]),
        (T - 30 * DAY, [0, 1, 1]),
        (T - 30 * DAY - TICK, [0, 0, 1]),
        (T - 90 * DAY, [0, 0, 1]),
        (T - 90 * DAY - TICK, [0, 0, 0]),
    ],
)
def test_windows_are_of_the_creation(when: datetime, found: list[int]) -> None:
    values = asked(replace(SAID, created_at=when), replace(JUDGED, created_at=when))
    for family in ("analyses", "validated", "confidence_samples", "calibration_samples"):
        assert windows(values, family) == [found, found]


@pytest.mark.parametrize(("session", "counted"), [(1, 1), (2, 0), (3, 0)])
def test_rows_are_of_the_population_of_their_session(session: int, counted: int) -> None:
    values = asked(replace(SAID, interview_session_id=session), replace(JUDGED, interview_session_id=session))
    assert windows(values, "analyses") == [[counted] * 3] * 2


def test_processing_time_has_valid_values_only() -> None:
    values = asked(*(replace(SAID, processing_time_ms=ms) for ms in (100.0, 200.0, 0.0, -1.0, NAN, INFINITY, None)))
    assert said(values, "analysis_duration_samples") == 3
    assert said(values, "analysis_duration_avg_seconds") == Fraction("0.1")
    assert said(values, "analysis_duration_p95_seconds") == Fraction("0.19")
    assert judged(asked(JUDGED), "analysis_duration_samples") is None


@pytest.mark.parametrize(
    ("confidence", "place"),
    [
        (0.0, "0.0"),
        (0.1, "0.1"),
        (0.3, "0.3"),
        (math.nextafter(0.3, 0), "0.2"),
        (0.1 * 3, "0.3"),
        (0.7, "0.7"),
        (0.7999999999999999, "0.7"),
        (0.99, "0.9"),
        (1.0, "0.9"),
        (1.0000001, None),
        (-0.01, None),
        (NAN, None),
        (-INFINITY, None),
        (None, None),
    ],
)
def test_bins_of_confidence_are_closed_below(confidence: float | None, place: str | None) -> None:
    values = asked(replace(SAID, confidence=confidence))
    shares = {f"0.{n}": said(values, "confidence_share_ratio", bin=f"0.{n}") for n in range(10)}
    assert shares == {name: None if place is None else int(name == place) for name in shares}
    assert said(values, "confidence_samples") == said(values, "calibration_samples") == int(place is not None)
    assert said(values, "validated") == 1


def test_confidence_has_a_mean_percentiles_and_a_low_share() -> None:
    values = asked(*(replace(JUDGED, confidence=value) for value in (0.2, 0.5, 0.4999999, 0.9, None, 7.0)))
    assert judged(values, "confidence_low_ratio") == Fraction(1, 2)
    assert judged(values, "confidence_avg_ratio") == Fraction("2.0999999") / 4
    assert judged(values, "confidence_p10_ratio") == Fraction("0.28999997")
    assert judged(values, "confidence_p50_ratio") == Fraction("0.49999995")
    assert judged(values, "confidence_p90_ratio") == Fraction("0.78")


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({}, 1),
        ({"human_validated_at": T}, 0),
        ({"human_validated_at": T - 100 * DAY}, 1),
        ({"human_validated_at": None}, 0),
        ({"predicted_label": None}, 0),
        ({"predicted_label": ""}, 0),
        ({"human_label": None}, 0),
        ({"human_label": ""}, 0),
        ({"human_label": "mixed"}, 1),
        ({"positive_score": None}, 1),
    ],
)
def test_sentiment_is_validated_by_two_labels_in_time(changes: dict[str, Any], counted: int) -> None:
    values = asked(replace(SAID, **changes), SAID)
    assert said(values, "validated") == counted + 1
    assert said(values, "validation_coverage_ratio") == Fraction(counted + 1, 2)
    timeless = replace(ONE, lacking=frozenset({("sentiment", "human_validated_at")}))
    always = counted or "human_validated_at" in changes
    assert said(asked(replace(SAID, **changes), judging=timeless), "validated") == always


@pytest.mark.parametrize(
    ("changes", "counted", "agreed"),
    [
        ({}, 1, 0),
        ({"human_agrees": False}, 1, 1),
        ({"human_validated": False, "human_agrees": True}, 0, 0),
        ({"human_validated_at": T, "human_agrees": True}, 0, 0),
        ({"human_validated_at": None, "human_agrees": True}, 0, 0),
        ({"human_score": None, "human_agrees": True}, 0, 1),
        ({"human_score": NAN, "human_agrees": True}, 0, 1),
        ({"human_score": 1.01, "human_agrees": None}, 0, 0),
        ({"accumulated_score": None, "human_agrees": True}, 0, 0),
        ({"accumulated_score": INFINITY, "human_agrees": True}, 0, 0),
        ({"accumulated_score": -0.01, "human_agrees": True}, 0, 0),
        ({"accumulated_score": 1.0, "human_score": 0.0}, 1, 0),
    ],
)
def test_a_skill_is_validated_by_a_score_or_else_by_agreement(
    changes: dict[str, Any], counted: int, agreed: int
) -> None:
    assert judged(asked(replace(JUDGED, **changes)), "validated") == counted
    unscored = replace(ONE, lacking=frozenset({("assessment", "human_score")}))
    assert judged(asked(replace(JUDGED, **changes), judging=unscored), "validated") == agreed


def test_agreement_alone_has_an_accuracy_and_no_confusion() -> None:
    unscored = replace(ONE, lacking=frozenset({("assessment", "human_score")}), by_model_version=True)
    rows = [replace(JUDGED, human_agrees=agrees, skill_id=1) for agrees in (True, True, False)]
    values = asked(*rows, judging=unscored)
    third = Fraction(2, 3)
    assert judged(values, "accuracy_ratio") == judged(values, "category_accuracy_ratio", category="c01") == third
    assert judged(values, "model_accuracy_ratio", model_version="other") == third
    assert judged(values, "brier_score") == (2 * Fraction("0.01") + Fraction("0.81")) / 3
    families = {name for name, labels in values if ("component", "skill_assessment") in labels}
    lost = ("confusion", "precision_ratio", "false_", "score_", "within_tolerance")
    assert not [name for name in families for part in lost if f"ai_{part}" in name]


@pytest.mark.parametrize(
    ("predicted", "human", "correct"),
    [
        ("positive", "POSITIVE", 1),
        ("Neutral", "neutral", 1),
        ("negative", "positive", 0),
        ("mixed", "mixed", 0),
        (" positive", "positive", 0),
        ("mixed", "positive", 0),
    ],
)
def test_labels_are_matched_in_any_case_and_the_others_are_never_right(
    predicted: str, human: str, correct: int
) -> None:
    values = asked(replace(SAID, predicted_label=predicted, human_label=human))
    assert said(values, "accuracy_ratio") == correct
    cells = {name: value for name, value in values.items() if name[0] == "jobhive_ai_confusion" and value}
    labels = [
        text.lower() if text.lower() in ("positive", "neutral", "negative") else "other" for text in (predicted, human)
    ]
    cell = {"category": "uncategorized", "component": "sentiment", "predicted": labels[0], "actual": labels[1]}
    assert cells == {key("jobhive_ai_confusion", window=window, **cell): 1 for window in ("7d", "30d", "90d")}


def test_macro_f1_and_recall_are_of_three_labels() -> None:
    pairs = [("positive", "positive")] * 5 + [("positive", "negative")] * 2 + [("negative", "negative")] * 3
    pairs += [("mixed", "positive")] * 2 + [("negative", "mixed"), ("mixed", "mixed")]
    values = asked(*(replace(SAID, predicted_label=said, human_label=human) for said, human in pairs))
    predicted, actual = zip(*pairs, strict=True)
    known = ["positive", "negative"]
    assert said(values, "macro_f1_ratio") == pytest.approx(f1_score(actual, predicted, labels=known, average="macro"))
    for name in known:
        theirs = recall_score(actual, predicted, labels=[name], average="macro")
        assert said(values, "label_recall_ratio", label=name) == pytest.approx(theirs)
    assert said(values, "label_recall_ratio", label="neutral") is None
    assert [said(values, "label_validated", label=name) for name in (*known, "neutral", "mixed")] == [7, 5, 0, None]


def test_nothing_but_other_labels_has_no_f1() -> None:
    values = asked(replace(SAID, predicted_label="mixed", human_label="odd"))
    assert (said(values, "accuracy_ratio"), said(values, "macro_f1_ratio")) == (0, None)


@pytest.mark.parametrize(("n", "told"), [(29, False), (30, True)])
def test_accuracy_is_told_of_thirty(n: int, told: bool) -> None:
    values = asked(*[SAID] * n, *[replace(JUDGED, skill_id=1)] * n, judging=Judging(by_model_version=True))
    for family in ("accuracy_ratio", "accuracy_lower_ratio"):
        assert [get(values, family, name) is not None for name in NAMES] == [told, told]
    assert (said(values, "macro_f1_ratio") is not None) is told
    for family in ("within_tolerance_ratio", "score_mae_ratio", "score_bias_ratio"):
        assert (judged(values, family) is not None) is told
    assert (judged(values, "category_accuracy_ratio", category="c01") is not None) is told
    assert (said(values, "model_accuracy_ratio", model_version="other") is not None) is told
    assert judged(values, "score_correlation") is None


@pytest.mark.parametrize(("n", "told"), [(9, False), (10, True)])
def test_rates_of_errors_are_told_of_ten(n: int, told: bool) -> None:
    neutral = [replace(SAID, human_label="neutral")] * n
    for family, predicted, actual in (
        ("precision_ratio", 0.9, 0.1),
        ("false_positive_ratio", 0.9, 0.1),
        ("false_negative_ratio", 0.1, 0.9),
    ):
        rows = [replace(JUDGED, accumulated_score=predicted, human_score=actual)] * n
        wrong = 0 if family == "precision_ratio" else 1
        values = asked(*rows, *neutral, judging=Judging())
        assert judged(values, family) == (wrong if told else None)
        assert (said(values, "label_recall_ratio", label="neutral") is not None) is told


@pytest.mark.parametrize(("n", "told"), [(199, False), (200, True)])
def test_calibration_is_told_of_two_hundred(n: int, told: bool) -> None:
    rows = [SAID] * n + [replace(SAID, confidence=None)] * 10
    values = asked(*rows, judging=Judging())
    assert said(values, "calibration_samples") == n
    assert said(values, "calibration_error_ratio") == (Fraction("0.1") if told else None)
    assert said(values, "brier_score") == (Fraction("0.01") if told else None)


@pytest.mark.parametrize(("hits", "n", "lower"), [(27, 30, 0.744), (450, 500, 0.871)])
def test_the_lower_bound_is_the_one_the_contract_prints(hits: int, n: int, lower: float) -> None:
    values = asked(*[SAID] * hits, *[replace(SAID, human_label="negative")] * (n - hits), judging=Judging())
    found = said(values, "accuracy_lower_ratio")
    assert round(found, 3) == lower
    assert found == pytest.approx(binomtest(hits, n).proportion_ci(0.95, method="wilson").low, rel=1e-9)
    assert wilson_lower(0, n) == pytest.approx(0, abs=1e-15)


def test_calibration_is_that_of_scikit_learn() -> None:
    confidences = [0.05, 0.15, 0.3, 0.35, 0.31, 0.72, 0.75, 0.95, 1.0, 0.99, 0.9, 0.55]
    hits = [False, True, False, True, True, False, True, True, True, False, True, False]
    rows = [
        replace(SAID, confidence=confidence, human_label="positive" if hit else "negative")
        for confidence, hit in zip(confidences, hits, strict=True)
    ]
    values = asked(*rows)
    assert said(values, "brier_score") == pytest.approx(brier_score_loss(hits, confidences))
    rates, means = calibration_curve(hits, [c + 1e-12 if c < 1 else c for c in confidences], n_bins=10)
    counts = np.histogram(np.array(confidences) + 1e-12, [*(np.arange(10) / 10), 1.1])[0]
    error = (np.abs(rates - means) * counts[counts > 0]).sum() / len(hits)
    assert said(values, "calibration_error_ratio") == pytest.approx(error)


# Skills


@pytest.mark.parametrize(
    ("score", "human", "cell"),
    [
        (0.7, 0.7, ("pass", "pass")),
        (0.7, 0.69999, ("pass", "fail")),
        (0.69999, 0.7, ("fail", "pass")),
        (0.0, 0.5, ("fail", "fail")),
    ],
)
@pytest.mark.parametrize("scale", [1, 100])
def test_a_score_at_the_threshold_passes(score: float, human: float, cell: tuple[str, str], scale: int) -> None:
    written = [float(Fraction(str(value)) * scale) for value in (score, human)]
    row = replace(JUDGED, accumulated_score=written[0], human_score=written[1], skill_id=1)
    values = asked(row, assessment_scale=scale)
    labels = dict(zip(("predicted", "actual"), cell, strict=True))
    assert judged(values, "confusion", category="c01", **labels) == 1
    assert judged(values, "accuracy_ratio") == int(cell[0] == cell[1])


def test_a_category_may_have_a_threshold_of_its_own() -> None:
    strict = replace(ONE, pass_thresholds=(("c01", Fraction("0.9")),))
    row = replace(JUDGED, human_score=0.9)
    values = asked(*(replace(row, skill_id=skill) for skill in (1, 2, None)), judging=strict)
    assert judged(values, "confusion", category="c01", predicted="fail", actual="pass") == 1
    assert judged(values, "confusion", category="c02", predicted="pass", actual="pass") == 1
    assert judged(values, "confusion", category="uncategorized", predicted="pass", actual="pass") == 1
    assert (judged(values, "accuracy_ratio"), judged(values, "false_negative_ratio")) == (
        Fraction(2, 3),
        Fraction(1, 3),
    )


@pytest.mark.parametrize(
    ("score", "human", "close"),
    [(0.35, 0.45, 1), (0.8, 0.7, 1), (0.3, 0.2, 1), (0.7, 0.800000002, 0), (0.7, 0.8000000005, 1), (0.9, 0.79, 0)],
)
def test_scores_a_tenth_apart_are_close(score: float, human: float, close: int) -> None:
    values = asked(replace(JUDGED, accumulated_score=score, human_score=human))
    assert judged(values, "within_tolerance_ratio") == close


def test_errors_of_scores() -> None:
    scores = [(0.9, 0.8), (0.4, 0.7), (0.7, 0.7), (1.0, 0.2), (0.75, 0.9)]
    values = asked(*(replace(JUDGED, accumulated_score=a, human_score=h) for a, h in scores))
    assert judged(values, "score_mae_ratio") == Fraction("1.35") / 5
    assert judged(values, "score_bias_ratio") == Fraction("0.45") / 5
    assert judged(values, "score_correlation") == pytest.approx(pearsonr(*zip(*scores, strict=True)).statistic)
    predicted, actual = ([score >= 0.7 for score in side] for side in zip(*scores, strict=True))
    assert judged(values, "precision_ratio") == precision_score(actual, predicted)
    assert (judged(values, "false_positive_ratio"), judged(values, "false_negative_ratio")) == (1, Fraction(1, 4))


@pytest.mark.parametrize(("a", "h"), [((0.1, 0.1, 0.1), (0.2, 0.3, 0.9)), ((0.2, 0.3, 0.9), (0.1, 0.1, 0.1))])
def test_without_variance_there_is_no_correlation(a: Sequence[float], h: Sequence[float]) -> None:
    rows = [replace(JUDGED, accumulated_score=x, human_score=y) for x, y in zip(a, h, strict=True)]
    values = asked(*rows)
    assert judged(values, "score_correlation") is None
    assert judged(values, "score_mae_ratio") is not None


def test_an_audit_displaces_the_other_rows_of_its_window_and_component() -> None:
    wrong = replace(SAID, human_label="negative", created_at=T - 20 * DAY, audit_sample=True)
    invalid = replace(SAID, human_label=None, audit_sample=True)
    values = asked(SAID, SAID, invalid, wrong, replace(JUDGED, skill_id=1))
    assert [said(values, "accuracy_ratio", window) for window in ("7d", "30d", "90d")] == [1, 0, 0]
    assert [said(values, "validated", window) for window in ("7d", "30d", "90d")] == [2, 3, 3]
    assert [said(values, "label_validated", window, label="positive") for window in ("7d", "30d")] == [2, 0]
    assert [said(values, "calibration_samples", window) for window in ("7d", "30d")] == [2, 1]
    assert judged(values, "category_validated", category="c01") == 1


def test_twenty_categories_are_named_by_rows_then_by_name_in_every_window() -> None:
    """22 of one row each within 90 days; two more rows make the last two the first. Unvalidated rows rank as well."""
    old = [replace(JUDGED, skill_id=number, created_at=T - 90 * DAY) for number in range(1, 23)]
    more = [replace(JUDGED, skill_id=number, human_validated=False) for number in (21, 22)]
    ancient = [replace(JUDGED, skill_id=20, created_at=T - 90 * DAY - TICK)] * 9
    nameless = [replace(JUDGED, skill_id=number) for number in (23, 24, None)]
    values = asked(*old, *more, *ancient, *nameless, replace(JUDGED, skill_id=20))
    named = {dict(labels)["category"] for family, labels in values if family == "jobhive_ai_category_validated"}
    shown = {f"c{number:02}" for number in (*range(1, 18), 20, 21, 22)}
    assert named == {*shown, "other", "uncategorized"}
    assert [judged(values, "category_validated", window, category="other") for window in ("7d", "90d")] == [0, 2]
    assert judged(values, "category_validated", category="uncategorized") == 3
    passed = {"predicted": "pass", "actual": "pass"}
    assert judged(values, "confusion", "90d", category="other", **passed) == 2
    unmapped = replace(ONE, lacking=frozenset({("skill", "category")}))
    assert judged(asked(*old, judging=unmapped), "category_validated", "90d", category="uncategorized") == 22


def test_three_versions_are_named_of_each_component() -> None:
    versions = ["v4", "v3", "v2", "v2", "v1", None, "", None]
    by_version = replace(ONE, by_model_version=True)
    values = asked(
        *(replace(SAID, model_version=name) for name in versions),
        replace(JUDGED, model_version="v9"),
        judging=by_version,
    )
    counts = {
        (labels["component"], labels["model_version"]): value
        for (family, pairs), value in values.items()
        if family == "jobhive_ai_model_validated" and (labels := dict(pairs))["window"] == "30d"
    }
    rows = {"v1": 1, "v2": 2, "v3": 1, "other": 4}
    assert counts == {("sentiment", name): n for name, n in rows.items()} | {
        ("skill_assessment", "v9"): 1,
        ("skill_assessment", "other"): 0,
    }
    unmapped = replace(by_version, lacking=frozenset({("sentiment", "model_version")}))
    for judging, components in ((ONE, set()), (by_version, set(NAMES)), (unmapped, {NAMES[1]})):
        found = [dict(labels) for name, labels in asked(SAID, JUDGED, judging=judging) if "_model_" in name]
        assert {labels["component"] for labels in found} == components


@pytest.mark.parametrize(
    "columns",
    [
        [("sentiment", "human_label"), ("assessment", "human_score"), ("assessment", "human_agrees")],
        [("sentiment", "predicted_label"), ("assessment", "human_score"), ("assessment", "human_agrees")],
    ],
)
def test_where_nobody_judges_nothing_is_validated(columns: list[tuple[str, str]]) -> None:
    values = asked(SAID, JUDGED, judging=replace(ONE, lacking=frozenset(columns)))
    assert windows(values, "validated") == windows(values, "validation_coverage_ratio") == [[0] * 3] * 2
    told = ("accuracy", "confusion", "calibration", "brier", "category", "label", "macro", "score_", "precision")
    assert not [name for name, _ in values for part in told if f"_ai_{part}" in name]


def test_an_audit_that_is_not_mapped_is_none() -> None:
    unmapped = replace(ONE, lacking=frozenset({("sentiment", "audit_sample")}))
    values = asked(replace(SAID, audit_sample=True), SAID, judging=unmapped)
    assert said(values, "calibration_samples") == 2


def test_a_name_becomes_a_label() -> None:
    skills = (Skill(1, "a\nb"), Skill(2, "ab"), Skill(3, "\t"))
    rows = [replace(JUDGED, skill_id=number) for number in (1, 2, 3)]
    values = asked(*rows, world=replace(BASE, skills=skills))
    assert judged(values, "category_validated", category="ab") == 2
    assert judged(values, "category_validated", category="uncategorized") == 1


def test_correlation_of_the_smallest_numbers() -> None:
    rows = [replace(JUDGED, accumulated_score=place * 1e-300, human_score=1 - place / 10) for place in range(3)]
    assert judged(asked(*rows), "score_correlation") == pytest.approx(-1)
