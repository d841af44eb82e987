"""How often the models are right, as far as humans have looked (metrics.md AI4 to AI5, AI9, AI15)."""

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from statistics import NormalDist

from collectors.ai_quality.judgements import LABELS
from collectors.ai_quality.labels import ABILITY, ANY, FEELING, WINDOW
from collectors.ai_quality.names import Names
from collectors.ai_quality.options import Options
from collectors.ai_quality.validated import Judged, rows
from collectors.base import gauge, ratio
from exporter.model import Family, Label, Sample

LABEL, CATEGORY, VERSION = Label("label", LABELS), Label("category"), Label("model_version")
# Of the normal distribution, for an interval of 95 %.
QUANTILE = NormalDist().inv_cdf(0.975)

CORRECT = gauge("AI4", "ai_correct", "Validated rows that were right.", ANY, WINDOW)
JUDGED = gauge("AI4", "ai_judged", "Validated rows, audit rows only where there are any.", ANY, WINDOW)
LOWER = gauge(
    "AI4b",
    "jobhive_ai_accuracy_lower_ratio",
    "Lower bound of the accuracy: that of its Wilson interval of 95 %.",
    *(ANY, WINDOW),
)
MACRO_F1 = gauge(
    "AI4c", "jobhive_ai_macro_f1_ratio", "Mean of the F1 of each label, all of the same weight.", FEELING, WINDOW
)
LABEL_CORRECT = gauge("AI4d", "ai_label_correct", "Those that were right.", FEELING, LABEL, WINDOW)
LABEL_VALIDATED = gauge(
    "AI4e",
    "jobhive_ai_label_validated",
    "Validated rows by the label that a human gave; audit rows only, where there are any.",
    *(FEELING, LABEL, WINDOW),
)
VALIDATED = gauge("AI5", "jobhive_ai_validated", "Rows that a human has validated, for an audit or not.", ANY, WINDOW)
CATEGORY_CORRECT = gauge("AI9", "ai_category_correct", "Those that were right.", CATEGORY, ABILITY, WINDOW)
CATEGORY_VALIDATED = gauge(
    "AI9b",
    "jobhive_ai_category_validated",
    "Validated rows by category of skills; audit rows only, where there are any.",
    *(CATEGORY, ABILITY, WINDOW),
)
MODEL_CORRECT = gauge("AI15", "ai_model_correct", "Those that were right.", ANY, VERSION, WINDOW)
MODEL_VALIDATED = gauge(
    "AI15b",
    "jobhive_ai_model_validated",
    "Validated rows by model version; audit rows only, where there are any.",
    *(ANY, VERSION, WINDOW),
)


def families(options: Options) -> tuple[Family, ...]:
    """Return the families of this room."""
    least = options.min_validated
    share = "Share of the validated rows that were right"
    recall = (
        "AI4d",
        "jobhive_ai_label_recall_ratio",
        "Share of the rows of a human label that have the AI's too.",
    )
    return (
        ratio("AI4", "jobhive_ai_accuracy_ratio", f"{share}.", of=(CORRECT, JUDGED), min_n=least),
        *(LOWER, MACRO_F1),
        ratio(*recall, of=(LABEL_CORRECT, LABEL_VALIDATED), min_n=options.min_group),
        LABEL_VALIDATED,
        ratio(
            "AI9",
            "jobhive_ai_category_accuracy_ratio",
            f"{share}, by category of skills.",
            of=(CATEGORY_CORRECT, CATEGORY_VALIDATED),
            min_n=least,
        ),
        CATEGORY_VALIDATED,
        ratio(
            "AI15",
            "jobhive_ai_model_accuracy_ratio",
            f"{share}, by model version.",
            of=(MODEL_CORRECT, MODEL_VALIDATED),
            min_n=least,
        ),
        MODEL_VALIDATED,
    )


def wilson_lower(correct: int, n: int) -> float:
    """Return the lower bound of the 95 % interval of a share (Wilson 1927); n > 0."""
    share, z2 = correct / n, QUANTILE**2
    centre, spread = share + z2 / (2 * n), QUANTILE * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # Without a single hit the difference would be that of two roundings.
    return (centre - spread) / (1 + z2 / n) if correct else 0.0


def macro_f1(judged: Sequence[Judged]) -> float | None:
    """Return the mean F1 of the labels that occur on either side; None if there is none."""
    found = []
    for label in LABELS:
        predicted = rows(group for group in judged if group.predicted == label)
        actual = rows(group for group in judged if group.actual == label)
        right = rows(group for group in judged if group.predicted == group.actual == label)
        # TP + FP and TP + FN: together 2TP + FP + FN.
        if predicted + actual:
            found.append(2 * right / (predicted + actual))
    return sum(found) / len(found) if found else None


def right(judged: Sequence[Judged]) -> int:
    """Return how many rows were right."""
    return rows(group for group in judged if group.is_correct)


def overall(labels: Mapping[str, str], judged: Sequence[Judged], least: int) -> Iterator[Sample]:
    """Yield the accuracy of all rows."""
    correct, n = right(judged), rows(judged)
    yield CORRECT.sample(correct, **labels)
    yield JUDGED.sample(n, **labels)
    if n >= least:
        yield LOWER.sample(wilson_lower(correct, n), **labels)


def by_label(labels: Mapping[str, str], judged: Sequence[Judged], least: int) -> Iterator[Sample]:
    """Yield how right the rows of sentiment are, label by label."""
    score = macro_f1(judged)
    if score is not None and rows(judged) >= least:
        yield MACRO_F1.sample(score, **labels)
    for label in LABELS:
        group = [one for one in judged if one.actual == label]
        yield LABEL_CORRECT.sample(right(group), label=label, **labels)
        yield LABEL_VALIDATED.sample(rows(group), label=label, **labels)


def by_category(labels: Mapping[str, str], judged: Sequence[Judged], categories: Names) -> Iterator[Sample]:
    """Yield how right the rows of skills are, by category."""
    for category in categories.labels:
        group = [one for one in judged if one.category == category]
        yield CATEGORY_CORRECT.sample(right(group), category=category, **labels)
        yield CATEGORY_VALIDATED.sample(rows(group), category=category, **labels)


def by_model(labels: Mapping[str, str], judged: Sequence[Judged], versions: Names) -> Iterator[Sample]:
    """Yield how right the rows are, by model version."""
    for version in versions.labels:
        group = [one for one in judged if one.version == version]
        yield MODEL_CORRECT.sample(right(group), model_version=version, **labels)
        yield MODEL_VALIDATED.sample(rows(group), model_version=version, **labels)
