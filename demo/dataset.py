"""The data set of the demo: two years of a company that sells AI interviews, the same for the same seed and instant."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain

from psycopg2.extensions import cursor

from demo.assessments import Assessments
from demo.billing import Billing
from demo.bulk import Loader
from demo.coaching import Coaching
from demo.database import connect, finish_tables, make_tables
from demo.errors import DemoError
from demo.hiring import Hiring
from demo.interviews import Interviews
from demo.lives import Lives, Subjects
from demo.oddities import Oddities
from demo.people import companies, market, people
from demo.plans import PLANS
from demo.present import appointments_of_today
from demo.rows import Ids, Row, User
from demo.visits import Visits
from demo.world import World, make_world

LEAST_USERS = 100
PROGRESS_STEP = 100


def load(url: str, *, users: int = 2000, seed: int = 7, now: datetime, progress: Callable[[int], object]) -> None:
    """Make the tables in an empty database and fill them; progress hears how many users are done.

    The role must be a superuser, as the foreign keys are not checked row by row.
    """
    if users < LEAST_USERS:
        raise DemoError(f"{users} users are too few for a company; pass --users with {LEAST_USERS} or more")
    world = make_world(users, seed, now)
    connection = connect(url)
    try:
        with connection, connection.cursor() as cursor:
            make_tables(cursor)
            _copy(cursor, world, progress)
            finish_tables(cursor)
    finally:
        connection.close()
    progress(users)


def rows(world: World) -> Iterator[Row]:
    """Every row of every table, in no order that matters."""
    ids = Ids()
    users = people(world)
    employers = companies(users, ids)
    jobs = market(world, users, employers, ids)
    subjects = Subjects(
        Billing(world, ids),
        Hiring(world, ids, jobs),
        Visits(world),
        Interviews(world, ids),
        Assessments(world, ids),
        Coaching(world, ids),
    )
    yield from chain(employers, jobs.jobs, PLANS, subjects.interviews.staff(), subjects.assessments.skills())
    lives = Lives(world, ids, subjects, appointments_of_today(world, users, jobs))
    for person in users:
        yield from lives.of(person)
    yield from Oddities(world, ids, users, jobs).rows()


def _copy(cursor: cursor, world: World, progress: Callable[[int], object]) -> None:
    with Loader(cursor) as loader:
        for row in rows(world):
            loader.add(row)
            if isinstance(row, User) and row.id % PROGRESS_STEP == 0 and row.id < world.users:
                progress(row.id)
