"""Which collectors have nothing to serve, as the state file of the daemon tells."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from exporter import stored
from exporter.config import Job
from exporter.state import connect


def stale(path: Path, jobs: Iterable[Job], now: datetime) -> Iterator[str]:
    """Yield a sentence for each collector whose last good values are too old to be served; nothing without a daemon."""
    limits = {job.name: job.contract.max_staleness for job in jobs}
    if not path.exists():
        return
    try:
        with closing(connect(path)) as connection:
            rows = connection.execute("SELECT * FROM jhx_snapshot ORDER BY collector").fetchall()
    except sqlite3.Error:
        return
    for row in rows:
        try:
            record = stored.record(row)
        except ValueError:
            continue
        name, result = record.collector, record.result
        if name in limits and (result is None or now > result.ended + limits[name]):
            since = f"since {result.ended:%a %d %b %H:%M} UTC" if result else "ever"
            why = f" ({record.failure.reason})" if record.failure else ""
            yield f"collector {name} has not succeeded {since}{why}"
