"""Which rules somebody asks for, and in which portions, as in Prometheus 3. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from alerts.manager import Standing
from alerts.promql.selectors import Selector
from alerts.rules import AlertingRule, Group, Rule
from exporter.web.prometheus import rules
from exporter.web.prometheus.answers import BadParameter
from exporter.web.prometheus.parameters import Form, first, selectors, truth, whole
from exporter.web.prometheus.rules import Json

KINDS = ("", "alert", "record")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for; what is empty excludes nothing, and a `limit` of 0 is none."""

    kind: str = ""
    names: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    selectors: tuple[Selector, ...] = ()
    with_alerts: bool = True
    limit: int = 0
    token: str = ""

    @classmethod
    def of(cls, form: Form) -> "Choice":
        """Read what is asked for; raises BadParameter."""
        kind = first(form, "type").lower()
        if kind not in KINDS:
            raise BadParameter("type", f'not supported value "{kind}"')
        return cls(
            kind=kind,
            names=frozenset(form.get("rule_name[]", ())),
            groups=frozenset(form.get("rule_group[]", ())),
            files=frozenset(form.get("file[]", ())),
            selectors=tuple(selectors(form, "match[]")),
            with_alerts=not truth(form, "exclude_alerts"),
            limit=_limit(form),
            token=first(form, "group_next_token"),
        )

    def answer(self, groups: Iterable[Standing]) -> Json:
        """Return the groups with the rules that are asked for; those without any are left out."""
        following = [one for one in self._following(rules.in_order(groups)) if self._has(one.group)]
        shown = [(one, chosen) for one in following if (chosen := list(self._rules(one)))]
        portion = shown[: self.limit] if self.limit else shown
        more = {"groupNextToken": token(shown[self.limit][0].group)} if len(portion) < len(shown) else {}
        return {"groups": [rules.group(one, chosen) for one, chosen in portion], **more}

    def _following(self, groups: Sequence[Standing]) -> Sequence[Standing]:
        """Return the groups from the one on at which the previous portion ended."""
        if not self.token:
            return groups
        found = list(dropwhile(lambda one: token(one.group) != self.token, groups))
        if not found:
            raise BadParameter(
                "group_next_token", f"invalid group_next_token '{self.token}'. were rule groups changed?"
            )
        return found

    def _has(self, group: Group) -> bool:
        return (not self.groups or group.name in self.groups) and (not self.files or group.file in self.files)

    def _rules(self, standing: Standing) -> Iterator[Json]:
        states = zip(standing.group.rules, standing.state.rules, standing.lacking, strict=True)
        for rule, state, lacking in states:
            if not self._has_rule(rule):
                continue
            if isinstance(rule, AlertingRule):
                yield rules.alerting(rule, state, lacking, with_alerts=self.with_alerts)
            else:
                yield rules.recording(rule, state, lacking)

    def _has_rule(self, rule: Rule) -> bool:
        if self.kind and (self.kind == "alert") != isinstance(rule, AlertingRule):
            return False
        if self.names and rule.name not in self.names:
            return False
        return not self.selectors or any(_fits(rule, selector) for selector in self.selectors)


def token(group: Group) -> str:
    """Return what a portion that begins with a group is asked for with; the same as in Prometheus."""
    return hashlib.sha1(f"{group.file};{group.name}".encode(), usedforsecurity=False).hexdigest()


def _fits(rule: Rule, selector: Selector) -> bool:
    """Tell whether the labels that a rule has in its file fit; they have no name of a metric."""
    return not selector.name and all(one.matches(rule.labels.get(one.label, "")) for one in selector.matchers)


def _limit(form: Form) -> int:
    try:
        limit = whole(form, "group_limit")
    except ValueError:
        limit = 0
    if limit is not None and limit <= 0:
        raise BadParameter("group_limit", "group_limit needs to be a whole number greater than 0")
    if limit is None and first(form, "group_next_token"):
        raise BadParameter("group_next_token", "group_limit needs to be present in order to paginate over the groups")
    return limit or 0
