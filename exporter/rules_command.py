"""The commands `rules check`, `rules test` and `rules list`: rule files without a daemon; they open no connection."""

import sys
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from alerts import casefile, lint, rulefile
from alerts.casefile import CaseFile, CaseFileError
from alerts.durations import written
from alerts.owners import Catalogue, owners
from alerts.rulefile import RuleFile, Terms, Version
from alerts.rules import AlertingRule, Group, RecordingRule, Rule
from alerts.templates import compile_template
from alerts.trial import failures
from exporter import rule_catalogue
from exporter.model import ExporterError

OLDEST: Version = (2, 42)
PROBLEMS = 1


class RulesError(ExporterError):
    """Files that cannot be read at all."""


class Read(NamedTuple):
    """A file with what was read in it."""

    path: Path
    content: RuleFile


def terms(min_prometheus: Version = OLDEST) -> Terms:
    """Return the terms under which files are read that no configuration speaks of."""
    return Terms(partial(compile_template, min_prometheus=min_prometheus), min_prometheus=min_prometheus)


def read(paths: Sequence[Path], under: Terms) -> list[Read]:
    """Read rule files; raises RulesError if one is not there."""
    return [Read(path, rulefile.read(str(path), _bytes(path), under)) for path in paths]


def show(paths: Sequence[Path], min_prometheus: Version, catalogue: Catalogue) -> int:
    """Print the groups of files, and of each rule when it fires and the collectors it depends on."""
    files = read(paths, terms(min_prometheus))
    groups = [group for file in files for group in file.content.groups]
    needed = owners(groups, catalogue)
    for group in groups:
        print(f"{group.file}: group {group.name}, every {written(group.interval)}")
        for place, rule in enumerate(group.rules):
            collectors = ", ".join(sorted(needed[group.id, place])) or "nothing but the daemon"
            print(f"  {_headline(rule)}: depends on {collectors}")
    return _told(files)


def check(paths: Sequence[Path], min_prometheus: Version, families: Catalogue) -> int:
    """Print what is wrong with files, as Prometheus and as our lint see it, and what their rules depend on."""
    files = read(paths, terms(min_prometheus))
    groups = [group for file in files for group in file.content.groups]
    recorded = {rule.name for group in groups for rule in group.rules if isinstance(rule, RecordingRule)}
    known = {path.parent: _knowledge(path.parent, families, recorded) for path in paths}
    problems = []
    for path, content in files:
        source = path.read_text(errors="replace")
        found = [one for group in content.groups for one in lint.findings(group, source, known[path.parent])]
        lines = [(problem.place, problem.text) for problem in content.problems]
        lines += [(one.place, f"{one.text} ({one.id})") for one in found]
        problems += [f"{path}:{place}: {text}" for place, text in sorted(lines)]
    for line in problems:
        print(line, file=sys.stderr)
    rules = sum(len(group.rules) for group in groups)
    print(f"{len(files)} files, {rules} rules, {len(problems)} problems")
    return PROBLEMS if problems else 0


def _knowledge(folder: Path, families: Catalogue, recorded: Collection[str]) -> lint.Knowledge:
    runbooks = folder.parent / "runbooks"
    names = {page.stem for page in runbooks.glob("*.md")} if runbooks.is_dir() else None
    return lint.Knowledge(rule_catalogue.by_name(families), recorded, names)


def version(text: str) -> Version:
    """Read a version like 2.42; ValueError if it is none."""
    major, dot, minor = text.partition(".")
    if not (dot and major.isdecimal() and minor.isdecimal()):
        raise ValueError(f"{text!r} is not a version; write for example 2.42")
    return int(major), int(minor)


def test(paths: Sequence[Path]) -> int:
    """Run files of promtool's tests, and print as it does what differs; returns 1 if anything does."""
    failed = False
    for path in paths:
        print(f"Unit Testing:  {path}")
        problems = list(_trial(path))
        print("  SUCCESS" if not problems else "\n".join(["  FAILED:", *(f"    {one}" for one in problems)]))
        failed = failed or bool(problems)
    return PROBLEMS if failed else 0


def _trial(path: Path) -> Iterator[str]:
    try:
        file = casefile.read(_bytes(path))
    except CaseFileError as error:
        yield from (f"{path}:{place}: {text}" for place, text in error.problems)
        return
    groups, problems = _groups(path, file)
    yield from problems
    if problems:
        return
    for number, case in enumerate(file.cases, 1):
        for failure in failures(case, groups, file.evaluation_interval):
            yield f"{case.name or f'test {number}'}: {failure}"


def _groups(path: Path, file: CaseFile) -> tuple[list[Group], list[str]]:
    """Return the groups of the rule files, in the order in which they are to run, and what is wrong with them."""
    found = {one: None for pattern in file.rule_files for one in sorted(path.parent.glob(pattern))}
    files = read(list(found), terms())
    groups = [group for one in files for group in one.content.groups]
    order = {name: place for place, name in enumerate(file.group_order)}
    groups.sort(key=lambda group: order.get(group.name, 0))
    return groups, [line for one in files for line in one.content.told(str(one.path))]


def _headline(rule: Rule) -> str:
    if isinstance(rule, AlertingRule):
        return f"alert {rule.name}, after {written(rule.hold_for)}"
    return f"record {rule.name}"


def _told(files: Sequence[Read]) -> int:
    problems = [line for file in files for line in file.content.told(str(file.path))]
    for line in problems:
        print(line, file=sys.stderr)
    return PROBLEMS if problems else 0


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RulesError(f"{path}: the file cannot be read: {error.strerror}; check its path") from None
