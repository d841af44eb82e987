"""Files of history: OpenMetrics as `backfill` writes it, and CSV. Each file is a source with instants of its own."""

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from prometheus_client.openmetrics.parser import text_fd_to_metric_families

from alerts import series_notation
from alerts.history import History
from alerts.promql import EvaluationError
from alerts.promql.labels import NAME, Labels
from alerts.promql.samples import Pair
from exporter.model import ExporterError

# Whether any rule can ask for series of a name.
Wanted = Callable[[str], bool]
TIME, VALUE, SERIES = "timestamp", "value", "series"
MEND = f"write columns {TIME}, {SERIES}, {VALUE}; or {TIME}, {NAME}, a column for each label, {VALUE}"
# An instant, and a sample of it unless nobody asks for that.
Found = tuple[datetime, Pair | None]


class HistoryError(ExporterError):
    """A file of history that cannot be used."""


def read(path: Path, wanted: Wanted, lookback: timedelta | None) -> History:
    """Read a file, CSV if its name says so; raises HistoryError."""
    samples: dict[datetime, list[Pair]] = {}
    reader = _csv if path.suffix.lower() == ".csv" else _open_metrics
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for at, found in reader(path, file, wanted):
                # The source has answered then, though perhaps with nothing that anybody asks for.
                samples.setdefault(at, []).extend([found] if found else [])
    except OSError as error:
        raise HistoryError(f"{path}: the file cannot be read: {error.strerror}; check its path") from None
    except UnicodeDecodeError:
        raise HistoryError(f"{path}: the file is not text; write UTF-8") from None
    if not any(samples.values()):
        raise HistoryError(f"{path}: there is no sample that a rule asks for; choose another file or other rules")
    history = History(samples, lookback)
    for at in history.instants:
        try:
            history.at(at)
        except EvaluationError as error:
            raise HistoryError(f"{path}: at {at.isoformat()} {error}; leave one".replace(".;", ";")) from None
    return history


def _open_metrics(path: Path, file: TextIO, wanted: Wanted) -> Iterator[Found]:
    known: dict[tuple[tuple[str, str], ...], Labels] = {}
    try:
        for family in text_fd_to_metric_families(file):  # type: ignore[no-untyped-call]
            for name, labels, value, at, *_ in family.samples:
                key = ((NAME, name), *labels.items())
                asked = (known.setdefault(key, dict(key)), float(value)) if wanted(name) else None
                # None is not a number either.
                yield _instant(math.nan if at is None else float(at)), asked
    except ValueError as error:
        mend = "write it with jobhive-exporter backfill"
        raise HistoryError(f"{path}: this is no OpenMetrics with timestamps: {error}; {mend}") from None


def _csv(path: Path, file: TextIO, wanted: Wanted) -> Iterator[Found]:
    rows = csv.DictReader(file, strict=True)
    names = rows.fieldnames or ()
    if not {TIME, VALUE} <= set(names) or (SERIES in names) == (NAME in names):
        raise HistoryError(f"{path}:1: these are not the columns of history; {MEND}")
    known: dict[str, Labels] = {}
    try:
        for row in rows:
            labels = _labels(row, known)
            asked = bool(row[VALUE]) and wanted(labels.get(NAME, ""))
            yield _time(row[TIME]), (labels, _number(row[VALUE])) if asked else None
    except (ValueError, csv.Error) as error:
        raise HistoryError(f"{path}:{rows.line_num}: {error}") from None


def _labels(row: Mapping[str, str], known: dict[str, Labels]) -> Labels:
    if None in row or None in row.values():
        raise ValueError("the row has another number of columns than the first line")
    if SERIES not in row:
        return {name: value for name, value in row.items() if name not in (TIME, VALUE) and value}
    text = row[SERIES]
    if text not in known:
        known[text] = series_notation.series(text)
    return known[text]


def _time(text: str) -> datetime:
    """Read seconds since 1970, or an instant with a time zone."""
    try:
        return _instant(float(text))
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError(f"{text!r} is not an instant; write seconds since 1970, or for example 2026-04-01T00:00:00Z")
    return found.astimezone(UTC)


def _instant(seconds: float) -> datetime:
    # To the millisecond, as Prometheus has it.
    if not math.isfinite(seconds) or abs(seconds) > 253_000_000_000:
        raise ValueError("a sample has no instant; write seconds since 1970")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=round(seconds * 1000))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
