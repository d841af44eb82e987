"""What may be chosen for the collector `data_quality`."""

from datetime import timedelta

from collectors.base import CollectorOptions, Duration


class Options(CollectorOptions):
    """How far back checks of rows look, by event time."""

    horizon: Duration = timedelta(days=30)
    """Checks of rows look so far back, by event time."""
