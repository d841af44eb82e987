"""What the collector `engagement` exports, and what may be chosen."""

from collectors.base import CollectorOptions, additive, gauge, ratio
from collectors.definitions import WantedSource
from exporter.model import Family, Label

TRAILING = ("24h", "7d", "30d")
WINDOWS = Label("window", (*TRAILING, "prev_day", "prev_week", "prev_month"))
RECENT = Label("window", TRAILING)
MONTH_KEY = "30d"
MONTH = Label("window", (MONTH_KEY,))
LAGS = (0, 1, 2, 3)
DAYS = (1, 7, 30)
KINDS = ("n_day", "unbounded", "bracket")
DAY, KIND = Label("day", tuple(map(str, DAYS))), Label("kind", KINDS)


class Options(CollectorOptions):
    """Where activity comes from (auto: the first source that is mapped), and whether sessions of use are measured."""

    activity_source: WantedSource = "auto"
    """`activity` is the log of activity, `derived` what users left elsewhere; `auto`: the first that is there."""
    session_duration: bool = False
    """Export `jobhive_user_session_duration_avg_seconds` and `jobhive_user_sessions`."""


# Not zero-filled: from logins alone the windows that end in the past are unknown.
ACTIVE = gauge("UE1", "jobhive_active_users", "Distinct users with activity in the window.", WINDOWS)
ACTIVE_UTC = additive(
    "UE2",
    "jobhive_active_users_utc_30d",
    "Distinct users with activity in 30 complete UTC days that end so many days before the last UTC midnight.",
    Label("lag_days", tuple(map(str, LAGS))),
)
# The numerator of UE3; absent where the history of activity is too short.
DAILY_MEAN = gauge("UE3", "daily_active_users_mean", "Mean of the daily active users.", MONTH)
STICKINESS_BASE = additive(
    "UE3b", "jobhive_user_stickiness_base_users", "Distinct users with activity in 30 complete business days.", MONTH
)
STICKINESS = ratio(
    "UE3",
    "jobhive_user_stickiness_ratio",
    "Mean of the daily active users of 30 complete business days per distinct user of the same days.",
    of=(DAILY_MEAN, STICKINESS_BASE),
)
RETAINED = additive(
    "UE4c",
    "jobhive_user_retention_retained_users",
    "Users of the cohort who were active so many days after joining: that day, any day since, or in the week then.",
    *(DAY, KIND),
)
COHORT = additive(
    "UE4b",
    "jobhive_user_retention_cohort_users",
    "Users who joined in the latest seven days whose observation is complete.",
    *(DAY, KIND),
)
RETENTION = ratio(
    "UE4",
    "jobhive_user_retention_ratio",
    "Share of the users who joined in a week who were active so many days later; headline is day 30, unbounded.",
    of=(RETAINED, COHORT),
)
# The numerator of UE5b: seconds.
SESSION_SECONDS = additive("UE5b", "user_session_seconds", "Length of all sessions of use.", RECENT)
SESSIONS = additive(
    "UE5c", "jobhive_user_sessions", "Application sessions of known length that ended in the window.", RECENT
)
SESSION_MEAN = ratio(
    "UE5b",
    "jobhive_user_session_duration_avg_seconds",
    "Mean length of the application sessions that ended in the window.",
    of=(SESSION_SECONDS, SESSIONS),
)
# Not zero-filled: without a column that tells it, nobody knows who is verified.
USERS = gauge(
    "UE9",
    "jobhive_users",
    "Users of the population who are not deleted, and those of them with a verified address.",
    Label("state", ("registered", "verified")),
)
NEW = additive("UE9b", "jobhive_users_new", "Users who joined in the window.", RECENT)
SOURCE = gauge(
    "UE10",
    "jobhive_activity_source_info",
    "1 for what activity is taken from.",
    Label("source", ("activity", "derived", "login")),
)


def families(_: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    return (
        *(ACTIVE, ACTIVE_UTC, STICKINESS, STICKINESS_BASE, RETENTION, COHORT, RETAINED),
        *(SESSION_MEAN, SESSIONS, USERS, NEW, SOURCE),
    )
