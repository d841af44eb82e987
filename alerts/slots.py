"""When a group runs: at `k·interval + offset`, the same instants on every replica. Pure."""

import hashlib
from datetime import datetime, timedelta

from alerts.promql.expression import EPOCH
from alerts.rules import Group

MILLISECOND = timedelta(milliseconds=1)


def offset(group: Group) -> timedelta:
    """Return where in its interval a group runs, so that groups do not run all at once."""
    digest = hashlib.sha256("\0".join(group.id).encode()).digest()
    return int.from_bytes(digest[:8]) % (group.interval // MILLISECOND) * MILLISECOND


def latest(group: Group, now: datetime) -> datetime:
    """Return the newest slot that is not after `now`."""
    since = now - EPOCH - offset(group)
    return now - since % group.interval


def following(group: Group, now: datetime) -> datetime:
    """Return the first slot after `now`."""
    return latest(group, now) + group.interval


def missed(group: Group, before: datetime, ts: datetime) -> int:
    """Return how many slots were lost between two rounds."""
    return max((ts - before) // group.interval - 1, 0)
