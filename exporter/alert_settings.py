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
    """The labels that a scrape would attach; the defaults are jobhive, and host:port of web.external_url."""

    labels: Mapping[LabelName, str] = {}


class UnknownSourceSection(Section):
    """What becomes of alerts whose source is unknown."""

    policy: Literal["hold", "resolve"] = "hold"
    when: When = "failed"
    max_hold: Duration = NO_TIME


class MissingSeriesSection(Section):
    """What becomes of alerts whose series are gone though the source answered."""

    policy: Literal["resolve", "keep_last"] = "resolve"
    at_most: Span = timedelta(minutes=15)


class OverrideSection(Section):
    """Other policies for some rules; what is not given is as for all others."""

    group: str = Field(default="*", min_length=1)
    alert: str = Field(default="*", min_length=1)
    unknown_source: UnknownSourceSection = UnknownSourceSection()
    missing_series: MissingSeriesSection = MissingSeriesSection()


class AlertsSection(Section):
    """The alert engine; `rule_files` are the shipped ones unless given, below the folder of config.yaml otherwise."""

    rule_files: tuple[Annotated[str, Field(min_length=1)], ...] | None = None
    target: TargetSection = TargetSection()
    external_labels: Mapping[LabelName, str] = {}
    drop_labels: tuple[LabelName, ...] = ("replica",)
    external_url: str | None = Field(default=None, pattern="^https?://")
    notify: bool = True
    persist: bool = True
    evaluation_interval: Span = MINUTE
    resend_delay: Duration = MINUTE
    outage_tolerance: Duration = HOUR
    error_resend: Duration = HOUR
    unsupported: Literal["error", "skip"] = "error"
    min_prometheus: str = Field(default="2.42", pattern=r"^[0-9]+\.[0-9]+$")
    unknown_source: UnknownSourceSection = UnknownSourceSection()
    missing_series: MissingSeriesSection = MissingSeriesSection()
    overrides: tuple[OverrideSection, ...] = ()
    alertmanagers: Alertmanagers = ()
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
