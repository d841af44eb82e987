"""What the collector `unit_economics` exports; there is nothing to choose."""

from collectors.base import CollectorOptions
from exporter.model import Family, Label

CURRENCY = Label("currency")


class Options(CollectorOptions):
    """There is nothing to choose."""


PER_USER = Family(
    "CO10",
    "jobhive_aws_cost_per_active_user",
    "Cost of AWS in 30 complete UTC days, per user who was active in the same days.",
    (CURRENCY,),
    past="remote",
)
PER_INTERVIEW = Family(
    "CO10b",
    "jobhive_aws_cost_per_interview",
    "Cost of AWS in 30 complete UTC days, per interview that was completed in the same days, hiring or practice.",
    (CURRENCY,),
    past="remote",
)
USERS = Family("CO10c", "jobhive_unit_economics_active_users", "The users by whom the cost is divided.", past="remote")
INTERVIEWS = Family(
    "CO10d",
    "jobhive_unit_economics_completed_interviews",
    "The interviews by which the cost is divided.",
    past="remote",
)


def families(_: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    return (PER_USER, PER_INTERVIEW, USERS, INTERVIEWS)
