"""What a deployment lacks: which families are disabled or approximate, and that the others stay."""

from typing import Any

import pytest

from collectors.ai_quality import Options, families
from exporter.model import SourceError
from tests.collectors.judged import LABELLED, SCORED, T, asked, assessments, people, sentiment
from tests.collectors.test_ai_quality_recommendations import IMPROVEMENT, RATINGS
from tests.conftest import execute

TIMES = {"ai_analysis_duration_avg_seconds", "ai_analysis_duration_p95_seconds", "ai_analysis_duration_samples"}
CONFIDENCE = {f"ai_confidence_{what}" for what in ("share_ratio", "avg_ratio", "low_ratio", "samples")} | {
    f"ai_confidence_{percentile}_ratio" for percentile in ("p10", "p50", "p90")
}
CALIBRATION = {"ai_calibration_error_ratio", "ai_brier_score", "ai_calibration_samples"}
ACCURACY = {"ai_accuracy_ratio", "ai_accuracy_lower_ratio"}
LABELS = {"ai_macro_f1_ratio", "ai_label_recall_ratio", "ai_label_validated"}
CATEGORIES = {"ai_category_accuracy_ratio", "ai_category_validated"}
SCORES = {
    *("ai_within_tolerance_ratio", "ai_score_mae_ratio", "ai_score_bias_ratio", "ai_score_correlation"),
    *("ai_precision_ratio", "ai_false_positive_ratio", "ai_false_negative_ratio"),
}
MODELS = {"ai_model_accuracy_ratio", "ai_model_validated"}
COVERAGE = {"ai_validated", "ai_validation_coverage_ratio"}
JUDGED = ACCURACY | LABELS | CATEGORIES | SCORES | CALIBRATION | {"ai_confusion"}
SEED_ONLY = """
    ALTER TABLE interviews_sentimentsession DROP predicted_label, DROP confidence, DROP processing_time_ms,
        DROP human_label, DROP human_validated_at, DROP audit_sample, DROP model_version;
    ALTER TABLE assessments_skillassessment DROP skill_id, DROP confidence, DROP human_score, DROP human_agrees,
        DROP human_validated_at, DROP audit_sample, DROP model_version;
    DROP TABLE assessments_skill;
    ALTER TABLE recommendations_recommendation DROP user_id, DROP shown_at, DROP accepted_at, DROP dismissed_at,
        DROP rating, DROP rated_at;
"""


@pytest.fixture
def url(database: str) -> str:
    """A database with one validated row of each component."""
    people(database)
    sentiment(database, LABELLED | {"predicted_label": "neutral", "human_label": "neutral", "confidence": 0.8})
    assessments(database, SCORED | {"human_score": 0.5, "human_agrees": True, "confidence": 0.8})
    return database


def test_the_seed_alone_tells_volumes_and_the_drift_of_scores(url: str) -> None:
    execute(url, SEED_ONLY)
    found = asked(url, options={"by_model_version": True})
    advice = {"recommendation_acceptance_ratio", "recommendations"} | RATINGS | IMPROVEMENT
    disabled = TIMES | CONFIDENCE | JUDGED | MODELS | advice
    assert found.noted("column_unmapped") == disabled
    assert not disabled & found.names()
    assert (found.feeling("ai_analyses"), found.skill("ai_analyses")) == (1, 1)
    # There is a flag, but no judgement.
    assert found.skill("ai_validated") == 0
    assert found.labels("ai_drift_samples", "signal") == {"positive_score", "accumulated_score"}
    assert found.noted("validation_time_unknown") == set()


# Table, what is dropped of it, families that are disabled, names that no longer have a component.
PARTS: list[tuple[str, str, set[str], set[str]]] = [
    ("interviews_sentimentsession", "DROP processing_time_ms", TIMES, set()),
    ("interviews_sentimentsession", "DROP confidence", set(), CONFIDENCE | CALIBRATION),
    ("interviews_sentimentsession", "DROP human_label", LABELS, ACCURACY | CALIBRATION | {"ai_confusion"}),
    ("assessments_skillassessment", "DROP confidence", set(), CONFIDENCE | CALIBRATION),
    ("assessments_skillassessment", "DROP human_score", SCORES, {"ai_confusion"}),
    (
        "assessments_skillassessment",
        "DROP human_score, DROP human_agrees",
        SCORES | CATEGORIES,
        ACCURACY | CALIBRATION | {"ai_confusion"},
    ),
]


@pytest.mark.parametrize(("table", "change", "disabled", "halved"), PARTS)
def test_a_missing_column_takes_what_is_made_of_it(
    url: str, table: str, change: str, disabled: set[str], halved: set[str]
) -> None:
    component = "sentiment" if "sentiment" in table else "skill_assessment"
    options = {"min_validated": 1, "min_calibrated": 1}
    before = asked(url, options=options)
    execute(url, f"ALTER TABLE {table} {change}")
    found = asked(url, options=options)
    assert found.noted("column_unmapped") == disabled
    assert not disabled & found.names()
    assert halved <= before.names()
    for name in halved:
        assert component in before.labels(name, "component")
        assert component not in found.labels(name, "component"), name
        assert name in found.names(), name


def test_without_the_time_of_the_validation_rows_are_as_they_are_now(url: str) -> None:
    execute(url, "ALTER TABLE assessments_skillassessment DROP human_validated_at")
    assessments_before = asked(url)
    assert assessments_before.skill("ai_validated") == 1
    approximate = COVERAGE | ACCURACY | CATEGORIES | SCORES | CALIBRATION | {"ai_confusion"}
    assert assessments_before.noted("validation_time_unknown") == approximate
    execute(url, "ALTER TABLE interviews_sentimentsession DROP human_validated_at")
    both = asked(url, options={"by_model_version": True})
    assert both.feeling("ai_validated") == 1
    assert both.noted("validation_time_unknown") == approximate | LABELS | MODELS


NULLED: list[tuple[str, str, set[str]]] = [
    ("assessment", "human_validated", SCORES | CATEGORIES),
    ("assessment", "accumulated_score", SCORES | CATEGORIES),
    ("assessment", "created_at", SCORES | CATEGORIES),
    ("sentiment", "created_at", LABELS | TIMES),
]


@pytest.mark.parametrize(("table", "column", "disabled"), NULLED)
def test_what_a_deployment_says_it_does_not_have(url: str, table: str, column: str, disabled: set[str]) -> None:
    tables: dict[str, Any] = {table: {"columns": {column: None}}}
    found = asked(url, **tables)
    assert found.noted("column_unmapped") == disabled
    assert not disabled & found.names()
    other = "sentiment" if table == "assessment" else "skill_assessment"
    assert other in found.labels("ai_analyses", "component")


def test_without_sessions_nobody_knows_whose_rows_they_are(url: str) -> None:
    found = asked(url, session={"columns": {"user_id": None}}, options={"by_model_version": True})
    ours = {family.name.removeprefix("jobhive_") for family in families(Options())}
    told = found.names()
    assert told == {"recommendations", "recommendation_ratings", "recommendations_shown"}
    assert found.noted("column_unmapped") >= {name for name in ours if name.startswith("ai_")} | IMPROVEMENT


def test_a_constant_stands_for_a_flag(url: str) -> None:
    execute(url, "UPDATE assessments_skillassessment SET human_validated = false")
    assert asked(url).skill("ai_validated") == 0
    constant: Any = {"columns": {"human_validated": {"const": True}}}
    assert asked(url, assessment=constant).skill("ai_validated") == 1


def test_a_table_that_ought_to_be_there_is_missed(url: str) -> None:
    execute(url, "DROP TABLE interviews_sentimentsession")
    with pytest.raises(SourceError, match=r"there is no table public.interviews_sentimentsession; set database.tables"):
        asked(url, T)
