"""All checks, and what they find in a group.

A rule is spared one check by a comment in the lines above it, `# lint:ignore ID reason`.
"""

import re
from collections.abc import Iterator, Sequence

from alerts.lint import caution, dependence, matching, naming, selectors, style, templating
from alerts.lint.findings import Finding, Level, Subject, error, warning
from alerts.lint.knowledge import Knowledge
from alerts.rules import Group, Rule
from alerts.yaml_source import Place

IGNORE = re.compile(r"\s*# lint:ignore (\S+) \S")
CHECKS = (
    error("name", naming.name),
    error("severity", naming.severity),
    error("texts", naming.texts),
    error("texts", naming.links),
    error("comparison", caution.comparison),
    error("value-label", naming.value_label),
    warning("template", templating.template),
    error("series", selectors.series),
    error("window", selectors.window),
    error("impossible", matching.impossible),
    warning("matching", matching.matching),
    warning("fragile", caution.fragile),
    warning("style", style.style),
    warning("volume", caution.volume),
    error("depend", dependence.clashes),
    warning("depend", dependence.reads),
    error("aggregate", selectors.aggregate),
)


def findings(group: Group, source: str, known: Knowledge) -> list[Finding]:
    """Return what is wrong with a group, without what its comments spare."""
    lines = source.splitlines()
    first = Place(min((rule.line for rule in group.rules), default=1), 1)
    of_group = [f'group "{group.name}": {text}' for text in naming.of_group(group)]
    found = [Finding(first, Level.ERROR, "name", text) for text in of_group]
    for number, rule in enumerate(group.rules, 1):
        where = f'group "{group.name}", rule {number} "{rule.name}"'
        subject, spared = Subject(rule, group, known), set(_spared(lines, rule))
        found += [
            Finding(subject.place(fault.key), check.level, check.id, f"{where}: {fault.text}")
            for check in CHECKS
            if check.id not in spared
            for fault in dict.fromkeys(check.look(subject))
        ]
    return found


def _spared(lines: Sequence[str], rule: Rule) -> Iterator[str]:
    """Yield the checks that the comments directly above a rule name."""
    for line in reversed(lines[: rule.line - 1]):
        if not line.lstrip().startswith("#"):
            return
        if spare := IGNORE.match(line):
            yield spare[1]
