"""The collector `cost` against the simulated Cost Explorer: the real client, the real ledger, a state file."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from collectors import cost
from collectors.base import Harvest, Run
from collectors.definitions import Definitions
from demo.aws import SimulatedCostExplorer
from demo.aws_account import ONE_DAY, Account, Amount
from exporter import state
from exporter.budget import Budget, Ledger
from exporter.contract import Contract
from exporter.model import Result, Value
from exporter.secrets import Secret
from exporter.sources.aws import Access, CostExplorer
from exporter.sources.cost_memory import CostMemory

# A Wednesday in the middle of a month of 30 days, after one of 31.
AT = datetime(2026, 4, 15, 9, 30, tzinfo=UTC)
TODAY = AT.date()


def account(
    days: Mapping[date, Sequence[Amount]], open_from: date | None = None, answers: Mapping[str, Any] | None = None
) -> Account:
    """Return an account whose days may change from one on; every other answer is refused unless given."""
    still = frozenset(day for day in days if open_from and day >= open_from)
    return Account(days, still, answers or {})


def steady(amount: str = "10", *, days: int = 70, before: date = TODAY, **changes: Any) -> dict[date, list[Amount]]:
    """Return one amount on each of so many days."""
    return {before - n * ONE_DAY: [Amount("Amazon EC2", "", Decimal(amount), **changes)] for n in range(1, days + 1)}


class Asked:
    """A simulated Cost Explorer, and what the collector makes of it."""

    def __init__(self, server: SimulatedCostExplorer, path: Path, budget: Budget) -> None:
        self.server, self.now = server, AT
        state.ensure(path)
        self.ledger = Ledger(path)
        self.ledger.configure({"aws_ce": budget}, AT)
        self._access = Access(server.url, Secret("simulated"), Secret("simulated"))
        self.source = CostExplorer(self._access, self.ledger, CostMemory(path), clock=lambda: self.now, pause=0)

    def collect(self, at: datetime = AT, deadline: float = 30, **options: Any) -> Harvest:
        """Run the collector at an instant, which is the time of its requests as well."""
        self.now = at
        chosen = cost.Options.model_validate(options)
        harvest = cost.Collector(chosen, self.source).collect(Run(at, deadline, Definitions()))
        result = Result("cost", at, at, 0.0, harvest.samples, harvest.dropped, harvest.notes, harvest.documents)
        Contract("cost", cost.families(chosen), timedelta(days=1), False, 5000, "x").check(result)
        return harvest

    def operations(self) -> list[str]:
        """Return what was asked since the last time."""
        found = [request.operation for request in self.server.requests]
        self.server.requests.clear()
        return found


@contextmanager
def asking(given: Account, path: Path, *, budget: int = 1000, page_size: int = 1000) -> Iterator[Asked]:
    """Yield the server and the collector; `path` is the state file."""
    with SimulatedCostExplorer(lambda: given, page_size=page_size) as server:
        asked = Asked(server, path, Budget(budget))
        try:
            yield asked
        finally:
            asked.source.close()


def values(harvest: Harvest, name: str) -> dict[tuple[str, ...], Value]:
    """Return the samples of a family by the values of their labels."""
    return {
        tuple(value for _, value in sample.labels): sample.value
        for sample in harvest.samples
        if sample.name == f"jobhive_{name}"
    }
