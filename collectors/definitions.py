"""What the words of the contract mean in this deployment, so that a collector never needs the config."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from collectors.mapping import Tables, mapped


@dataclass(frozen=True, slots=True)
class Population:
    """Who counts as a user of JobHive (metrics.md C9)."""

    exclude_staff: bool = True
    exclude_test: bool = True
    exclude_company_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Billing:
    """Who is a customer, and what counts as paying (metrics.md 4.2)."""

    currencies: tuple[str, ...] = ("USD",)
    customer_key: Literal["user", "company"] = "user"
    gross_margin: Decimal = Decimal(1)
    dunning_grace: timedelta = timedelta(days=30)
    trial_grace: timedelta = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Definitions:
    """The meaning of words; `schema` is the database schema of the mapped tables, `week_start` counts from Monday."""

    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    week_start: int = 0
    schema: str = "public"
    tables: Tables = field(default_factory=lambda: mapped({}))
    population: Population = Population()
    billing: Billing = Billing()

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The thresholds in force, by their names in `jobhive_config_threshold`."""
        return {
            "dunning_grace_seconds": self.billing.dunning_grace.total_seconds(),
            "trial_grace_seconds": self.billing.trial_grace.total_seconds(),
        }
