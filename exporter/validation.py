"""The data of config.yaml → the checked tree, and everything that is wrong with it (pure)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from itertools import islice, pairwise, takewhile
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from collectors import custom_sql, system
from collectors.system.plan import requests_per_hour
from exporter import queries
from exporter.bill import Bill, aws_bill, beyond_budget, key_problems
from exporter.health import DEFINITION
from exporter.registry import READS, SNAPSHOT, modules
from exporter.secrets import Redactor
from exporter.settings import CollectorSection, Root, ScheduleSection
from exporter.triggers import cron, firings
from exporter.yaml_file import Document, Key, KeyPath, Problem

# What pydantic adds to a location where the name of a key is wrong, not its value.
KEY = "[key]"
SOURCES = ("database", "datadog")
CRON_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
CRON_FIRINGS, YEAR = 1000, timedelta(days=366)
Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], data: dict[str, Any], document: Document, problems: list[Problem]) -> Model:
    """Validate until nothing new turns up: one mistake must not hide another that is only seen in sound data.

    What is wrong is noted and taken out, so that its default stands in for it. Always ends, as data shrink.
    """
    while True:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            found = _innermost(error.errors(include_url=False, include_input=False))
            paths = [_path_in(data, item["loc"]) for item in found]
            for item, path in zip(found, paths, strict=True):
                if not any(item["loc"][: len(known.path)] == known.path for known in problems if known.path):
                    problems.append(_problem(model, item["type"], item["msg"], path, item["loc"], document))
            removed = [_remove(data, path) for path in set(paths)]
            if not any(removed):
                data.clear()


def _innermost(found: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out what is only wrong because something in it is: a list without its bad items is too short."""
    locations = [item["loc"] for item in found]
    return [item for item in found if not any(loc[:-1] == item["loc"] for loc in locations)]


def _path_in(data: Any, loc: tuple[Any, ...]) -> KeyPath:
    """Return the part of a location that exists in the data: pydantic appends names of types, and missing keys."""
    path: list[Any] = []
    for step in loc:
        if not (isinstance(data, dict) and step in data) and not (isinstance(data, list) and isinstance(step, int)):
            break
        data = data[step]
        path.append(step)
    return tuple(path)


def _remove(data: Any, path: KeyPath) -> bool:
    """Take a value out; tell whether it was there."""
    # A list goes as a whole: what is left of it might break another rule.
    path = tuple(takewhile(lambda step: not isinstance(step, int), path))
    if not path:
        return False
    for step in path[:-1]:
        data = data.get(step, {})
    return data.pop(path[-1], path) is not path


def _problem(
    model: type[BaseModel], kind: str, message: str, path: KeyPath, loc: KeyPath, document: Document
) -> Problem:
    """Say in our words what pydantic found; its own message may say what was expected, never what was given."""
    if kind == "missing":
        return Problem(document.place(path), loc, "is missing; add it")
    if kind == "extra_forbidden":
        close = get_close_matches(str(path[-1]), _keys_at(model, path[:-1]), 1)
        mend = f"did you mean {close[0]}?" if close else "remove it, or correct its name"
        return Problem(document.place(path, key=True), path, f"unknown key; {mend}")
    if loc[-1] == KEY:
        text = message.removeprefix("Value error, ").replace("String", "the name")
        return Problem(document.place(path, key=True), loc, text)
    text = message.removeprefix("Value error, ").removeprefix("Input ")
    return Problem(document.place(path), path, text[0].lower() + text[1:])


def _keys_at(model: Any, path: KeyPath) -> list[str]:
    """Return the keys that a section may have, none where it is not a section of ours."""
    named = False
    for step in path:
        # A name that somebody gave, of which all have the same keys.
        if named:
            named = False
            continue
        field = getattr(model, "model_fields", {}).get(step)
        options = getattr(field, "annotation", None)
        named = get_origin(options) is Mapping
        model = next((kind for kind in get_args(options) or [options] if hasattr(kind, "model_fields")), None)
    if named:
        return []
    return [field.alias or name for name, field in getattr(model, "model_fields", {}).items()]


def cross_checks(root: Root, document: Document) -> Iterator[Problem]:
    """Yield what is wrong between keys that are each fine."""
    for name, module in modules().items():
        section: CollectorSection = getattr(root.collectors, name)
        yield from _of_schedule(section, module.Collector.interval, ("collectors", name), root, document)
    for name, query in root.collectors.custom_sql.queries.items():
        path = (*queries.PATH, "queries", name)
        yield from _of_schedule(query, custom_sql.Collector.interval, path, root, document)
    yield from queries.problems(root, document)
    yield from _of_system(root, document)
    yield from _of_aws(root, document)
    yield from _exports(root, document)
    yield from _of_redis(root, document)
    yield from _of_reports(root, document)
    something = root.collectors.custom_sql.queries or any(is_enabled(name, root) for name in modules())
    if not something and not any((section,) in document.values for section in SOURCES):
        text = "is missing, so there is nothing to collect; add database: {url: !env DATABASE_URL}"
        yield Problem(document.place(()), ("database",), text)


def _of_system(root: Root, document: Document) -> Iterator[Problem]:
    """Yield what is wrong between the collector `system`, its source and custom queries."""
    section, path = root.collectors.system, ("collectors", "system")
    queries_of = {metric.removesuffix("_total"): name for name, metric in queries.metrics(root)}
    for name in section.options.gauges:
        if owner := queries_of.get(name):
            key: KeyPath = (*path, "options", "gauges", name)
            text = f"query {owner} of custom_sql has this metric already; choose another name"
            yield Problem(document.place(key, key=True), key, text)
    if root.datadog is None or not section.enabled:
        return
    period, budget = gap(section, system.Collector.interval, root.business.timezone), root.datadog.budget
    if (asked := requests_per_hour(section.options, period)) > budget.requests_per_hour:
        key = ("datadog", "budget", "requests_per_hour")
        mend = "raise it, or lengthen collectors.system.interval"
        text = f"is {budget.requests_per_hour}, less than the {asked} that collectors.system sends without any retry"
        yield Problem(document.place(key), key, f"{text}; {mend}")


def _of_aws(root: Root, document: Document) -> Iterator[Problem]:
    if root.aws is not None:
        yield from key_problems(root.aws, document)
        if found := aws_bill_of(root):
            yield from beyond_budget(root.aws, found, document)


def _exports(root: Root, document: Document) -> Iterator[Problem]:
    """Yield the families under `export` that are not JSON only."""
    every = {
        family.name: family
        for name, module in modules().items()
        for family in module.families(getattr(root.collectors, name).options)
    }
    every[DEFINITION.name] = DEFINITION
    hidden = [name for name, family in every.items() if not family.is_exposed]
    for index, name in enumerate(root.export):
        if name not in hidden:
            close = get_close_matches(name, hidden, 1)
            mend = f"did you mean {close[0]}?" if close else "docs/metrics.md marks those that are"
            text = "is on /metrics anyway; remove it" if name in every else f"no family that is JSON only; {mend}"
            yield Problem(document.place(("export", index)), ("export", index), text)


def _of_redis(root: Root, document: Document) -> Iterator[Problem]:
    """Yield the files of certificates that nothing uses."""
    if root.redis and not root.redis.url.tls:
        for key in ("ca_file", "cert_file", "key_file"):
            if getattr(root.redis, key):
                text = "is for TLS, which the URL does not ask for; write rediss:// in it, or remove this"
                yield Problem(document.place(("redis", key)), ("redis", key), text)
    if root.redis and root.redis.key_file and not root.redis.cert_file:
        text = "is a key without a certificate; add cert_file"
        yield Problem(document.place(("redis", "key_file")), ("redis", "key_file"), text)


def _of_reports(root: Root, document: Document) -> Iterator[Problem]:
    """Yield a report that nobody gets; one whose recipients are mistakes has been told of."""
    weekly, path = root.reports.weekly, ("reports", "weekly")
    if weekly and not weekly.recipients and weekly.folder is None and (*path, "recipients", 0) not in document.values:
        text = "has nobody who gets it; write recipients: [board@example.org], or folder: reports"
        yield Problem(document.place(path, key=True), path, text)


def _of_schedule(
    section: ScheduleSection, default: timedelta, path: KeyPath, root: Root, document: Document
) -> Iterator[Problem]:
    if section.interval and section.cron:
        yield Problem(document.place((*path, "cron"), key=True), path, "has interval and cron; keep one of them")
    deadline, period = section.deadline, gap(section, default, root.business.timezone)
    if deadline and deadline >= period:
        text = f"the deadline is not shorter than the time between runs ({spelled(period)}); shorten it"
        yield Problem(document.place((*path, "deadline")), (*path, "deadline"), text)
    if section.max_staleness and section.max_staleness < period:
        text = f"is shorter than the time between runs ({spelled(period)}); values would vanish between runs"
        yield Problem(document.place((*path, "max_staleness")), (*path, "max_staleness"), text)


def is_enabled(name: str, root: Root) -> bool:
    """Tell whether a collector runs: it is not switched off, and its source is configured, or what it reads runs."""
    if not getattr(root.collectors, name).enabled:
        return False
    source = modules()[name].Collector.source
    return (
        all(is_enabled(peer, root) for peer in READS[name]) if source == SNAPSHOT else getattr(root, source) is not None
    )


def aws_bill_of(root: Root) -> Bill | None:
    """Return what will be spent on AWS, None where nobody asks it."""
    if not is_enabled("cost", root):
        return None
    return aws_bill(root.collectors.cost, root.business.timezone)


def gap(section: ScheduleSection, default: timedelta, zone: ZoneInfo) -> timedelta:
    """Return the time between two runs; for a cron schedule the longest one."""
    if not section.cron:
        return section.interval or default
    # Counted on a clock without daylight saving; where the zone has it, one gap of the year is longer by the change.
    found = list(islice(firings(cron(section.cron, ZoneInfo("UTC")), CRON_EPOCH, CRON_EPOCH + 9 * YEAR), CRON_FIRINGS))
    longest = max((later - earlier for earlier, later in pairwise(found)), default=9 * YEAR)
    days = (CRON_EPOCH + day * timedelta(days=1) for day in range(366))
    offsets = {day.astimezone(zone).utcoffset() or timedelta(0) for day in days}
    return longest + max(offsets) - min(offsets)


def located(path: Path, document: Document, problems: list[Problem]) -> list[str]:
    """Write problems as lines of the form file:line:column: key: what; mend, in the order of the file."""
    redact = Redactor(document.secrets)
    ordered = sorted(problems, key=lambda problem: (problem.place, str(problem.path)))
    return [redact(f"{path}:{p.place.line}:{p.place.column}: {_dotted(p.path) or 'file'}: {p.text}") for p in ordered]


def _dotted(path: KeyPath) -> str:
    return ".".join(_printable(key) for key in path if key != KEY)


def _printable(key: Key) -> str:
    return str(key) if str(key).isprintable() else repr(key)


def spelled(span: timedelta) -> str:
    """Write a duration the way config.yaml does: 90s is 1m30s."""
    left, parts = span // timedelta(milliseconds=1), []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        amount, left = divmod(left, size)
        parts += [f"{amount}{unit}"] if amount else []
    return "".join(parts) or "0s"
