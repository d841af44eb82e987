"""The detail of one candidate, CA1 and CA2j to CA7 of metrics.md 4.5, which is for the JSON API only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from tests.oracle.activity import business_date, population
from tests.oracle.analysis_rows import Assessment
from tests.oracle.candidates import PERS, ended_since, histories, points, scored, slope
from tests.oracle.measures import DAY
from tests.oracle.samples import quantile
from tests.oracle.sessions import DIMENSIONS, number, score
from tests.oracle.usage_rows import Session, Settings, World

Mark = tuple[str, Fraction]

LAST = 3
POPULATION_DAYS = 180
POPULATION = 30
MOST = 5
HIGH, LOW = Fraction("0.75"), Fraction("0.50")
TOLERANCE = Fraction(1, 10**9)


@dataclass(frozen=True)
class Interview:
    """A row of CA1. Without a start it has no date, which is its flag."""

    interview_id: int
    date: date | None
    completion: Fraction | None
    technical: Fraction | None
    behavioral: Fraction | None
    sentiment: Fraction | None
    skill: Fraction | None


@dataclass(frozen=True)
class Performance:
    """None is what the contract calls null or insufficient data; marks are names with their margins."""

    history: tuple[Interview, ...]
    improvement: dict[str, Fraction | None]
    total_interviews: int
    robust_improvement: dict[str, Fraction | None]
    improvement_rate: dict[str, Fraction | None]
    strengths: tuple[Mark, ...]
    areas: tuple[Mark, ...]


def expected_performance(world: World, at: datetime, settings: Settings, user_id: int) -> Performance | None:
    """None for who is not of P0(T)."""
    if user_id not in {user.id for user in population(world, at, settings)}:
        return None
    history = histories(world, at, settings).get(user_id, [])
    values = {dimension: [value for _, value in scored(history, dimension, settings)] for dimension in DIMENSIONS}
    completion = scored(history, "completion", settings)
    strengths, areas = marks(world, at, settings, user_id)
    return Performance(
        history=tuple(interview(world, row, at, settings) for row in history),
        improvement={name: line[-1] - line[0] if len(line) >= 2 else None for name, line in values.items()},
        total_interviews=len(history),
        robust_improvement={name: robust(line) for name, line in values.items()},
        improvement_rate={per: slope(points(completion, per)) for per in PERS},
        strengths=strengths,
        areas=areas,
    )


def average(sample: Sequence[Fraction]) -> Fraction | None:
    return sum(sample, Fraction(0)) / len(sample) if sample else None


def robust(line: Sequence[Fraction]) -> Fraction | None:
    """CA4."""
    if len(line) < 4:
        return None
    k = min(3, len(line) // 2)
    return (sum(line[-k:], Fraction(0)) - sum(line[:k], Fraction(0))) / k


# CA1


def interview(world: World, row: Session, at: datetime, settings: Settings) -> Interview:
    return Interview(
        interview_id=row.id,
        date=None if row.start_time is None else business_date(row.start_time, settings.timezone),
        completion=score(row, "completion", settings),
        technical=score(row, "technical", settings),
        behavioral=score(row, "behavioral", settings),
        sentiment=sentiment(world, row, at, settings),
        skill=average(skills(assessments(world, row, at), settings)),
    )


def within(value: float | None, scale: int) -> Fraction | None:
    found = number(value)
    return found / scale if found is not None and 0 <= found <= scale else None


def sentiment(world: World, row: Session, at: datetime, settings: Settings) -> Fraction | None:
    """The latest row alone: an older one does not stand in for a null."""
    own = [one for one in world.sentiments if one.interview_session_id == row.id and one.created_at < at]
    if not own:
        return None
    latest = max(own, key=lambda one: (one.created_at, one.id))
    return within(latest.positive_score, settings.sentiment_scale)


def assessments(world: World, row: Session, at: datetime) -> list[Assessment]:
    return [one for one in world.assessments if one.interview_session_id == row.id and one.created_at < at]


def skills(rows: Sequence[Assessment], settings: Settings) -> list[Fraction]:
    found = [within(one.accumulated_score, settings.assessment_scale) for one in rows]
    return [value for value in found if value is not None]


# CA6, CA7


def marks(world: World, at: datetime, settings: Settings, user_id: int) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
    every = histories(world, at, settings)
    since = at - POPULATION_DAYS * DAY
    recent = [history for history in every.values() if any(ended_since(row, since, settings) for row in history)]
    peers = [statistics(world, history, at, settings) for history in recent]
    strengths, areas = [], []
    for name, value in statistics(world, every.get(user_id, []), at, settings).items():
        low, high = thresholds([one[name] for one in peers if name in one])
        if value >= high - TOLERANCE:
            strengths.append((name, value - high))
        elif value <= low + TOLERANCE:
            areas.append((name, low - value))
    return widest(strengths), widest(areas)


def thresholds(sample: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """The candidate is of the sample like everybody else, if recent enough."""
    if len(sample) < POPULATION:
        return LOW, HIGH
    return quantile(sample, Fraction("0.25")), quantile(sample, Fraction("0.75"))


def widest(found: Sequence[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(found, key=lambda mark: (-mark[1], mark[0]))[:MOST])


def statistics(world: World, history: Sequence[Session], at: datetime, settings: Settings) -> dict[str, Fraction]:
    """The mean of the last three or fewer interviews that have a value, per dimension and skill category."""
    lines = {name: [value for _, value in scored(history, name, settings)] for name in DIMENSIONS}
    for row in history:
        for category, value in by_category(world, row, at, settings).items():
            lines.setdefault(category, []).append(value)
    means = {name: average(line[-LAST:]) for name, line in lines.items()}
    return {name: value for name, value in means.items() if value is not None}


def by_category(world: World, row: Session, at: datetime, settings: Settings) -> dict[str, Fraction]:
    """One mean per session. A skill without a category (null or empty) is of none."""
    category = {skill.id: skill.category for skill in world.skills}
    found: dict[str, list[Assessment]] = {}
    for one in assessments(world, row, at):
        name = None if one.skill_id is None else category[one.skill_id]
        if name:
            found.setdefault(name, []).append(one)
    means = {name: average(skills(rows, settings)) for name, rows in found.items()}
    return {name: value for name, value in means.items() if value is not None}
