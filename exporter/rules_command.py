"""The commands `rules test` and `rules list`: rule files without a daemon; they open no connection."""

import sys
from collections.abc import Iterator, Sequence
from glob import glob
from pathlib import Path

from alerts import casefile
from alerts.casefile import CaseFile, CaseFileError
from alerts.rulefile import Version
from alerts.rules import Group
from alerts.trial import failures
from exporter import rules_files
from exporter.colour import Colour, painted
from exporter.config import Config
from exporter.rules_files import PROBLEMS


def show(paths: Sequence[Path], min_prometheus: Version, config: Config | None) -> int:
    """Print the groups of files, and of each rule when it fires and the collectors it depends on."""
    files = rules_files.read(paths, rules_files.terms(min_prometheus))
    for line in rules_files.listing([group for file in files for group in file.content.groups], config):
        print(line)
    problems = [line for file in files for line in file.told()]
    for line in problems:
        print(painted(line, Colour.ERROR, sys.stderr), file=sys.stderr)
    return PROBLEMS if problems else 0


def test(paths: Sequence[Path]) -> int:
    """Run files of promtool's tests, and print as it does what differs; returns 1 if anything does."""
    failed = False
    for path in paths:
        print(f"Unit Testing:  {path}")
        problems = list(_trial(path))
        print(_verdict(problems))
        failed = failed or bool(problems)
    return PROBLEMS if failed else 0


def _verdict(problems: Sequence[str]) -> str:
    if not problems:
        return painted("  SUCCESS", Colour.SUCCESS, sys.stdout)
    return painted("\n".join(["  FAILED:", *(f"    {one}" for one in problems)]), Colour.ERROR, sys.stdout)


def _trial(path: Path) -> Iterator[str]:
    try:
        file = casefile.read(rules_files.contents(path))
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
    # Path.glob takes no absolute pattern.
    names = (name for pattern in file.rule_files for name in sorted(glob(pattern, root_dir=path.parent)))  # noqa: PTH207
    found = {path.parent / name: None for name in names}
    files = rules_files.read(list(found), rules_files.terms())
    groups = [group for one in files for group in one.content.groups]
    order = {name: place for place, name in enumerate(file.group_order)}
    groups.sort(key=lambda group: order.get(group.name, 0))
    return groups, [line for one in files for line in one.told()]
