"""What the dashboard "business" asks; those of its tiles can be asked for an earlier time too."""

from functools import partial

from dashboards.queries import across, mx

DAY, MONTH, HOUR = 'window="24h"', 'window="30d"', 'window="1h"'
# As people call them → as the funnel does.
STAGES = {
    "registered": "registration",
    "verified": "email_verification",
    "first interview": "first_interview",
    "completed": "completed_interview",
    "paid": "subscription",
}

MONTHLY_ACTIVE = partial(mx, "jobhive_active_users", MONTH)
STARTED = across("sum", partial(mx, "jobhive_interviews_started", DAY, by=("kind",)))
COMPLETED = across("sum", partial(mx, "jobhive_interviews_completed", DAY, by=("kind",)))
FREE_TO_PAID = partial(mx, "jobhive_free_to_paid_conversion_ratio", 'window="90d"')
# Of a day there may be none whose outcome is known.
COMPLETION = partial(mx, "jobhive_interview_completion_ratio", 'kind="hiring"', 'window="7d"')

ACTIVE = mx("jobhive_active_users", 'window=~"24h|7d|30d"', by=("window",))
FUNNEL = {
    step: mx("jobhive_funnel_users", f'stage="{stage}"', 'cohort="90d"', 'mode="strict"')
    for step, stage in STAGES.items()
}
AI_P95 = mx("jobhive_ai_processing_time_p95_seconds", 'window="5m"', by=("component",))
ERROR_RATIO = mx("jobhive_api_error_ratio", HOUR)
API_P95 = mx("jobhive_api_response_time_p95_seconds", HOUR)
