"""What the dashboard "engagement" asks; those of its tiles can be asked for an earlier time too."""

from functools import partial

from dashboards.queries import COHORT, WINDOW, mx, padded, share

RECENT = 'window=~"24h|7d|30d"'
STEPS = {
    "registered": "registration",
    "verified": "email_verification",
    "first interview": "first_interview",
    "completed": "completed_interview",
    "paid": "subscription",
}

DAILY = partial(mx, "jobhive_active_users", 'window="24h"')
WEEKLY = partial(mx, "jobhive_active_users", 'window="7d"')
MONTHLY = partial(mx, "jobhive_active_users", 'window="30d"')
STICKINESS = partial(mx, "jobhive_user_stickiness_ratio", 'window="30d"')
REGISTERED = partial(mx, "jobhive_users", 'state="registered"')
NEW = partial(mx, "jobhive_users_new", 'window="7d"')
BACK = partial(mx, "jobhive_user_retention_ratio", 'day="30"', 'kind="unbounded"')

ACTIVE = mx("jobhive_active_users", RECENT, by=("window",))
JOINED = mx("jobhive_users_new", by=("window",))

FUNNEL = {
    step: mx("jobhive_funnel_users", f'stage="{stage}"', COHORT, 'mode="strict"') for step, stage in STEPS.items()
}
CONVERSIONS = mx("jobhive_funnel_conversion_ratio", COHORT, by=("from", "to"))
TIME_TO_STEP = mx("jobhive_funnel_time_to_stage_p50_seconds", COHORT, by=("stage",))
OVERALL = mx("jobhive_funnel_overall_conversion_ratio", by=("cohort",))

RETURNED = padded("day", mx("jobhive_user_retention_ratio", by=("day", "kind")))
COHORTS = padded("month", mx("jobhive_cohort_retention_ratio", by=("cohort", "month")))

ADOPTION = mx("jobhive_feature_adoption_ratio", WINDOW, by=("feature",))
EVENTS = mx("jobhive_feature_events", WINDOW, by=("feature",))
PER_USER = mx("jobhive_feature_events_per_user_avg", WINDOW, by=("feature",))
COMPLETION = mx("jobhive_feature_completion_ratio", WINDOW, by=("feature",))

SOURCE = mx("jobhive_activity_source_info", by=("source",))


def verified(*, ago: str = "") -> str:
    """Return the share of the registered users who confirmed their address."""
    return share(mx("jobhive_users", 'state="verified"', ago=ago), REGISTERED(ago=ago))
