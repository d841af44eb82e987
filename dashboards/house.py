"""What all dashboards share: names, places, what a colour means, and the limits that alerts act on."""

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


class Limit(NamedTuple):
    """Where an alert begins to fire; its rule has the same number."""

    alert: str
    value: float

    @property
    def runbook(self) -> str:
        """Return where it is written what to do."""
        return f"{RUNBOOKS}/{self.alert}"


CUSTOMER_CHURN = Limit("JobHiveCustomerChurnHigh", 0.05)
REVENUE_CHURN = Limit("JobHiveRevenueChurnHigh", 0.08)
PAST_DUE = Limit("JobHivePastDueHigh", 0.10)
