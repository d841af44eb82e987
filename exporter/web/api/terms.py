"""What of the configuration an answer depends on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from collectors.base import Database
from collectors.candidates.histories import Kind
from collectors.definitions import Definitions
from collectors.interviews.options import Options as InterviewOptions
from exporter.model import Snapshot


@dataclass(frozen=True, eq=False)
class Terms:
    """The terms at a moment; a reload makes new ones, which are others even if they say the same.

    `intervals` are those of the collectors, `currency` and `cost_currency` stand where the original document has no
    currency, `kind` is which interviews make a candidate's history, `interviews` has the stages of applications and the
    companies with figures of their own, `settle` shifts questions into the past.
    """

    definitions: Definitions
    intervals: Mapping[str, timedelta]
    currency: str = "USD"
    cost_currency: str = "USD"
    kind: Kind = "all"
    interviews: InterviewOptions = field(default_factory=InterviewOptions)
    settle: timedelta = timedelta(0)
    database: Database | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What an answer from memory is made of."""

    snapshot: Snapshot
    terms: Terms
