"""Candidates for jobs: applications that walk from stage to stage, with an interview on the way."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from demo.people import Market, Person, Style
from demo.rows import Application, Ids, Row, StageEvent
from demo.world import DAY, HOUR, World, at_office

# How many applications a user makes, on average, by how much the user takes to the product.
APPLICATIONS = {Style.TOURIST: 0.7, Style.REGULAR: 2.2, Style.DEVOTED: 3.5}
OUTCOMES = ("completed", "abandoned", "no_show", "cancelled")
OUTCOME_WEIGHTS = (0.78, 0.86, 0.94, 1.0)
# The share that passes a stage, and the days it takes: least and mean of what comes on top.
SCREENING, INTERVIEW, OFFER, HIRED = (0.75, 0.5, 2), (0.62, 1, 4), (0.4, 1, 5), (0.75, 1, 4)


@dataclass(frozen=True)
class Appointment:
    """An interview somebody was invited to; one without a job is practice, one without an outcome is open to chance."""

    invited: int
    at: int
    job_id: int | None
    outcome: str | None
    minutes: float | None = None


@dataclass(frozen=True)
class Candidacy:
    """The applications of one person."""

    rows: list[Row] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)


class Hiring:
    """The applications of one person after the other."""

    def __init__(self, world: World, ids: Ids, market: Market) -> None:
        self._world = world
        self._ids = ids
        self._market = market
        self._chance = world.source("hiring")

    def of(self, person: Person) -> Candidacy:
        """What a person applied for; those who work for a company do not."""
        candidacy = Candidacy()
        if person.company_id is None:
            for at in self._moments(person):
                self._apply(person, at, candidacy)
        return candidacy

    def _moments(self, person: Person) -> Iterator[int]:
        at = person.joined + self._chance.expovariate(0.2) * DAY
        likely = APPLICATIONS[person.style] / (1 + APPLICATIONS[person.style])
        while self._chance.random() < likely:
            moment = at_office(self._chance, at)
            if moment >= self._world.now:
                return
            yield moment
            at = moment + self._chance.expovariate(0.06) * DAY

    def _apply(self, person: Person, at: int, candidacy: Candidacy) -> None:
        job = self._market.pick(self._chance, at)
        if job is None:
            return
        number = self._ids.next(Application)
        walk = [(at, "applied"), *self._walk(at, job.id, candidacy)]
        past = [(moment, stage) for moment, stage in walk if moment < self._world.now]
        candidacy.rows.append(Application(number, job.id, person.id, at, past[-1][1]))
        candidacy.rows.extend(StageEvent(self._ids.next(StageEvent), number, *step) for step in past)

    def _walk(self, at: int, job_id: int, candidacy: Candidacy) -> Iterator[tuple[int, str]]:
        """The stages after the application, also those that lie in the future."""
        at, passed = self._step(at, SCREENING)
        yield at, "screening" if passed else "rejected"
        if not passed:
            return
        at, passed = self._step(at, INTERVIEW)
        yield at, "interview" if passed else "rejected"
        if not passed:
            return
        appointment = self._invite(at, job_id)
        if at < self._world.now:
            candidacy.appointments.append(appointment)
        at, passed = self._step(appointment.at + 2 * HOUR, OFFER)
        passed = passed and appointment.outcome == "completed"
        yield at, "offer" if passed else "rejected"
        if passed:
            at, passed = self._step(at, HIRED)
            yield at, "hired" if passed else "rejected"

    def _step(self, at: int, habit: tuple[float, float, float]) -> tuple[int, bool]:
        share, least, mean = habit
        days = least + self._chance.expovariate(1 / mean)
        return at_office(self._chance, at + days * DAY), self._chance.random() < share

    def _invite(self, at: int, job_id: int) -> Appointment:
        outcome = self._chance.choices(OUTCOMES, cum_weights=OUTCOME_WEIGHTS)[0]
        return Appointment(at, at_office(self._chance, at + self._chance.uniform(1, 8) * DAY), job_id, outcome)
