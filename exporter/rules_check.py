"""The command `rules check`: all that is wrong with rule files, as Prometheus and as our lint see it."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from alerts import lint
from alerts.lint import knowledge
from alerts.lint.findings import Level
from alerts.lint.knowledge import Knowledge
from alerts.rulefile import Version
from alerts.rules import Group
from alerts.yaml_source import Place
from exporter import rule_catalogue, rules_files
from exporter.colour import Colour, painted
from exporter.config import Config
from exporter.rules_files import OLDEST, PROBLEMS, Read

# The boards of dashboards/; their uids are the last part of their addresses.
DASHBOARDS = frozenset(
    f"jobhive-{board}"
    for board in (
        *("business", "revenue", "engagement", "interviews", "ai-quality", "ai-realtime", "system", "cost"),
        "exporter",
    )
)


COLOURS = {level: Colour.WARNING if level is Level.WARNING else Colour.ERROR for level in Level}


@dataclass(frozen=True, slots=True)
class Terms:
    """How files are checked: `strict` makes warnings problems; without `config` all collectors are looked at."""

    config: Config | None = None
    min_prometheus: Version = OLDEST
    strict: bool = False


class Line(NamedTuple):
    """What is wrong in a place of a file."""

    place: Place
    text: str
    level: Level


def check(paths: Sequence[Path], terms: Terms) -> int:
    """Print what is wrong with files, what their rules depend on, and how much there is of both."""
    files = rules_files.read(paths, rules_files.terms(terms.min_prometheus))
    groups = [group for file in files for group in file.content.groups]
    found = [line for file, lines in _lines(files, groups, terms) for line in _told(file, lines)]
    for level, text in found:
        print(painted(text, COLOURS[level], sys.stderr), file=sys.stderr)
    for text in rules_files.listing(groups, terms.config):
        print(text)
    warnings = sum(level is Level.WARNING for level, _ in found)
    rules, problems = sum(len(group.rules) for group in groups), len(found) - warnings
    code = PROBLEMS if problems or (terms.strict and warnings) else 0
    summary = f"{len(files)} files, {rules} rules, {problems} problems, {warnings} warnings"
    print(painted(summary, Colour.ERROR if code else Colour.SUCCESS, sys.stdout))
    return code


def _lines(files: Sequence[Read], groups: Sequence[Group], terms: Terms) -> Iterator[tuple[Read, list[Line]]]:
    known = _knowledge(groups, {file.path.parent for file in files}, terms.config)
    for file in files:
        text = file.source.decode(errors="replace")
        lines = [Line(one.place, one.text, Level.ERROR) for one in file.problems()]
        for group in file.content.groups:
            found = lint.findings(group, text, known[file.path.parent])
            lines += [Line(one.place, str(one), one.level) for one in found]
        yield file, lines


def _told(file: Read, lines: Sequence[Line]) -> Iterator[tuple[Level, str]]:
    return ((line.level, f"{file.path}:{line.place}: {line.text}") for line in sorted(lines))


def _knowledge(groups: Sequence[Group], folders: set[Path], config: Config | None) -> Mapping[Path, Knowledge]:
    catalogue = rule_catalogue.known(config)
    owners = {family.name: name for name, families in catalogue.families.items() for family in families}
    families, recorded, first = rule_catalogue.by_name(catalogue), knowledge.recorded(groups), knowledge.first(groups)
    external = frozenset(config.alerts.external_labels if config else ())
    return {
        folder: Knowledge(families, owners, recorded, first, _runbooks(folder), DASHBOARDS, external)
        for folder in folders
    }


def _runbooks(folder: Path) -> frozenset[str] | None:
    """Return the names of the runbooks beside a folder of rules, None if there is no folder of them."""
    runbooks = folder.parent / "runbooks"
    return frozenset(page.stem for page in runbooks.glob("*.md")) if runbooks.is_dir() else None
