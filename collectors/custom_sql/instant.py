"""The instant of a run as a parameter. Pure."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, String, TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A timestamp in UTC; for SQLite, which has none, the text that its own functions make."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return the type that the database knows."""
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return what the driver is given."""
        return as_text(value) if value and dialect.name == "sqlite" else value


def as_text(instant: datetime) -> str:
    """Write an instant so that it sorts as a text: zeros at its end would put it behind an equal one without them."""
    seconds, fraction = instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S %f").rsplit(" ", 1)
    return f"{seconds}.{fraction.rstrip('0')}".removesuffix(".")
