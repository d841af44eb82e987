"""What a check is, and what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from alerts.lint.knowledge import Knowledge
from alerts.rules import AlertingRule, Group, Rule
from alerts.yaml_source import START, Place

WATCHDOG = "Watchdog"


class Level(StrEnum):
    """An error cannot be meant; a warning is usually a mistake."""

    ERROR = "error"
    WARNING = "warning"


class Finding(NamedTuple):
    """What a check found; `id` is its name for `lint:ignore`."""

    place: Place
    level: Level
    id: str
    text: str

    def __str__(self) -> str:
        """Write it as what follows the place."""
        return f"{'warning: ' if self.level is Level.WARNING else ''}{self.text} ({self.id})"


@dataclass(frozen=True, slots=True)
class Subject:
    """A rule under a check, with what is around it."""

    rule: Rule
    group: Group
    known: Knowledge

    @property
    def alert(self) -> AlertingRule | None:
        """Return the rule if it makes alerts."""
        return self.rule if isinstance(self.rule, AlertingRule) else None

    def place(self, key: str) -> Place:
        """Return where a key of the rule stands, the rule itself if it is not there."""
        places = self.rule.places
        return places.get(key) or places.get("alert") or places.get("record") or START


class Fault(NamedTuple):
    """What is wrong, and the key of the rule that it is about."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Check:
    """A check of one rule; several may have one name."""

    id: str
    level: Level
    look: Callable[[Subject], Iterator[Fault]]


def error(id_: str, look: Callable[[Subject], Iterator[Fault]]) -> Check:
    """Make a check that finds errors."""
    return Check(id_, Level.ERROR, look)


def warning(id_: str, look: Callable[[Subject], Iterator[Fault]]) -> Check:
    """Make a check that finds warnings."""
    return Check(id_, Level.WARNING, look)
