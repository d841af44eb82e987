"""The life of a user with JobHive, from the sign-up to now: everything that is written because of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from operator import itemgetter

from demo.assessments import Assessments
from demo.billing import Billing
from demo.coaching import Coaching
from demo.hiring import Appointment, Hiring
from demo.interviews import Form, Interviews
from demo.people import Person
from demo.rows import Activity, Ids, Row, Session, User, UserSession
from demo.visits import Visits
from demo.world import DAY, MINUTE, World

VERIFIED_SHARE = 0.9
DELETED_SHARE = 0.015
PRACTICE_SHARE = 0.3
FEATURES = (("ai_feedback", 0.3), ("dashboard", 0.22), ("learning_path", 0.16))


@dataclass(frozen=True)
class Subjects:
    """All that users do, by subject."""

    billing: Billing
    hiring: Hiring
    visits: Visits
    interviews: Interviews
    assessments: Assessments
    coaching: Coaching


class Lives:
    """The lives of one user after the other."""

    def __init__(self, world: World, ids: Ids, subjects: Subjects, live: dict[int, list[Appointment]]) -> None:
        self._world = world
        self._ids = ids
        self._subjects = subjects
        self._live = live
        self._chance = world.source("lives")

    def of(self, person: Person) -> Iterator[Row]:
        """All rows that exist because of this person."""
        bill = self._subjects.billing.of(person)
        candidacy = self._subjects.hiring.of(person)
        visits = self._subjects.visits.of(person, bill.spans)
        appointments = candidacy.appointments + self._live.get(person.id, [])
        begun = [appointment.at for appointment in appointments if appointment.at < self._world.now]
        yield from bill.rows
        yield from candidacy.rows
        yield self._user(person, max(visits + begun))
        yield from self._days(person, visits, appointments)

    def _days(self, person: Person, visits: list[int], appointments: list[Appointment]) -> Iterator[Row]:
        form = self._subjects.interviews.form()
        plans = [(visit, None) for visit in visits] + [(appointment.at, appointment) for appointment in appointments]
        for at, appointment in sorted(plans, key=itemgetter(0)):
            session = self._interview(person, form, at, appointment)
            if session:
                yield session
                yield from self._subjects.assessments.of(session)
                yield from filter(None, [self._subjects.coaching.advise(session, form)])
            if session is None or session.start_time:
                yield from self._visit(person, at, session)

    def _interview(self, person: Person, form: Form, at: int, appointment: Appointment | None) -> Session | None:
        """The appointment of this visit; without one, practice if the user feels like it."""
        if appointment is None and at + 3 * MINUTE < self._world.now and self._chance.random() < PRACTICE_SHARE:
            appointment = Appointment(at + MINUTE, at + 2 * MINUTE, None, None)
        return self._subjects.interviews.hold(person.id, form, appointment) if appointment else None

    def _visit(self, person: Person, at: int, session: Session | None) -> Iterator[Row]:
        length = int(MINUTE * exp(self._chance.gauss(2.2, 0.7)))
        left = (session.end_time or self._world.now) if session else at
        seen = min(self._world.now, max(at + length, left))
        yield UserSession(self._ids.next(UserSession), person.id, at, seen)
        yield self._activity(person, at, "")
        for feature, likely in FEATURES:
            if self._chance.random() < likely:
                used = at + int(self._chance.random() * (seen - at))
                yield self._activity(person, used, feature)
                if feature == "learning_path":
                    yield from filter(None, [self._subjects.coaching.enrol(person.id, used)])

    def _activity(self, person: Person, at: int, feature: str) -> Activity:
        return Activity(self._ids.next(Activity), person.id, at, feature, min(at + 2, self._world.now))

    def _user(self, person: Person, last_visit: int) -> User:
        verified = self._world.past(person.joined + self._chance.expovariate(4.0) * DAY)
        verified = verified if self._chance.random() < VERIFIED_SHARE else None
        deleted = self._world.past(last_visit + self._chance.uniform(2, 60) * DAY)
        deleted = deleted if self._chance.random() < DELETED_SHARE else None
        return User(
            id=person.id,
            date_joined=person.joined,
            last_login=last_visit,
            is_verified=verified is not None,
            is_active=deleted is None,
            is_staff=person.is_staff,
            is_superuser=person.id == 1,
            is_test=person.is_test,
            email_verified_at=verified,
            deleted_at=deleted,
            company_id=person.company_id,
        )
