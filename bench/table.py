"""What a benchmark found, one row for each figure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Row(NamedTuple):
    """A figure of ours and of the peer, in one unit; `peer` is None where the peer has nothing of the kind."""

    what: str
    unit: str
    ours: float
    peer: float | None = None


def printed(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a table, each as soon as it is known."""
    yield f"{'':58}{'ours':>12}{'peer':>12}{'ours ÷ peer':>14}"
    for row in rows:
        peer = "" if row.peer is None else f"{row.peer:,.4g}"
        ratio = f"{row.ours / row.peer:,.3g}" if row.peer else ""
        yield f"{f'{row.what} [{row.unit}]':58}{f'{row.ours:,.4g}':>12}{peer:>12}{ratio:>14}"
