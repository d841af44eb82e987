"""What the collector `features` exports.

Only the base of the adoption is zero-filled by its declaration: a feature without a source is unknown, not unused.
"""

from collectors.base import additive, gauge, ratio
from collectors.features.options import Options
from exporter.model import Family, Label

PRACTICE, FEEDBACK, LEARNING = "interview_practice", "ai_feedback", "learning_paths"
DASHBOARD, ASSESSMENTS = "analytics_dashboard", "skill_assessments"
TRAILING = ("24h", "7d", "30d")
FEATURE = Label("feature", (PRACTICE, FEEDBACK, LEARNING, DASHBOARD, ASSESSMENTS))
COMPLETABLE = Label("feature", (PRACTICE, LEARNING))
WINDOW = Label("window", TRAILING)

EVENTS = gauge("FU6", "jobhive_feature_events", "Uses of the feature in the window.", FEATURE, WINDOW)
USERS = gauge("FU7", "jobhive_feature_users", "Distinct users of the feature in the window.", FEATURE, WINDOW)
PER_USER = ratio(
    "FU8", "jobhive_feature_events_per_user_avg", "Mean number of uses by those who used it.", of=(EVENTS, USERS)
)
ADOPTERS = gauge(
    "UE8b", "jobhive_feature_adopters", "Users of the feature who were active in the same window.", FEATURE, WINDOW
)
ADOPTION_BASE = additive("UE8c", "jobhive_feature_adoption_base", "Users who were active in the window.", WINDOW)
ADOPTION = ratio(
    "UE8",
    "jobhive_feature_adoption_ratio",
    "Share of the active users who used the feature in the same window.",
    of=(ADOPTERS, ADOPTION_BASE),
)
COMPLETED = gauge("FU9", "feature_completed", "Uses begun in the window that were completed.", COMPLETABLE, WINDOW)
COMPLETION_BASE = gauge(
    "FU9b",
    "jobhive_feature_completion_base",
    "Uses begun in the window: practice interviews whose outcome is known, or learning paths.",
    *(COMPLETABLE, WINDOW),
)
COMPLETION = ratio(
    "FU9", "jobhive_feature_completion_ratio", "Share of them that were completed.", of=(COMPLETED, COMPLETION_BASE)
)

USAGE, COMPLETIONS = (EVENTS, USERS, PER_USER), (COMPLETION, COMPLETION_BASE)
BY_ACTIVITY = (ADOPTION, ADOPTERS)


def families(_: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    return (*USAGE, *BY_ACTIVITY, ADOPTION_BASE, *COMPLETIONS)
