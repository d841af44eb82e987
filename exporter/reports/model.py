"""The values of a report: figures in sections, series of weeks, and what is to be said about them. Frozen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from exporter.model import Value
from exporter.reports.calendar import Week
from exporter.reports.lines import Wish
from exporter.reports.numbers import Unit, change, direction, shown


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its window and that of the week before; `reason` says why there is none."""

    key: str
    title: str
    window: str
    unit: Unit
    value: Value | None
    before: Value | None
    currency: str = ""
    wish: Wish = ""
    reason: str = ""
    approximate: str = ""

    @property
    def name(self) -> str:
        """Return the title, with the currency where the value does not tell it."""
        return f"{self.title}, {self.currency}" if self.currency and self.unit is not Unit.MONEY else self.title

    @property
    def shown(self) -> str:
        """Return the value as people read it."""
        return shown(self.value, self.unit, self.currency)

    @property
    def shown_before(self) -> str:
        """Return the value of the week before."""
        return shown(self.before, self.unit, self.currency)

    @property
    def change(self) -> str:
        """Return how it changed."""
        return change(self.value, self.before, self.unit, self.currency)

    @property
    def direction(self) -> int:
        """Return 1 where it rose, −1 where it fell."""
        return direction(self.value, self.before, self.unit, self.currency)

    @property
    def mood(self) -> int:
        """Return 1 where the change is good, −1 where it is bad, 0 where it is neither."""
        return self.direction * {"up": 1, "down": -1, "": 0}[self.wish]


@dataclass(frozen=True, slots=True)
class Section:
    """Figures of one subject; `unavailable` says why there are none at all, `as_of` what they speak of."""

    name: str
    title: str
    as_of: str = ""
    figures: tuple[Figure, ...] = ()
    remarks: tuple[str, ...] = ()
    unavailable: str = ""

    def find(self, key: str) -> Figure | None:
        """Return the figure of a key, if it has a value."""
        return next((one for one in self.figures if one.key == key and one.value is not None), None)


@dataclass(frozen=True, slots=True)
class Trend:
    """A value for each of some weeks, oldest first; its unit is that of the family."""

    weeks: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a whole, like the costs of a service."""

    name: str
    value: Value
    before: Value | None


@dataclass(frozen=True, slots=True)
class Episode:
    """An alert that fired; `ended` is None while it does."""

    name: str
    severity: str
    summary: str
    began: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Restated:
    """A figure of the week before that is another one than the report about that week said."""

    title: str
    window: str
    said: str
    now: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that a weekly report says: a function of what was found for the ends of two weeks, and nothing else.

    `stale` and `changed` are sentences, `newest` has the newest row of each table; `alerts` is None where nobody keeps
    them, `restated` where no report of the last days can be compared with.
    """

    name: str
    company: str
    week: Week
    currencies: tuple[str, ...]
    sections: tuple[Section, ...]
    trends: Mapping[str, Trend] = field(default_factory=dict)
    slices: Mapping[str, Sequence[Slice]] = field(default_factory=dict)
    alerts: tuple[Episode, ...] | None = None
    newest: Mapping[str, datetime] = field(default_factory=dict)
    stale: tuple[str, ...] = ()
    restated: tuple[Restated, ...] | None = None
    changed: tuple[str, ...] = ()
    simulated: tuple[str, ...] = ()

    def section(self, name: str) -> Section:
        """Return a section; every report has all of them."""
        return next(section for section in self.sections if section.name == name)

    def figure(self, section: str, key: str) -> Figure | None:
        """Return a figure that has a value."""
        return self.section(section).find(key)

    @property
    def unavailable(self) -> tuple[Section, ...]:
        """Return the sections without figures."""
        return tuple(section for section in self.sections if section.unavailable)

    @property
    def said(self) -> Mapping[str, str]:
        """Return every figure as it is shown, by its key: what the next report compares with."""
        return {one.key: one.shown for section in self.sections for one in section.figures if one.value is not None}
