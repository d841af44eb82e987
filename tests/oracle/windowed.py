"""Sessions of users in P0(T), and which of them a window of metrics.md 4.3 is about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from tests.oracle.activity import population
from tests.oracle.measures import Window
from tests.oracle.sessions import completed, end, kind, length, matured, score
from tests.oracle.usage_rows import Session, Settings, World

WINDOWS = {"24h": 1, "7d": 7, "30d": 30}
KINDS = ("hiring", "practice")


@dataclass(frozen=True)
class Scope:
    """Some sessions of users in P0(T), to be seen at T."""

    world: World
    at: datetime
    settings: Settings
    sessions: tuple[Session, ...]

    def only(self, wanted: Callable[[Session], bool]) -> "Scope":
        return replace(self, sessions=tuple(filter(wanted, self.sessions)))

    def of_kind(self, name: str) -> "Scope":
        return self if name == "all" else self.only(lambda session: kind(session) == name)


def scope_of(world: World, at: datetime, settings: Settings) -> Scope:
    ids = {user.id for user in population(world, at, settings)}
    return Scope(world, at, settings, tuple(row for row in world.sessions if row.user_id in ids))


def started_in(scope: Scope, window: Window) -> list[Session]:
    """IA1, any status."""
    return [row for row in scope.sessions if row.start_time is not None and window[0] <= row.start_time < window[1]]


def completed_in(scope: Scope, window: Window) -> list[Session]:
    """IA2, by the end."""
    done = [row for row in scope.sessions if completed(row, scope.at, scope.settings)]
    ends = [(row, end(row, scope.settings)) for row in done]
    return [row for row, stop in ends if stop is not None and window[0] <= stop < window[1]]


def cohort_in(scope: Scope, window: Window) -> list[Session]:
    """UE6's matured sessions."""
    return [row for row in started_in(scope, window) if matured(row, scope.at, scope.settings)]


def lengths(scope: Scope, window: Window) -> list[Fraction]:
    found = [length(row, scope.settings) for row in completed_in(scope, window)]
    return [seconds for seconds in found if seconds is not None]


def scores(rows: Sequence[Session], dimension: str, settings: Settings) -> list[Fraction]:
    found = [score(row, dimension, settings) for row in rows]
    return [value for value in found if value is not None]


def performers(scope: Scope, window: Window) -> list[bool]:
    """IA9: whether each is a high performer, over the sessions with both values valid."""
    settings = scope.settings
    pairs = [
        (score(row, "completion", settings), score(row, "technical", settings)) for row in completed_in(scope, window)
    ]
    return [
        whole >= settings.high_completion and technical >= settings.high_technical
        for whole, technical in pairs
        if whole is not None and technical is not None
    ]
