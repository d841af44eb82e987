"""What the words of the contract mean in this deployment, so that a collector never needs the config."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from collectors.mapping import ACTIVITY_FEATURE, Tables, Vocabulary, mapped

# Where activity is taken from (metrics.md 4.1); auto is the first that is mapped.
ActivitySource = Literal["activity", "derived", "login"]
WantedSource = Literal["auto", "activity", "derived", "login"]


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
class Interviews:
    """What makes an interview well done, passed or going on; the stages of applications (metrics.md 2.4, 4.3)."""

    high_performer_completion: float = 0.80
    high_performer_technical: float = 0.75
    pass_dimension: Literal["technical", "behavioral", "completion"] = "technical"  # noqa: S105 - no password
    pass_threshold: float = 0.70
    max_interview_length: timedelta = timedelta(hours=4)
    stages: tuple[str, ...] = ("applied", "screening", "interview", "offer", "hired", "rejected")


@dataclass(frozen=True, slots=True)
class Features:
    """What the log of activity calls each feature, and what in it is none on purpose; all in lower case."""

    activity_values: Vocabulary = field(default_factory=lambda: ACTIVITY_FEATURE)
    ignored_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judging:
    """When the AI passes somebody, when it is close enough, and how many rows a figure needs (metrics.md 4.8)."""

    pass_threshold: float = 0.70
    tolerance: float = 0.10
    min_validated: int = 30
    min_group: int = 10
    min_calibrated: int = 200
    min_drift: int = 200
    min_pairs: int = 30


@dataclass(frozen=True, slots=True)
class Definitions:
    """The meaning of words; `schema` is the database schema of the mapped tables, `week_start` counts from Monday."""

    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    week_start: int = 0
    schema: str = "public"
    tables: Tables = field(default_factory=lambda: mapped({}))
    population: Population = Population()
    billing: Billing = Billing()
    interviews: Interviews = Interviews()
    features: Features = Features()
    judging: Judging = Judging()
    activity_source: WantedSource = "auto"
    aws_monthly_budget: Decimal | None = None

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The thresholds in force, by their names in `jobhive_config_threshold`."""
        budget = {"aws_monthly_budget": float(self.aws_monthly_budget)} if self.aws_monthly_budget else {}
        return budget | {
            **{f"ai_{name}": float(value) for name, value in asdict(self.judging).items()},
            "dunning_grace_seconds": self.billing.dunning_grace.total_seconds(),
            "high_performer_completion": self.interviews.high_performer_completion,
            "high_performer_technical": self.interviews.high_performer_technical,
            "max_interview_length_seconds": self.interviews.max_interview_length.total_seconds(),
            "pass_threshold": self.interviews.pass_threshold,
            "trial_grace_seconds": self.billing.trial_grace.total_seconds(),
        }
