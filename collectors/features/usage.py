"""How often each feature was used and by whom, and who of them was active: one row per user (metrics.md FU6, UE8)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import FromClause, Row, Select, Subquery, and_, func, or_, select, union_all

from collectors.activity import Activity
from collectors.features.families import ADOPTERS, ADOPTION_BASE, EVENTS, TRAILING, USERS
from collectors.features.sources import Source
from collectors.schema import Schema
from exporter.model import Sample
from exporter.windows import trailing

OLDEST = TRAILING[-1]


def usage(
    schema: Schema, sources: Mapping[str, Source], activity: Activity | None, at: datetime
) -> Select[*tuple[Any, ...]]:
    """Select one row of counts. Every window ends at `at`, so that who was active in it is told by the last time."""
    user = _users(schema, sources, at)
    joined: FromClause = user
    active = _active(activity, at) if activity else None
    if active is not None:
        joined = user.join(active, active.c.user_id == user.c.user_id, full=True)
    columns = []
    for key in TRAILING:
        was_active = None if active is None else active.c.last >= trailing(key, at).start
        if was_active is not None:
            columns.append(func.count().filter(was_active).label(f"base_{key}"))
        for feature in sources:
            times = user.c[f"{feature}_{key}"]
            used = and_(times > 0, user.c.user_id.is_not(None))
            columns.append(func.coalesce(func.sum(times), 0).label(f"events_{feature}_{key}"))
            columns.append(func.count().filter(used).label(f"users_{feature}_{key}"))
            if was_active is not None:
                columns.append(func.count().filter(and_(used, was_active)).label(f"adopters_{feature}_{key}"))
    return select(*columns).select_from(joined)


def _users(schema: Schema, sources: Mapping[str, Source], at: datetime) -> Subquery:
    """One row per user of P0(at) who used a feature: how often, by feature and window.

    Uses by nobody in particular are kept, as one more user (metrics.md C9).
    """
    start, users = trailing(OLDEST, at).start, schema.users(at)
    event = union_all(*(source.events(feature, start, at) for feature, source in sources.items())).subquery("uses")
    times = [
        func.count().filter(event.c.feature == feature, event.c.t >= trailing(key, at).start).label(f"{feature}_{key}")
        for feature in sources
        for key in TRAILING
    ]
    return (
        select(event.c.user_id, *times)
        .select_from(event.outerjoin(users, users.c.id == event.c.user_id))
        .where(or_(users.c.id.is_not(None), event.c.user_id.is_(None)))
        .group_by(event.c.user_id)
        .subquery("used")
    )


def _active(activity: Activity, at: datetime) -> Subquery:
    """One row per active user: the last time."""
    pairs = activity.pairs(trailing(OLDEST, at).start, at)
    last = func.max(pairs.c.occurred_at).label("last")
    return select(pairs.c.user_id, last).group_by(pairs.c.user_id).subquery("active")


def samples(row: Row[Any], features: Iterable[str]) -> Iterator[Sample]:
    """Turn the row into samples; who was active may be unknown."""
    counts = row._asdict()
    for key in TRAILING:
        if f"base_{key}" in counts:
            yield ADOPTION_BASE.sample(counts[f"base_{key}"], window=key)
        for feature in features:
            for name, family in {"events": EVENTS, "users": USERS, "adopters": ADOPTERS}.items():
                if (column := f"{name}_{feature}_{key}") in counts:
                    yield family.sample(counts[column], feature=feature, window=key)
