"""The daemon's own counters of reports."""

import threading
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from exporter.reporting import Reporting, Stage, Told

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)


def test_what_became_of_each_report_is_told() -> None:
    reporting = Reporting(CollectorRegistry(), threading.Lock(), lambda: None)
    assert reporting.told() == ()
    reporting.configure(["weekly", "monthly"])
    reporting.delivered("weekly", NOW)
    reporting.failed("monthly", Stage.SEND)
    reporting.failed("monthly", Stage.COLLECT)
    assert reporting.told() == (Told("monthly", None, 2), Told("weekly", NOW, 0))
    reporting.configure(["weekly"])
    assert reporting.told() == (Told("weekly", NOW, 0),)
