"""What the models said, and how right they were: single mistakes made visible, one row of the contract at a time."""

from math import isclose
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.ai_quality import Options, families
from exporter.model import Sample
from tests.collectors.judged import (
    DAY,
    HOUR,
    INFINITY,
    LABELLED,
    NAN,
    SCORED,
    TICK,
    Answer,
    T,
    asked,
    assessments,
    insert,
    people,
    sentiment,
)
from tests.conftest import execute
from tests.families import contract, result

WINDOWS = ("7d", "30d", "90d")
NEVER = {"predicted_label": "positive", "human_label": "positive"}


@pytest.fixture
def url(database: str) -> str:
    """A database with users and interviews, of which nobody has said anything yet."""
    return people(database)


def counts(found: Answer, name: str, component: str) -> list[Any]:
    return [found.of(name, component=component, window=window) for window in WINDOWS]


def test_of_no_rows_every_count_is_zero_and_nothing_else_is_there(golden: str) -> None:
    found = asked(golden, options={"by_model_version": True})
    assert found.notes == set()
    assert set(found.values.values()) == {0}
    assert found.names() == {
        *("ai_analyses", "ai_analysis_duration_samples", "ai_confidence_samples", "ai_label_validated"),
        *("ai_validated", "ai_confusion", "ai_category_validated", "ai_calibration_samples", "ai_drift_samples"),
        *("recommendations", "recommendation_improvement_pairs", "recommendation_ratings", "recommendations_shown"),
        "ai_model_validated",
    }
    assert found.labels("ai_confusion", "category") == {"other", "uncategorized"}
    assert len([name for name, _ in found.values if name == "jobhive_ai_confusion"]) == 3 * (4 * 4 + 2 * 2 * 2)


EDGES = [
    (T, [0, 0, 0]),
    (T - TICK, [1, 1, 1]),
    (T - 7 * DAY, [1, 1, 1]),
    (T - 7 * DAY - TICK, [0, 1, 1]),
    (T - 30 * DAY, [0, 1, 1]),
    (T - 30 * DAY - TICK, [0, 0, 1]),
    (T - 90 * DAY, [0, 0, 1]),
    (T - 90 * DAY - TICK, [0, 0, 0]),
]


@pytest.mark.parametrize(("created_at", "rows"), EDGES)
def test_windows_begin_with_their_start_and_end_before_their_end(url: str, created_at: Any, rows: list[int]) -> None:
    validated = {"created_at": created_at, "human_validated_at": T - TICK, "confidence": 0.8, "processing_time_ms": 5.0}
    sentiment(url, LABELLED | NEVER | validated)
    assessments(url, SCORED | {"created_at": created_at, "human_score": 0.5})
    found = asked(url)
    for component in ("sentiment", "skill_assessment"):
        assert counts(found, "ai_analyses", component) == rows
        assert counts(found, "ai_validated", component) == rows
    for name in ("ai_confidence_samples", "ai_analysis_duration_samples"):
        assert counts(found, name, "sentiment") == rows
    for name in ("ai_confidence_p50_ratio", "ai_confidence_avg_ratio"):
        assert counts(found, name, "sentiment") == [0.8 if n else None for n in rows]
    assert counts(found, "ai_analysis_duration_p95_seconds", "sentiment") == [0.005 if n else None for n in rows]


def test_only_those_who_count(url: str) -> None:
    sentiment(url, *({"interview_session_id": session} for session in (1, 2, 3)))
    execute(url, "UPDATE accounts_user SET date_joined = '2026-04-20 12:00+00' WHERE id = 2")
    assert asked(url).feeling("ai_analyses") == 1


def test_times_that_cannot_be_are_no_samples(url: str) -> None:
    times = (NAN, INFINITY, -INFINITY, -0.001, None, 0.0, 300.0)
    sentiment(url, *({"processing_time_ms": time} for time in times))
    found = asked(url)
    assert found.feeling("ai_analyses") == 7
    assert found.feeling("ai_analysis_duration_samples") == 2
    assert found.feeling("ai_analysis_duration_avg_seconds") == 0.15
    assert isclose(float(found.feeling("ai_analysis_duration_p95_seconds") or 0), 0.285)


def test_a_confidence_lies_in_the_bin_whose_bound_it_equals(url: str) -> None:
    inside = (0.0, 0.1, 0.3, 0.30000000000000004, 0.29999999999999993, 0.5, 0.49999999999999994, 0.7, 0.9, 1.0)
    outside = (None, NAN, INFINITY, -0.1, 1.0000000000000002)
    assessments(url, *({"confidence": confidence} for confidence in inside + outside))
    found = asked(url)
    assert found.skill("ai_confidence_samples") == 10
    shares = [found.skill("ai_confidence_share_ratio", bin=f"0.{tenth}") for tenth in range(10)]
    assert shares == [0.1, 0.1, 0.1, 0.2, 0.1, 0.1, 0.0, 0.1, 0.0, 0.2]
    assert found.skill("ai_confidence_low_ratio") == 0.6
    assert isclose(float(found.skill("ai_confidence_avg_ratio") or 0), sum(inside) / 10)
    percentiles = [found.skill(f"ai_confidence_{name}_ratio") for name in ("p10", "p50", "p90")]
    assert [round(float(value or 0), 9) for value in percentiles] == [0.09, 0.4, 0.91]


UNJUDGED: list[dict[str, Any]] = [
    {"human_label": None},
    {"human_label": ""},
    {"predicted_label": None},
    {"predicted_label": ""},
    {"human_validated_at": None},
    {"human_validated_at": T},
]


@pytest.mark.parametrize("change", UNJUDGED, ids=str)
def test_sentiment_without_both_labels_is_not_validated(url: str, change: dict[str, Any]) -> None:
    sentiment(url, LABELLED | NEVER, LABELLED | NEVER | change)
    found = asked(url)
    assert found.feeling("ai_validated") == 1
    assert found.feeling("ai_validation_coverage_ratio") == 0.5
    assert found.feeling("ai_label_validated", label="positive") == 1


def test_a_validation_has_happened_an_instant_later(url: str) -> None:
    sentiment(url, LABELLED | NEVER | {"human_validated_at": T})
    assert asked(url, T + TICK).feeling("ai_validated") == 1


def labels(predicted: str, human: str, n: int) -> list[dict[str, Any]]:
    return [LABELLED | {"predicted_label": predicted, "human_label": human} for _ in range(n)]


def test_labels_are_compared_without_case_and_unknown_ones_are_never_right(url: str) -> None:
    sentiment(url, *labels("Positive", "POSITIVE", 24), *labels("joy", "joy", 5), *labels("neutral", "joy", 1))
    found = asked(url)
    assert found.feeling("ai_accuracy_ratio") == 0.8
    confused = {
        (predicted, human): found.feeling("ai_confusion", predicted=predicted, actual=human, category="uncategorized")
        for predicted, human in (
            ("positive", "positive"),
            ("other", "other"),
            ("neutral", "other"),
            ("other", "neutral"),
        )
    }
    assert list(confused.values()) == [24, 5, 1, 0]
    # Positive is all right, neutral occurs on one side only, negative not at all.
    assert found.feeling("ai_macro_f1_ratio") == 0.5
    assert found.feeling("ai_label_recall_ratio", label="positive") == 1
    assert found.feeling("ai_label_recall_ratio", label="neutral") is None


def test_labels_nobody_knows_have_no_f1(url: str) -> None:
    sentiment(url, *labels("joy", "joy", 30))
    found = asked(url)
    assert found.feeling("ai_accuracy_ratio") == 0
    assert found.feeling("ai_accuracy_lower_ratio") == 0
    assert found.feeling("ai_macro_f1_ratio") is None


LEAST = [(29, 9, False, False), (30, 9, True, False), (30, 10, True, True)]


@pytest.mark.parametrize(("rows", "negative", "is_told", "is_recalled"), LEAST)
def test_few_validated_rows_tell_nothing(url: str, rows: int, negative: int, is_told: bool, is_recalled: bool) -> None:
    sentiment(url, *labels("negative", "negative", negative), *labels("positive", "positive", rows - negative))
    found = asked(url)
    for name in ("ai_accuracy_ratio", "ai_accuracy_lower_ratio", "ai_macro_f1_ratio"):
        assert (found.feeling(name) is not None) == is_told, name
    assert (found.feeling("ai_label_recall_ratio", label="negative") is not None) == is_recalled
    assert found.feeling("ai_label_validated", label="negative") == negative
    assert asked(url, options={"min_validated": 29, "min_group": 9}).feeling("ai_accuracy_ratio") == 1


def test_where_there_is_an_audit_accuracy_looks_at_nothing_else(url: str) -> None:
    wrong = [row | {"created_at": T - 8 * DAY} for row in labels("positive", "negative", 30)]
    audit = [row | {"audit_sample": True} for row in labels("positive", "positive", 30)]
    unjudged = {"audit_sample": True, "created_at": T - 40 * DAY}
    sentiment(url, *wrong, *audit, *labels("neutral", "positive", 10), unjudged)
    found = asked(url)
    assert counts(found, "ai_validated", "sentiment") == [40, 70, 70]
    assert counts(found, "ai_accuracy_ratio", "sentiment") == [1, 1, 1]
    assert found.feeling("ai_label_validated", "30d", label="negative") == 0
    # A week earlier nobody had been audited.
    earlier = asked(url, T - 7 * DAY + HOUR)
    assert earlier.feeling("ai_validated") == 0
    execute(url, "UPDATE interviews_sentimentsession SET audit_sample = false WHERE human_label IS NOT NULL")
    assert counts(asked(url), "ai_accuracy_ratio", "sentiment") == [0.75, 30 / 70, 30 / 70]


def scores(*pairs: tuple[float | None, float | None], n: int = 1, **more: Any) -> list[dict[str, Any]]:
    return [SCORED | {"accumulated_score": a, "human_score": h} | more for a, h in pairs for _ in range(n)]


INVALID = [(None, 0.5), (0.5, None), (NAN, 0.5), (0.5, NAN), (1.1, 0.5), (0.5, -0.1), (0.5, INFINITY)]


@pytest.mark.parametrize("pair", INVALID, ids=str)
def test_scores_outside_their_scale_validate_nothing(url: str, pair: tuple[Any, Any]) -> None:
    assessments(url, *scores((0.5, 0.5)), *scores(pair))
    found = asked(url)
    assert (found.skill("ai_analyses"), found.skill("ai_validated")) == (2, 1)


def test_a_flag_alone_is_no_judgement_and_a_judgement_without_the_flag_neither(url: str) -> None:
    assessments(url, SCORED, *scores((0.5, 0.5), human_validated=False), *scores((0.5, 0.5), human_agrees=None))
    assert asked(url).skill("ai_validated") == 1


def test_who_reaches_the_threshold_passes(url: str) -> None:
    just_below = 0.7 - 2**-53
    assessments(url, *scores((0.7, 0.7), (0.7, just_below), (just_below, 0.7), (just_below, just_below), n=10))
    found = asked(url)
    for predicted in ("pass", "fail"):
        for actual in ("pass", "fail"):
            assert found.skill("ai_confusion", predicted=predicted, actual=actual, category="uncategorized") == 10
    assert found.skill("ai_accuracy_ratio") == 0.5
    for name in ("ai_precision_ratio", "ai_false_positive_ratio", "ai_false_negative_ratio"):
        assert found.skill(name) == 0.5
    assert asked(url, options={"pass_threshold": 0.71}).skill("ai_accuracy_ratio") == 1


def test_each_rate_of_errors_has_a_denominator_of_its_own(url: str) -> None:
    assessments(url, *scores((0.9, 0.9), n=21), *scores((0.9, 0.1), n=4), *scores((0.1, 0.1), n=5))
    found = asked(url)
    assert found.skill("ai_precision_ratio") == 21 / 25
    assert found.skill("ai_false_negative_ratio") == 0
    # Nine failed in the eyes of the human, one too few.
    assert found.skill("ai_false_positive_ratio") is None
    assessments(url, *scores((0.1, 0.1)))
    assert asked(url).skill("ai_false_positive_ratio") == 0.4


def test_scores_are_shares_of_their_scale(url: str) -> None:
    assessments(url, *scores((70, 69.9), (80, 69.9), (79.90000001, 69.9), n=10))
    found = asked(url, assessment={"score_scale": 100})
    assert found.skill("ai_validated") == 30
    assert found.skill("ai_within_tolerance_ratio") == 2 / 3
    mean = (0.001 + 0.101 + 0.1000000001) / 3
    assert isclose(float(found.skill("ai_score_mae_ratio") or 0), mean, rel_tol=1e-12)
    assert isclose(float(found.skill("ai_score_bias_ratio") or 0), mean, rel_tol=1e-12)
    assert found.skill("ai_accuracy_ratio") == 0


def test_a_tenth_apart_is_close_however_it_is_rounded(url: str) -> None:
    assessments(url, *scores((0.8, 0.7), (0.3, 0.2), (0.7, 0.8), n=10))
    found = asked(url)
    assert found.skill("ai_within_tolerance_ratio") == 1
    assert isclose(float(found.skill("ai_score_bias_ratio") or 0), 0.1 / 3)
    assert asked(url, options={"tolerance": 0.09}).skill("ai_within_tolerance_ratio") == 0


CONSTANT = [((0.7, 0.1), (0.7, 0.9), False), ((0.1, 0.3), (0.9, 0.3), False), ((0.1, 0.9), (0.2, 0.8), True)]


@pytest.mark.parametrize(("one", "other", "varies"), CONSTANT)
def test_no_correlation_where_one_side_does_not_vary(url: str, one: Any, other: Any, varies: bool) -> None:
    assessments(url, *scores(one, other, n=15), *scores(one, other, n=15, created_at=T - 40 * DAY))
    found = asked(url)
    for window in ("7d", "90d"):
        r = found.skill("ai_score_correlation", window)
        assert r == pytest.approx(-1.0, rel=1e-12) if varies else r is None


def test_agreement_is_accuracy_where_humans_give_no_scores(url: str) -> None:
    execute(url, "ALTER TABLE assessments_skillassessment DROP COLUMN human_score")
    agreed = [SCORED | {"human_agrees": agrees, "confidence": 0.5} for agrees in [True] * 24 + [False] * 6]
    assessments(
        url, *agreed, SCORED | {"human_agrees": None}, SCORED | {"human_agrees": True, "accumulated_score": 2.0}
    )
    found = asked(url, options={"min_calibrated": 30})
    assert found.skill("ai_validated") == 30
    assert found.skill("ai_accuracy_ratio") == 0.8
    assert found.skill("ai_category_accuracy_ratio", category="uncategorized") == 0.8
    assert isclose(float(found.skill("ai_calibration_error_ratio") or 0), 0.3)
    assert found.labels("ai_confusion", "component") == {"sentiment"}
    scored = {"ai_within_tolerance_ratio", "ai_score_mae_ratio", "ai_score_bias_ratio", "ai_score_correlation"}
    errors = {"ai_precision_ratio", "ai_false_positive_ratio", "ai_false_negative_ratio"}
    assert found.noted("column_unmapped") == scored | errors
    assert not found.names() & (scored | errors)


def test_a_score_wins_over_an_agreement(url: str) -> None:
    assessments(url, *scores((0.9, 0.9), n=30, human_agrees=False), SCORED | {"human_agrees": True})
    found = asked(url)
    assert (found.skill("ai_validated"), found.skill("ai_accuracy_ratio")) == (30, 1)


def skills(url: str, *names: str | None) -> None:
    insert(url, "assessments_skill", ({"id": number, "category": name} for number, name in enumerate(names, 1)))


def test_the_twenty_categories_of_most_rows_have_names_and_of_two_as_large_the_first(url: str) -> None:
    skills(url, *(f"c{number:02}" for number in range(22)), None, "", "other")
    # c00 was the largest, but long ago; c21 is large in all windows; all others have one row each.
    assessments(url, *scores((0.9, 0.9), skill_id=1, created_at=T - 91 * DAY, n=9))
    assessments(url, *scores((0.9, 0.9), skill_id=22, created_at=T - 80 * DAY, n=3))
    assessments(url, *(row for number in range(2, 26) for row in scores((0.9, 0.9), skill_id=number)))
    assessments(url, *scores((0.9, 0.9), skill_id=None))
    found = asked(url)
    named = {"c21", *(f"c{number:02}" for number in range(1, 20))}
    for name in ("ai_confusion", "ai_category_validated"):
        assert found.labels(name, "category") == {*named, "other", "uncategorized"}
    assert found.skill("ai_category_validated", "90d", category="c21") == 4
    assert found.skill("ai_category_validated", category="c19") == 1
    # c20 and `other` itself; null, empty and no skill at all.
    assert found.skill("ai_category_validated", category="other") == 2
    assert found.skill("ai_category_validated", category="uncategorized") == 3
    counted = [found.skill("ai_category_validated", category=name) for name in found.labels("ai_confusion", "category")]
    assert sum(int(n or 0) for n in counted) == found.skill("ai_validated")


def test_names_are_cut_cleaned_and_never_personal(url: str) -> None:
    execute(url, "ALTER TABLE assessments_skill ALTER category TYPE text")
    skills(url, "so\u200bft", "soft", "x" * 101, "ann@example.org", "123e4567-e89b-12d3-a456-426614174000", "\u200b")
    assessments(url, *(row for number in range(1, 7) for row in scores((0.9, 0.9), skill_id=number)))
    found = asked(url)
    validated = {
        category: found.skill("ai_category_validated", category=category)
        for category in found.labels("ai_category_validated", "category")
    }
    assert validated == {"soft": 2, "x" * 100: 1, "other": 2, "uncategorized": 1}
    samples = [Sample(name, tuple(sorted(pairs)), value) for (name, pairs), value in found.values.items()]
    contract("ai_quality", families=families(Options()), max_series=5000).check(result(*samples, name="ai_quality"))


def test_a_category_may_have_a_threshold_of_its_own(url: str) -> None:
    skills(url, "leadership", "data")
    assessments(url, *scores((0.9, 0.6), skill_id=1, n=30), *scores((0.9, 0.6), skill_id=2, n=30))
    found = asked(url, options={"pass_thresholds": {"leadership": 0.6}})
    accuracy = [found.skill("ai_category_accuracy_ratio", category=name) for name in ("leadership", "data")]
    assert accuracy == [1, 0]
    assert found.skill("ai_accuracy_ratio") == 0.5


def test_a_category_of_few_rows_tells_nothing_and_other_is_made_of_rows(url: str) -> None:
    skills(url, *(f"c{number:02}" for number in range(22)))
    many = [row for number in range(1, 21) for row in scores((0.9, 0.9), skill_id=number, n=2)]
    folded = [*scores((0.9, 0.9), skill_id=21, n=10), *scores((0.9, 0.1), skill_id=22, n=20)]
    assessments(url, *many, *(row | {"human_validated": False} for row in many * 20), *folded)
    found = asked(url)
    assert found.skill("ai_category_accuracy_ratio", category="other") == 10 / 30
    assert found.skill("ai_category_accuracy_ratio", category="c00") is None


@pytest.mark.parametrize(
    "change", ["DROP TABLE assessments_skill CASCADE", "ALTER TABLE assessments_skillassessment DROP skill_id"]
)
def test_without_skills_nothing_is_categorized(url: str, change: str) -> None:
    skills(url, "data")
    assessments(url, *scores((0.9, 0.9), skill_id=1))
    execute(url, change)
    found = asked(url)
    assert found.skill("ai_category_validated", category="uncategorized") == 1
    assert found.labels("ai_confusion", "category") == {"other", "uncategorized"}
    assert found.notes == set(asked(url).notes)


def test_models_are_told_apart_if_asked_for(url: str) -> None:
    versions = ["a", "b", "b", "c", "c", "d", "d", None]
    sentiment(
        url, *(row | {"model_version": version} for version in versions for row in labels("neutral", "neutral", 30))
    )
    assessments(url, *scores((0.9, 0.9), model_version="skills"))
    found = asked(url, options={"by_model_version": True})
    assert found.labels("ai_model_validated", "model_version") == {"b", "c", "d", "other", "skills"}
    assert found.feeling("ai_model_validated", model_version="b") == 60
    assert found.feeling("ai_model_validated", model_version="other") == 60
    assert found.feeling("ai_model_accuracy_ratio", model_version="d") == 1
    assert found.skill("ai_model_validated", model_version="skills") == 1
    assert found.skill("ai_model_accuracy_ratio", model_version="skills") is None
    assert found.feeling("ai_model_validated", model_version="skills") is None


def test_models_are_not_told_apart_by_default(url: str) -> None:
    assert asked(url).noted("not_enabled") == {"ai_model_accuracy_ratio", "ai_model_validated"}


def test_calibration_of_a_few_bins_by_hand(url: str) -> None:
    right, wrong = labels("neutral", "neutral", 100), labels("neutral", "positive", 100)
    rows = [row | {"confidence": confidence} for part, confidence in ((right, 0.9), (wrong, 1.0)) for row in part]
    sentiment(url, *rows, *(row | {"confidence": invalid} for row in right for invalid in (None, 1.5)))
    found = asked(url)
    assert found.feeling("ai_calibration_samples") == 200
    assert isclose(float(found.feeling("ai_calibration_error_ratio") or 0), 0.45)
    assert isclose(float(found.feeling("ai_brier_score") or 0), (0.01 + 1) / 2)
    fewer = asked(url, options={"min_calibrated": 201})
    assert fewer.feeling("ai_calibration_error_ratio") is None
    assert fewer.feeling("ai_brier_score") is None


def test_a_confidence_next_to_nothing_is_one(url: str) -> None:
    sentiment(url, *(row | {"confidence": 1e-200} for row in labels("neutral", "positive", 200)))
    found = asked(url)
    assert found.feeling("ai_brier_score") == 0
    assert found.feeling("ai_confidence_samples") == 200


def test_rows_of_a_later_time_change_nothing(url: str) -> None:
    sentiment(url, *labels("neutral", "neutral", 30))
    assessments(url, *scores((0.9, 0.9), (0.1, 0.2), n=20))
    before = asked(url)
    later = {"created_at": T, "human_validated_at": T + HOUR}
    sentiment(url, *(row | later for row in labels("neutral", "positive", 30)))
    assessments(url, *scores((0.9, 0.1), n=20, **later))
    sentiment(url, *(row | {"human_validated_at": T} for row in labels("neutral", "positive", 30)))
    after = asked(url)
    changed = {name for (name, labels), value in after.values.items() if before.values.get((name, labels)) != value}
    # Thirty rows were there already, and are judged later.
    assert changed == {
        *("jobhive_ai_analyses", "jobhive_ai_validation_coverage_ratio", "jobhive_ai_drift_samples"),
    }


@pytest.mark.parametrize("options", [{"pass_threshold": 1.1}, {"min_validated": 0}, {"pass_thresholds": {"data": -1}}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)
