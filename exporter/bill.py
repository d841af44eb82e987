"""What a configuration will spend on AWS, and whether its budget holds that (pure)."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from collectors import cost
from exporter.budget import APIS
from exporter.settings import CollectorSection
from exporter.source_settings import AwsSection
from exporter.triggers import cron, firings
from exporter.yaml_file import Document, KeyPath, Problem

ONE_DAY, DAYS_OF_A_MONTH = timedelta(days=1), 31
EPOCH, FIRINGS = datetime(2026, 1, 1, tzinfo=UTC), 1000
BUDGET = ("aws", "budget")
KEYS = ("access_key_id", "secret_access_key", "session_token")


class Bill(NamedTuple):
    """The most requests of a day, if no answer has a second page and none is asked for again."""

    api: str
    requests_a_day: int

    @property
    def usd_a_month(self) -> Decimal:
        """Return the price of 31 such days."""
        return self.requests_a_day * DAYS_OF_A_MONTH * APIS[self.api].price


def aws_bill(section: CollectorSection, zone: ZoneInfo) -> Bill:
    """Return what the collector `cost` will spend."""
    each, daily = cost.requests(section.options)
    return Bill("aws_ce", _runs_a_day(section, zone) * each + daily)


def beyond_budget(aws: AwsSection, bill: Bill, document: Document) -> Iterator[Problem]:
    """Yield the limits that the schedule does not keep to."""
    mend = "raise this, or run the collector less often"
    if bill.requests_a_day > aws.budget.requests_per_day:
        text = f"the collector cost needs {bill.requests_a_day} requests a day; {mend}"
        yield _problem(document, (*BUDGET, "requests_per_day"), text)
    if aws.budget.usd_per_month is not None and bill.usd_a_month > aws.budget.usd_per_month:
        text = f"the collector cost spends {bill.usd_a_month} USD in a month of 31 days; {mend}"
        yield _problem(document, (*BUDGET, "usd_per_month"), text)


def key_problems(aws: AwsSection, document: Document) -> Iterator[Problem]:
    """Yield keys that stand in the file itself, and a pair of which one is missing."""
    keys = {name: getattr(aws, name) for name in KEYS}
    hidden = {secret.strip() for secret in document.secrets}
    for name, key in keys.items():
        if key and key.reveal() not in hidden:
            yield _problem(document, ("aws", name), "a key must not stand in this file; write !env NAME or !file PATH")
    given = [name for name in KEYS if keys[name]]
    if given and given not in (list(KEYS), list(KEYS[:2])):
        text = f"has {' and '.join(given)} alone; give access_key_id and secret_access_key, or none of them and a role"
        yield _problem(document, ("aws",), text)


def _runs_a_day(section: CollectorSection, zone: ZoneInfo) -> int:
    if section.cron:
        found = islice(firings(cron(section.cron, zone), EPOCH, EPOCH + 365 * ONE_DAY), FIRINGS)
        return max(Counter(firing.date() for firing in found).values(), default=0)
    return -(-ONE_DAY // (section.interval or cost.Collector.interval))


def _problem(document: Document, path: KeyPath, text: str) -> Problem:
    return Problem(document.place(path), path, text)
