"""What may be chosen for the collector `cost`."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from collectors.base import CollectorOptions

UNALLOCATED = "unallocated"
# The spelling of a forecast's metric is another one.
Metric = Literal["AmortizedCost", "BlendedCost", "NetAmortizedCost", "NetUnblendedCost", "UnblendedCost"]
FORECAST_METRICS: Mapping[str, str] = {
    "AmortizedCost": "AMORTIZED_COST",
    "BlendedCost": "BLENDED_COST",
    "NetAmortizedCost": "NET_AMORTIZED_COST",
    "NetUnblendedCost": "NET_UNBLENDED_COST",
    "UnblendedCost": "UNBLENDED_COST",
}
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/ -]{1,100}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Weight = Annotated[Decimal, Field(ge=0, le=1)]
RESERVED_SERVICES = (
    "Amazon Elastic Compute Cloud - Compute",
    "Amazon ElastiCache",
    "Amazon Relational Database Service",
)


class Options(CollectorOptions):
    """What is counted as cost, and which feature pays for it: by its tag, or else by weights per service.

    Amounts without either are unallocated.
    """

    metric: Metric = "UnblendedCost"
    """Which amount of AWS is cost."""
    exclude_record_types: tuple[Text, ...] = ()
    """Like `[Credit, Refund, Tax, Support]`; all are counted otherwise."""
    feature_tag: Text | None = None
    """The cost-allocation tag that names features."""
    features: Mapping[Name, tuple[Text, ...]] = {}
    """A feature: the values of `feature_tag` that it pays for, `{interviews: [interview, interview-engine]}`."""
    rules: Mapping[Text, Mapping[Name, Weight]] = {}
    """A service: the shares of what has no tag, `{"Amazon ElastiCache": {interviews: 0.6, ai: 0.3}}`; the rest is
    unallocated."""
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] = "USD"
    """Of the account."""
    monthly_budget: Decimal | None = Field(default=None, ge=0)
    """In that currency, exported as the threshold `aws_monthly_budget`."""
    reservation_services: tuple[Text, ...] = RESERVED_SERVICES
    """AWS is asked for the reservations of these, once a day."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.features and self.feature_tag is None:
            raise ValueError("features have tag values but there is no tag; add feature_tag, or use rules alone")
        values = Counter(value for given in self.features.values() for value in given)
        if twice := next((value for value, times in values.items() if times > 1), None):
            raise ValueError(f"the tag value {twice!r} stands there twice; give it to one feature")
        if UNALLOCATED in self.names:
            raise ValueError(f"{UNALLOCATED} is the name for what belongs to no feature; choose another one")
        for service, weights in self.rules.items():
            if sum(weights.values()) > 1:
                raise ValueError(f"the weights of {service!r} make more than 1; what is missing to 1 is unallocated")
        return self

    @property
    def names(self) -> frozenset[str]:
        """The features that are named anywhere."""
        return frozenset(self.features) | self.ruled

    @property
    def ruled(self) -> frozenset[str]:
        """The features that rules name."""
        return frozenset(name for weights in self.rules.values() for name in weights)
