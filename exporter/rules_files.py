"""Rule files for the commands: which there are, what is in them, and what each rule depends on."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from alerts import rulefile
from alerts.durations import written
from alerts.owners import lacking, owners
from alerts.rulefile import ONLY_PROMETHEUS, Problem, RuleFile, Terms, Version
from alerts.rules import AlertingRule, Group, Rule
from alerts.templates import compile_template
from exporter import rule_catalogue
from exporter.config import Config
from exporter.model import ExporterError

OLDEST: Version = (2, 42)
PROBLEMS = 1


class RulesError(ExporterError):
    """Files that cannot be read at all."""


class Read(NamedTuple):
    """A file with what was read in it."""

    path: Path
    source: bytes
    content: RuleFile

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with it; what Prometheus alone can evaluate is right in a file for Prometheus alone."""
        for problem in sorted(self.content.problems):
            if not (problem.unsupported and self.path.name.endswith(ONLY_PROMETHEUS)):
                yield problem

    def told(self) -> list[str]:
        """Return the problems as lines."""
        return [f"{self.path}:{problem.place}: {problem.text}" for problem in self.problems()]


def terms(min_prometheus: Version = OLDEST) -> Terms:
    """Return the terms under which files are read that no configuration speaks of."""
    return Terms(partial(compile_template, min_prometheus=min_prometheus), min_prometheus=min_prometheus)


def read(paths: Sequence[Path], under: Terms) -> list[Read]:
    """Read rule files; raises RulesError if one is not there."""
    sources = [(path, contents(path)) for path in paths]
    return [Read(path, source, rulefile.read(str(path), source, under)) for path, source in sources]


def version(text: str) -> Version:
    """Read a version like 2.42; ValueError if it is none."""
    major, dot, minor = text.partition(".")
    if not (dot and major.isdecimal() and minor.isdecimal()):
        raise ValueError(f"{text!r} is not a version; write for example 2.42")
    return int(major), int(minor)


def oldest(config: Config | None) -> Version:
    """Return the oldest Prometheus that reads the files of a configuration too."""
    return config.alerts.oldest_prometheus if config else OLDEST


def listing(groups: Sequence[Group], config: Config | None) -> Iterator[str]:
    """Yield groups, and of each rule when it fires and the collectors it depends on."""
    needed, every = owners(groups, rule_catalogue.known(config)), rule_catalogue.catalogue()
    without = lacking(groups, rule_catalogue.catalogue(config), every) if config else {}
    for group in groups:
        yield f"{group.file}: group {group.name}, every {written(group.interval)}"
        for place, rule in enumerate(group.rules):
            collectors = ", ".join(sorted(needed[group.id, place])) or "nothing but the daemon"
            missing = sorted(without.get((group.id, place), ()))
            inactive = f"; inactive without {', '.join(missing)}" if missing else ""
            yield f"  {_headline(rule)}: depends on {collectors}{inactive}"


def contents(path: Path) -> bytes:
    """Return what is in a file; raises RulesError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RulesError(f"{path}: the file cannot be read: {error.strerror}; check its path") from None


def _headline(rule: Rule) -> str:
    if isinstance(rule, AlertingRule):
        return f"alert {rule.name}, after {written(rule.hold_for)}"
    return f"record {rule.name}"
