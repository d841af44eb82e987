"""Asking a collector the way the daemon does, and comparing with an oracle that knows nothing of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import make_url

from collectors.base import Harvest, Run, complete
from collectors.definitions import Billing, Definitions, Population
from collectors.mapping import mapped
from exporter.model import Value
from exporter.registry import modules
from exporter.sources.database import Database
from tests.oracle.revenue import Settings

Key = tuple[str, frozenset[tuple[str, str]]]


@contextmanager
def source(url: str, definitions: Definitions) -> Iterator[Database]:
    database = Database(make_url(url), schema=definitions.schema, tables=definitions.tables.names(), workers=2)
    try:
        yield database
    finally:
        database.close()


def ask(
    name: str, database: Database, at: datetime, definitions: Definitions, chosen: Mapping[str, Any] | None = None
) -> tuple[dict[Key, Value], Harvest]:
    """Return every sample of a collector at an instant, and the harvest it came from."""
    module = modules()[name]
    options = module.Options.model_validate(chosen or {})
    if name == "revenue":
        options = module.Options.model_validate({"currencies": definitions.billing.currencies})
    harvest = module.Collector(options, database).collect(Run(at, 30, definitions))
    samples = complete(module.families(options), harvest)
    found: dict[Key, Value] = {}
    for sample in samples:
        key = (sample.name, frozenset(sample.labels))
        assert key not in found, f"{key} is there twice"
        found[key] = sample.value
    return found, harvest


def definitions_of(settings: Settings, **tables: Any) -> Definitions:
    """Translate the settings of the oracle."""
    plan = {"default_currency": settings.default_currency} | tables.pop("plan", {})
    return Definitions(
        timezone=ZoneInfo(settings.timezone),
        tables=mapped({"plan": plan, **tables}),
        population=Population(settings.exclude_staff, settings.exclude_test, tuple(settings.exclude_company_ids)),
        billing=Billing(
            currencies=settings.currencies,
            customer_key="company" if settings.customer_key == "company" else "user",
            gross_margin=settings.gross_margin,
            dunning_grace=settings.dunning_grace,
            trial_grace=settings.trial_grace,
        ),
    )


def same(found: Value, expected: Fraction | int) -> bool:
    """Compare with what a Decimal of twenty decimals can hold."""
    return abs(Fraction(found) - expected) <= max(abs(Fraction(expected)), Fraction(1)) / 10**12


def differences(found: dict[Key, Value], expected: Mapping[Key, Fraction | int]) -> list[str]:
    """Say where two answers differ; empty if they do not."""
    wrong = [
        key
        for key in found.keys() | expected.keys()
        if key not in found or key not in expected or not same(found[key], expected[key])
    ]
    return [
        f"{name}{dict(labels)}: {found.get((name, labels))}, not {expected.get((name, labels))}"
        for name, labels in wrong
    ]
