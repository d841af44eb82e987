"""Advice after an interview, and the learning paths that users enrol in."""

from demo.interviews import Form
from demo.rows import Enrolment, Ids, Recommendation, Session
from demo.world import DAY, HOUR, World, on_day

ADVICE_SHARE, SHOWN_SHARE = 0.6, 0.9
ACCEPTED, DISMISSED = 0.33, 0.52
RATED_SHARE = 0.25
KINDS = ("practice", "learning_path", "feedback")
RATINGS = (1, 2, 3, 4, 5)
RATING_WEIGHTS = (0.05, 0.12, 0.3, 0.67, 1.0)
VERSIONS = ("advice-1", "advice-2")
ENROLMENT_SHARE, COMPLETION_SHARE = 0.3, 0.55


class Coaching:
    """What one user after the other is advised to do, and learns."""

    def __init__(self, world: World, ids: Ids) -> None:
        self._world = world
        self._ids = ids
        self._chance = world.source("coaching")

    def advise(self, session: Session, form: Form) -> Recommendation | None:
        """An advice after a completed interview, now and then; what is accepted makes the candidate better."""
        if session.status != "completed" or session.end_time is None or self._chance.random() > ADVICE_SHARE:
            return None
        created = session.end_time + self._chance.randrange(10, 60)
        if created >= self._world.now:
            return None
        shown = self._later(created, 0.5) if self._chance.random() < SHOWN_SHARE else None
        lot, reply = self._chance.random(), self._later(shown, 1.2)
        accepted = reply if lot < ACCEPTED else None
        rated = self._later(shown, 2.0) if self._chance.random() < RATED_SHARE else None
        if accepted:
            form.advised_at.append(accepted)
        return Recommendation(
            id=self._ids.next(Recommendation),
            created_at=created,
            user_id=session.user_id,
            interview_session_id=session.id,
            kind=self._chance.choice(KINDS),
            shown_at=shown,
            accepted_at=accepted,
            dismissed_at=reply if ACCEPTED <= lot < DISMISSED else None,
            rating=self._chance.choices(RATINGS, cum_weights=RATING_WEIGHTS)[0] if rated else None,
            rated_at=rated,
            model_version=VERSIONS[self._world.progress(created) > 0.7],
        )

    def enrol(self, user_id: int, at: int) -> Enrolment | None:
        """Some who look at a learning path begin it; half of them get to its end."""
        if at >= self._world.now or self._chance.random() > ENROLMENT_SHARE:
            return None
        completed = None
        if self._chance.random() < COMPLETION_SHARE:
            completed = on_day(self._chance, at + self._chance.uniform(3, 35) * DAY)
        done = completed if completed and completed < self._world.now else None
        return Enrolment(self._ids.next(Enrolment), user_id, at, done)

    def _later(self, at: int | None, days: float) -> int | None:
        """An instant some days after, on average; None if it has not come, or the first one did not."""
        if at is None:
            return None
        later = at + HOUR // 60 + int(self._chance.expovariate(1 / days) * DAY)
        return later if later < self._world.now else None
