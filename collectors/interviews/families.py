"""What the collector `interviews` exports.

Counts have the kinds hiring and practice, so that their sum stays right; ratios and means have `all` too. So each ratio
is declared of counts with `all`, which go no further than the ratio: `interviews_started` beside
`jobhive_interviews_started`.
"""

from collections.abc import Iterator
from dataclasses import replace

from collectors.base import additive, gauge, ratio
from collectors.interviews.options import Options
from collectors.session_values import DIMENSIONS
from exporter.model import Family, Label

STAGES = ("invited", "started", "completed", "passed")
OUTCOMES = ("completed", "abandoned", "cancelled", "no_show", "other")
LAGS = ("0", "1", "2", "3")
DIMENSION = Label("dimension", tuple(sorted(DIMENSIONS)))
KINDS = ("hiring", "practice")
KIND, ANY_KIND = Label("kind", KINDS), Label("kind", (*KINDS, "all"))
WINDOW = Label("window", ("24h", "7d", "30d"))

# Row of an interviewer's own ratio, and the fewest sessions that it says anything of.
INTERVIEWER_ROWS = {"UE6": ("IA11b", 10), "UE5a": ("IA11c", 1), "IA5": ("IA11d", 10), "IA9": ("IA11e", 10)}

# The contract has one row for a family and its twin per company.
BY_COMPANY = " per company"

# Row of the contract, name without prefix, meaning, further labels.
Count = tuple[str, str, str, tuple[Label, ...]]
COUNTS: tuple[Count, ...] = (
    ("IA1", "interviews_started", "Interviews started in the window, whatever became of them.", ()),
    ("IA2", "interviews_completed", "Interviews completed in the window, by their end.", ()),
    ("UE5f", "interview_duration_samples", "Completed interviews with a valid duration.", ()),
    ("UE6b", "interview_completion_base", "Interviews started in the window whose outcome is known.", ()),
    ("UE6c", "interview_completion_completed", "Those of them that were completed.", ()),
    ("UE7b", "interview_progress_samples", "Interviews started in the window with a valid progress.", ()),
    ("IA5b", "interview_scored", "Completed interviews with a valid score.", (DIMENSION,)),
    ("IA9b", "interview_high_performers", "Completed interviews with a high completion and technical score.", ()),
    ("IA9c", "interview_high_performer_base", "Completed interviews with both scores.", ()),
)
# Row, name, meaning, numerator, denominator.
RATIOS = (
    ("UE5a", "interview_duration_avg_seconds", "Mean duration of completed interviews.", "interview_duration_sum"),
    ("UE6", "interview_completion_ratio", "Share of them that were completed.", "interview_completion_completed"),
    ("UE7", "interview_progress_avg_ratio", "Mean progress of interviews started.", "interview_progress_sum"),
    ("IA5", "interview_score_avg_ratio", "Mean score of completed interviews, from 0 to 1.", "interview_score_sum"),
    ("IA9", "interview_high_performer_ratio", "Share of high performers.", "interview_high_performers"),
)
BASES = {
    "interview_duration_avg_seconds": "interview_duration_samples",
    "interview_completion_ratio": "interview_completion_base",
    "interview_progress_avg_ratio": "interview_progress_samples",
    "interview_score_avg_ratio": "interview_scored",
    "interview_high_performer_ratio": "interview_high_performer_base",
}


def families(options: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    company = Label("company", tuple(sorted(company.label for company in options.per_company)) or None)
    return (
        *_counted("jobhive_", ()),
        *_averages("jobhive_", ()),
        *_sessions(),
        *_stages(),
        *_applications(Label("stage", (*options.stages, "other"))),
        *_conversions(options.ladder),
        *_counted("jobhive_company_", (company,), BY_COMPANY),
        *_averages("jobhive_company_", (company,), BY_COMPANY),
        *INTERVIEWERS,
    )


def _sorted(*labels: Label) -> tuple[Label, ...]:
    return tuple(sorted(labels, key=lambda label: label.name))


def _counted(prefix: str, more: tuple[Label, ...], suffix: str = "") -> Iterator[Family]:
    for row, name, text, labels in COUNTS:
        yield additive(row + suffix, prefix + name, text, *_sorted(*labels, *more, KIND, WINDOW))


def _averages(prefix: str, more: tuple[Label, ...], suffix: str = "") -> Iterator[Family]:
    for row, name, text, top in RATIOS:
        yield ratio(row + suffix, prefix + name, text, of=_companions(prefix, name, top, more))


def _companions(prefix: str, name: str, top: str, more: tuple[Label, ...]) -> tuple[Family, Family]:
    """Return what a ratio is made of, which is not exported."""
    hidden = prefix.removeprefix("jobhive_")
    counts = {
        count: additive(row, hidden + count, text, *_sorted(*labels, *more, ANY_KIND, WINDOW))
        for row, count, text, labels in COUNTS
    }
    bottom = counts[BASES[name]]
    return counts.get(top) or additive(bottom.id, hidden + top, "Sum.", *bottom.labels), bottom


def _interviewers() -> Iterator[Family]:
    who, prefix = Label("interviewer"), "jobhive_interviewer_"
    yield additive("IA11a", f"{prefix}interviews", "Interviews completed in the window.", who, KIND, WINDOW)
    for row, name, text, top in RATIOS:
        if row in INTERVIEWER_ROWS:
            own, enough = INTERVIEWER_ROWS[row]
            companions = _companions(prefix, name, top, (who,))
            yield ratio(own, prefix + name.removeprefix("interview_"), text, of=companions, min_n=enough)


INTERVIEWERS = tuple(replace(family, visibility="JSON only") for family in _interviewers())


def _sessions() -> tuple[Family, ...]:
    return (
        additive(
            "IA2b",
            "jobhive_interviews_completed_utc_30d",
            "Interviews completed in 30 UTC days, the last of them so many days before today.",
            *(KIND, Label("lag_days", LAGS)),
        ),
        gauge("UE5d", "jobhive_interview_duration_p50_seconds", "Median of the durations.", ANY_KIND, WINDOW),
        gauge("UE5e", "jobhive_interview_duration_p95_seconds", "95th percentile of the durations.", ANY_KIND, WINDOW),
        additive(
            "IA12a",
            "jobhive_interviews_ended",
            "Interviews that were over in the window, by how they ended.",
            *(KIND, Label("outcome", OUTCOMES), WINDOW),
        ),
    )


def _stages() -> tuple[Family, ...]:
    steps = (Label("from", STAGES[:-1]), ANY_KIND, Label("to", STAGES[1:]), WINDOW)
    return (
        additive(
            "IA12b",
            "jobhive_interview_pipeline_sessions",
            "Interviews made in the window that came this far; each stage is part of the one before.",
            *(KIND, Label("stage", STAGES), WINDOW),
        ),
        ratio(
            "IA12c",
            "jobhive_interview_pipeline_conversion_ratio",
            "Share of a stage that came to the next one; young interviews may still come.",
            of=(
                additive("IA12c", "interview_pipeline_to", "Interviews in the next stage.", *steps),
                additive("IA12c", "interview_pipeline_from", "Interviews in the stage.", *steps),
            ),
        ),
    )


def _applications(stage: Label) -> tuple[Family, ...]:
    return (
        additive("IA12d", "jobhive_pipeline_candidates", "Applications by their stage.", stage),
        additive("IA12f", "jobhive_pipeline_stage_exits", "Applications that left the stage.", stage, WINDOW),
        gauge(
            "IA12g",
            "jobhive_pipeline_stage_duration_p50_seconds",
            "Median time in the stage of those that left it.",
            *(stage, WINDOW),
        ),
        gauge("IA12h", "jobhive_time_to_hire_p50_seconds", "Median time from application to hire.", WINDOW),
        additive("IA12i", "jobhive_pipeline_hires", "Applications that were hired.", WINDOW),
    )


def _conversions(ladder: tuple[str, ...]) -> tuple[Family, ...]:
    steps = (Label("from", ladder[:-1]), Label("to", ladder[1:]), WINDOW)
    return (
        ratio(
            "IA12e",
            "jobhive_pipeline_conversion_ratio",
            "Of the applications that left the stage, the share that went on to the next or a later one.",
            of=(
                additive("IA12e", "pipeline_advanced", "Exits to the next stage or a later one.", *steps),
                additive("IA12e", "pipeline_left", "Exits from the stage.", *steps),
            ),
        ),
    )
