"""How many users there are, and how many are new (metrics.md UE9)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from collectors.engagement.families import NEW, TRAILING, USERS
from collectors.schema import Schema
from exporter.model import Sample
from exporter.windows import trailing


def stock(schema: Schema, at: datetime) -> Select[*tuple[Any, ...]]:
    """Select one row of counts: registered, verified if that can be known, and the new ones of each window."""
    user = schema.users(at)
    alive = or_(user.c.deleted_at.is_(None), user.c.deleted_at >= at)
    columns = {"registered": alive}
    if verification_known(schema) or schema.has("user", "is_verified"):
        verified: ColumnElement[bool] = (
            user.c.email_verified_at < at if verification_known(schema) else user.c.is_verified
        )
        columns["verified"] = and_(alive, verified)
    columns |= {f"new_{key}": user.c.date_joined >= trailing(key, at).start for key in TRAILING}
    return select(*(func.count().filter(condition).label(name) for name, condition in columns.items()))


def verification_known(schema: Schema) -> bool:
    """Tell whether it is known when an address was verified, and not only that it is now."""
    return schema.has("user", "email_verified_at")


def samples(row: Row[Any]) -> Iterator[Sample]:
    """Turn the row into samples."""
    for name, users in row._asdict().items():
        yield NEW.sample(users, window=name[4:]) if name.startswith("new_") else USERS.sample(users, state=name)
