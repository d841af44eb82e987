"""What the collector `candidates` exports, and what may be chosen."""

from collectors.base import CollectorOptions, additive, ratio
from collectors.candidates.histories import Kind
from collectors.session_values import DIMENSIONS
from exporter.model import Family, Label

QUARTER_KEY, INTERVIEW, MONTH = "90d", "interview", "30d"
RECENT = ("30d", "90d")
DIMENSION = Label("dimension", tuple(sorted(DIMENSIONS)))
PER = Label("per", (MONTH, INTERVIEW))
QUARTER = Label("window", (QUARTER_KEY,))
WINDOW = Label("window", RECENT)


class Options(CollectorOptions):
    """Which interviews make the history of a candidate."""

    kind: Kind = "all"
    """Practice interviews, those for a job, or both."""


REPEAT = additive(
    "CA2c",
    "jobhive_candidates_repeat",
    "Candidates with two scores and more, the last of an interview completed in the window.",
    *(DIMENSION, QUARTER),
)
IMPROVED = additive("CA2d", "jobhive_candidates_improved", "Those whose last score is above the first.", *REPEAT.labels)
# The numerator of CA2.
IMPROVEMENT_SUM = additive("CA2", "candidate_improvement_sum", "Last less first scores.", *REPEAT.labels)
IMPROVEMENT = ratio(
    "CA2",
    "jobhive_candidate_improvement_avg_ratio",
    "Mean difference between the last and the first score of a candidate, from -1 to 1.",
    of=(IMPROVEMENT_SUM, REPEAT),
)
IMPROVED_RATIO = ratio(
    "CA2b",
    "jobhive_candidate_improved_ratio",
    "Share of the candidates whose last score is above the first.",
    of=(IMPROVED, REPEAT),
)
CANDIDATES = additive("CA3b", "jobhive_candidates", "Candidates who completed an interview in the window.", WINDOW)
# The numerator of CA3.
INTERVIEWS = additive("CA3", "candidate_interviews", "Interviews completed in the window.", WINDOW)
INTERVIEWS_MEAN = ratio(
    "CA3",
    "jobhive_candidate_interviews_avg",
    "Interviews completed in the window per candidate.",
    of=(INTERVIEWS, CANDIDATES),
)
RATED = additive(
    "CA5b",
    "jobhive_candidate_improvement_rate_candidates",
    "Candidates with three completion scores and more, the last of an interview completed in the window.",
    *(PER, QUARTER),
)
# The numerator of CA5.
RATE_SUM = additive("CA5", "candidate_improvement_rate_sum", "Slopes.", *RATED.labels)
RATE = ratio(
    "CA5",
    "jobhive_candidate_improvement_rate_avg_ratio",
    "Mean least-squares slope of the completion scores of a candidate, per interview or per 30 days.",
    of=(RATE_SUM, RATED),
)


def families(_: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    return (IMPROVEMENT, IMPROVED_RATIO, REPEAT, IMPROVED, INTERVIEWS_MEAN, CANDIDATES, RATE, RATED)
