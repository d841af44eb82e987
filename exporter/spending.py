"""The accounts of paid APIs → the families that speak of them (metrics.md EX14–EX16b). Pure."""

from collections.abc import Iterable, Iterator

from exporter.budget import APIS, Account
from exporter.exposition import Block, block
from exporter.model import Family, Label, Sample

API = Label("api", tuple(APIS))

REQUESTS = Family(
    "EX14", "jobhive_exporter_api_requests_total", "Requests sent, each page and each retry counted.", (API,), "counter"
)
SPEND = Family(
    "EX15", "jobhive_exporter_api_spend_usd_total", "What the requests cost, at list price.", (API,), "counter"
)
REQUESTS_LEFT = Family(
    "EX16",
    "jobhive_exporter_api_budget_remaining_requests",
    "Requests left in the period of the budget: the UTC day of aws_ce, the hour of datadog.",
    (API,),
)
USD_LEFT = Family(
    "EX16b",
    "jobhive_exporter_api_budget_remaining_usd",
    "USD left of the budget of this UTC month, if there is one.",
    (API,),
)
FAMILIES = (REQUESTS, SPEND, REQUESTS_LEFT, USD_LEFT)


def blocks(accounts: Iterable[Account]) -> Iterator[Block]:
    """Make the families; an API that is not configured has no series."""
    samples = [sample for account in accounts for sample in _samples(account)]
    for family in FAMILIES:
        yield block(family, (sample for sample in samples if sample.name == family.name))


def _samples(account: Account) -> Iterator[Sample]:
    yield REQUESTS.sample(account.requests, api=account.api)
    yield SPEND.sample(account.usd, api=account.api)
    yield REQUESTS_LEFT.sample(account.requests_left, api=account.api)
    if account.usd_left is not None:
        yield USD_LEFT.sample(account.usd_left, api=account.api)
