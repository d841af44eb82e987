"""A notifier that runs, and its counters."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from alerts.delivery.endpoint import Endpoint
from alerts.notifier import AlertmanagerNotifier, FallbackWebhook
from exporter.telemetry import Telemetry
from tests.waiting import eventually


class Notifying(AlertmanagerNotifier):
    """A notifier with what a test asks of it."""

    telemetry: Telemetry

    def count(self, name: str, alertmanager: str) -> float:
        """Return one of its own series."""
        wanted = f"jobhive_exporter_{name}"
        for metric in self.telemetry.metrics():
            for sample in metric.samples:
                if sample.name == wanted and sample.labels == {"alertmanager": alertmanager}:
                    return sample.value
        raise AssertionError(f"there is no {wanted}")

    def until(self, name: str, alertmanager: str, value: float, within: float = 15) -> None:
        """Wait for a value of one of its own series."""
        eventually(lambda: self.count(name, alertmanager), until=lambda found: found == value, within=within)


@contextmanager
def notifying(
    *endpoints: Endpoint | str, fallback: FallbackWebhook | None = None, drain: float = 0.0
) -> Iterator[Notifying]:
    """Run a notifier; at the end it has so many seconds to deliver what waits."""
    telemetry = Telemetry()
    found = Notifying(_endpoints(endpoints), telemetry.notifications, "1.2.3", fallback)
    found.telemetry = telemetry
    found.check()
    found.start()
    try:
        yield found
    finally:
        found.stop(drain)


def _endpoints(given: Sequence[Endpoint | str]) -> list[Endpoint]:
    return [Endpoint(one, timedelta(seconds=2)) if isinstance(one, str) else one for one in given]
