"""What the AI makes of an interview, and what humans who look at a part of it say."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import erf, exp, sqrt

from demo.rows import Assessment, Ids, Row, Sentiment, Session, Skill
from demo.world import DAY, World, at_office

SKILLS = {
    "programming": ("python", "java", "typescript", "debugging"),
    "data": ("sql", "statistics", "modelling", "visualisation"),
    "system_design": ("apis", "scalability", "reliability", "security"),
    "communication": ("clarity", "listening", "storytelling", "feedback"),
    "leadership": ("delegation", "coaching", "prioritising", "conflict"),
    "problem_solving": ("analysis", "creativity", "estimation", "planning"),
}
SKILLS_PER_SESSION = 2
PASS = 0.7
NEGATIVE, POSITIVE = 0.42, 0.58
# The random audit takes a share of all rows, smaller where there are more of them: humans have only so much time.
AUDIT_MOST, AUDIT_LEAST, AUDIT_USERS = 0.22, 0.03, 500
DOUBTFUL, DOUBTFUL_SHARE = 0.6, 0.1
# How long before now the new models were rolled out, a little more every day.
ROLLOUT_BEGIN, ROLLOUT_DAYS = 130 * DAY, 30 * DAY


@dataclass(frozen=True)
class Model:
    """A version of a model: how far its scores lie from a human's, and how long it takes."""

    version: str
    error: float
    milliseconds: float = 0.0


@dataclass(frozen=True)
class Review:
    """When a human looked at a row, and whether chance had picked it."""

    at: int
    is_audit: bool


SENTIMENT_MODELS = (Model("sentiment-2.3", 0.07, 1150), Model("sentiment-3.0", 0.055, 760))
SKILL_MODELS = (Model("skills-1.8", 0.075), Model("skills-2.0", 0.06))


class Assessments:
    """The AI's rows of one session after the other."""

    def __init__(self, world: World, ids: Ids) -> None:
        self._world = world
        self._ids = ids
        self._chance = world.source("assessments")
        self._audit_share = min(AUDIT_MOST, max(AUDIT_LEAST, AUDIT_USERS / world.users))
        self._skills = sum(len(names) for names in SKILLS.values())

    def skills(self) -> Iterator[Skill]:
        """Everything that is assessed."""
        for category, names in SKILLS.items():
            for name in names:
                yield Skill(self._ids.next(Skill), name, category)

    def of(self, session: Session) -> Iterator[Row]:
        """The sentiment of an interview, and the skills of one that was completed."""
        if session.end_time is None or session.behavioral_score is None:
            return
        at = session.end_time + self._chance.randrange(3, 90)
        if at >= self._world.now:
            return
        yield self._sentiment(session.id, at, session.behavioral_score)
        for _ in range(SKILLS_PER_SESSION):
            yield self._skill(session.id, at, session.technical_accuracy or session.behavioral_score)

    def _sentiment(self, session_id: int, at: int, points: float) -> Sentiment:
        model = self._model(SENTIMENT_MODELS, at)
        score = self._score(points / 100 - 0.08, 0.13)
        confidence = self._confidence(min(abs(score - NEGATIVE), abs(score - POSITIVE)), model)
        review = self._review(at, confidence)
        return Sentiment(
            id=self._ids.next(Sentiment),
            interview_session_id=session_id,
            positive_score=score,
            created_at=at,
            predicted_label=_label(score),
            confidence=confidence,
            processing_time_ms=round(model.milliseconds * exp(self._chance.gauss(0, 0.45)), 1),
            human_label=_label(score + self._chance.gauss(0, model.error)) if review else None,
            human_validated_at=review.at if review else None,
            audit_sample=review.is_audit if review else False,
            model_version=model.version,
        )

    def _skill(self, session_id: int, at: int, points: float) -> Assessment:
        model = self._model(SKILL_MODELS, at)
        score = self._score(points / 100, 0.07)
        confidence = self._confidence(abs(score - PASS), model)
        review = self._review(at, confidence)
        human = self._score(score, model.error) if review else None
        return Assessment(
            id=self._ids.next(Assessment),
            interview_session_id=session_id,
            accumulated_score=score,
            human_validated=review is not None,
            created_at=at,
            skill_id=self._chance.randrange(self._skills) + 1,
            confidence=confidence,
            human_score=human,
            human_agrees=None if human is None else (human >= PASS) == (score >= PASS),
            human_validated_at=review.at if review else None,
            audit_sample=review.is_audit if review else False,
            model_version=model.version,
        )

    def _model(self, models: tuple[Model, Model], at: int) -> Model:
        share = (at - self._world.now + ROLLOUT_BEGIN) / ROLLOUT_DAYS
        return models[self._chance.random() < share]

    def _score(self, mean: float, spread: float) -> float:
        return round(min(0.99, max(0.01, self._chance.gauss(mean, spread))), 3)

    def _confidence(self, margin: float, model: Model) -> float:
        """The chance that a human decides alike, for a score so far from the threshold; not known quite exactly."""
        likely = 0.5 + 0.5 * erf(margin / model.error / sqrt(2))
        return round(min(0.995, max(0.3, self._chance.gauss(likely - 0.01, 0.04))), 3)

    def _review(self, at: int, confidence: float) -> Review | None:
        """A part is audited at random; of the rest, humans look at some about which the AI was in doubt."""
        is_audit = self._chance.random() < self._audit_share
        if not is_audit and (confidence > DOUBTFUL or self._chance.random() > DOUBTFUL_SHARE):
            return None
        reviewed = at_office(self._chance, at + self._chance.expovariate(1.0) * DAY)
        return Review(reviewed, is_audit) if reviewed < self._world.now else None


def _label(score: float) -> str:
    if score < NEGATIVE:
        return "negative"
    return "positive" if score > POSITIVE else "neutral"
