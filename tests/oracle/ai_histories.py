"""Random Worlds for metrics.md 4.8: rows enough for its minimum samples, at the ends of every window and bin.

The many rows of a world come from one seed, as hundreds of them are too much to draw one by one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from random import Random

from hypothesis import strategies as st

from tests.oracle import usage_histories
from tests.oracle.analysis_histories import CATEGORIES, ODD_SCORES, TIMES
from tests.oracle.analysis_rows import Assessment, Judging, Recommendation, Sentiment, Skill
from tests.oracle.candidate_histories import veterans
from tests.oracle.part_histories import cases_of
from tests.oracle.sessions import number
from tests.oracle.usage_histories import BESIDE, DAY, HOUR, TICK, Case, numbered, users
from tests.oracle.usage_rows import Session, Settings, User, World

# Bins of confidence and the floats beside their edges: 0.1 * 3 is not 0.3.
EDGES = [0.0, 0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.9, 1.0]
CONFIDENCES = [*EDGES, 0.1 * 3, *(math.nextafter(edge, 0) for edge in (0.3, 0.5, 0.7, 0.8, 1.0)), 0.55, 0.95]
SCORES = [Fraction(place, 20) for place in range(21)]
FLAT = [Fraction("0.1")]
# Edges within 10⁻⁹ of one another, two by two.
CLOSE = [score + beside for score in SCORES[:10] for beside in (0, Fraction("3e-10"))]
COARSE = [Fraction(place, 4) for place in range(5)]
FINE = [Fraction(place * 7919 % 10007, 10007).limit_denominator(10**6) for place in range(1000)]
# From what the AI says to what a human says; 0.10 is the tolerance, with 10⁻⁹ beside it.
APART = [
    Fraction(text)
    for text in ["0", "0.1", "-0.1", "0.05", "-0.3", "0.4", "0.100000002", "-0.100000002", "0.1000000005"]
]
LABELS = ["positive", "neutral", "negative", "Positive", "NEUTRAL", "Negative", "mixed", " positive", "", None]
VERSIONS = ["v1", "v1", "v2", "v3", "v4", "v5", "", None]
RATINGS = [1, 2, 3, 4, 5, 0, 6, -1, None]
UNMAPPED = (
    ("assessment", "human_validated_at"),
    ("sentiment", "human_validated_at"),
    ("assessment", "human_score"),
    ("assessment", "human_agrees"),
    ("assessment", "audit_sample"),
    ("sentiment", "audit_sample"),
    ("sentiment", "human_label"),
    ("sentiment", "predicted_label"),
    ("sentiment", "confidence"),
    ("assessment", "confidence"),
    ("sentiment", "processing_time_ms"),
    ("skill", "category"),
    ("assessment", "model_version"),
    ("recommendation", "shown_at"),
    ("recommendation", "accepted_at"),
    ("recommendation", "dismissed_at"),
    ("recommendation", "user_id"),
    ("recommendation", "rating"),
)


def ai_cases() -> st.SearchStrategy[Case]:
    """With minimum samples of a few rows."""
    return cases_of(small_worlds, ai_settings(few())).map(rescaled)


def full_ai_cases() -> st.SearchStrategy[Case]:
    """With the minimum samples of the contract, and the rows for them."""
    return cases_of(full_worlds, ai_settings(st.just(Judging()))).map(rescaled)


def rescaled(case: Case) -> Case:
    """Worlds have scores from 0 to 1; write them as the scale of their column wants them."""

    def written(score: float | None, scale: int) -> float | None:
        known = number(score)
        return score if known is None else float(known * scale)

    scales, world = case.settings, case.world
    sentiments = [
        replace(row, positive_score=written(row.positive_score, scales.sentiment_scale)) for row in world.sentiments
    ]
    assessments = [
        replace(
            row,
            accumulated_score=written(row.accumulated_score, scales.assessment_scale),
            human_score=written(row.human_score, scales.assessment_scale),
        )
        for row in world.assessments
    ]
    return replace(case, world=replace(world, sentiments=tuple(sentiments), assessments=tuple(assessments)))


def few() -> st.SearchStrategy[Judging]:
    return st.builds(
        Judging,
        min_validated=st.sampled_from((1, 3, 10)),
        min_group=st.sampled_from((1, 2, 4)),
        min_calibrated=st.sampled_from((1, 5)),
        min_drift=st.sampled_from((2, 6)),
        min_pairs=st.sampled_from((2, 3)),
    )


def ai_settings(minimums: st.SearchStrategy[Judging]) -> st.SearchStrategy[Settings]:
    def chosen(settings: Settings, judging: Judging, scales: tuple[int, int], **more: object) -> Settings:
        kept = replace(judging, **more)  # type: ignore[arg-type]  # fields of Judging
        return replace(settings, judging=kept, sentiment_scale=scales[0], assessment_scale=scales[1])

    return st.builds(
        chosen,
        usage_histories.settings(),
        minimums,
        st.sampled_from(((1, 1), (1, 1), (100, 100), (1, 5))),
        pass_threshold=st.sampled_from((Fraction("0.70"), Fraction("0.70"), Fraction("0.55"))),
        pass_thresholds=st.sampled_from(((), (), (("c01", Fraction("0.6")), ("c02", Fraction("0.85"))))),
        by_model_version=st.booleans(),
        lacking=st.sampled_from(
            [()] * 12 + [(("assessment", "human_score"), ("assessment", "human_agrees"))] + [(one,) for one in UNMAPPED]
        ).map(frozenset),
    )


@dataclass(frozen=True)
class Shape:
    """How many rows a world has, and of what: ``odds`` is the share of odd values."""

    rows: int
    people: int
    odds: float
    scores: Sequence[Fraction]
    categories: Sequence[str | None]
    audit: float


def shapes(rows: Sequence[int], people: Sequence[int], odds: Sequence[float]) -> st.SearchStrategy[Shape]:
    categories: Sequence[Sequence[str | None]] = (["c01", "c02", None, ""], CATEGORIES, ["c03"])
    return st.builds(
        Shape,
        st.sampled_from(rows),
        st.sampled_from(people),
        st.sampled_from(odds),
        st.sampled_from((SCORES, SCORES, SCORES, FINE, COARSE, CLOSE, FLAT)),
        st.sampled_from(categories),
        st.sampled_from((0.0, 0.02, 0.0, 0.5)),
    )


@cache
def small_worlds(at: datetime) -> st.SearchStrategy[World]:
    return worlds(at, shapes(rows=(60, 60, 60, 20, 0), people=(12, 20, 3), odds=(0.1, 0.1, 0.0, 0.4)))


@cache
def full_worlds(at: datetime) -> st.SearchStrategy[World]:
    return worlds(at, shapes(rows=(700, 900), people=(60,), odds=(0.0, 0.02)))


def worlds(at: datetime, shapes: st.SearchStrategy[Shape]) -> st.SearchStrategy[World]:
    odd = st.lists(users(at), max_size=2)
    some = st.lists(veterans(at), min_size=60, max_size=60)
    return st.builds(world, st.just(at), st.integers(0, 2**32 - 1), shapes, some, odd)


def world(at: datetime, seed: int, shape: Shape, people: Sequence[User], odd: Sequence[User]) -> World:
    random = Random(seed)
    everybody = [*people[: shape.people], *odd]
    advised = [advice(random, at, number) for number in range(1, len(everybody) + 1)]
    sessions = [session for _, own in advised for session in own] or [session_of(1, at - DAY, HOUR, 80.0)]
    return numbered(
        users=everybody,
        sessions=sessions,
        skills=[Skill(0, name) for name in shape.categories],
        sentiments=[sentiment(random, at, shape, len(sessions)) for _ in range(shape.rows)],
        assessments=[assessment(random, at, shape, len(sessions)) for _ in range(shape.rows)],
        recommendations=[row for rows, _ in advised for row in rows],
    )


# Analyses


def created(random: Random, at: datetime) -> datetime:
    if random.random() < 0.3:
        return at - random.choice((0, 7, 30, 35, 90)) * DAY + random.choice(BESIDE)
    return at - random.choice((1, 2, 3, 5, 6, 8, 10, 15, 20, 25, 32, 34, 40, 60, 80)) * DAY


def validated(random: Random, at: datetime) -> datetime | None:
    return random.choice((at - DAY, at - DAY, at - HOUR, at - 50 * DAY, at - TICK, at, at + TICK, None))


def value(random: Random, shape: Shape, good: Sequence[float]) -> float | None:
    return random.choice([*ODD_SCORES, None, None]) if random.random() < shape.odds else random.choice(good)


def sentiment(random: Random, at: datetime, shape: Shape, sessions: int) -> Sentiment:
    predicted = random.choice(LABELS[:6] if random.random() < 0.8 else LABELS)
    human = predicted if random.random() < 0.5 else random.choice(LABELS)
    return Sentiment(
        0,
        random.randint(1, sessions),
        created(random, at),
        value(random, shape, [float(score) for score in shape.scores]),
        predicted,
        human,
        value(random, shape, CONFIDENCES),
        random.choice([250.0, 1200.5, 80.0, *TIMES, None]),
        validated(random, at),
        random.random() < shape.audit,
        random.choice(VERSIONS),
    )


def assessment(random: Random, at: datetime, shape: Shape, sessions: int) -> Assessment:
    score = random.choice(shape.scores)
    human = min(max(score + random.choice(APART), Fraction(0)), Fraction(1))
    return Assessment(
        0,
        random.randint(1, sessions),
        created(random, at),
        value(random, shape, [float(score)]),
        random.choice([*range(1, len(shape.categories) + 1), None]),
        random.random() < 0.9,
        value(random, shape, [float(human)]),
        random.choice((True, True, False, None)),
        value(random, shape, CONFIDENCES),
        validated(random, at),
        random.random() < shape.audit,
        random.choice(VERSIONS),
    )


# Recommendations, and the interviews around them


def advice(random: Random, at: datetime, user: int) -> tuple[list[Recommendation], list[Session]]:
    rows, sessions = [], []
    for _ in range(random.choice((0, 1, 1, 1, 1, 2))):
        b = base(random, at)
        rows.append(recommendation(random, at, b, random.choice((user, user, user, user, user, None))))
        sessions += interviews(random, at, b, user)
    return rows, sessions


def base(random: Random, at: datetime) -> datetime:
    if random.random() < 0.3:
        return at - random.choice((0, 7, 90, 97)) * DAY + random.choice(BESIDE)
    return at - random.choice((9, 10, 20, 20, 45, 70, 95)) * DAY


def reaction(random: Random, b: datetime) -> datetime | None:
    """Half of the time none; on the last day, at its end, and before anybody asked."""
    spans = (HOUR, HOUR, DAY, -DAY, 0 * DAY, 7 * DAY - TICK, 7 * DAY, 7 * DAY + TICK, 8 * DAY)
    return b + random.choice(spans) if random.random() < 0.6 else None


def recommendation(random: Random, at: datetime, b: datetime, user: int | None) -> Recommendation:
    rated = [at - 90 * DAY + random.choice(BESIDE), at + random.choice(BESIDE), b + DAY, b + HOUR, None]
    return Recommendation(
        0,
        b - random.choice((0 * DAY, 0 * DAY, HOUR, 30 * DAY)),
        user,
        reaction(random, b),
        random.choice((b, b, b, b, None)),
        random.choice(RATINGS),
        reaction(random, b),
        random.choice(rated),
    )


def interviews(random: Random, at: datetime, b: datetime, user: int) -> list[Session]:
    """A few that ended around b, longest of all one that began first, and a few that start around the anchors."""
    before = [
        (b - random.choice((TICK, 0 * DAY, HOUR, DAY, 2 * DAY, 40 * DAY)), random.choice((HOUR, 2 * HOUR, DAY)))
        for _ in range(random.choice((0, 1, 2, 2, 3, 5)))
    ]
    starts = [b + span + random.choice(BESIDE) for span in (HOUR, DAY, -DAY, 0 * DAY, 7 * DAY, 8 * DAY, 7 * DAY)]
    after = [(start + HOUR, HOUR) for start in random.sample(starts, random.choice((0, 2, 3, 4, 6)))]
    scores = [50.0, 60.0, 75.0, 80.0, 90.0, 62.5, 80.0, 95.5, 70.0, 66.6, None, 100.01, float("nan")]
    return [session_of(user, stop, span, random.choice(scores), random) for stop, span in before + after]


def session_of(
    user: int, stop: datetime, span: timedelta, score: float | None, random: Random | None = None
) -> Session:
    status = "abandoned" if random and random.random() < 0.05 else "completed"
    known = random is None or random.random() < 0.95
    return Session(
        0,
        user,
        status,
        stop - span,
        stop - span,
        stop if known else None,
        duration=span.total_seconds(),
        completion_percentage=score,
    )
