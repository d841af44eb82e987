"""What all dashboards share: names, places, what a colour means, and the limits that alerts act on."""

from operator import itemgetter
from typing import NamedTuple

from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.common import DataSourceRef

TAG = "jobhive"
DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
RUNBOOKS = "https://runbooks.example.org"
# The default currency: change it here, and run make dashboards.
MONEY = units.Dollars

VOLUME, LIGHT_VOLUME, DARK_VOLUME = "blue", "light-blue", "dark-blue"
GOOD, WARNING, BAD, LIGHT_BAD = "green", "orange", "red", "light-red"
NEUTRAL, OTHER = "text", "purple"

GAINS_AND_LOSSES = {
    "new": VOLUME,
    "reactivation": LIGHT_VOLUME,
    "expansion": DARK_VOLUME,
    "contraction": LIGHT_BAD,
    "churn": BAD,
}
STATUSES = {
    "active": VOLUME,
    "trialing": LIGHT_VOLUME,
    "past_due": WARNING,
    "unpaid": BAD,
    "paused": NEUTRAL,
    "other": OTHER,
}
LEVELS = {"customer": VOLUME, "subscription": LIGHT_VOLUME}
WINDOWS = {"30d": LIGHT_VOLUME, "90d": VOLUME, "365d": DARK_VOLUME}
DAYS = {"24h": LIGHT_VOLUME, "7d": VOLUME, "30d": DARK_VOLUME}
COHORTS = {"30d": LIGHT_VOLUME, "90d": VOLUME, "all": DARK_VOLUME}
ALERT_STATES = {"pending": WARNING, "firing": BAD}
DIMENSIONS = {"technical": VOLUME, "behavioral": LIGHT_VOLUME, "completion": OTHER}
# The components of the database; those of Redis are a deployment's own.
SKILL, LIGHT_SKILL = VOLUME, LIGHT_VOLUME
SENTIMENT, LIGHT_SENTIMENT = OTHER, "light-purple"


class Lead(NamedTuple):
    """Another dashboard of ours, to which a panel leads."""

    title: str
    uid: str

    @property
    def url(self) -> str:
        """Return the way there, for the same time and the same choices."""
        return f"/d/{self.uid}?${{__url_time_range}}&${{__all_variables}}"

    def of_row(self, label: str) -> str:
        """Return the way from a row of a table: what it is about is chosen there, for the same time."""
        return f"/d/{self.uid}?${{datasource:queryparam}}&var-{label}=${{__data.fields.{label}}}&${{__url_time_range}}"


class Runbook(NamedTuple):
    """What to do about the alert that a row of a table is about."""

    title: str

    def of_row(self, label: str) -> str:
        """Return the way there; the label has the name of the alert."""
        return f"{RUNBOOKS}/${{__data.fields.{label}}}"


class Limit(NamedTuple):
    """Where an alert begins to fire, and where it ends if that is elsewhere; its rule has the same numbers."""

    alert: str
    value: float
    until: float | None = None

    @property
    def runbook(self) -> str:
        """Return where it is written what to do."""
        return f"{RUNBOOKS}/{self.alert}"

    @property
    def lines(self) -> tuple[tuple[str, float], ...]:
        """Return what is drawn: colours and values, from below."""
        end = [] if self.until is None else [(WARNING, self.until)]
        return tuple(sorted([*end, (BAD, self.value)], key=itemgetter(1)))


AI_QUALITY = Lead("AI quality", "jobhive-ai-quality")
AI_REALTIME = Lead("AI real time", "jobhive-ai-realtime")
COST = Lead("Cost & unit economics", "jobhive-cost")
ENGAGEMENT = Lead("Engagement & retention", "jobhive-engagement")
EXPORTER = Lead("Exporter health & alerts", "jobhive-exporter")
INTERVIEWS = Lead("Interviews & candidates", "jobhive-interviews")
REVENUE = Lead("Revenue", "jobhive-revenue")
SYSTEM = Lead("System performance", "jobhive-system")

CUSTOMER_CHURN = Limit("JobHiveCustomerChurnHigh", 0.05)
REVENUE_CHURN = Limit("JobHiveRevenueChurnHigh", 0.08)
PAST_DUE = Limit("JobHivePastDueHigh", 0.10)
MODEL_QUALITY = Limit("JobHiveAIModelQualityLow", 0.75)
# It compares two metrics; what is counted here is where one is above the other.
DRIFT = Limit("JobHiveAIDrift", 1)
SLOW = Limit("JobHiveAISlow", 2, until=1.5)
# The other half of it, of the times themselves.
SLOW_NOW = Limit("JobHiveAISlow", 2)
INACCURATE = Limit("JobHiveAIAccuracyLow", 0.80)
SILENT = Limit("JobHiveAISilent", 900)
STUCK = Limit("JobHiveInterviewsStuck", 5)
API_ERRORS = Limit("JobHiveAPIErrorsHigh", 0.02)
API_LATENCY = Limit("JobHiveAPILatencyHigh", 1)
CONNECTIONS = Limit("JobHiveDatabaseConnectionsHigh", 0.85, until=0.75)
COST_JUMP = Limit("JobHiveCostJump", 0.25)
# It compares two metrics, of which the budget is drawn.
COST_FORECAST = Limit("JobHiveCostForecastOverBudget", 1)
# They are 0 or 1 each; what is counted is how many.
FAILING = Limit("JobHiveCollectorFailing", 1)
STALE = Limit("JobHiveCollectorStale", 1)
COST_ANOMALY = Limit("JobHiveCostAnomaly", 100)
