"""The command `rules backtest`: when alerts would have fired over history."""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from time import monotonic

from alerts.durations import written
from alerts.promql import Samples
from alerts.promql.labels import written as written_labels
from alerts.replay import Course, Past, Replay, alerting, replay
from alerts.rounds import Terms
from alerts.rules import AlertingRule, Group
from exporter import history_files, rules_files
from exporter.colour import Colour, painted
from exporter.progress import Progress
from exporter.rules_files import PROBLEMS, RulesError

SECOND, MILLISECOND = timedelta(seconds=1), timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Order:
    """What to replay: rule files over files of history, from `start` on and before `end`.

    `step` replaces the intervals of groups, `lookback` the time for which a sample without a successor holds.
    """

    files: tuple[Path, ...]
    history: tuple[Path, ...]
    start: datetime
    end: datetime
    step: timedelta | None
    lookback: timedelta | None


def run(order: Order) -> int:
    """Print for each alerting rule when its alerts fired; returns 1 if a rule cannot be read, or fails."""
    if order.start >= order.end:
        raise RulesError("--from is not before --to; exchange them")
    files = rules_files.read(order.files, rules_files.terms())
    problems = [line for file in files for line in file.told()]
    for line in problems:
        _complain(line)
    if problems:
        return PROBLEMS
    groups = [_stepped(group, order.step) for file in files for group in file.content.groups]
    found = _replayed(order, groups)
    for line in _told(found, order):
        print(line)
    failing = [course for course in found.courses if course.failures]
    for course in failing:
        at = _instant(course.failed_at) if course.failed_at else ""
        text = f"fails in {course.failures} rounds, first at {at}: {course.error}"
        _complain(f"{course.group.file}:{course.rule.line}: {course.rule.name} {text}")
    return PROBLEMS if failing else 0


def _complain(line: str) -> None:
    print(painted(line, Colour.ERROR, sys.stderr), file=sys.stderr)


def _replayed(order: Order, groups: Sequence[Group]) -> Replay:
    past, whole = _past(order, groups), math.ceil((order.end - order.start) / SECOND)
    with Progress(sys.stderr, "seconds of history", 0, whole, monotonic) as progress:

        def watched(ts: datetime) -> Samples:
            progress.reach((ts - order.start) // SECOND)
            return past(ts)

        found = replay(groups, watched, order.start, order.end, Terms())
        progress.reach(whole)
    return found


def _stepped(group: Group, step: timedelta | None) -> Group:
    return group if step is None else replace(group, interval=step)


def _past(order: Order, groups: Sequence[Group]) -> Past:
    rules = [rule for group in groups for rule in group.rules]
    selectors = [selector for rule in rules for selector in rule.expression.selectors]
    # A text may ask for anything.
    asks = any("query" in text for rule in rules if isinstance(rule, AlertingRule) for text in rule.templates)

    @cache
    def wanted(name: str) -> bool:
        return asks or any(selector.could_match(name) for selector in selectors)

    histories = [history_files.read(path, wanted, order.lookback) for path in order.history]

    def past(ts: datetime) -> Samples:
        first, *others = (history.at(ts) for history in histories)
        for other in others:
            first = first | other
        return first

    return past


def _told(found: Replay, order: Order) -> Iterator[str]:
    courses = alerting(found.courses)
    for course in courses:
        total = sum(((one.until or order.end) - one.since for one in course.firing), timedelta())
        count = len(course.firing)
        told = f"fires {count} time{'s' if count > 1 else ''}, {_span(total)}" if course.firing else "never fires"
        missing = (
            "; none of its series is in the history" if course.rule.expression.selectors and not course.fetched else ""
        )
        yield f"{course.group.file}: {course.rule.name}: {told}{missing}"
        yield from _intervals(course, order.end)
    count = sum(len(course.firing) for course in courses)
    yield f"{len(courses)} alerting rules, {found.rounds} rounds of groups, {count} alerts fired"


def _intervals(course: Course, end: datetime) -> Iterator[str]:
    for one in course.firing:
        until = _instant(one.until) if one.until else "still firing            "
        took = _span((one.until or end) - one.since)
        yield f"  {_instant(one.since)}  {until}  {took:>10}  {written_labels(one.labels)}"


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _span(span: timedelta) -> str:
    return written(span // MILLISECOND * MILLISECOND)
