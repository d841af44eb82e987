"""How right the AI is by the judgement of humans: AI4 to AI9, AI13 and AI15 of metrics.md 4.8."""

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from statistics import NormalDist

from tests.oracle.analyses import (
    LABELS,
    OTHER,
    SENTIMENT,
    SKILL,
    TABLES,
    Analysis,
    Component,
    Measured,
    Verdict,
    audited,
    confidence,
    has,
    judges,
    tenth,
)
from tests.oracle.analysis_rows import Judging
from tests.oracle.revenue import Values, key, ratio
from tests.oracle.samples import mean
from tests.oracle.usage_rows import Settings

Labels = dict[str, str]
Verdicts = Sequence[Verdict]

Z = NormalDist().inv_cdf(0.975)
NEAR = Fraction(1, 10**9)


def accuracies(component: Component, window: str, rows: Sequence[Analysis], settings: Settings) -> Measured:
    labels, used = {"component": component.name, "window": window}, audited(rows, settings)
    verdicts = verdicts_of(used)
    values: Measured = {}
    values |= coverage(rows, labels)
    if not judges(settings, component.name):
        return values
    values |= accuracy(verdicts, labels, settings.judging)
    if component.name == SENTIMENT:
        values |= of_labels(verdicts, labels, settings.judging)
    else:
        values |= of_categories(component, used, labels, settings.judging)
    if component.name == SENTIMENT or has(settings, "assessment", "human_score"):
        values |= confusion(component, used, labels)
    if component.name == SKILL and has(settings, "assessment", "human_score"):
        values |= of_scores(verdicts, labels, settings.judging)
        values |= errors(verdicts, labels, settings.judging)
    if has(settings, TABLES[component.name], "confidence"):
        values |= calibration(used, labels, settings.judging)
    if settings.judging.by_model_version and has(settings, TABLES[component.name], "model_version"):
        values |= of_versions(component, used, labels, settings.judging)
    return values


def verdicts_of(rows: Sequence[Analysis]) -> list[Verdict]:
    return [one.verdict for one in rows if one.verdict is not None]


def share(name: str, labels: Labels, sample: Sequence[bool], fewest: int) -> Values:
    """Absent for an empty sample too, whatever the minimum."""
    return ratio(key(name, **labels), sum(sample), len(sample)) if len(sample) >= fewest else {}


def coverage(rows: Sequence[Analysis], labels: Labels) -> Values:
    """AI5, AI5b: before the audit filter. Where nobody judges, nothing is validated (not of sources.md 1.8's list)."""
    validated = sum(one.verdict is not None for one in rows)
    return {
        key("jobhive_ai_validated", **labels): validated,
        **ratio(key("jobhive_ai_validation_coverage_ratio", **labels), validated, len(rows)),
    }


def accuracy(verdicts: Verdicts, labels: Labels, judging: Judging) -> Measured:
    """AI4, AI4b."""
    n, correct = len(verdicts), [one.correct for one in verdicts]
    values: Measured = {}
    values |= share("jobhive_ai_accuracy_ratio", labels, correct, judging.min_validated)
    if values:
        values[key("jobhive_ai_accuracy_lower_ratio", **labels)] = wilson_lower(sum(correct), n)
    return values


def wilson_lower(successes: int, n: int) -> float:
    p = successes / n
    centre = p + Z**2 / (2 * n)
    return (centre - Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))) / (1 + Z**2 / n)


def of_labels(verdicts: Verdicts, labels: Labels, judging: Judging) -> Values:
    """AI4c to AI4e."""
    scores = [score for score in (f1(verdicts, name) for name in LABELS) if score is not None]
    values: Values = {}
    if len(verdicts) >= judging.min_validated:
        values |= mean(key("jobhive_ai_macro_f1_ratio", **labels), scores)
    for name in LABELS:
        own = [one.correct for one in verdicts if one.actual == name]
        named = {**labels, "label": name}
        values[key("jobhive_ai_label_validated", **named)] = len(own)
        values |= share("jobhive_ai_label_recall_ratio", named, own, judging.min_group)
    return values


def f1(verdicts: Verdicts, name: str) -> Fraction | None:
    """2TP/(2TP+FP+FN): every row of the label is in one of its two sums, a hit in both."""
    both = sum((one.predicted == name) + (one.actual == name) for one in verdicts)
    hits = sum(one.predicted == name and one.actual == name for one in verdicts)
    return Fraction(2 * hits, both) if both else None


def of_scores(verdicts: Verdicts, labels: Labels, judging: Judging) -> Measured:
    """AI6b to AI6e."""
    pairs = [one.scores for one in verdicts if one.scores is not None]
    values: Measured = {}
    if len(pairs) < judging.min_validated:
        return values
    close = [abs(a - h) <= judging.tolerance + NEAR for a, h in pairs]
    values |= share("jobhive_ai_within_tolerance_ratio", labels, close, judging.min_validated)
    values |= mean(key("jobhive_ai_score_mae_ratio", **labels), [abs(a - h) for a, h in pairs])
    values |= mean(key("jobhive_ai_score_bias_ratio", **labels), [a - h for a, h in pairs])
    r = pearson(pairs)
    if r is not None:
        values[key("jobhive_ai_score_correlation", **labels)] = r
    return values


def pearson(pairs: Sequence[tuple[Fraction, Fraction]]) -> float | None:
    """None where one side has no variance, which fractions tell exactly."""
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    x0, y0 = (sum(some, Fraction(0)) / max(len(some), 1) for some in (xs, ys))
    across = sum(((x - x0) * (y - y0) for x, y in pairs), Fraction(0))
    spread = sum(((x - x0) ** 2 for x in xs), Fraction(0)) * sum(((y - y0) ** 2 for y in ys), Fraction(0))
    return math.copysign(math.sqrt(across**2 / spread), across) if spread else None


def errors(verdicts: Verdicts, labels: Labels, judging: Judging) -> Values:
    """AI6f, AI7, AI8: each of its own denominator."""
    wrong_if_failed = [one.predicted == "pass" for one in verdicts if one.actual == "fail"]
    wrong_if_passed = [one.predicted == "fail" for one in verdicts if one.actual == "pass"]
    right_if_predicted = [one.actual == "pass" for one in verdicts if one.predicted == "pass"]
    return {
        **share("jobhive_ai_precision_ratio", labels, right_if_predicted, judging.min_group),
        **share("jobhive_ai_false_positive_ratio", labels, wrong_if_failed, judging.min_group),
        **share("jobhive_ai_false_negative_ratio", labels, wrong_if_passed, judging.min_group),
    }


def confusion(component: Component, used: Sequence[Analysis], labels: Labels) -> Values:
    """AI7b."""
    names = ("pass", "fail") if component.name == SKILL else (*LABELS, OTHER)
    values: Values = {}
    for category, predicted, actual in product(component.categories, names, names):
        verdicts = verdicts_of([one for one in used if one.category == category])
        cell = {**labels, "actual": actual, "category": category, "predicted": predicted}
        here = sum(one.predicted == predicted and one.actual == actual for one in verdicts)
        values[key("jobhive_ai_confusion", **cell)] = here
    return values


def of_categories(component: Component, used: Sequence[Analysis], labels: Labels, judging: Judging) -> Values:
    """AI9, AI9b."""
    values: Values = {}
    for category in component.categories:
        correct = [one.correct for one in verdicts_of([row for row in used if row.category == category])]
        named = {**labels, "category": category}
        values[key("jobhive_ai_category_validated", **named)] = len(correct)
        values |= share("jobhive_ai_category_accuracy_ratio", named, correct, judging.min_validated)
    return values


def of_versions(component: Component, used: Sequence[Analysis], labels: Labels, judging: Judging) -> Values:
    """AI15, AI15b."""
    values: Values = {}
    for version in component.versions:
        correct = [one.correct for one in verdicts_of([row for row in used if row.version == version])]
        named = {**labels, "model_version": version}
        values[key("jobhive_ai_model_validated", **named)] = len(correct)
        values |= share("jobhive_ai_model_accuracy_ratio", named, correct, judging.min_validated)
    return values


# AI13 to AI13c


def calibration(used: Sequence[Analysis], labels: Labels, judging: Judging) -> Values:
    pairs = [(confidence(one.row), one.verdict.correct) for one in used if one.verdict is not None]
    sample = [(value, Fraction(correct)) for value, correct in pairs if value is not None]
    values: Values = {key("jobhive_ai_calibration_samples", **labels): len(sample)}
    if sample and len(sample) >= judging.min_calibrated:
        values[key("jobhive_ai_calibration_error_ratio", **labels)] = calibration_error(sample)
        values |= mean(key("jobhive_ai_brier_score", **labels), [(value - correct) ** 2 for value, correct in sample])
    return values


def calibration_error(sample: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
    """Σ n_b/n · abs(accuracy_b − mean confidence_b), in which n_b cancels."""
    gaps = [
        abs(sum((correct - value for value, correct in sample if tenth(value) == place), Fraction(0)))
        for place in range(10)
    ]
    return sum(gaps, Fraction(0)) / len(sample)
