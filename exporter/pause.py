"""An emergency pause: no collector starts while it lasts. A file, so that it survives a restart and needs no HTTP.

The file holds the instant until which nothing is collected (ISO 8601), a duration since it was written (30m), or
nothing at all, which is an hour. A pause ends by itself: one that is forgotten must not cost more than a day.
"""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from collectors.base import Duration
from exporter.model import ExporterError

DEFAULT, LONGEST = timedelta(hours=1), timedelta(days=1)
SUFFIX = ".pause"
_duration = TypeAdapter(Duration)
log = structlog.get_logger()


class PauseError(ExporterError):
    """A pause that cannot be begun or ended."""


class Pause:
    """The pause of the daemon whose state is at `state_path`."""

    def __init__(self, state_path: Path) -> None:
        self.path = state_path.with_name(state_path.name + SUFFIX)

    def until(self, now: datetime) -> datetime | None:
        """Return when the pause that holds at `now` ends; None if there is none."""
        try:
            written = datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        end = ended(text, written)
        return end if now < end else None

    def begin(self, asked: str, now: datetime) -> datetime:
        """Pause for a duration (30m; an hour if it is empty); returns when it ends. Raises PauseError."""
        try:
            length = _duration.validate_python(asked) if asked else DEFAULT
        except ValidationError:
            raise PauseError(f"{asked!r} is not a duration; write for example 30m") from None
        if not timedelta(0) < length <= LONGEST:
            raise PauseError(f"a pause lasts at most a day and ends by itself, not {asked}; write for example 30m")
        end = now + length
        try:
            self.path.write_text(f"{end.isoformat()}\n")
        except OSError as error:
            raise PauseError(f"{self.path} cannot be written: {error.strerror}; see to its folder") from None
        log.warning("collecting is paused", until=end.isoformat())
        return end

    def end(self) -> None:
        """Collect again. Raises PauseError."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise PauseError(f"{self.path} cannot be removed: {error.strerror}; see to its folder") from None
        log.info("collecting goes on")


def ended(text: str, written: datetime) -> datetime:
    """Return when a pause ends; one that cannot be read is the default one, and none is longer than a day."""
    text = text.strip()
    end = written + DEFAULT
    try:
        end = written + _duration.validate_python(text)
    except (ValidationError, OverflowError):
        with contextlib.suppress(ValueError):
            end = datetime.fromisoformat(text)
    end = end if end.tzinfo else end.replace(tzinfo=UTC)
    return min(end, written + LONGEST)
