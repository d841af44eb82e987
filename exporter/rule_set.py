"""Configuration → the rules in force and their terms, or every problem of every rule file at once."""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from glob import glob, has_magic
from pathlib import Path
from urllib.parse import urlsplit

import alerts
from alerts import rulefile
from alerts.delivery.endpoint import PORTS
from alerts.owners import lacking
from alerts.rounds import Terms
from alerts.rulefile import ONLY_PROMETHEUS, Problem
from alerts.rules import Group
from alerts.sending import Sending
from alerts.templates import compile_template
from alerts.yaml_source import START
from exporter.config import Config, ConfigError
from exporter.rule_catalogue import catalogue

SHIPPED = str(Path(alerts.__file__).parent / "rules" / "*.rules.yml")


class RulesError(ConfigError):
    """Rule files or Alertmanagers cannot be used."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The groups of all rule files, what their rounds and messages have in common, and what is to be told of them.

    `target` are the labels that a scrape would attach to every sample.
    """

    groups: tuple[Group, ...]
    terms: Terms
    sending: Sending
    target: Mapping[str, str]
    warnings: tuple[str, ...]

    @property
    def inactive(self) -> Iterator[str]:
        """Yield which rules have nothing to ask, by the collectors that are not configured."""
        rules = {(group.id, place): rule.name for group in self.groups for place, rule in enumerate(group.rules)}
        by_collectors: dict[tuple[str, ...], list[str]] = {}
        for id_, collectors in self.terms.lacking.items():
            by_collectors.setdefault(tuple(sorted(collectors)), []).append(rules[id_])
        for needed, names in sorted(by_collectors.items()):
            yield f"inactive without {', '.join(needed)}: {', '.join(names)}"


def load(config: Config) -> RuleSet:
    """Read the rule files of a configuration; raises RulesError."""
    section, problems, warnings, groups = config.alerts, list[str](), list[str](), list[Group]()
    skip = section.unsupported == "skip"
    compile_ = partial(compile_template, min_prometheus=section.oldest_prometheus)
    under = rulefile.Terms(compile_, section.evaluation_interval, section.oldest_prometheus)
    for path in _found(config, problems, warnings):
        content = _read(path, under)
        left_out = [one for one in content.problems if one.unsupported and skip]
        warnings += [f"{path}:{one.place}: {one.text}" for one in sorted(left_out)]
        problems += [f"{path}:{one.place}: {one.text}" for one in sorted(set(content.problems) - set(left_out))]
        groups += content.groups
    problems += _twice(groups)
    if problems:
        raise RulesError(problems)
    instance, url = _address(config)
    url, configured = section.external_url or url, catalogue(config)
    terms = Terms(
        catalogue=configured,
        policies=section.policies,
        external_labels=section.external_labels,
        external_url=url,
        lacking=lacking(groups, configured, catalogue()),
    )
    sending = Sending(section.external_labels, section.drop_labels, url, section.resend_delay, section.error_resend)
    target = {"job": "jobhive", "instance": instance, **section.target.labels}
    return RuleSet(tuple(groups), terms, sending, target, tuple(warnings))


def files(config: Config) -> list[Path]:
    """Return the rule files that the daemon reads; raises RulesError if there are none."""
    problems, warnings = list[str](), list[str]()
    found = _found(config, problems, warnings)
    if problems or not found:
        nothing = [f"{config.path}: alerts.rule_files is empty; name files to be checked"]
        raise RulesError([*problems, *warnings] or nothing)
    return found


def _found(config: Config, problems: list[str], warnings: list[str]) -> list[Path]:
    """Return the files, each once, without those that are for Prometheus only."""
    given, found = config.alerts.rule_files, dict[Path, None]()
    for number, pattern in enumerate((SHIPPED,) if given is None else given):
        # Path.glob takes no absolute pattern.
        names = sorted(glob(pattern, root_dir=config.path.parent))  # noqa: PTH207
        paths = [config.path.parent / name for name in names]
        if not paths:
            place = f"{config.path}: alerts.rule_files.{number}: no file is called {pattern}"
            missing = warnings if has_magic(pattern) else problems
            missing.append(f"{place} below {config.path.parent.absolute()}; correct it, or remove it")
        found |= {path: None for path in paths if not path.name.endswith(ONLY_PROMETHEUS)}
    return list(found)


def _read(path: Path, under: rulefile.Terms) -> rulefile.RuleFile:
    try:
        source = path.read_bytes()
    except OSError as error:
        return rulefile.RuleFile((), (Problem(START, f"the file cannot be read: {error.strerror}; check its path"),))
    return rulefile.read(str(path), source, under)


def _twice(groups: list[Group]) -> Iterator[str]:
    """Yield the groups that the state file could not tell apart."""
    first: dict[tuple[str, str], str] = {}
    for group in groups:
        if (other := first.setdefault(group.id, group.file)) != group.file:
            yield f'{group.file}:{START}: group "{group.name}" is in {other} too, a file of the same name; rename one'


def _address(config: Config) -> tuple[str, str]:
    """Return host:port under which others reach this page, and its URL."""
    if url := config.web.external_url:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port or PORTS[parts.scheme]}", url
    host, _, port = config.web.listen_addresses[0].rpartition(":")
    address = f"{host or socket.gethostname()}:{port}"
    return address, f"http://{address}"
