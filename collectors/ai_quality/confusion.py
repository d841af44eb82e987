"""What the AI decided and what the human did, and how far their scores lie apart (metrics.md AI6 to AI8)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import fsum

from collectors.ai_quality.judgements import DECISIONS, FAIL, PASS
from collectors.ai_quality.labels import ABILITY, ANY, WINDOW
from collectors.ai_quality.moments import Pairs
from collectors.ai_quality.options import Options
from collectors.ai_quality.validated import Judged, rows
from collectors.base import gauge, ratio
from exporter.model import Family, Label, Sample

ALL = tuple(decision for decisions in DECISIONS.values() for decision in decisions)
CONFUSION = gauge(
    "AI7b",
    "jobhive_ai_confusion",
    "Validated rows by what the AI decided and what a human did; audit rows only, where there are any.",
    *(Label("actual", ALL), Label("category"), ANY, Label("predicted", ALL), WINDOW),
)
SCORED = gauge("AI6b", "ai_scored", "Validated rows with two scores.", ABILITY, WINDOW)
WITHIN = gauge("AI6b", "ai_within_tolerance", "Those whose scores lie close together.", ABILITY, WINDOW)
DISTANCE = gauge("AI6c", "ai_score_distance", "Sum of the distances.", ABILITY, WINDOW)
EXCESS = gauge("AI6d", "ai_score_excess", "Sum of the differences.", ABILITY, WINDOW)
CORRELATION = gauge(
    "AI6e", "jobhive_ai_score_correlation", "Correlation (Pearson) of the AI's scores and the human's.", ABILITY, WINDOW
)
TRUE_POSITIVE = gauge("AI6f", "ai_true_positive", "Passed by both.", ABILITY, WINDOW)
PREDICTED_PASS = gauge("AI6f", "ai_predicted_pass", "Passed by the AI.", ABILITY, WINDOW)
FALSE_POSITIVE = gauge("AI7", "ai_false_positive", "Passed by the AI alone.", ABILITY, WINDOW)
ACTUAL_FAIL = gauge("AI7", "ai_actual_fail", "Not passed by the human.", ABILITY, WINDOW)
FALSE_NEGATIVE = gauge("AI8", "ai_false_negative", "Passed by the human alone.", ABILITY, WINDOW)
ACTUAL_PASS = gauge("AI8", "ai_actual_pass", "Passed by the human.", ABILITY, WINDOW)


def families(options: Options) -> tuple[Family, ...]:
    """Return the families of this room."""
    close = ("AI6b", "jobhive_ai_within_tolerance_ratio", "Share of the AI's scores that lie close to the human's.")
    error = ("AI6c", "jobhive_ai_score_mae_ratio", "Mean absolute error of the AI's scores.")
    bias = ("AI6d", "jobhive_ai_score_bias_ratio", "By how much the AI's scores are too high on average.")
    precision = ("AI6f", "jobhive_ai_precision_ratio", "Share of what the AI passed that the human passed too.")
    positive = ("AI7", "jobhive_ai_false_positive_ratio", "Share of what the human did not pass that the AI passed.")
    negative = ("AI8", "jobhive_ai_false_negative_ratio", "Share of what the human passed that the AI did not.")
    least, group = options.min_validated, options.min_group
    return (
        ratio(*close, of=(WITHIN, SCORED), min_n=least),
        ratio(*error, of=(DISTANCE, SCORED), min_n=least),
        ratio(*bias, of=(EXCESS, SCORED), min_n=least),
        CORRELATION,
        ratio(*precision, of=(TRUE_POSITIVE, PREDICTED_PASS), min_n=group),
        ratio(*positive, of=(FALSE_POSITIVE, ACTUAL_FAIL), min_n=group),
        ratio(*negative, of=(FALSE_NEGATIVE, ACTUAL_PASS), min_n=group),
        CONFUSION,
    )


def confusion(
    labels: Mapping[str, str], judged: Sequence[Judged], decisions: Sequence[str], categories: Sequence[str]
) -> Iterator[Sample]:
    """Yield the counts of every decision of the two sides, by category."""
    counts: Counter[tuple[str, str | None, str | None]] = Counter()
    for group in judged:
        counts[group.category, group.predicted, group.actual] += group.rows
    for category, predicted, actual in product(categories, decisions, decisions):
        n = counts[category, predicted, actual]
        yield CONFUSION.sample(n, actual=actual, category=category, predicted=predicted, **labels)


def scores(labels: Mapping[str, str], judged: Sequence[Judged], least: int) -> Iterator[Sample]:
    """Yield how far the scores lie apart."""
    n = rows(judged)
    yield SCORED.sample(n, **labels)
    yield WITHIN.sample(sum(group.within for group in judged), **labels)
    yield DISTANCE.sample(fsum(group.distance for group in judged), **labels)
    yield EXCESS.sample(fsum(group.excess for group in judged), **labels)
    r = sum((group.scores for group in judged), Pairs()).correlation
    if r is not None and n >= least:
        yield CORRELATION.sample(r, **labels)


def errors(labels: Mapping[str, str], judged: Sequence[Judged]) -> Iterator[Sample]:
    """Yield who was passed by whom."""
    counts: Counter[tuple[str | None, str | None]] = Counter()
    for group in judged:
        counts[group.predicted, group.actual] += group.rows
    both, ai, human, neither = (counts[decisions] for decisions in product((PASS, FAIL), (PASS, FAIL)))
    yield TRUE_POSITIVE.sample(both, **labels)
    yield PREDICTED_PASS.sample(both + ai, **labels)
    yield FALSE_POSITIVE.sample(ai, **labels)
    yield ACTUAL_FAIL.sample(ai + neither, **labels)
    yield FALSE_NEGATIVE.sample(human, **labels)
    yield ACTUAL_PASS.sample(both + human, **labels)
