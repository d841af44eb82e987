"""The rows of both AI components as metrics.md 4.8 sees them: decision, judgement, category and model version."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from tests.oracle.activity import population
from tests.oracle.analysis_rows import Assessment, Sentiment
from tests.oracle.measures import DAY, Window
from tests.oracle.revenue import Key
from tests.oracle.sessions import number
from tests.oracle.usage_rows import Settings, World

Measured = dict[Key, Fraction | int | float]
Row = Sentiment | Assessment

SENTIMENT, SKILL = "sentiment", "skill_assessment"
TABLES = {SENTIMENT: "sentiment", SKILL: "assessment"}
SCORES = {SENTIMENT: "positive_score", SKILL: "accumulated_score"}
LABELS = ("positive", "neutral", "negative")
UNCATEGORIZED, OTHER = "uncategorized", "other"
WINDOWS = {"7d": 7, "30d": 30, "90d": 90}
RANKED = 90 * DAY
CATEGORIES, VERSIONS = 20, 3


@dataclass(frozen=True)
class Verdict:
    """Of a row that is validated(T): whether AI and human agree.

    Sentiment has labels, skill has pass and fail and the scores behind them; agreement alone has neither.
    """

    correct: bool
    predicted: str | None = None
    actual: str | None = None
    scores: tuple[Fraction, Fraction] | None = None


@dataclass(frozen=True)
class Analysis:
    row: Row
    category: str
    version: str
    verdict: Verdict | None


@dataclass(frozen=True)
class Component:
    """All rows of P0(T) of one component, of any time; and the label values it may have."""

    name: str
    rows: tuple[Analysis, ...]
    categories: tuple[str, ...]
    versions: tuple[str, ...]

    def within(self, window: Window) -> list[Analysis]:
        return [one for one in self.rows if window[0] <= one.row.created_at < window[1]]


def has(settings: Settings, table: str, column: str) -> bool:
    return (table, column) not in settings.judging.lacking


def component_name(row: Row) -> str:
    return SENTIMENT if isinstance(row, Sentiment) else SKILL


def component_of(world: World, at: datetime, settings: Settings, name: str) -> Component:
    ids = {user.id for user in population(world, at, settings)}
    sessions = {session.id for session in world.sessions if session.user_id in ids}
    source: Sequence[Row] = world.sentiments if name == SENTIMENT else world.assessments
    rows = [row for row in source if row.interview_session_id in sessions]
    recent = [row for row in rows if at - RANKED <= row.created_at < at]
    categories = top([cleaned(category(world, row, settings)) for row in recent], CATEGORIES)
    versions = top([cleaned(version(row)) for row in recent], VERSIONS)
    return Component(
        name,
        tuple(
            Analysis(
                row,
                folded(cleaned(category(world, row, settings)), categories, UNCATEGORIZED),
                folded(cleaned(version(row)), versions, OTHER),
                verdict(world, row, at, settings),
            )
            for row in rows
        ),
        categories=tuple({*categories, OTHER, UNCATEGORIZED}) if name == SKILL else (UNCATEGORIZED,),
        versions=tuple({*versions, OTHER}),
    )


def top(names: Sequence[str | None], most: int) -> list[str]:
    """Null is no name."""
    ranked = sorted((-count, name) for name, count in Counter(names).items() if name is not None)
    return [name for _, name in ranked[:most]]


def folded(name: str | None, known: Sequence[str], unknown: str) -> str:
    if name is None:
        return unknown
    return name if name in known else OTHER


def category(world: World, row: Row, settings: Settings) -> str | None:
    """Empty is no category, as no label is empty (property 10)."""
    if isinstance(row, Sentiment) or not has(settings, "skill", "category"):
        return None
    return next((skill.category for skill in world.skills if skill.id == row.skill_id), None) or None


def version(row: Row) -> str | None:
    return row.model_version or None


def cleaned(name: str | None) -> str | None:
    """As a label may be (C10); nothing at all is no name."""
    return "".join(char for char in name or "" if unicodedata.category(char) != "Cc")[:100] or None


# Values


def scaled(value: float | None, scale: int) -> Fraction | None:
    """Value ÷ scale if it is valid: finite and between 0 and the scale."""
    found = number(value)
    return found / scale if found is not None and 0 <= found <= scale else None


def scale_of(row: Row, settings: Settings) -> int:
    return settings.sentiment_scale if isinstance(row, Sentiment) else settings.assessment_scale


def confidence(row: Row) -> Fraction | None:
    return scaled(row.confidence, 1)


def raw(row: Row, signal: str) -> float | None:
    value: float | None = getattr(row, signal)
    return value


def signal_value(row: Row, signal: str, settings: Settings) -> Fraction | None:
    return scaled(raw(row, signal), 1 if signal == "confidence" else scale_of(row, settings))


def tenth(value: Fraction) -> int:
    """The bin of a confidence: [i/10, (i+1)/10), and 1 is in the last."""
    return min(int(value * 10), 9)


# Validated at T


def judges(settings: Settings, name: str) -> bool:
    """Whether there is a column of human judgements, and of decisions to be judged."""
    if name == SENTIMENT:
        return has(settings, "sentiment", "predicted_label") and has(settings, "sentiment", "human_label")
    return has(settings, "assessment", "human_score") or has(settings, "assessment", "human_agrees")


def verdict(world: World, row: Row, at: datetime, settings: Settings) -> Verdict | None:
    """None for a row that is not validated(T)."""
    table = TABLES[component_name(row)]
    seen = row.human_validated_at is not None and row.human_validated_at < at
    if has(settings, table, "human_validated_at") and not seen:
        return None
    if not judges(settings, component_name(row)):
        return None
    if isinstance(row, Sentiment):
        return labelled(row)
    return assessed(world, row, settings)


def labelled(row: Sentiment) -> Verdict | None:
    if not row.predicted_label or not row.human_label:
        return None
    predicted, human = label(row.predicted_label), label(row.human_label)
    return Verdict(predicted == human and predicted != OTHER, predicted, human)


def label(text: str) -> str:
    return next((name for name in LABELS if name == text.lower()), OTHER)


def assessed(world: World, row: Assessment, settings: Settings) -> Verdict | None:
    judged = scaled(row.accumulated_score, settings.assessment_scale)
    if not row.human_validated or judged is None:
        return None
    if not has(settings, "assessment", "human_score"):
        return None if row.human_agrees is None else Verdict(row.human_agrees)
    human = scaled(row.human_score, settings.assessment_scale)
    if human is None:
        return None
    thresholds = dict(settings.judging.pass_thresholds)
    name = category(world, row, settings)
    tau = thresholds.get(name, settings.judging.pass_threshold) if name else settings.judging.pass_threshold
    predicted, actual = ("pass" if score >= tau else "fail" for score in (judged, human))
    return Verdict(predicted == actual, predicted, actual, (judged, human))


def audited(rows: Sequence[Analysis], settings: Settings) -> list[Analysis]:
    """The validated ones, or only those of the random audit if there is one among them."""
    validated = [one for one in rows if one.verdict is not None]
    mapped = {name: has(settings, table, "audit_sample") for name, table in TABLES.items()}
    audit = [one for one in validated if one.row.audit_sample and mapped[component_name(one.row)]]
    return audit or validated
