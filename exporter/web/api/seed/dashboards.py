"""Snapshot → the answers in the keys of the original document, line by line of the table (metrics.md, section 5)."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from exporter.model import Snapshot
from exporter.web.api.seed import shapes
from exporter.web.api.seed.values import Values, of_snapshot
from exporter.web.api.shapes import Number
from exporter.web.api.terms import Terms

MONTH, DAY, HOUR, QUARTER = "30d", "24h", "1h", "90d"
STAGES = ("registration", "email_verification", "first_interview", "completed_interview", "subscription")


def realtime(snapshot: Snapshot) -> shapes.SeedRealtime:
    """Return what goes on now."""
    values = of_snapshot(snapshot, "operations", "interviews")
    scores = {dimension: _score(values, dimension, DAY) for dimension in ("technical", "behavioral", "completion")}
    status = snapshot.statuses.get("operations")
    return shapes.SeedRealtime(
        active_interviews=values.total("interviews_active"),
        recent_completions=values.total("interviews_recent_completed", window=HOUR),
        average_scores=shapes.SeedAverages(**{f"avg_{dimension}": score for dimension, score in scores.items()}),
        ai_performance=live(snapshot),
        timestamp=status.result.at if status and status.result else None,
    )


def live(snapshot: Snapshot) -> dict[str, shapes.SeedLive]:
    """Return the live samples of every component."""
    values = of_snapshot(snapshot, "ai_realtime")
    return {
        component: shapes.SeedLive(
            avg_processing_time=values.one("ai_processing_time_avg_seconds", component=component, window=HOUR),
            avg_accuracy=values.one("ai_realtime_accuracy_avg_ratio", component=component, window=HOUR),
            processing_trend=values.one("ai_processing_time_trend_ratio", component=component, window=HOUR),
            accuracy_trend=values.one("ai_realtime_accuracy_trend_ratio", component=component, window=HOUR),
        )
        for component in sorted(values.by("component", "ai_realtime_data_available"))
    }


def business(snapshot: Snapshot, terms: Terms) -> shapes.SeedBusiness:
    """Return the figures of the business."""
    money, people = of_snapshot(snapshot, "revenue"), of_snapshot(snapshot, "engagement", "interviews")
    return shapes.SeedBusiness(
        revenue=shapes.SeedRevenue(
            mrr=money.one("mrr", currency=terms.currency),
            arr=money.one("arr", currency=terms.currency),
            arpu=money.one("arpu", currency=terms.currency),
            churn_rate=money.percent("churn_ratio", level="subscription", window=MONTH),
            active_subscriptions=money.total("paying_subscriptions"),
        ),
        engagement=shapes.SeedEngagement(
            dau=people.one("active_users", window=DAY),
            mau=people.one("active_users", window=MONTH),
            avg_session_duration=people.one("interview_duration_avg_seconds", kind="all", window=MONTH),
            completion_rate=people.percent("interview_completion_ratio", kind="all", window=MONTH),
        ),
        features=features(snapshot),
        generated_at=snapshot.changed,
    )


def features(snapshot: Snapshot, window: str | None = None) -> shapes.SeedFeatures:
    """Return the use of each feature, of 30 days unless another window is asked for."""
    values, names = of_snapshot(snapshot, "features"), _domain(snapshot, "features", "feature")
    return shapes.SeedFeatures({name: _feature(values, name, window or MONTH) for name in names})


def interviews(values: Values, window: str) -> shapes.SeedInterviews:
    """Return the interviews of a window."""
    slugs = values.by("interviewer", "interviewer_interviews", window=window)
    completion = values.percent("interview_completion_ratio", kind="all", window=window)
    scores = {dimension: _score(values, dimension, window) for dimension in ("technical", "behavioral", "completion")}
    return shapes.SeedInterviews(
        basic_metrics=shapes.SeedBasics(
            total_interviews=values.total("interviews_started", window=window),
            completed_interviews=values.total("interviews_completed", window=window),
            avg_duration=values.one("interview_duration_avg_seconds", kind="all", window=window),
            avg_completion_rate=values.percent("interview_progress_avg_ratio", kind="all", window=window),
            avg_technical_score=scores["technical"],
            avg_behavioral_score=scores["behavioral"],
        ),
        success_metrics=shapes.SeedSuccess(
            completion_rate=completion,
            high_performer_rate=values.percent("interview_high_performer_ratio", kind="all", window=window),
            average_scores=_scores(scores),
        ),
        interviewer_metrics={slug: _interviewer(values, slug, window) for slug in sorted(slugs)} or None,
        pipeline_metrics=_pipeline(values, window),
    )


def all_interviews(snapshot: Snapshot, window: str | None = None) -> shapes.SeedInterviews:
    """Return the interviews as they were collected, of 30 days unless another window is asked for."""
    return interviews(of_snapshot(snapshot, "interviews"), window or MONTH)


def ai(snapshot: Snapshot) -> shapes.SeedAi:
    """Return what the AI did in 30 days, and what became of recommendations in 90."""
    values, skill = of_snapshot(snapshot, "ai_quality"), {"component": "skill_assessment", "window": MONTH}
    sentiment = {"component": "sentiment", "window": MONTH}
    categories = values.by("category", "ai_category_accuracy_ratio", **skill)
    return shapes.SeedAi(
        total_analyses=values.one("ai_analyses", **sentiment),
        avg_processing_time=values.one("ai_analysis_duration_avg_seconds", **sentiment),
        confidence_distribution=values.by("bin", "ai_confidence_share_ratio", **sentiment) or None,
        accuracy_metrics=values.one("ai_accuracy_ratio", **sentiment),
        prediction_accuracy=values.percent("ai_accuracy_ratio", **skill),
        false_positive_rate=values.percent("ai_false_positive_ratio", **skill),
        false_negative_rate=values.percent("ai_false_negative_ratio", **skill),
        skill_category_accuracy={name: 100 * ratio for name, ratio in categories.items()} or None,
        recommendation_acceptance_rate=values.percent("recommendation_acceptance_ratio", window=QUARTER),
        improvement_correlation=values.one("recommendation_improvement_correlation", window=QUARTER),
        user_satisfaction=values.one("recommendation_satisfaction_avg_ratio", window=QUARTER),
        realtime=live(snapshot),
    )


def funnel(snapshot: Snapshot) -> shapes.SeedFunnel:
    """Return the strict funnel of all users."""
    values = of_snapshot(snapshot, "journey")
    return shapes.SeedFunnel(
        funnel_stages={stage: values.one("funnel_users", cohort="all", mode="strict", stage=stage) for stage in STAGES},
        conversion_rates={
            f"{before}_to_{stage}": values.percent(
                "funnel_conversion_ratio", **{"cohort": "all", "from": before, "to": stage}
            )
            for before, stage in pairwise(STAGES)
        },
        overall_conversion=values.percent("funnel_overall_conversion_ratio", cohort="all"),
    )


def cohorts(snapshot: Snapshot) -> shapes.SeedCohorts:
    """Return the cohorts with their twelve months."""
    values = of_snapshot(snapshot, "journey")
    return shapes.SeedCohorts(
        [
            shapes.SeedCohort(
                cohort_month=cohort,
                total_users=users,
                retention_by_month=[
                    shapes.SeedMonth(
                        month=month,
                        active_users=values.one("cohort_active_users", cohort=cohort, month=str(month)),
                        retention_rate=values.percent("cohort_retention_ratio", cohort=cohort, month=str(month)),
                    )
                    for month in range(1, 13)
                ],
            )
            for cohort, users in sorted(values.by("cohort", "cohort_users").items())
        ]
    )


def system(snapshot: Snapshot, window: str | None = None) -> shapes.SeedSystem:
    """Return the technical performance, of the last hour unless another window is asked for."""
    values, of = of_snapshot(snapshot, "system"), {"window": window or HOUR}
    slowest = values.by("endpoint", "api_endpoint_response_time_p95_seconds", **of)
    return shapes.SeedSystem(
        response_time=shapes.SeedResponseTime(
            average_response_time=values.one("api_response_time_avg_seconds", **of),
            p95_response_time=values.one("api_response_time_p95_seconds", **of),
            p99_response_time=values.one("api_response_time_p99_seconds", **of),
            slowest_endpoints=[
                shapes.SeedEndpoint(endpoint=endpoint, p95_response_time=p95)
                for endpoint, p95 in sorted(slowest.items(), key=lambda item: (-item[1], item[0]))
            ],
        ),
        throughput=values.one("api_requests_per_second", **of),
        error_rate=values.percent("api_error_ratio", **of),
        database_performance=shapes.SeedDatabase(
            connection_count=values.one("database_connections", **of),
            query_duration=values.one("database_query_duration_avg_seconds", **of),
            cpu_usage=values.percent("database_cpu_usage_ratio", **of),
            memory_usage=values.one("database_memory_used_bytes", **of),
        ),
        cache_performance=values.one("cache_hit_ratio", **of),
    )


def costs(snapshot: Snapshot, terms: Terms) -> shapes.SeedCosts:
    """Return what AWS cost."""
    values, of = of_snapshot(snapshot, "cost", "unit_economics"), {"currency": terms.cost_currency}
    total = values.one("aws_cost", window=MONTH, **of)
    kinds = _domain(snapshot, "cost", "kind")
    return shapes.SeedCosts(
        total_cost=total,
        cost_by_service=values.by("service", "aws_service_cost", window=MONTH, **of) or None,
        cost_by_feature=_rounded(values.by("feature", "aws_feature_cost", window=MONTH, **of)) or None,
        cost_trends={window: values.one("aws_cost_change_ratio", window=window, **of) for window in ("7d", MONTH)},
        optimization_recommendations={kind: values.one("aws_savings_opportunity", kind=kind, **of) for kind in kinds},
        cost_per_user=values.one("aws_cost_per_active_user", **of),
        monthly_cost=total,
        monthly_active_users=values.one("unit_economics_active_users"),
    )


def _feature(values: Values, name: str, window: str) -> shapes.SeedFeature:
    of = {"feature": name, "window": window}
    return shapes.SeedFeature(
        total_practice_sessions=values.one("feature_events", **of),
        unique_users=values.one("feature_users", **of),
        adoption_rate=values.percent("feature_adoption_ratio", **of),
        avg_sessions_per_user=values.one("feature_events_per_user_avg", **of),
        completion_rate=values.percent("feature_completion_ratio", **of),
    )


def _interviewer(values: Values, slug: str, window: str) -> shapes.SeedInterviewer:
    of = {"interviewer": slug, "kind": "all", "window": window}
    return shapes.SeedInterviewer(
        completed_interviews=values.total("interviewer_interviews", interviewer=slug, window=window),
        completion_rate=values.percent("interviewer_completion_ratio", **of),
        avg_duration=values.one("interviewer_duration_avg_seconds", **of),
        average_scores=_scores(
            {
                dimension: values.percent("interviewer_score_avg_ratio", dimension=dimension, **of)
                for dimension in ("technical", "behavioral", "completion")
            }
        ),
        high_performer_rate=values.percent("interviewer_high_performer_ratio", **of),
    )


def _pipeline(values: Values, window: str) -> shapes.SeedPipeline:
    reached = values.by("stage", "interview_pipeline_sessions", window=window)
    return shapes.SeedPipeline(
        sessions=dict(reached),
        conversion_rates={
            f"{before}_to_{stage}": values.percent(
                "interview_pipeline_conversion_ratio", **{"from": before, "kind": "all", "to": stage, "window": window}
            )
            for before, stage in pairwise(reached)
        },
        outcomes=dict(values.by("outcome", "interviews_ended", window=window)),
        candidates=dict(sorted(values.by("stage", "pipeline_candidates").items())),
    )


def _score(values: Values, dimension: str, window: str) -> Number | None:
    return values.percent("interview_score_avg_ratio", dimension=dimension, kind="all", window=window)


def _scores(scores: Mapping[str, Number | None]) -> shapes.SeedScores:
    return shapes.SeedScores(
        technical=scores["technical"], behavioral=scores["behavioral"], overall=scores["completion"]
    )


def _rounded(amounts: Mapping[str, Number]) -> dict[str, Number]:
    """Return sums of money without the noise of floating numbers."""
    return {name: round(amount, 4) for name, amount in amounts.items()}


def _domain(snapshot: Snapshot, collector: str, label: str) -> Iterable[str]:
    """Return the declared values of a label, whether anything is served or not."""
    status = snapshot.statuses.get(collector)
    for family in status.families if status else ():
        for own in family.labels:
            if own.name == label and own.values:
                return own.values
    return ()
