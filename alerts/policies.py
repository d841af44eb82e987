"""What becomes of alerts whose source is unknown, or whose series are gone though it answered (docs/alerting.md)."""

from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Literal

from alerts.rules import NO_TIME

# A collector is unknown if its latest run failed, or only once its values are too old.
When = Literal["failed", "stale"]


@dataclass(frozen=True, slots=True)
class Policy:
    """Whether alerts are held. `max_hold` 0 is until the source answers; `keep_last` 0 is not at all."""

    hold: bool = True
    when: When = "failed"
    max_hold: timedelta = NO_TIME
    keep_last: timedelta = NO_TIME


@dataclass(frozen=True, slots=True)
class Override:
    """Another policy for rules whose group and name match these globs."""

    group: str
    alert: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy of every rule: that of the first override that matches, otherwise the default."""

    default: Policy = Policy()
    overrides: tuple[Override, ...] = ()

    def of(self, group: str, rule: str) -> Policy:
        """Return the policy of a rule."""
        matching = (one for one in self.overrides if fnmatchcase(group, one.group) and fnmatchcase(rule, one.alert))
        return next((one.policy for one in matching), self.default)
