"""The shapes of the original document: percentages × 100, durations in seconds, undefined is null and never 0."""

import datetime as dt
from collections.abc import Sequence

from pydantic import AwareDatetime, ConfigDict, RootModel

from exporter.web.api.shapes import Number, Shape

Maybe = Number | None


class SeedRevenue(Shape):
    """The revenue, in the default currency."""

    mrr: Maybe
    arr: Maybe
    arpu: Maybe
    churn_rate: Maybe
    active_subscriptions: Maybe


class SeedEngagement(Shape):
    """Who is there, and what becomes of interviews."""

    dau: Maybe
    mau: Maybe
    avg_session_duration: Maybe
    completion_rate: Maybe


class SeedFeature(Shape):
    """The use of one feature in 30 days."""

    total_practice_sessions: Maybe
    unique_users: Maybe
    adoption_rate: Maybe
    avg_sessions_per_user: Maybe
    completion_rate: Maybe


class SeedFeatures(RootModel[dict[str, SeedFeature]]):
    """The features by name."""

    model_config = ConfigDict(frozen=True)


class SeedBusiness(Shape):
    """The figures of the business."""

    revenue: SeedRevenue
    engagement: SeedEngagement
    features: SeedFeatures
    generated_at: AwareDatetime


class SeedBasics(Shape):
    """The interviews of 30 days, or of the period."""

    total_interviews: Maybe
    completed_interviews: Maybe
    avg_duration: Maybe
    avg_completion_rate: Maybe
    avg_technical_score: Maybe
    avg_behavioral_score: Maybe


class SeedScores(Shape):
    """Mean scores; `overall` is the completion."""

    technical: Maybe
    behavioral: Maybe
    overall: Maybe


class SeedSuccess(Shape):
    """How well interviews went."""

    completion_rate: Maybe
    high_performer_rate: Maybe
    average_scores: SeedScores


class SeedInterviewer(Shape):
    """The interviews that one interviewer led in 30 days."""

    completed_interviews: Maybe
    completion_rate: Maybe
    avg_duration: Maybe
    average_scores: SeedScores
    high_performer_rate: Maybe


class SeedPipeline(Shape):
    """How far interviews and applications come."""

    sessions: dict[str, Maybe]
    conversion_rates: dict[str, Maybe]
    outcomes: dict[str, Maybe]
    candidates: dict[str, Maybe]


class SeedInterviews(Shape):
    """The interviews."""

    basic_metrics: SeedBasics
    success_metrics: SeedSuccess
    interviewer_metrics: dict[str, SeedInterviewer] | None
    pipeline_metrics: SeedPipeline


class SeedLive(Shape):
    """The live samples of one component in the last hour; a trend is the change over it, relative to the mean."""

    avg_processing_time: Maybe
    avg_accuracy: Maybe
    processing_trend: Maybe
    accuracy_trend: Maybe


class SeedAi(Shape):
    """The analyses of sentiment, the assessments of skills, the recommendations, and the live samples."""

    total_analyses: Maybe
    avg_processing_time: Maybe
    confidence_distribution: dict[str, Number] | None
    accuracy_metrics: Maybe
    prediction_accuracy: Maybe
    false_positive_rate: Maybe
    false_negative_rate: Maybe
    skill_category_accuracy: dict[str, Number] | None
    recommendation_acceptance_rate: Maybe
    improvement_correlation: Maybe
    user_satisfaction: Maybe
    realtime: dict[str, SeedLive]


class SeedFunnel(Shape):
    """How many users reached each stage and all before it."""

    funnel_stages: dict[str, Maybe]
    conversion_rates: dict[str, Maybe]
    overall_conversion: Maybe


class SeedMonth(Shape):
    """A cohort in one later month; null while the month is not over."""

    month: int
    active_users: Maybe
    retention_rate: Maybe


class SeedCohort(Shape):
    """The users who joined in one month."""

    cohort_month: str
    total_users: Maybe
    retention_by_month: Sequence[SeedMonth]


class SeedCohorts(RootModel[Sequence[SeedCohort]]):
    """The cohorts, oldest first."""

    model_config = ConfigDict(frozen=True)


class SeedEndpoint(Shape):
    """One of the slowest resources."""

    endpoint: str
    p95_response_time: Maybe


class SeedResponseTime(Shape):
    """Response times of the last hour."""

    average_response_time: Maybe
    p95_response_time: Maybe
    p99_response_time: Maybe
    slowest_endpoints: Sequence[SeedEndpoint]


class SeedDatabase(Shape):
    """The database in the last hour."""

    connection_count: Maybe
    query_duration: Maybe
    cpu_usage: Maybe
    memory_usage: Maybe


class SeedSystem(Shape):
    """The technical performance in the last hour, or in the window."""

    response_time: SeedResponseTime
    throughput: Maybe
    error_rate: Maybe
    database_performance: SeedDatabase
    cache_performance: Maybe


class SeedCosts(Shape):
    """What AWS cost in 30 days."""

    total_cost: Maybe
    cost_by_service: dict[str, Number] | None
    cost_by_feature: dict[str, Number] | None
    cost_trends: dict[str, Maybe]
    optimization_recommendations: dict[str, Maybe]
    cost_per_user: Maybe
    monthly_cost: Maybe
    monthly_active_users: Maybe


class SeedAverages(Shape):
    """Mean scores of the last day."""

    avg_technical: Maybe
    avg_behavioral: Maybe
    avg_completion: Maybe


class SeedRealtime(Shape):
    """What goes on now."""

    active_interviews: Maybe
    recent_completions: Maybe
    average_scores: SeedAverages
    ai_performance: dict[str, SeedLive]
    timestamp: AwareDatetime | None


class SeedInterview(Shape):
    """A completed interview of a candidate; the scores are those of the database, from 0 to 100 and from 0 to 1."""

    date: dt.date | None
    interview_id: int
    overall_score: Maybe
    technical_score: Maybe
    behavioral_score: Maybe
    sentiment_score: Maybe
    skill_score: Maybe


class SeedImprovement(Shape):
    """The latest scores less the first, and the slope per interview."""

    overall_improvement: Maybe
    technical_improvement: Maybe
    behavioral_improvement: Maybe
    total_interviews: int
    improvement_rate: Maybe


class SeedInsufficient(Shape):
    """Fewer than two interviews."""

    insufficient_data: bool


class SeedCandidate(Shape):
    """One candidate."""

    performance_history: Sequence[SeedInterview]
    improvement_analysis: SeedImprovement | SeedInsufficient
    strengths: Sequence[str]
    areas_for_improvement: Sequence[str]
