"""The families of metrics.md 4.4 but for the replication lag: open sessions at T, and the last hour."""

from datetime import datetime, timedelta

from tests.oracle.activity import population
from tests.oracle.revenue import Values, key
from tests.oracle.sessions import active, completed, end, kind, other, running, scheduled, stale
from tests.oracle.usage_rows import Settings, World

HOUR = timedelta(hours=1)


def expected_operations(world: World, at: datetime, settings: Settings) -> Values:
    ids = {user.id for user in population(world, at, settings)}
    values: Values = {}
    for name in ("hiring", "practice"):
        rows = [row for row in world.sessions if row.user_id in ids and kind(row) == name]
        ends = [end(row, settings) for row in rows if completed(row, at, settings)]
        starts = [row.start_time for row in rows]
        states = {"scheduled": scheduled, "in_progress": running, "other": other}
        for state, holds in states.items():
            values[key("jobhive_interviews", kind=name, state=state)] = sum(holds(row, at, settings) for row in rows)
        recent = {"recent_completed": ends, "recent_started": starts}
        for family, instants in recent.items():
            count = sum(instant is not None and at - HOUR <= instant < at for instant in instants)
            values[key(f"jobhive_interviews_{family}", kind=name, window="1h")] = count
        values[key("jobhive_interviews_active", kind=name)] = sum(active(row, at, settings) for row in rows)
        values[key("jobhive_interviews_stale", kind=name)] = sum(stale(row, at, settings) for row in rows)
    return values
