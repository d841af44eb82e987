"""What the collector `journey` exports; there is nothing to choose."""

from collectors.base import CollectorOptions, additive, gauge, ratio
from exporter.model import Family, Label

STAGES = ("registration", "email_verification", "first_interview", "completed_interview", "subscription")
MODES = ("strict", "loose")
ALL = "all"
TRAILING = ("30d", "90d")
COHORTS = (*TRAILING, ALL)
MONTHS = 13
COHORT, STAGE = Label("cohort", COHORTS), Label("stage", STAGES)
STEP = (COHORT, Label("from", STAGES[:-1]), Label("to", STAGES[1:]))
# Named by the calendar.
MONTHLY = (Label("cohort"), Label("month", tuple(str(month) for month in range(1, MONTHS))))


class Options(CollectorOptions):
    """There is nothing to choose; where activity comes from is an option of engagement."""


FUNNEL = additive(
    "UJ1",
    "jobhive_funnel_users",
    "Users who registered in the cohort and came this far: strict with all stages before it, loose by the stage alone.",
    *(COHORT, Label("mode", MODES), STAGE),
)
# Numerators and denominators of UJ3 and UJ4.
STEP_TO = additive("UJ3", "funnel_to", "Users in the next stage.", *STEP)
STEP_FROM = additive("UJ3", "funnel_from", "Users in the stage.", *STEP)
SUBSCRIBED = additive("UJ4", "funnel_subscribed", "Users who came to the last stage.", COHORT)
REGISTERED = additive("UJ4", "funnel_registered", "Users who registered.", COHORT)
CONVERSION = ratio(
    "UJ3",
    "jobhive_funnel_conversion_ratio",
    "Share of the users in a stage who came to the next one, strict; young users may still come.",
    of=(STEP_TO, STEP_FROM),
)
OVERALL = ratio(
    "UJ4",
    "jobhive_funnel_overall_conversion_ratio",
    "Share of the registered users who came through every stage to a paid subscription.",
    of=(SUBSCRIBED, REGISTERED),
)
TIME_TO_STAGE = gauge(
    "UJ5",
    "jobhive_funnel_time_to_stage_p50_seconds",
    "Median time from registration until a stage and all before it were reached.",
    *(COHORT, Label("stage", STAGES[1:])),
)
# Not zero-filled: their cohorts are named by the calendar.
COHORT_ACTIVE = gauge(
    "UJ6b",
    "jobhive_cohort_active_users",
    "Users who registered in a business month and were active so many months later, complete months only.",
    *MONTHLY,
)
COHORT_USERS = gauge("UJ6c", "jobhive_cohort_users", "Users who registered in a business month.", MONTHLY[0])
COHORT_RETENTION = ratio(
    "UJ6",
    "jobhive_cohort_retention_ratio",
    "Share of the users who registered in a business month who were active so many months later.",
    of=(COHORT_ACTIVE, COHORT_USERS),
)


def families(_: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    return (FUNNEL, CONVERSION, OVERALL, TIME_TO_STAGE, COHORT_RETENTION, COHORT_ACTIVE, COHORT_USERS)
