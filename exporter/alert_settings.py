"""The section `alerts` of config.yaml: which rules run, what their alerts are called, and who is told."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from alerts.policies import Override, Policies, Policy, When
from alerts.rulefile import Version
from alerts.rules import NO_TIME
from collectors.base import Duration
from collectors.custom_sql.options import LabelName
from exporter.alertmanager_settings import Alertmanagers, FallbackSection
from exporter.section import Section, Span

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class TargetSection(Section):
    """The labels that a scrape would attach."""

    labels: Mapping[LabelName, str] = {}
    """Default: `job` jobhive, and `instance` host:port of `web.external_url`, or else of the first address."""


class UnknownSourceSection(Section):
    """What becomes of alerts whose source is unknown."""

    policy: Literal["hold", "resolve"] = "hold"
    """`hold` neither starts nor ends them; `resolve` is what Prometheus does."""
    when: When = "failed"
    """`stale`: a failed run is not yet ignorance, only values that are too old."""
    max_hold: Duration = NO_TIME
    """After this the rule is evaluated as if the source were empty; `0s` holds for ever."""


class MissingSeriesSection(Section):
    """What becomes of alerts whose series are gone though the source answered."""

    policy: Literal["resolve", "keep_last"] = "resolve"
    """`keep_last` keeps them for a while."""
    at_most: Span = timedelta(minutes=15)
    """How long `keep_last` does."""


class OverrideSection(Section):
    """Other policies for some rules; what is not given is as for all others."""

    group: str = Field(default="*", min_length=1)
    """The name of a group of rules; `*` is each."""
    alert: str = Field(default="*", min_length=1)
    """The name of an alert; `*` is each."""
    unknown_source: UnknownSourceSection = UnknownSourceSection()
    missing_series: MissingSeriesSection = MissingSeriesSection()


class AlertsSection(Section):
    """The alert engine."""

    rule_files: tuple[Annotated[str, Field(min_length=1)], ...] | None = None
    """Patterns below the folder of config.yaml, such as `rules/*.rules.yml`; default: the shipped ones; `[]` is
    none."""
    target: TargetSection = TargetSection()
    external_labels: Mapping[LabelName, str] = {}
    """Put on every alert that leaves, as in prometheus.yml."""
    drop_labels: tuple[LabelName, ...] = ("replica",)
    """What tells replicas apart, which Alertmanager must not see."""
    external_url: str | None = Field(default=None, pattern="^https?://")
    """Where links to an expression lead: a Prometheus, for example; default: `web.external_url`."""
    notify: bool = True
    """`false`: evaluate and show only, because Prometheus pages."""
    persist: bool = True
    """Alerts survive a restart."""
    evaluation_interval: Span = MINUTE
    """Of groups that name none."""
    resend_delay: Duration = MINUTE
    """An alert is told again after this."""
    outage_tolerance: Duration = HOUR
    """After a longer one nobody knows what became of alerts: they are dropped."""
    error_resend: Duration = HOUR
    """A rule that fails speaks for its alerts this long; `0s` not at all, as in Prometheus."""
    unsupported: Literal["error", "skip"] = "error"
    """`skip` leaves out rules that Prometheus alone can evaluate."""
    min_prometheus: str = Field(default="2.42", pattern=r"^[0-9]+\.[0-9]+$")
    """The oldest Prometheus that reads the rule files too."""
    unknown_source: UnknownSourceSection = UnknownSourceSection()
    missing_series: MissingSeriesSection = MissingSeriesSection()
    overrides: tuple[OverrideSection, ...] = ()
    """The first that matches wins."""
    alertmanagers: Alertmanagers = ()
    """Every one gets every alert; never one address for several."""
    fallback: FallbackSection | None = None

    @field_validator("fallback")
    @classmethod
    def _has_what_it_stands_in_for(cls, given: FallbackSection | None, info: ValidationInfo) -> FallbackSection | None:
        if given and info.data.get("alertmanagers") == ():
            raise ValueError(
                "it is told only while no Alertmanager can be reached, and alerts.alertmanagers is empty; "
                "name Alertmanagers there, or remove it"
            )
        return given

    @property
    def oldest_prometheus(self) -> Version:
        """Return the oldest Prometheus that reads the rule files too."""
        major, minor = map(int, self.min_prometheus.split("."))
        return major, minor

    @property
    def policies(self) -> Policies:
        """Return the policy of every rule."""
        return Policies(
            _policy(self.unknown_source, self.missing_series),
            tuple(
                Override(
                    group=one.group,
                    alert=one.alert,
                    policy=_policy(
                        self.unknown_source.model_copy(update=_given(one.unknown_source)),
                        self.missing_series.model_copy(update=_given(one.missing_series)),
                    ),
                )
                for one in self.overrides
            ),
        )


def _given(section: Section) -> dict[str, object]:
    return {name: getattr(section, name) for name in section.model_fields_set}


def _policy(unknown: UnknownSourceSection, missing: MissingSeriesSection) -> Policy:
    return Policy(
        hold=unknown.policy == "hold",
        when=unknown.when,
        max_hold=unknown.max_hold,
        keep_last=missing.at_most if missing.policy == "keep_last" else NO_TIME,
    )
