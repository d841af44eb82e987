"""lint.yaml: where a rule does not hold, and why; in the format of grafana/dashboard-linter."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field

from dashboards.lint.problems import Problem

FILE = Path(__file__).parent.parent / "lint.yaml"


class Finding(NamedTuple):
    """What a rule says of the dashboard of this title."""

    rule: str
    dashboard: str
    problem: Problem

    def __str__(self) -> str:
        """Say it to people."""
        return f"{self.dashboard}: {self.problem.text} ({self.rule})"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Entry(_Strict):
    """A place; what is not given is any."""

    dashboard: str | None = None
    panel: str | None = None
    target: int | None = Field(default=None, alias="targetIdx")
    reason: str | None = None

    def covers(self, finding: Finding) -> bool:
        """Tell whether something stands at the place; titles are compared whole."""
        wanted = (self.dashboard, self.panel, self.target)
        found = (finding.dashboard, finding.problem.panel, finding.problem.target)
        return all(want in (None, have) for want, have in zip(wanted, found, strict=True))


class Exclusion(_Strict):
    """Where a rule does not hold; without entries it is nowhere."""

    reason: str = Field(min_length=1)
    entries: tuple[Entry, ...] = (Entry(),)


class Exclusions(_Strict):
    """The file: exclusions by rule."""

    exclusions: Mapping[str, Exclusion]


def read(path: Path = FILE) -> Exclusions:
    """Read the file; pydantic's ValidationError says what is wrong with it."""
    return Exclusions.model_validate(yaml.safe_load(path.read_text()))


def left(findings: Iterable[Finding], given: Exclusions) -> list[Finding]:
    """Return what is not excluded."""
    return [finding for finding in findings if not _covering(finding, given)]


def idle(findings: Sequence[Finding], given: Exclusions, rules: Collection[str]) -> list[str]:
    """Say which exclusions exclude nothing: they would hide what comes later."""
    found = [f"there is no rule {rule}" for rule in given.exclusions if rule not in rules]
    for rule, exclusion in given.exclusions.items():
        for number, entry in enumerate(exclusion.entries, 1):
            if rule in rules and not any(finding.rule == rule and entry.covers(finding) for finding in findings):
                found.append(f"entry {number} of {rule} excludes nothing: remove it")
    return [f"{FILE.name}: {text}" for text in found]


def _covering(finding: Finding, given: Exclusions) -> bool:
    exclusion = given.exclusions.get(finding.rule)
    return exclusion is not None and any(entry.covers(finding) for entry in exclusion.entries)
