"""Brute-force oracle of metrics.md 4.1, 4.3 and 4.4: everything a caller needs, in one place.

Each ``expected_…`` maps (family, label pairs) to a value, as exact fractions. An absent sample is a missing key; counts
are zero-filled for every declared label value.
"""

from tests.oracle.engagement import expected_engagement
from tests.oracle.interviews import expected_interviews
from tests.oracle.operations import expected_operations
from tests.oracle.revenue import Key, Values, key
from tests.oracle.usage_quality import expected_session_quality
from tests.oracle.usage_rows import (
    Activity,
    Application,
    Assessment,
    Interviewer,
    Job,
    Recommendation,
    Session,
    Settings,
    StageEvent,
    Subscription,
    User,
    UserSession,
    World,
)

__all__ = [
    "Activity",
    "Application",
    "Assessment",
    "Interviewer",
    "Job",
    "Key",
    "Recommendation",
    "Session",
    "Settings",
    "StageEvent",
    "Subscription",
    "User",
    "UserSession",
    "Values",
    "World",
    "expected_engagement",
    "expected_interviews",
    "expected_operations",
    "expected_session_quality",
    "key",
]
