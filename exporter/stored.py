"""How the status of a collector is written into the state file, and read back. Pure.

Instants are microseconds since the epoch, a Decimal is a string.
"""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from exporter.model import Failure, Note, Reason, Result, Sample, Value

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Record(NamedTuple):
    """The status of a collector, and the meaning under which its result was made."""

    collector: str
    fingerprint: str
    result: Result | None
    failure: Failure | None


Row = tuple[str, str, int | None, str | None, str | None]


def row(record: Record) -> Row:
    """Return collector, fingerprint, as_of, payload_json and failure_json."""
    result, failure = record.result, record.failure
    return (
        record.collector,
        record.fingerprint,
        micros(result.at) if result else None,
        json.dumps(_result_to_json(result)) if result else None,
        json.dumps([failure.reason, failure.message, micros(failure.ended), failure.duration]) if failure else None,
    )


def record(stored: Row) -> Record:
    """Read a row back; ValueError where it is not one of ours."""
    collector, fingerprint, _, payload, failed = stored
    try:
        result = _result_from_json(collector, json.loads(payload)) if payload else None
        failure = _failure_from_json(*json.loads(failed)) if failed else None
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise ValueError(f"the stored result of {collector} cannot be read: {type(error).__name__}") from None
    return Record(collector, fingerprint, result, failure)


def _sample(name: str, labels: list[tuple[str, str]], value: Value | str) -> Sample:
    texts = (name, *(text for pair in labels for text in pair))
    if not isinstance(value, int | float | str) or not all(isinstance(text, str) for text in texts):
        raise TypeError(name)
    return Sample(name, tuple((key, text) for key, text in labels), Decimal(value) if isinstance(value, str) else value)


def _failure_from_json(reason: str, message: str, ended: int, duration: float) -> Failure:
    return Failure(Reason(reason), message, instant(ended), duration)


def _result_to_json(result: Result) -> dict[str, Any]:
    return {
        "at": micros(result.at),
        "ended": micros(result.ended),
        "duration": result.duration,
        # A Decimal keeps its digits as a string.
        "samples": [
            [s.name, s.labels, str(s.value) if isinstance(s.value, Decimal) else s.value] for s in result.samples
        ],
        "dropped": [[table, check, rows] for (table, check), rows in result.dropped.items()],
        "notes": result.notes,
        "documents": result.documents,
    }


def _result_from_json(collector: str, data: dict[str, Any]) -> Result:
    return Result(
        collector=collector,
        at=instant(data["at"]),
        ended=instant(data["ended"]),
        duration=data["duration"],
        samples=tuple(_sample(*sample) for sample in data["samples"]),
        dropped={(table, check): rows for table, check, rows in data["dropped"]},
        notes=tuple(Note(*note) for note in data["notes"]),
        documents=data["documents"],
    )


def micros(moment: datetime) -> int:
    """Return an instant as the state file has it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def instant(since_epoch: int) -> datetime:
    """Read an instant back."""
    return EPOCH + timedelta(microseconds=since_epoch)
