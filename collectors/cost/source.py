"""What the collector wants of Cost Explorer; who pays, counts and remembers is behind it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from exporter.model import Reason, SourceError

Found = TypeVar("Found")
# Day, whether it is still an estimate, group, currency and amount; the group of a day without any is empty.
CostRow = tuple[date, bool, str, str, Decimal]
Page = Mapping[str, Any]
NOT_ENABLED = ("AccessDenied", "AccessDeniedException")


class Answer(Protocol):
    """Every page of an answer; or else the code of the error with which AWS refused it."""

    @property
    def pages(self) -> Sequence[Page]:
        """The pages."""
        ...

    @property
    def refused(self) -> str:
        """The code, empty where the question was answered."""
        ...


class DailyCosts(Protocol):
    """Daily amounts that were fetched before; `dimension` tells what they are grouped and filtered by."""

    def load_days(self, dimension: str, metric: str, start: date, end: date) -> Sequence[CostRow]:
        """Return what is known of the days from `start` up to, not including, `end`."""
        ...

    def fetched_days(self, dimension: str, metric: str, start: date, end: date) -> Mapping[date, date]:
        """Return the days that are known, each with the day of UTC on which it was answered."""
        ...

    def save_days(self, dimension: str, metric: str, start: date, end: date, rows: Iterable[CostRow]) -> None:
        """Keep rows in the place of what was known of these days."""
        ...


class Questions(DailyCosts, Protocol):
    """One run; every page that is not remembered is paid for."""

    @property
    def today(self) -> date:
        """The current day of UTC."""
        ...

    def ask(
        self,
        operation: str,
        request: Mapping[str, object],
        *,
        unless: Collection[str] = (),
        once_a_day: bool = False,
    ) -> Answer:
        """Return every page of an answer, none where AWS refuses it with an error named in `unless`."""
        ...


class CostExplorer(Protocol):
    """Where the collector gets its runs."""

    def read(self, deadline: float, work: Callable[[Questions], Found]) -> Found:
        """Return what `work` makes of the answers; SourceError if it fails."""
        ...


def listed(pages: Iterable[Page], key: str) -> list[Page]:
    """Return the items of every page; SourceError where a page lacks what was asked for."""
    found = [page.get(key) for page in pages]
    if None in found:
        raise unreadable(f"a page without {key}")
    return [item for items in found if items for item in items]


def money(given: object) -> Decimal:
    """Read an amount of AWS; SourceError where it is none."""
    try:
        amount = Decimal(str(given))
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise unreadable("an amount that is no number")
    return amount


def currency(given: object) -> str:
    """Read a currency of AWS; SourceError where it is none."""
    if not (isinstance(given, str) and len(given) == 3 and given.isascii() and given.isalpha() and given.isupper()):
        raise unreadable("an amount without a currency")
    return given


def unreadable(what: str) -> SourceError:
    """Make the error of an answer that is not what Cost Explorer says."""
    return SourceError(Reason.QUERY, f"Cost Explorer answered with {what}; no figure of it is used")
