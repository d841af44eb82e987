"""When a user comes to the product: often at first, more rarely with the weeks, and as long as it is paid for."""

from collections.abc import Iterator

from demo.people import Person, Style
from demo.world import DAY, WEEKEND_SHARE, World, is_weekend, on_day

# Visits per day while interest lasts, and the mean number of days it lasts.
INTEREST = {Style.TOURIST: (0.45, 4.0), Style.REGULAR: (0.24, 60.0), Style.DEVOTED: (0.3, 300.0)}
PAID_VISITS_PER_DAY = 0.16
RETURN_SHARE = 0.08
# The product got better: who joined last stays this much longer than who joined first.
IMPROVEMENT = 0.6


class Visits:
    """The visits of one person after the other."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.source("visits")

    def of(self, person: Person, paid: list[tuple[int, int]]) -> list[int]:
        """All visits by now, in order; the first is the sign-up."""
        per_day, days = INTEREST[person.style]
        last = person.joined + self._lifetime(person, days)
        visits = {person.joined, *self._between(person.joined, last, per_day)}
        for start, end in paid:
            visits.update((start, *self._between(start, end, PAID_VISITS_PER_DAY)))
        if self._chance.random() < RETURN_SHARE:
            back = last + self._chance.uniform(60, 300) * DAY
            visits.update(self._between(back, back + self._lifetime(person, days / 2), per_day))
        return sorted(visits)

    def _lifetime(self, person: Person, days: float) -> float:
        return self._chance.expovariate(1 / days) * DAY * (1 + IMPROVEMENT * self._world.progress(person.joined))

    def _between(self, start: float, end: float, per_day: float) -> Iterator[int]:
        at, end = start, min(end, self._world.now)
        while (at := at + self._chance.expovariate(per_day) * DAY) < end:
            if is_weekend(int(at)) and self._chance.random() > WEEKEND_SHARE:
                continue
            visit = on_day(self._chance, at)
            if start < visit < end:
                yield visit
