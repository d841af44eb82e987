"""Which figures the weekly report has, of which families, over which windows (metrics.md RP1)."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from exporter.reports.calendar import KEY
from exporter.reports.numbers import Unit

# Sources beside the collectors: the days of the week itself, and the weeks before it.
MOVED, HELD, TRENDS, COST_TREND = "revenue_week", "interviews_week", "trends", "cost_trend"
# Stands for each currency in a label, which makes a line for each.
CURRENCY = "$currency"
SHOWN = {KEY: "week", "7d": "7 d", "30d": "30 d", "90d": "90 d", "prev_month": "last month"}
AT_END = "week's end"
LABEL = re.compile(r"(\w+)=([\w$]+)")
Wish = Literal["up", "down", ""]


class Line(NamedTuple):
    """A figure: what it is called, what its window is called, where it is, and which way is good."""

    title: str
    window: str
    source: str
    family: str
    labels: Mapping[str, str]
    unit: Unit
    wish: Wish


class Part(NamedTuple):
    """A section: its name, its title, and its lines; it is there as soon as one of its sources is."""

    name: str
    title: str
    lines: tuple[Line, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Return what it is made of."""
        return tuple(dict.fromkeys(line.source for line in self.lines))


# Title, source, series, unit, which way is good; and what its window is called where the series does not tell.
Row = tuple[str, str, str, Unit, Wish] | tuple[str, str, str, Unit, Wish, str]
COUNT, SHARE, MONEY, SECONDS, NUMBER = Unit


def _lines(*rows: Row) -> tuple[Line, ...]:
    return tuple(_line(*row) for row in rows)


def _line(title: str, source: str, series: str, unit: Unit, wish: Wish, window: str = "") -> Line:
    family, _, inner = series.partition("{")
    labels = dict(LABEL.findall(inner))
    return Line(title, window or SHOWN.get(labels.get("window", ""), AT_END), source, family, labels, unit, wish)


REVENUE = Part(
    "revenue",
    "Revenue",
    _lines(
        ("MRR", "revenue", "jobhive_mrr{currency=$currency}", MONEY, "up"),
        ("ARR (run rate)", "revenue", "jobhive_arr{currency=$currency}", MONEY, "up"),
        ("Paying customers", "revenue", "jobhive_paying_customers{currency=$currency}", COUNT, "up"),
        ("ARPU per paying customer", "revenue", "jobhive_arpu{currency=$currency}", MONEY, "up"),
        ("MRR at the start", MOVED, "jobhive_mrr_at_start{currency=$currency,window=week}", MONEY, ""),
        ("+ new", MOVED, "jobhive_mrr_movement{currency=$currency,type=new,window=week}", MONEY, "up"),
        (
            "+ reactivation",
            MOVED,
            "jobhive_mrr_movement{currency=$currency,type=reactivation,window=week}",
            MONEY,
            "up",
        ),
        ("+ expansion", MOVED, "jobhive_mrr_movement{currency=$currency,type=expansion,window=week}", MONEY, "up"),
        (
            "− contraction",
            MOVED,
            "jobhive_mrr_movement{currency=$currency,type=contraction,window=week}",
            MONEY,
            "down",
        ),
        ("− churn", MOVED, "jobhive_mrr_movement{currency=$currency,type=churn,window=week}", MONEY, "down"),
        ("= net new MRR", MOVED, "jobhive_mrr_net_new{currency=$currency,window=week}", MONEY, "up"),
        ("Customers who joined", MOVED, "customer_events{kind=joined,window=week}", COUNT, "up"),
        ("Customers who returned", MOVED, "customer_events{kind=returned,window=week}", COUNT, "up"),
        ("Customers who left", MOVED, "customer_events{kind=left,window=week}", COUNT, "down"),
        ("Customer churn", "revenue", "jobhive_churn_ratio{level=customer,window=prev_month}", SHARE, "down"),
        ("Customers churned", "revenue", "jobhive_churned{level=customer,window=prev_month}", COUNT, "down"),
        (
            *("Gross MRR churn", "revenue", "jobhive_mrr_churn_ratio{currency=$currency,kind=gross,window=prev_month}"),
            *(SHARE, "down"),
        ),
        (
            *("Net revenue retention", "revenue"),
            *("jobhive_net_revenue_retention_ratio{currency=$currency,window=30d}", SHARE, "up"),
        ),
    ),
)
USERS = Part(
    "users",
    "Users",
    _lines(
        ("Active users", "engagement", "jobhive_active_users{window=7d}", COUNT, "up"),
        ("Active users", "engagement", "jobhive_active_users{window=30d}", COUNT, "up"),
        ("New users", "engagement", "jobhive_users_new{window=7d}", COUNT, "up"),
        ("Registered users", "engagement", "jobhive_users{state=registered}", COUNT, "up"),
        ("Stickiness (daily ÷ monthly)", "engagement", "jobhive_user_stickiness_ratio{window=30d}", SHARE, "up"),
        (
            *("Back after 30 days", "engagement", "jobhive_user_retention_ratio{day=30,kind=unbounded}", SHARE, "up"),
            "joined 31–37 d ago",
        ),
    ),
)
INTERVIEWS = Part(
    "interviews",
    "Interviews",
    _lines(
        ("Started, hiring", HELD, "jobhive_interviews_started{kind=hiring,window=week}", COUNT, "up"),
        ("Completed, hiring", HELD, "jobhive_interviews_completed{kind=hiring,window=week}", COUNT, "up"),
        ("Completed, practice", HELD, "jobhive_interviews_completed{kind=practice,window=week}", COUNT, "up"),
        ("Completion of those started", HELD, "jobhive_interview_completion_ratio{kind=all,window=week}", SHARE, "up"),
        ("No-shows, hiring", HELD, "jobhive_interviews_ended{kind=hiring,outcome=no_show,window=week}", COUNT, "down"),
        (
            *("Abandoned, hiring", HELD, "jobhive_interviews_ended{kind=hiring,outcome=abandoned,window=week}"),
            *(COUNT, "down"),
        ),
        ("Median duration", HELD, "jobhive_interview_duration_p50_seconds{kind=all,window=week}", SECONDS, ""),
        (
            *("Mean technical score, hiring", HELD),
            *("jobhive_interview_score_avg_ratio{dimension=technical,kind=hiring,window=week}", SHARE, "up"),
        ),
        (
            *("High performers, hiring", HELD, "jobhive_interview_high_performer_ratio{kind=hiring,window=week}"),
            *(SHARE, "up"),
        ),
    ),
)
# Title, family, component, unit, which way is good: each of them over a week and over a month.
JUDGED: tuple[tuple[str, str, str, Unit, Wish], ...] = (
    ("Skill assessments made", "jobhive_ai_analyses", "skill_assessment", COUNT, ""),
    ("Accuracy, skill assessment", "jobhive_ai_accuracy_ratio", "skill_assessment", SHARE, "up"),
    ("False positives, skill assessment", "jobhive_ai_false_positive_ratio", "skill_assessment", SHARE, "down"),
    ("False negatives, skill assessment", "jobhive_ai_false_negative_ratio", "skill_assessment", SHARE, "down"),
    ("Accuracy, sentiment", "jobhive_ai_accuracy_ratio", "sentiment", SHARE, "up"),
    ("p95 processing time, sentiment", "jobhive_ai_analysis_duration_p95_seconds", "sentiment", SECONDS, "down"),
    ("Checked by people, skill assessment", "jobhive_ai_validation_coverage_ratio", "skill_assessment", SHARE, "up"),
)


def _judged() -> Iterator[Row]:
    for title, family, component, unit, wish in JUDGED:
        for window in ("7d", "30d"):
            yield title, "ai_quality", f"{family}{{component={component},window={window}}}", unit, wish


AI = Part(
    "ai",
    "AI quality",
    _lines(
        *_judged(),
        (
            *("Recommendations accepted", "ai_quality", "jobhive_recommendation_acceptance_ratio{window=90d}"),
            *(SHARE, "up", "90 d, matured"),
        ),
    ),
)
SYSTEM = Part(
    "system",
    "System",
    _lines(
        ("API requests", "system", "jobhive_api_requests{window=7d}", COUNT, ""),
        ("API errors", "system", "jobhive_api_error_ratio{window=7d}", SHARE, "down"),
        ("Response time, median", "system", "jobhive_api_response_time_p50_seconds{window=7d}", SECONDS, "down"),
        ("Response time, p95", "system", "jobhive_api_response_time_p95_seconds{window=7d}", SECONDS, "down"),
        ("Apdex", "system", "jobhive_api_apdex_ratio{window=7d}", NUMBER, "up"),
        ("Database connections, peak", "system", "jobhive_database_connection_usage_ratio{window=7d}", SHARE, "down"),
        ("Database CPU", "system", "jobhive_database_cpu_usage_ratio{window=7d}", SHARE, "down"),
        ("Cache hits", "system", "jobhive_cache_hit_ratio{window=7d}", SHARE, "up"),
    ),
)
UTC_7, UTC_30, UTC_MONTH = "7 d, UTC", "30 d, UTC", "this month, UTC"
PER_USER, PER_INTERVIEW = "jobhive_aws_cost_per_active_user", "jobhive_aws_cost_per_interview"
COSTS = Part(
    "costs",
    "Costs of AWS",
    _lines(
        ("Cost", "cost", "jobhive_aws_cost{currency=$currency,window=7d}", MONEY, "down", UTC_7),
        ("Cost", "cost", "jobhive_aws_cost{currency=$currency,window=30d}", MONEY, "down", UTC_30),
        ("Forecast", "forecast", "jobhive_aws_cost_forecast{bound=mean,currency=$currency}", MONEY, "down", UTC_MONTH),
        ("Per active user", "unit_economics", f"{PER_USER}{{currency=$currency}}", MONEY, "down", UTC_30),
        ("Per completed interview", "unit_economics", f"{PER_INTERVIEW}{{currency=$currency}}", MONEY, "down", UTC_30),
        ("Days that AWS may still change", "cost", "jobhive_aws_cost_estimated_ratio{window=7d}", SHARE, "", UTC_7),
    ),
)
PARTS = (REVENUE, USERS, INTERVIEWS, AI, SYSTEM, COSTS)
