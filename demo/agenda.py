"""Changes of the database, each with its instant: what a finished row looked like on its way there."""

from functools import cache
from typing import Any, NamedTuple, get_args, get_type_hints

from demo.rows import (
    Activity,
    Application,
    Assessment,
    Enrolment,
    Instant,
    Recommendation,
    Row,
    Sentiment,
    Session,
    StageEvent,
    User,
    UserSession,
)

# A running interview tells how far it is this often.
PROGRESS_SECONDS = 30
# The instant since which a row is there.
BORN: dict[type[Row], str] = {
    User: "date_joined",
    Activity: "recorded_at",
    UserSession: "started_at",
    Session: "created_at",
    Sentiment: "created_at",
    Assessment: "created_at",
    Recommendation: "created_at",
    Enrolment: "started_at",
    Application: "created_at",
    StageEvent: "occurred_at",
}
# Instants that are filled in later, each with what comes along with it and what stood there before.
LATER: dict[type[Row], dict[str, dict[str, object]]] = {
    User: {"email_verified_at": {"is_verified": False}, "deleted_at": {"is_active": True}},
    Sentiment: {"human_validated_at": {"human_label": None, "audit_sample": False}},
    Assessment: {
        "human_validated_at": {
            "human_validated": False,
            "human_score": None,
            "human_agrees": None,
            "audit_sample": False,
        }
    },
    Recommendation: {"shown_at": {}, "accepted_at": {}, "dismissed_at": {}, "rated_at": {"rating": None}},
    Enrolment: {"completed_at": {}},
}


class Added(NamedTuple):
    """A new row."""

    row: Any


class Changed(NamedTuple):
    """New values in a row that is there."""

    kind: type[Row]
    id: int
    values: dict[str, Any]


Change = Added | Changed


class Entry(NamedTuple):
    """A change that is due at an instant."""

    at: int
    change: Change


@cache
def instants(kind: type[Row]) -> frozenset[str]:
    """The columns of a table that hold an instant."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if Instant in (hint, *get_args(hint)))


def difference(before: Any, after: Any) -> Changed:
    """What has to be written so that one version of a row becomes the other."""
    names = type(after)._fields
    values = {name: new for name, old, new in zip(names, before, after, strict=True) if old != new}
    return Changed(type(after), after.id, values)


def unfold(row: Any) -> list[Entry]:
    """How a row comes to be: it is added, and then changed until it is as given."""
    first, *rest = _versions(row)
    entries = [Entry(first[0], Added(first[1]))]
    before = first[1]
    for at, version in rest:
        entries.append(Entry(at, difference(before, version)))
        before = version
    return entries


def _versions(row: Any) -> list[tuple[int, Any]]:
    if isinstance(row, Session):
        return _stages(row)
    if isinstance(row, UserSession):
        return [(row.started_at, row._replace(last_seen_at=row.started_at)), (row.last_seen_at, row)]
    born = getattr(row, BORN[type(row)])
    later = LATER.get(type(row), {})
    coming = {at for name in later if (at := getattr(row, name)) is not None and at > born}
    return [(at, _as_of(row, at, later)) for at in sorted({born} | coming)]


def _as_of(row: Any, at: int, later: dict[str, dict[str, object]]) -> Any:
    for name, before in later.items():
        instant = getattr(row, name)
        if instant is not None and instant > at:
            row = row._replace(**{name: None}, **before)
    return row


def _stages(row: Session) -> list[tuple[int, Session]]:
    """An interview is agreed, begins, goes on and ends; or it does not take place."""
    invited = row._replace(
        status="scheduled",
        start_time=None,
        end_time=None,
        duration=None,
        completion_percentage=None,
        technical_accuracy=None,
        behavioral_score=None,
        ended_reason=None,
        updated_at=row.created_at,
    )
    versions = [(row.created_at, invited)]
    if row.start_time is not None and row.end_time is not None:
        span, reached = row.end_time - row.start_time, row.completion_percentage or 0.0
        for at in range(row.start_time, row.end_time, PROGRESS_SECONDS):
            share = round((at - row.start_time) / span * reached, 1)
            under_way = invited._replace(
                status="in_progress", start_time=row.start_time, completion_percentage=share, updated_at=at
            )
            versions.append((at, under_way))
    if row.end_time is not None:
        versions.append((row.end_time, row))
    return versions
