"""Small Worlds for what random ones of metrics.md 4.8 seldom meet: exact minimum samples, odd names, near edges."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.oracle.analysis_rows import Assessment, Judging, Recommendation, Sentiment, Skill
from tests.oracle.usage_histories import DAY, HOUR, Case
from tests.oracle.usage_rows import Session, Settings, User, World

T = datetime(2026, 4, 20, 12, tzinfo=UTC)
B = T - 20 * DAY
SAID = Sentiment(0, 1, T - DAY, 0.5, "positive", "positive", 0.9, human_validated_at=T - HOUR)
JUDGED = Assessment(
    0, 1, T - DAY, 0.8, human_validated=True, human_score=0.8, confidence=0.9, human_validated_at=T - HOUR
)
MADE = Recommendation(0, B, 1, shown_at=B, rating=4, rated_at=B + DAY)
ACCEPTED = replace(MADE, accepted_at=B + DAY)
ONE = Judging(min_validated=1, min_group=1, min_calibrated=1, min_drift=1, min_pairs=1, by_model_version=True)


def case(
    *rows: Sentiment | Assessment | Recommendation,
    judging: Judging = ONE,
    skills: Sequence[str] = (),
    sessions: Sequence[Session] = (),
) -> Case:
    numbered = [replace(row, id=number) for number, row in enumerate(rows, 1)]
    users = tuple(User(number, T - 300 * DAY) for number in range(1, 41))
    own = sessions or [interview(1, B)]
    world = World(
        users=users,
        sessions=tuple(replace(row, id=number) for number, row in enumerate(own, 1)),
        skills=tuple(Skill(number, name) for number, name in enumerate(skills, 1)),
        sentiments=tuple(row for row in numbered if isinstance(row, Sentiment)),
        assessments=tuple(row for row in numbered if isinstance(row, Assessment)),
        recommendations=tuple(row for row in numbered if isinstance(row, Recommendation)),
    )
    return Case(world, T, Settings(judging=judging))


def interview(user: int, stop: datetime, score: float = 50.0, lasted: timedelta = HOUR) -> Session:
    return Session(0, user, "completed", stop - lasted, stop - lasted, stop, completion_percentage=score)


def drifting(current: Sequence[float], reference: Sequence[float]) -> Case:
    sides = [(T - DAY, value) for value in current] + [(B, value) for value in reference]
    return case(*(replace(SAID, created_at=when, positive_score=x, confidence=x) for when, x in sides))


def validated(n: int) -> Case:
    scores = [replace(JUDGED, human_score=place / 100) for place in range(n)]
    return case(*[SAID] * n, *scores, judging=Judging(by_model_version=True))


def paired(accepted: int, ignored: int) -> Case:
    people = range(1, accepted + ignored + 1)
    rows = [replace(ACCEPTED if user <= accepted else MADE, user_id=user) for user in people]
    before = [interview(user, B - HOUR) for user in people]
    after = [interview(user, B + 9 * DAY, 50.0 + user) for user in people]
    return case(*rows, judging=Judging(), sessions=[*before, *after])


def named(*names: str) -> Case:
    rows = [replace(JUDGED, skill_id=number, model_version=name) for number, name in enumerate(names, 1)]
    return case(*rows, JUDGED, skills=names)


PERCENT = [place / 100 for place in range(101)]
EDGES = {
    "29 validated": validated(29),
    "30 validated": validated(30),
    "199 with confidence": case(*[SAID] * 199, judging=Judging()),
    "200 with confidence": case(*[SAID] * 200, judging=Judging()),
    "29 pairs": paired(15, 14),
    "30 pairs": paired(15, 15),
    "9 who accepted": paired(9, 21),
    "10 who accepted": paired(10, 20),
    "9 who did not": paired(21, 9),
    "reserved names": named("other", "uncategorized", "a"),
    "control characters": named("a\nb", "ab", "\t", " "),
    "edges that equal values": drifting(PERCENT, [place / 10 for place in range(11)]),
    "interpolated edges that equal values": drifting(PERCENT, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] * 3),
    "interpolated edges of few": drifting(PERCENT, [0.0, 0.1, 0.3, 0.7, 0.9]),
    "one value of reference": drifting([0.2, 0.5], [0.5]),
    "no variance of floats": case(*[replace(JUDGED, accumulated_score=0.1, human_score=n / 10) for n in range(7)]),
    "anchors before the base": case(
        replace(MADE, accepted_at=B - 5 * DAY), sessions=[interview(1, B - 2 * DAY), interview(1, B - 6 * DAY, 90.0)]
    ),
    "ends in another order than starts": case(
        ACCEPTED,
        sessions=[
            *(interview(1, B - days * DAY, 10.0 * days) for days in (2, 3, 4)),
            interview(1, B - HOUR, 90.0, lasted=30 * DAY),
            interview(1, B + 3 * DAY, 70.0),
        ],
    ),
    "two at one base": case(ACCEPTED, MADE, sessions=[interview(1, B - HOUR), interview(1, B + 9 * DAY, 70.0)]),
    "no variance of improvement": case(
        ACCEPTED,
        replace(MADE, user_id=2),
        sessions=[interview(user, B + days * DAY) for user in (1, 2) for days in (-1, 9)],
    ),
    "odd labels": case(replace(SAID, predicted_label="İ", human_label="  "), replace(SAID, human_label="POSITIVE")),
    "made after it was shown": case(replace(MADE, created_at=T + DAY)),
}
