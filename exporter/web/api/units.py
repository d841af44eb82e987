"""Which unit a family has, told from its name; and its values as numbers of JSON. Pure."""

from decimal import Decimal

from exporter.model import Family, Value
from exporter.web.api.shapes import Number, Unit

MONEY_DECIMALS = 4
# The ending of a name → the unit; the first that fits.
ENDINGS: tuple[tuple[str, Unit], ...] = (
    ("_info", "info"),
    ("_ratio", "ratio"),
    ("_seconds_per_second", "number"),
    ("_seconds", "seconds"),
    ("_bytes", "bytes"),
    ("_per_second", "per_second"),
    ("_usd", "usd"),
    ("_usd_total", "usd"),
)
# Counts by currency.
COUNTS = ("jobhive_paying_customers", "jobhive_paying_subscriptions")
NUMBERS = (
    *("jobhive_ai_score_correlation", "jobhive_ai_brier_score", "jobhive_ai_drift_psi", "jobhive_ai_drift_threshold"),
    *("jobhive_ai_drift_mean_shift", "jobhive_recommendation_improvement_correlation", "jobhive_config_threshold"),
)


def unit(family: Family) -> Unit:
    """Return the unit of a family."""
    for ending, named in ENDINGS:
        if family.name.endswith(ending):
            return named
    if family.name in NUMBERS:
        return "number"
    labels = {label.name for label in family.labels}
    return "money" if "currency" in labels and family.name not in COUNTS else "count"


def number(value: Value, of: Unit) -> Number:
    """Return a value as a number of JSON: this is the border where money stops being Decimal."""
    if isinstance(value, int):
        return value
    if of == "money":
        return float(round(Decimal(value), MONEY_DECIMALS))
    if of == "count" and value == int(value):
        return int(value)
    return float(value)
