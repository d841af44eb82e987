"""What goes on right now: at whatever hour the demo is started, some interviews run and some have just ended."""

from random import Random

from demo.hiring import Appointment
from demo.people import Market, Person
from demo.world import DAY, MINUTE, World


def appointments_of_today(world: World, users: list[Person], market: Market) -> dict[int, list[Appointment]]:
    """Additional interviews, by user: one half runs, the other half ended in the last hour."""
    chance = world.source("present")
    known = [person.id for person in users if person.joined < world.now - 3 * DAY]
    chosen = chance.sample(known, min(len(known), 8 + world.users // 400))
    return {user: [_appointment(world, chance, market, number)] for number, user in enumerate(chosen)}


def _appointment(world: World, chance: Random, market: Market, number: int) -> Appointment:
    if number % 2:
        at, minutes = world.now - chance.randrange(2, 25) * MINUTE, chance.uniform(30, 45)
    else:
        minutes = chance.uniform(12, 40)
        at = world.now - int((chance.uniform(3, 55) + minutes) * MINUTE)
    job = market.pick(chance, world.now) if number % 4 > 1 else None
    invited = at - (2 * DAY if job else MINUTE)
    return Appointment(invited, at, job.id if job else None, "completed", minutes)
