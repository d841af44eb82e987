"""Brute-force oracle of metrics.md 4.1, 4.3 to 4.8 and 4.13: everything a caller needs, in one place.

Each ``expected_…`` maps (family, label pairs) to a value, as exact fractions, those of 4.8 that have
a root or a logarithm as floats. An absent sample is a missing key; counts are zero-filled for every declared label value.
"""

from tests.oracle.ai_quality import expected_ai_quality
from tests.oracle.analyses import Measured
from tests.oracle.analysis_quality import expected_analysis_quality
from tests.oracle.analysis_rows import Assessment, Enrolment, Judging, Recommendation, Sentiment, Skill
from tests.oracle.candidates import expected_candidates
from tests.oracle.checks import expected_checks
from tests.oracle.engagement import expected_engagement
from tests.oracle.features import expected_features
from tests.oracle.interviews import expected_interviews
from tests.oracle.journey import expected_journey
from tests.oracle.operations import expected_operations
from tests.oracle.performance import Interview, Performance, expected_performance
from tests.oracle.revenue import Key, Values, key
from tests.oracle.rows import Event, Plan, Subscription
from tests.oracle.usage_quality import expected_session_quality
from tests.oracle.usage_rows import (
    Activity,
    Application,
    Interviewer,
    Job,
    Session,
    Settings,
    StageEvent,
    User,
    UserSession,
    World,
)

__all__ = [
    "Activity",
    "Application",
    "Assessment",
    "Enrolment",
    "Event",
    "Interview",
    "Interviewer",
    "Job",
    "Judging",
    "Key",
    "Measured",
    "Performance",
    "Plan",
    "Recommendation",
    "Sentiment",
    "Session",
    "Settings",
    "Skill",
    "StageEvent",
    "Subscription",
    "User",
    "UserSession",
    "Values",
    "World",
    "expected_ai_quality",
    "expected_analysis_quality",
    "expected_candidates",
    "expected_checks",
    "expected_engagement",
    "expected_features",
    "expected_interviews",
    "expected_journey",
    "expected_operations",
    "expected_performance",
    "expected_session_quality",
    "key",
]
