"""The collector `cost`: a table of days that is paid for once, and what else Cost Explorer says."""

from collections.abc import Mapping
from datetime import UTC, timedelta
from decimal import Context, localcontext
from typing import ClassVar

from collectors.base import Harvest, Run
from collectors.cost.measures import document, mismatches, missing_days, of_days
from collectors.cost.options import Options
from collectors.cost.outlook import anomalies, forecast
from collectors.cost.savings import savings
from collectors.cost.source import CostExplorer, Questions
from collectors.cost.table import Span
from collectors.cost.usage import HORIZON, read_table

# Enough for every digit of an amount times a weight: the parts must add up to the whole.
EXACT = Context(prec=60)
# Amounts of days, the forecast and anomalies; then, once a day, monitors, rightsizing and savings plans.
EVERY_RUN, ONCE_A_DAY = 3, 3


def requests(options: Options) -> tuple[int, int]:
    """Return how many requests a run sends, and how many more the first one of a day, if no answer has two pages."""
    return EVERY_RUN, ONCE_A_DAY + len(options.reservation_services)


class Collector:
    """Collects what is known for the complete UTC days before the instant of the run."""

    source: ClassVar[str] = "aws"
    interval: ClassVar[timedelta] = timedelta(hours=8)

    def __init__(self, options: Options, source: CostExplorer) -> None:
        self._options, self._source = options, source

    def collect(self, run: Run) -> Harvest:
        """Ask for what is not known yet, and count everything from the table."""
        with localcontext(EXACT):
            return self._source.read(run.deadline, lambda asked: self._harvest(asked, run))

    def _harvest(self, asked: Questions, run: Run) -> Harvest:
        options, today = self._options, run.at.astimezone(UTC).date()
        table = read_table(asked, options, today)
        of_table = tuple(of_days(table, options, today))
        predicted, without_forecast = forecast(asked, options, table, today)
        unusual, without_monitor, events = anomalies(asked, options, today)
        offered, without_advice, advice = savings(asked, options)
        dropped: Mapping[tuple[str, str], int] = {
            ("aws", "missing_day"): missing_days(table, Span(today - HORIZON, today)),
            ("aws", "sum_mismatch"): mismatches(of_table),
        }
        return Harvest(
            samples=(*of_table, *predicted, *unusual, *offered),
            dropped=dropped,
            notes=(*without_forecast, *without_monitor, *without_advice),
            documents={"daily_costs": document(table), "anomalies": events, "recommendations": advice},
        )
