"""What the dashboard "AI quality" asks; those of its tiles can be asked for an earlier time too."""

from functools import partial

from dashboards.queries import WINDOW, across, mx

SKILL, SENTIMENT = 'component="skill_assessment"', 'component="sentiment"'
QUARTER = 'window="90d"'
OF_COMPONENT, OF_SIGNAL = ("component",), ("component", "signal")

SKILL_ACCURACY = partial(mx, "jobhive_ai_accuracy_ratio", SKILL, WINDOW)
SENTIMENT_ACCURACY = partial(mx, "jobhive_ai_accuracy_ratio", SENTIMENT, WINDOW)
FALSE_POSITIVES = partial(mx, "jobhive_ai_false_positive_ratio", SKILL, WINDOW)
FALSE_NEGATIVES = partial(mx, "jobhive_ai_false_negative_ratio", SKILL, WINDOW)
COVERAGE = across("min", partial(mx, "jobhive_ai_validation_coverage_ratio", WINDOW, by=OF_COMPONENT))
BY_COMPONENT = partial(mx, "jobhive_ai_analyses", WINDOW, by=OF_COMPONENT)
ANALYSES = across("sum", BY_COMPONENT)
CALIBRATION = partial(mx, "jobhive_ai_calibration_error_ratio", WINDOW)

SKILL_LOWER = mx("jobhive_ai_accuracy_lower_ratio", SKILL, WINDOW)
SENTIMENT_LOWER = mx("jobhive_ai_accuracy_lower_ratio", SENTIMENT, WINDOW)
SKILL_CONFUSION = (
    f"sum by (predicted, actual) ({mx('jobhive_ai_confusion', SKILL, WINDOW, by=('category', 'predicted', 'actual'))})"
)
SENTIMENT_CONFUSION = mx("jobhive_ai_confusion", SENTIMENT, WINDOW, by=("predicted", "actual"))
CATEGORY_ACCURACY = mx("jobhive_ai_category_accuracy_ratio", WINDOW, by=("category",))
CATEGORY_VALIDATED = mx("jobhive_ai_category_validated", WINDOW, by=("category",))
SKILL_CONFIDENCE = mx("jobhive_ai_confidence_share_ratio", SKILL, WINDOW, by=("bin",))
SENTIMENT_CONFIDENCE = mx("jobhive_ai_confidence_share_ratio", SENTIMENT, WINDOW, by=("bin",))

DRIFT = mx("jobhive_ai_drift_psi", by=OF_SIGNAL)
DRIFT_LIMIT = mx("jobhive_ai_drift_threshold", by=OF_SIGNAL)
DRIFTING = f"sum({DRIFT} > bool {DRIFT_LIMIT})"
MISSING = mx("jobhive_ai_signal_null_ratio", by=OF_SIGNAL)
OUT_OF_RANGE = mx("jobhive_ai_signal_out_of_range_ratio", by=OF_SIGNAL)
SCORE_ERROR = mx("jobhive_ai_score_mae_ratio", WINDOW)
SCORE_BIAS = mx("jobhive_ai_score_bias_ratio", WINDOW)
MACRO_F1 = mx("jobhive_ai_macro_f1_ratio", WINDOW)
RECALL = mx("jobhive_ai_label_recall_ratio", WINDOW, by=("label",))

ACCEPTED = mx("jobhive_recommendation_acceptance_ratio", QUARTER)
SATISFACTION = mx("jobhive_recommendation_satisfaction_avg_ratio", QUARTER)
CONTENT = mx("jobhive_recommendation_csat_ratio", QUARTER)
RATED = mx("jobhive_recommendation_rating_response_ratio", QUARTER)
OUTCOMES = mx("jobhive_recommendations", QUARTER, by=("outcome",))
CORRELATION = mx("jobhive_recommendation_improvement_correlation", QUARTER)
LIFT = mx("jobhive_recommendation_improvement_lift_ratio", QUARTER)
PAIRS = mx("jobhive_recommendation_improvement_pairs", QUARTER, by=("group",))

VALIDATED = mx("jobhive_ai_validated", WINDOW, by=OF_COMPONENT)
WITH_CONFIDENCE = mx("jobhive_ai_confidence_samples", WINDOW, by=OF_COMPONENT)
CALIBRATED = mx("jobhive_ai_calibration_samples", WINDOW, by=OF_COMPONENT)
MEAN_DURATION = mx("jobhive_ai_analysis_duration_avg_seconds", WINDOW, by=OF_COMPONENT)
P95_DURATION = mx("jobhive_ai_analysis_duration_p95_seconds", WINDOW, by=OF_COMPONENT)
