"""What may be chosen for the collector `interviews`."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from collectors.base import CollectorOptions, Duration

Share = Annotated[float, Field(ge=0, le=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PassOptions(_Frozen):
    """Which score decides whether a completed interview is passed, and from which value on."""

    dimension: Literal["technical", "behavioral", "completion"] = "technical"
    """Which score decides."""
    threshold: Share = 0.70
    """The share of the full score from which on it is passed."""


class CompanyOptions(_Frozen):
    """A company that gets series of its own."""

    id: int
    """Its id in the database."""
    label: Annotated[str, Field(min_length=1, max_length=100)]
    """What the label says."""


def _distinct(given: tuple[CompanyOptions, ...]) -> tuple[CompanyOptions, ...]:
    for values in ([company.id for company in given], [company.label for company in given]):
        for index, value in enumerate(values):
            if value in values[:index]:
                raise ValueError(f"{value!r} stands there twice; give each company one id and a label of its own")
    return given


def _stages(given: tuple[str, ...]) -> tuple[str, ...]:
    stages = tuple(stage.lower() for stage in given)
    if len(set(stages)) < len(stages):
        raise ValueError("a stage stands there twice, whatever its case; leave it in one place")
    if "other" in stages:
        raise ValueError("other is the name for all stages that are not listed; leave it out")
    return stages


Stages = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100)], ...], AfterValidator(_stages)]
Companies = Annotated[tuple[CompanyOptions, ...], AfterValidator(_distinct)]


class Options(CollectorOptions):
    """What is a good interview and a passed one, the stages of the pipeline in order, companies of their own."""

    high_performer_completion: Share = 0.80
    """The share of completion from which on an interview is a good one."""
    high_performer_technical: Share = 0.75
    """The share of the technical score that it has, too."""
    pass_: PassOptions = Field(default=PassOptions(), alias="pass")
    max_interview_length: Duration = timedelta(hours=4)
    """An open interview that started earlier is stale."""
    stages: Stages = Field(
        default=("applied", "screening", "interview", "offer", "hired", "rejected"), min_length=1, max_length=8
    )
    """Of applications, in order; `hired` and `rejected` mean what they say, all other words are `other`."""
    per_company: Companies = Field(default=(), max_length=50)
    """They are `jobhive_company_interview…`."""

    @property
    def ladder(self) -> tuple[str, ...]:
        """The stages that lead upwards, in order."""
        return tuple(stage for stage in self.stages if stage != "rejected")
