"""Interviews: how they go, how long they last, and what a candidate scores."""

from dataclasses import dataclass, field
from math import exp, log

from demo.hiring import Appointment
from demo.rows import Ids, Interviewer, Session
from demo.world import MINUTE, World

INTERVIEWERS = (
    ("ada", "ai"),
    ("grace", "ai"),
    ("alan", "ai"),
    *((f"reviewer-{number}", "human") for number in range(1, 7)),
)
PERSONAS = 3
ABANDONED_SHARE = 0.17
# How many interviews an accepted advice is worth.
ADVICE_WORTH = 2.0


@dataclass
class Form:
    """What a candidate is able to; practice and accepted advice make it better."""

    technical: float
    behavioral: float
    taken: int = 0
    advised_at: list[int] = field(default_factory=list)

    def gain(self, at: int) -> float:
        """The points won since the first interview; each further one teaches less."""
        advice = sum(1 for accepted in self.advised_at if accepted < at)
        return 5.0 * log(1 + self.taken + ADVICE_WORTH * min(advice, 4))


class Interviews:
    """The sessions of one person after the other."""

    def __init__(self, world: World, ids: Ids) -> None:
        self._now = world.now
        self._ids = ids
        self._chance = world.source("interviews")

    def staff(self) -> list[Interviewer]:
        """Everybody who interviews."""
        return [Interviewer(self._ids.next(Interviewer), slug, kind) for slug, kind in INTERVIEWERS]

    def form(self) -> Form:
        """A candidate before the first interview."""
        talent = self._chance.gauss(66, 9)
        return Form(talent, self._chance.gauss(talent * 0.5 + 34, 7))

    def hold(self, user_id: int, form: Form, appointment: Appointment) -> Session:
        """What became of an appointment by now."""
        invitation = self._invitation(user_id, appointment)
        outcome = appointment.outcome or ("abandoned" if self._chance.random() < ABANDONED_SHARE else "completed")
        if outcome == "cancelled":
            return self._call_off(invitation, appointment)
        if appointment.at >= self._now:
            return invitation
        if outcome == "no_show":
            missed = min(appointment.at + 15 * MINUTE, self._now)
            return invitation._replace(status="no_show", end_time=missed, updated_at=missed)
        return self._run(invitation, form, appointment, outcome)

    def _invitation(self, user_id: int, appointment: Appointment) -> Session:
        hiring = appointment.job_id is not None
        human = hiring and self._chance.random() < 0.4
        pool = (PERSONAS, len(INTERVIEWERS)) if human else (0, PERSONAS)
        return Session(
            id=self._ids.next(Session),
            user_id=user_id,
            job_id=appointment.job_id,
            interviewer_id=self._chance.randrange(*pool) + 1,
            status="scheduled",
            is_practice=not hiring,
            created_at=appointment.invited,
            scheduled_at=appointment.at if hiring else None,
            updated_at=appointment.invited,
        )

    def _call_off(self, invitation: Session, appointment: Appointment) -> Session:
        at = self._chance.randrange(appointment.invited + MINUTE, appointment.at)
        if at >= self._now:
            return invitation
        return invitation._replace(status="cancelled", end_time=at, ended_reason="candidate_cancelled", updated_at=at)

    def _run(self, invitation: Session, form: Form, appointment: Appointment, outcome: str) -> Session:
        late = 0 if appointment.minutes else self._chance.randrange(4 * MINUTE)
        start = min(appointment.at + late, self._now - 1)
        minutes = appointment.minutes or self._minutes(invitation.is_practice)
        progress = self._progress(form, start) if outcome == "completed" else self._chance.uniform(5, 75)
        end = start + int((minutes if outcome == "completed" else minutes * progress / 100) * MINUTE)
        begun = invitation._replace(start_time=start, status="in_progress", updated_at=start)
        if end >= self._now:
            # The candidate is in the middle of it.
            share = (self._now - start) / (end - start + 1)
            return begun._replace(completion_percentage=round(share * progress, 1), updated_at=self._now)
        ended = begun._replace(
            status=outcome,
            end_time=end,
            duration=float(end - start),
            completion_percentage=round(progress, 1),
            ended_reason="candidate_left" if outcome == "abandoned" else None,
            updated_at=end,
        )
        return self._score(ended, form) if outcome == "completed" else ended

    def _minutes(self, practice: bool) -> float:
        typical = 17 if practice else 31
        return min(115.0, max(3.0, typical * exp(self._chance.gauss(0, 0.4))))

    def _progress(self, form: Form, start: int) -> float:
        return min(100.0, self._chance.gauss(81 + form.gain(start), 9))

    def _score(self, session: Session, form: Form) -> Session:
        gain = form.gain(session.start_time or 0)
        form.taken += 1
        # Once in a hundred the scoring of the answers fails.
        technical = form.technical + gain + self._chance.gauss(0, 8)
        behavioral = form.behavioral + 0.6 * gain + self._chance.gauss(0, 8)
        return session._replace(
            technical_accuracy=None if self._chance.random() < 0.01 else _grade(technical),
            behavioral_score=_grade(behavioral),
        )


def _grade(points: float) -> float:
    return round(min(99.0, max(5.0, points)), 1)
