"""What happens next in the company: decisions about users, interviews and applicants from one tick to the next.

The rows are made by the same parts as the history. They are told that it is a day later, so they also tell what will
come of it; the agenda keeps that until it is due. Only subscriptions are decided one step at a time (demo/changes.py).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from demo.agenda import Added, Change, Changed, Entry, unfold
from demo.assessments import Assessments
from demo.billing import Billing
from demo.coaching import Coaching
from demo.hiring import HIRED, INTERVIEW, OFFER, OUTCOME_WEIGHTS, OUTCOMES, SCREENING, Appointment, Hiring
from demo.interviews import Interviews
from demo.lives import Lives, Subjects
from demo.people import EMPLOYEE_SHARE, Market, Person, Style
from demo.rows import Application, Ids, Row, Session, StageEvent, Subscription, User
from demo.visits import Visits
from demo.world import DAY, MINUTE, YEARS, World

HORIZON = DAY
# How often something happens, per minute, in a company of this size or a smaller one; it stops growing at the limit.
TYPICAL_USERS, SCALE_LIMIT = 2000, 25.0
SIGN_UPS, VISITS, HIRING_INTERVIEWS, APPLICATIONS, STAGE_MOVES = 2.0, 6.0, 0.4, 0.6, 1.0
# After a pause of the machine we do not make up for more than this.
LONGEST_STEP = MINUTE
# From each stage: what follows, and the share that gets there.
STAGES = {
    "applied": ("screening", SCREENING[0]),
    "screening": ("interview", INTERVIEW[0]),
    "interview": ("offer", OFFER[0]),
    "offer": ("hired", HIRED[0]),
}


@dataclass(frozen=True)
class Moment(World):
    """The world of one tick, in which every subject has the same chance."""

    chance: Random

    def source(self, subject: str) -> Random:  # noqa: ARG002 - the subjects share one
        """The chance of this tick."""
        return self.chance


class FollowingIds(Ids):
    """Keys after those that are taken."""

    def __init__(self, last: dict[type[Row], int]) -> None:
        super().__init__()
        self._counters.update({kind: count(number + 1) for kind, number in last.items()})


@dataclass
class State:
    """What has to be known of the database to go on."""

    at: int
    population: int
    last: dict[type[Row], int]
    people: dict[int, Person]
    market: Market
    subscriptions: dict[int, Subscription]
    # Interviews that have not ended; the planned ones are on the agenda.
    sessions: dict[int, Session]
    applications: dict[int, Application]
    planned: set[int] = field(default_factory=set)
    agenda: list[tuple[int, int, Change]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    @property
    def scale(self) -> float:
        """How much more than in a typical company happens here."""
        return min(SCALE_LIMIT, max(1.0, self.population / TYPICAL_USERS))

    def plan(self, entries: Iterable[Entry]) -> None:
        """Put changes on the agenda."""
        for at, change in entries:
            if isinstance(change, Changed) and not change.values:
                continue
            heappush(self.agenda, (at, next(self._order), change))
            if isinstance(change, Added):
                kind = type(change.row)
                self.last[kind] = max(self.last[kind], change.row.id)
                if isinstance(change.row, Session):
                    self.sessions[change.row.id] = change.row
            elif change.kind is Session:
                self.planned.add(change.id)

    def take_due(self) -> list[Change]:
        """Take what is due from the agenda, and know it."""
        due = []
        while self.agenda and self.agenda[0][0] <= self.at:
            due.append(heappop(self.agenda)[2])
        for change in due:
            self._learn(change)
        return due

    def _learn(self, change: Change) -> None:
        row = change.row if isinstance(change, Added) else None
        if isinstance(row, User):
            self.people[row.id] = person_of(row)
            self.population += 1
        elif isinstance(row, Subscription):
            self.subscriptions[row.id] = row
        elif isinstance(row, Application):
            self.applications[row.id] = row
        elif isinstance(change, Changed):
            self._learn_values(change)

    def _learn_values(self, change: Changed) -> None:
        if change.kind is Session and "end_time" in change.values:
            self.sessions.pop(change.id, None)
            self.planned.discard(change.id)
        elif change.kind is Subscription:
            row = self.subscriptions[change.id]._replace(**change.values)
            self.subscriptions[change.id] = row
            if row.ended_at is not None:
                del self.subscriptions[change.id]
        elif change.kind is Application:
            row_now = self.applications.pop(change.id)._replace(**change.values)
            if row_now.stage in STAGES:
                self.applications[change.id] = row_now


def person_of(user: User, *, is_owner: bool = False) -> Person:
    """A user as the parts that make rows know one; the style only tells of times that are past."""
    return Person(user.id, user.date_joined, Style.REGULAR, user.company_id, is_owner, user.is_staff, user.is_test)


class Living(Lives):
    """Single events of a life."""

    def join(self, person: Person) -> list[Row]:
        """Somebody signs up, and looks around."""
        return [self._user(person, person.joined), *self._visit(person, person.joined, None)]

    def visit(self, person: Person, at: int) -> list[Row]:
        """Somebody comes by, perhaps for practice."""
        return list(self._days(person, [at], []))

    def attend(self, person: Person, appointment: Appointment) -> list[Row]:
        """Somebody has an interview."""
        return list(self._days(person, [], [appointment]))

    def keep(self, session: Session, appointment: Appointment) -> tuple[Session, list[Row]]:
        """An interview that is in the database: what becomes of it, and the rows that follow from that."""
        form = self._subjects.interviews.form()
        held = self._subjects.interviews.hold(session.user_id, form, appointment)
        held = held._replace(
            id=session.id, interviewer_id=session.interviewer_id, scheduled_at=session.scheduled_at,
            completion_percentage=max(held.completion_percentage or 0.0, session.completion_percentage or 0.0)
            if held.start_time else None,
        )  # fmt: skip
        advice = self._subjects.coaching.advise(held, form)
        return held, [*self._subjects.assessments.of(held), *filter(None, [advice])]


class Recruiting(Hiring):
    """Single steps of an application."""

    def invite(self, at: int, job_id: int) -> Appointment:
        """The date of an interview."""
        return self._invite(at, job_id)


@dataclass
class Scene:
    """One tick: what is known, what time it is, and whom something has happened to already."""

    state: State
    chance: Random
    now: int
    ids: Ids
    taken: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Nobody has two interviews at a time."""
        self.taken |= {self.state.sessions[key].user_id for key in self.state.planned if key in self.state.sessions}

    def world(self, ahead: int = 0) -> Moment:
        """The world as it will be, or is now."""
        start = self.now - YEARS * 365 * DAY
        return Moment(self.state.population, 0, start, self.now + ahead, self.chance)

    def living(self) -> Living:
        """Everything that users do, up to the horizon."""
        world, ids = self.world(HORIZON), self.ids
        subjects = Subjects(
            Billing(world, ids),
            Hiring(world, ids, self.state.market),
            Visits(world),
            Interviews(world, ids),
            Assessments(world, ids),
            Coaching(world, ids),
        )
        return Living(world, ids, subjects, {})

    def somebody(self, fits: Callable[[Person], bool] = lambda _: True) -> Person | None:
        """A user to whom nothing has happened yet in this tick; None if that is hard to find."""
        numbers = tuple(self.state.people)
        for _ in range(30):
            person = self.state.people[self.chance.choice(numbers)]
            if person.id not in self.taken and fits(person):
                self.taken.add(person.id)
                return person
        return None

    def times(self, per_minute: float) -> int:
        """How often something happens in this tick."""
        seconds = min(LONGEST_STEP, self.now - self.state.at)
        rate = per_minute * self.state.scale / MINUTE
        happened, at = 0, self.chance.expovariate(rate)
        while at < seconds:
            happened, at = happened + 1, at + self.chance.expovariate(rate)
        return happened


Decision = Callable[[Scene], Iterable[Entry]]


def go_on(scene: Scene) -> Iterable[Entry]:
    """Interviews that were running at the start, and appointments whose time has come."""
    state, living = scene.state, scene.living()
    for session in [row for key, row in state.sessions.items() if key not in state.planned]:
        if session.start_time is not None:
            minutes = (scene.now - session.start_time) / MINUTE + scene.chance.uniform(1, 20)
            at, outcome = session.start_time, "completed"
        elif session.scheduled_at is not None and session.scheduled_at <= scene.now:
            outcome = scene.chance.choices(OUTCOMES, cum_weights=OUTCOME_WEIGHTS)[0]
            # Too late to call it off.
            at, minutes = session.scheduled_at, 0.0
            outcome = "no_show" if outcome == "cancelled" else outcome
        else:
            continue
        appointment = Appointment(session.created_at, at, session.job_id, outcome, minutes or None)
        held, rows = living.keep(session, appointment)
        # The first version would add it, and what lies behind the present state has been written.
        yield from (entry for entry in unfold(held)[1:] if _is_ahead(entry, session))
        yield from _unfold_all(rows)


def sign_up(scene: Scene) -> Iterable[Entry]:
    """A new user, some of them with an employer that is known."""
    for _ in range(scene.times(SIGN_UPS)):
        colleague = scene.state.people[scene.chance.choice(tuple(scene.state.people))]
        company = colleague.company_id if scene.chance.random() < EMPLOYEE_SHARE else None
        person = Person(scene.ids.next(User), scene.now, Style.REGULAR, company, False, False, False)
        yield from _unfold_all(scene.living().join(person))


def visit(scene: Scene) -> Iterable[Entry]:
    """Users come by; some practise."""
    for _ in range(scene.times(VISITS)):
        if person := scene.somebody():
            yield Entry(scene.now, Changed(User, person.id, {"last_login": scene.now}))
            yield from _unfold_all(scene.living().visit(person, scene.now))


def interview(scene: Scene) -> Iterable[Entry]:
    """An interview for a job at once."""
    for _ in range(scene.times(HIRING_INTERVIEWS)):
        job = scene.state.market.pick(scene.chance, scene.now)
        person = scene.somebody(lambda person: person.company_id is None)
        if job and person:
            appointment = Appointment(scene.now, scene.now + MINUTE, job.id, None)
            yield from _unfold_all(scene.living().attend(person, appointment))


def apply(scene: Scene) -> Iterable[Entry]:
    """Somebody applies for a job."""
    for _ in range(scene.times(APPLICATIONS)):
        job = scene.state.market.pick(scene.chance, scene.now)
        person = scene.somebody(lambda person: person.company_id is None)
        if job and person:
            application = Application(scene.ids.next(Application), job.id, person.id, scene.now, "applied")
            yield Entry(scene.now, Added(application))
            yield _enter(scene, application)


def move_on(scene: Scene) -> Iterable[Entry]:
    """An application enters its next stage, unless it waits for an interview."""
    waiting = {(session.user_id, session.job_id) for session in scene.state.sessions.values()}
    pending = [row for row in scene.state.applications.values() if (row.user_id, row.job_id) not in waiting]
    for row in scene.chance.sample(pending, min(len(pending), scene.times(STAGE_MOVES))):
        following, share = STAGES[row.stage]
        moved = row._replace(stage=following if scene.chance.random() < share else "rejected")
        yield Entry(scene.now, Changed(Application, row.id, {"stage": moved.stage}))
        yield _enter(scene, moved)
        if moved.stage == "interview":
            yield _invite(scene, moved)


def step(state: State, chance: Random, now: int, decisions: Iterable[Decision]) -> list[Change]:
    """Decide what happens by now, and return the changes that are to be written; the state takes them as written."""
    now = max(now, state.at)
    scene = Scene(state, chance, now, FollowingIds(state.last))
    entries = [entry for decide in decisions for entry in decide(scene)]
    state.at = now
    state.plan(entries)
    return state.take_due()


def _enter(scene: Scene, application: Application) -> Entry:
    return Entry(scene.now, Added(StageEvent(scene.ids.next(StageEvent), application.id, scene.now, application.stage)))


def _invite(scene: Scene, application: Application) -> Entry:
    world = scene.world()
    appointment = Recruiting(world, scene.ids, scene.state.market).invite(scene.now, application.job_id)
    interviews = Interviews(world, scene.ids)
    return Entry(scene.now, Added(interviews.hold(application.user_id, interviews.form(), appointment)))


def _is_ahead(entry: Entry, session: Session) -> bool:
    done = session.completion_percentage or 0.0
    values = entry.change.values if isinstance(entry.change, Changed) else {}
    return entry.at > (session.updated_at or session.created_at) and values.get("completion_percentage", done) >= done


def _unfold_all(rows: Iterable[Any]) -> Iterator[Entry]:
    for row in rows:
        yield from unfold(row)
