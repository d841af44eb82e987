"""What the dashboard "interviews" asks; those of its tiles can be asked for an earlier time too."""

from functools import partial

from dashboards.queries import KIND, WINDOW, mx

QUARTER = 'window="90d"'

RUNNING = partial(mx, "jobhive_interviews_active", KIND)
STARTED = partial(mx, "jobhive_interviews_started", KIND, WINDOW)
COMPLETED = partial(mx, "jobhive_interviews_completed", KIND, WINDOW)
COMPLETION = partial(mx, "jobhive_interview_completion_ratio", KIND, WINDOW)
HIGH_PERFORMERS = partial(mx, "jobhive_interview_high_performer_ratio", KIND, WINDOW)
DURATION = partial(mx, "jobhive_interview_duration_avg_seconds", KIND, WINDOW)
PROGRESS = partial(mx, "jobhive_interview_progress_avg_ratio", KIND, WINDOW)
STUCK = partial(mx, "jobhive_interviews_stale", KIND)

COMPLETION_BY_WINDOW = mx("jobhive_interview_completion_ratio", KIND, by=("window",))
DURATIONS = {
    "mean": DURATION(),
    "median": mx("jobhive_interview_duration_p50_seconds", KIND, WINDOW),
    "95th percentile": mx("jobhive_interview_duration_p95_seconds", KIND, WINDOW),
}
SCORES = mx("jobhive_interview_score_avg_ratio", KIND, WINDOW, by=("dimension",))
OPEN = mx("jobhive_interviews", KIND, by=("state",))
ENDED = mx("jobhive_interviews_ended", KIND, WINDOW, by=("outcome",))
STAGES = {
    stage: mx("jobhive_interview_pipeline_sessions", f'stage="{stage}"', KIND, WINDOW)
    for stage in ("invited", "started", "completed", "passed")
}

APPLICATIONS = mx("jobhive_pipeline_candidates", by=("stage",))
CONVERSIONS = mx("jobhive_pipeline_conversion_ratio", WINDOW, by=("from", "to"))
TIME_IN_STAGE = mx("jobhive_pipeline_stage_duration_p50_seconds", WINDOW, by=("stage",))
TIME_TO_HIRE = mx("jobhive_time_to_hire_p50_seconds", by=("window",))

PER_CANDIDATE = mx("jobhive_candidate_interviews_avg", by=("window",))
IMPROVEMENT = mx("jobhive_candidate_improvement_avg_ratio", QUARTER, by=("dimension",))
IMPROVED = mx("jobhive_candidate_improved_ratio", QUARTER, by=("dimension",))
RATE = mx("jobhive_candidate_improvement_rate_avg_ratio", 'per="interview"', QUARTER)
REPEATING = mx("jobhive_candidates_repeat", QUARTER, by=("dimension",))
