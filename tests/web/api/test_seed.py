"""`?compat=seed`, line by line of the table: exactly these keys, percentages × 100, null where there is nothing."""

from typing import Any

import pytest

from tests.oracle import usage
from tests.oracle.revenue import key
from tests.web.api.house import House
from tests.web.api.remote import SENTIMENT, SILENT
from tests.web.api.world import NOON, REGULAR, RICH, SETTINGS

NOTHING_LIVE = dict.fromkeys(("avg_processing_time", "avg_accuracy", "processing_trend", "accuracy_trend"))
LIVE = {
    SENTIMENT: {"avg_processing_time": 0.5, "avg_accuracy": 0.875, "processing_trend": 0.25, "accuracy_trend": -0.125},
    SILENT: NOTHING_LIVE,
}
INTERVIEWS = usage.expected_interviews(RICH, NOON, SETTINGS)
AI = usage.expected_ai_quality(RICH, NOON, SETTINGS)


def interview(family: str, **labels: str) -> float:
    """Return what the oracle says of all interviews of 30 days."""
    return float(INTERVIEWS[key(f"jobhive_interview_{family}", kind="all", window="30d", **labels)])


def percent(family: str, **labels: str) -> Any:
    return pytest.approx(100 * interview(family, **labels))


def of_ai(family: str, **labels: str) -> Any:
    return pytest.approx(float(AI[key(f"jobhive_{family}", **labels)]))


def percent_of_ai(family: str, **labels: str) -> Any:
    return pytest.approx(100 * float(AI[key(f"jobhive_{family}", **labels)]))


def asked(full: House, path: str) -> Any:
    return full.get(f"/dashboard/{path}{'&' if '?' in path else '?'}compat=seed")


def test_realtime(full: House) -> None:
    day = usage.expected_interviews(RICH, NOON, SETTINGS)
    found = asked(full, "realtime")
    scores = {
        f"avg_{name}": pytest.approx(
            100 * float(day[key("jobhive_interview_score_avg_ratio", dimension=name, kind="all", window="24h")])
        )
        for name in ("technical", "behavioral", "completion")
    }
    assert found == {
        "active_interviews": 2,
        "recent_completions": 1,
        "average_scores": scores,
        "ai_performance": LIVE,
        "timestamp": "2026-04-20T12:00:00Z",
    }
    assert found["average_scores"]["avg_completion"] == 70


def test_business(full: House) -> None:
    found = asked(full, "business")
    assert found["revenue"] == {"mrr": 145, "arr": 1740, "arpu": 29, "churn_rate": 0, "active_subscriptions": 5}
    assert found["engagement"] == {
        "dau": 0,
        "mau": 2,
        "avg_session_duration": pytest.approx(interview("duration_avg_seconds")),
        "completion_rate": percent("completion_ratio"),
    }
    assert found["features"] == asked(full, "features")
    assert found["generated_at"] == "2026-04-20T12:00:00Z"
    assert len(found) == 4


def test_features(full: House) -> None:
    found = asked(full, "features")
    assert list(found) == [
        *("interview_practice", "ai_feedback", "learning_paths", "analytics_dashboard", "skill_assessments")
    ]
    # Two practice interviews of one user, who was active; another active one did not practise.
    assert found["interview_practice"] == {
        "total_practice_sessions": 2,
        "unique_users": 1,
        "adoption_rate": 50,
        "avg_sessions_per_user": 2,
        "completion_rate": 100,
    }
    # Nobody used it: a count is 0, a mean is nothing; completion is not told of it.
    assert found["analytics_dashboard"] == {
        "total_practice_sessions": 0,
        "unique_users": 0,
        "adoption_rate": 0,
        "avg_sessions_per_user": None,
        "completion_rate": None,
    }


def test_interviews(full: House) -> None:
    found = asked(full, "interviews")
    assert found["basic_metrics"] == {
        "total_interviews": 11,
        "completed_interviews": 8,
        "avg_duration": pytest.approx(1800),
        "avg_completion_rate": percent("progress_avg_ratio"),
        "avg_technical_score": percent("score_avg_ratio", dimension="technical"),
        "avg_behavioral_score": percent("score_avg_ratio", dimension="behavioral"),
    }
    assert found["success_metrics"] == {
        "completion_rate": percent("completion_ratio"),
        "high_performer_rate": percent("high_performer_ratio"),
        "average_scores": {
            "technical": percent("score_avg_ratio", dimension="technical"),
            "behavioral": percent("score_avg_ratio", dimension="behavioral"),
            "overall": percent("score_avg_ratio", dimension="completion"),
        },
    }
    assert found["success_metrics"]["high_performer_rate"] == pytest.approx(100 * 4 / 7)
    assert {name: one["completed_interviews"] for name, one in found["interviewer_metrics"].items()} == {
        "ada": 3,
        "grace": 1,
        "none": 4,
        "other": 0,
    }
    # Fewer than ten interviews tell nothing of an interviewer.
    assert found["interviewer_metrics"]["ada"]["completion_rate"] is None
    assert found["interviewer_metrics"]["ada"]["avg_duration"] == 1800
    assert found["pipeline_metrics"]["candidates"]["hired"] == 1
    assert found["pipeline_metrics"]["sessions"]["started"] == 11
    assert found["pipeline_metrics"]["outcomes"]["completed"] == 8
    assert set(found["pipeline_metrics"]["conversion_rates"]) == {
        *("invited_to_started", "started_to_completed", "completed_to_passed")
    }


def test_the_interviews_of_a_company(full: House) -> None:
    found = asked(full, "interviews?company=7&window=7d")
    assert found["basic_metrics"]["total_interviews"] == 1
    assert found["basic_metrics"]["avg_completion_rate"] == pytest.approx(90)
    assert {name: one["completed_interviews"] for name, one in found["interviewer_metrics"].items()} == {
        "none": 1,
        "other": 0,
    }


def test_ai(full: House) -> None:
    sentiment, skill = ({"component": name, "window": "30d"} for name in ("sentiment", "skill_assessment"))
    assert asked(full, "ai") == {
        "total_analyses": 60,
        "avg_processing_time": of_ai("ai_analysis_duration_avg_seconds", **sentiment),
        "confidence_distribution": {
            f"{number / 10:.1f}": of_ai("ai_confidence_share_ratio", bin=f"{number / 10:.1f}", **sentiment)
            for number in range(10)
        },
        "accuracy_metrics": of_ai("ai_accuracy_ratio", **sentiment),
        "prediction_accuracy": percent_of_ai("ai_accuracy_ratio", **skill),
        "false_positive_rate": percent_of_ai("ai_false_positive_ratio", **skill),
        "false_negative_rate": percent_of_ai("ai_false_negative_ratio", **skill),
        "skill_category_accuracy": {
            category: percent_of_ai("ai_category_accuracy_ratio", category=category, **skill)
            for category in ("communication", "system_design")
        },
        "recommendation_acceptance_rate": percent_of_ai("recommendation_acceptance_ratio", window="90d"),
        "improvement_correlation": None,
        "user_satisfaction": None,
        "realtime": LIVE,
    }


def test_funnel(full: House) -> None:
    assert asked(full, "funnel") == {
        "funnel_stages": {
            "registration": 5,
            "email_verification": 4,
            "first_interview": 2,
            "completed_interview": 2,
            "subscription": 2,
        },
        "conversion_rates": {
            "registration_to_email_verification": 80,
            "email_verification_to_first_interview": 50,
            "first_interview_to_completed_interview": 100,
            "completed_interview_to_subscription": 100,
        },
        "overall_conversion": 40,
    }


def test_cohorts(full: House) -> None:
    found = asked(full, "cohorts")
    assert [cohort["cohort_month"] for cohort in found][-3:] == ["2026-01", "2026-02", "2026-03"]
    january = found[-3]
    assert january["total_users"] == 2
    assert january["retention_by_month"][:3] == [
        {"month": 1, "active_users": 2, "retention_rate": 100},
        {"month": 2, "active_users": 1, "retention_rate": 50},
        # April is not over.
        {"month": 3, "active_users": None, "retention_rate": None},
    ]
    assert len(january["retention_by_month"]) == 12
    # Nobody joined: a count is 0, a share of nobody is nothing.
    assert found[0]["total_users"] == 0
    assert found[0]["retention_by_month"][0] == {"month": 1, "active_users": 0, "retention_rate": None}


def test_system(full: House) -> None:
    assert asked(full, "system") == {
        "response_time": {
            "average_response_time": 0.125,
            "p95_response_time": 0.5,
            "p99_response_time": 1.5,
            "slowest_endpoints": [
                {"endpoint": "GET /api/reports", "p95_response_time": 2.5},
                {"endpoint": "POST /api/answers", "p95_response_time": 0.75},
            ],
        },
        "throughput": 2,
        "error_rate": 1.5625,
        "database_performance": {
            "connection_count": 42,
            "query_duration": 0.0025,
            "cpu_usage": 37.5,
            "memory_usage": 2**31,
        },
        "cache_performance": 0.9375,
    }


def test_costs(full: House) -> None:
    assert asked(full, "costs") == {
        "total_cost": 1234.5679,
        "cost_by_service": {"Amazon RDS": 1000.5679, "other": 234},
        "cost_by_feature": {"unallocated": 1234.5679},
        "cost_trends": {"7d": 0.25, "30d": None},
        "optimization_recommendations": {"rightsizing": 31.5556, "savings_plans": None, "reservations": None},
        "cost_per_user": 617.2839,
        "monthly_cost": 1234.5679,
        "monthly_active_users": 2,
    }


def test_candidate(full: House) -> None:
    found = full.get(f"/candidates/{REGULAR}/performance?compat=seed")
    assert set(found) == {"performance_history", "improvement_analysis", "strengths", "areas_for_improvement"}
    first = found["performance_history"][0]
    assert list(first) == [
        *("date", "interview_id", "overall_score", "technical_score", "behavioral_score"),
        *("sentiment_score", "skill_score"),
    ]
    assert (first["date"], first["interview_id"]) == ("2026-03-31", 11)
    # As the tables have them: sessions from 0 to 100, what the AI says from 0 to 1.
    assert (first["overall_score"], first["technical_score"], first["behavioral_score"]) == (50, 40, 60)
    assert 0 <= first["sentiment_score"] <= 1
    # The interview without scores is the first of all in what they lack, and the last in time.
    assert found["improvement_analysis"] == {
        "overall_improvement": pytest.approx(40),
        "technical_improvement": pytest.approx(45),
        "behavioral_improvement": pytest.approx(10),
        "total_interviews": 5,
        "improvement_rate": pytest.approx(14),
    }
    assert all(isinstance(name, str) for name in (*found["strengths"], *found["areas_for_improvement"]))


def test_a_candidate_with_one_interview(full: House) -> None:
    found = full.get("/candidates/2/performance?compat=seed")
    assert found["improvement_analysis"] == {"insufficient_data": True}


def leaves(found: Any) -> list[Any]:
    if isinstance(found, dict):
        return [leaf for value in found.values() for leaf in leaves(value)]
    return [leaf for value in found for leaf in leaves(value)] if isinstance(found, list) else [found]


@pytest.mark.parametrize(
    "path", ["realtime", "business", "interviews", "ai", "features", "funnel", "cohorts", "system", "costs"]
)
def test_what_is_not_known_is_null_and_never_0(fresh: House, path: str) -> None:
    found = leaves(asked(fresh, path))
    changed = "2026-04-20T12:00:00Z"
    assert [leaf for leaf in found if leaf is not None] == [changed] * (path == "business")
