"""What the AI components of the demo do at a second: how long they take, how right they are. Pure but for chance."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

MINUTE = 60
DAY = 24 * 60 * MINUTE
HISTORY_STEP = 12
# So much of the past is as dense as what follows: a 99th percentile needs many samples.
DENSE = 10 * MINUTE


@dataclass(frozen=True)
class Component:
    """A component on an ordinary day: how many samples a second, their median and spread, how often it is right."""

    name: str
    rate: float
    median: float
    spread: float
    accuracy: float
    # Seconds without a sample before the demo began, and ever since.
    silent_for: int = 0


class Measured(NamedTuple):
    """What a component measured of itself: seconds, and 0 to 1."""

    component: str
    processing_time: float
    accuracy: float


class Trouble(NamedTuple):
    """Something that goes wrong with a component again and again: after so long, every so often, for so long."""

    component: str
    after: int
    every: int
    length: int
    slower: float = 1.0
    less_right: float = 0.0

    def holds(self, age: int) -> bool:
        """Tell whether it goes wrong, so many seconds after the start; the past was quiet."""
        return age >= self.after and (age - self.after) % self.every < self.length


COMPONENTS = (
    Component("question_generation", 0.5, 1.9, 0.35, 0.93),
    Component("recommendations", 0.4, 0.35, 0.3, 0.88),
    Component("sentiment_analysis", 2.0, 0.12, 0.4, 0.91),
    Component("skill_scoring", 1.0, 0.8, 0.3, 0.87),
    Component("transcription", 0.6, 2.4, 0.3, 0.95, silent_for=70 * MINUTE),
)
TROUBLES = (
    Trouble("skill_scoring", after=MINUTE, every=6 * MINUTE, length=45, slower=6),
    Trouble("sentiment_analysis", after=3 * MINUTE, every=15 * MINUTE, length=4 * MINUTE, less_right=0.3),
)


def measure(component: Component, age: int, chance: Random) -> Measured:
    """Take one sample of a component, so many seconds after the start of the demo (negative before it)."""
    troubles = [trouble for trouble in TROUBLES if trouble.component == component.name and trouble.holds(age)]
    seconds = component.median * chance.lognormvariate(0, component.spread)
    right = min(1.0, max(0.0, chance.gauss(component.accuracy, 0.04)))
    for trouble in troubles:
        seconds, right = seconds * trouble.slower, max(0.0, right - trouble.less_right)
    return Measured(component.name, seconds, right)


def second(age: int, chance: Random) -> Iterator[Measured]:
    """Yield what is measured in one second of the demo; a component that has gone silent stays so."""
    for component in COMPONENTS:
        if not component.silent_for:
            whole, part = divmod(component.rate, 1)
            for _ in range(int(whole) + (chance.random() < part)):
                yield measure(component, age, chance)


def day_before(now: float, chance: Random) -> Iterator[tuple[float, Measured]]:
    """Yield the 24 hours before the start, so that there is something usual to compare with."""
    for component in COMPONENTS:
        for ago in range(DAY, max(component.silent_for, DENSE), -HISTORY_STEP):
            yield now - ago + chance.random() * HISTORY_STEP / 2, measure(component, -ago, chance)
    for ago in range(DENSE, 0, -1):
        yield from ((now - ago + chance.random(), sample) for sample in second(-ago, chance))
