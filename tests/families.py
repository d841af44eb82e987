"""Families, results and contracts for tests of what carries them."""

from datetime import UTC, datetime, timedelta

from exporter.contract import Contract
from exporter.model import Family, Label, Result, Sample

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MONEY = Family("RV1", "jobhive_mrr", "Money.", (Label("currency", ("EUR", "USD")),))
HIDDEN = Family("IA11", "jobhive_hidden", "Hidden.", (Label("who"),), visibility="JSON only")
USERS = Family("UE1", "jobhive_users", "Users.", (Label("plan"), Label("window", ("24h", "7d"))))


def contract(name: str = "revenue", **changes: object) -> Contract:
    terms: dict[str, object] = {
        "collector": name,
        "families": (MONEY, USERS, HIDDEN),
        "max_staleness": 15 * MINUTE,
        "required": False,
        "max_series": 100,
        "fingerprint": "meaning",
    }
    return Contract(**(terms | changes))  # type: ignore[arg-type]


def result(*samples: Sample, name: str = "revenue", ended: datetime = NOW) -> Result:
    return Result(name, ended - timedelta(seconds=1), ended, 0.5, samples or (MONEY.sample(1, currency="USD"),))
