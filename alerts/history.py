"""Samples of the past: what a source said at each of its instants holds until the next, as in the daemon's snapshot."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median_low

from alerts.promql import Samples
from alerts.promql.samples import Pair

LOOKBACK = timedelta(minutes=5)
# One lost instant is no gap.
INSTANTS_TO_LIVE = 2
NO_SAMPLES = Samples()


class History:
    """The samples of one source by instant; after a gap nothing is left of what it said before.

    A gap is longer than `lookback`: by default five minutes, or twice the usual distance of instants if that is longer.
    """

    def __init__(self, samples: Mapping[datetime, Sequence[Pair]], lookback: timedelta | None = None) -> None:
        """Take over samples; raises EvaluationError if two of an instant have the same labels."""
        self.instants = sorted(samples)
        self._samples = [samples[at] for at in self.instants]
        self._lookback = lookback or _lookback(self.instants)
        self._latest = (-1, NO_SAMPLES)

    def at(self, ts: datetime) -> Samples:
        """Return what the source said last."""
        place = bisect_right(self.instants, ts) - 1
        if place < 0 or ts - self.instants[place] > self._lookback:
            return NO_SAMPLES
        if self._latest[0] != place:
            # To index them takes longer than most rules, and many rounds look at one instant.
            self._latest = place, Samples.of(self._samples[place])
        return self._latest[1]


def _lookback(instants: Sequence[datetime]) -> timedelta:
    distances = [after - before for before, after in pairwise(instants)]
    return max(LOOKBACK, INSTANTS_TO_LIVE * median_low(distances)) if distances else LOOKBACK
