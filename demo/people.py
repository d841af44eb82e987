"""Who is in the data set: users, the companies some of them work for, and the jobs of these companies."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate
from random import Random

from demo.rows import Company, Ids, Job
from demo.world import DAY, HOUR, WEEKEND_SHARE, World, at_office, is_weekend, on_day

# Sign-ups per day are this many times those of the first day.
GROWTH = 7.0
EMPLOYEE_SHARE = 0.2
USERS_PER_COMPANY = 25
JOBS_PER_USER = 0.08
TITLES = ("Backend Engineer", "Frontend Engineer", "Data Analyst", "Product Manager", "Account Executive", "Designer",
          "Data Scientist", "Support Lead", "DevOps Engineer", "Recruiter")  # fmt: skip


class Style(Enum):
    """How a user takes to the product."""

    TOURIST = "tourist"
    REGULAR = "regular"
    DEVOTED = "devoted"


@dataclass(frozen=True, slots=True)
class Person:
    """A user, as it is known at sign-up."""

    id: int
    joined: int
    style: Style
    company_id: int | None
    # The first user of a company; a company subscribes through this one.
    is_owner: bool
    is_staff: bool
    is_test: bool


@dataclass(frozen=True)
class Market:
    """The jobs, in the order in which they were opened."""

    jobs: list[Job]
    opened: list[int]

    def pick(self, chance: Random, instant: int) -> Job | None:
        """A job that was open at the instant, most likely a recent one."""
        known = bisect_left(self.opened, instant)
        return self.jobs[max(0, known - 1 - int(chance.expovariate(0.06)))] if known else None


def people(world: World) -> list[Person]:
    """All users in the order of joining."""
    chance = world.source("people")
    # A few large companies and a long tail: the weights of Zipf's law.
    weights = list(accumulate(1 / rank for rank in range(1, max(8, world.users // USERS_PER_COMPANY) + 1)))
    ranks = range(len(weights))
    numbers: dict[int, int] = {}
    found = []
    for number, joined in enumerate(sorted(_joins(world, chance)), start=1):
        rank = chance.choices(ranks, cum_weights=weights)[0] if chance.random() < EMPLOYEE_SHARE else None
        is_owner = rank is not None and rank not in numbers
        company = numbers.setdefault(rank, len(numbers) + 1) if rank is not None else None
        found.append(_person(chance, number, joined, company, is_owner=is_owner))
    return found


def companies(users: list[Person], ids: Ids) -> list[Company]:
    """A company exists since its first user joined."""
    owners = (person for person in users if person.is_owner)
    numbered = ((ids.next(Company), person.joined) for person in owners)
    return [Company(number, f"Company {number}", f"company-{number}", joined) for number, joined in numbered]


def market(world: World, users: list[Person], employers: list[Company], ids: Ids) -> Market:
    """The more users a company has, the more jobs it opens."""
    chance = world.source("market")
    drafts = sorted(_openings(world, chance, users, employers))
    jobs = [Job(ids.next(Job), company, chance.choice(TITLES), opened) for opened, company in drafts]
    return Market(jobs, [job.created_at for job in jobs])


def _openings(world: World, chance: Random, users: list[Person], employers: list[Company]) -> Iterator[tuple[int, int]]:
    members = [person.company_id for person in users if person.company_id]
    extra = chance.choices(members, k=int(world.users * JOBS_PER_USER))
    for company in [employer.id for employer in employers] + extra:
        founded = employers[company - 1].created_at
        opened = at_office(chance, founded + HOUR + chance.random() * (world.now - founded))
        if opened < world.now:
            yield opened, company


def _joins(world: World, chance: Random) -> Iterator[int]:
    days = range(world.start // DAY, world.now // DAY + 1)
    weights = (GROWTH ** world.progress(day * DAY) * (WEEKEND_SHARE if is_weekend(day * DAY) else 1.0) for day in days)
    totals = list(accumulate(weights))
    missing = world.users
    while missing:
        joined = on_day(chance, chance.choices(days, cum_weights=totals)[0] * DAY)
        if world.start <= joined < world.now:
            missing -= 1
            yield joined


def _person(chance: Random, number: int, joined: int, company: int | None, *, is_owner: bool) -> Person:
    kinds = (Style.TOURIST, Style.REGULAR, Style.DEVOTED)
    style = chance.choices(kinds, cum_weights=(0.4, 0.78, 1.0))[0]
    # The founders' own accounts come first; later one in a hundred is staff, one in a hundred belongs to the testers.
    role = chance.random()
    return Person(
        id=number,
        joined=joined,
        style=style,
        company_id=company,
        is_owner=is_owner,
        is_staff=number <= 3 or role < 0.007,
        is_test=number > 3 and role > 0.99,
    )
