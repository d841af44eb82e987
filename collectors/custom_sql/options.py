"""What config.yaml says of a custom query, and what the query's own collector is told."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from sqlalchemy import text

from collectors.base import CollectorOptions
from collectors.custom_sql.parameters import Parameters, product_of

# The parameter that every query has: the instant of the run.
AT = "at"
DATABASE = "database"

LabelName = Annotated[str, Field(pattern="^_?[a-zA-Z][a-zA-Z0-9_]*$")]
MetricName = Annotated[str, Field(pattern="^[a-zA-Z_][a-zA-Z0-9_]*$")]
# It becomes a part of the value of the label `collector`.
QueryName = Annotated[str, Field(pattern="^[a-zA-Z0-9_-]{1,50}$")]
LabelText = Annotated[str, Field(min_length=1, max_length=100)]


class Metric(CollectorOptions):
    """A metric of a query."""

    help: str = Field(min_length=1)
    """A sentence for people."""
    type: Literal["gauge", "counter"] = "gauge"
    """The name of a counter ends in `_total`."""
    values: tuple[str, ...] = ()
    """The columns that hold its value; default: the one with the metric's name."""
    value_label: LabelName | None = None
    """The label with the name of the column, where there are several."""
    static_value: float | None = Field(default=None, allow_inf_nan=False)
    """In place of `values`."""
    labels: tuple[LabelName, ...] = ()
    """Columns or parameters."""
    static_labels: Mapping[LabelName, LabelText] = {}
    """On every series of the metric."""
    fold: Literal["sum"] | None = None
    """`sum`: what `max_series` does not hold is summed up as `other`; refused whole if not given."""

    def columns(self, name: str) -> tuple[str, ...]:
        """Return the columns of the values of a metric of this name."""
        return () if self.static_value is not None else self.values or (name,)


class Query(CollectorOptions):
    """A query: where it is asked, with which parameters, and what is made of its columns."""

    database: str | None = None
    """Where it is asked; `jobhive` is the section `database`, and the default."""
    databases: tuple[str, ...] | None = Field(default=None, min_length=1)
    """In place of `database`; every series has the label `database` then."""
    sql: str = Field(min_length=1)
    """One SELECT; `:NAME` is a parameter, `:at` the instant of the run."""
    parameters: Annotated[Parameters, BeforeValidator(product_of)] = ({},)
    """The query runs once for each, `[{channel: web}, {channel: app}]`, or a matrix, `{channel: [web, app]}`."""
    metrics: Mapping[MetricName, Metric]

    @cached_property
    def asks(self) -> frozenset[str]:
        """Return the names of the parameters in the SQL."""
        return frozenset(text(self.sql).compile().params)

    @property
    def given(self) -> frozenset[str]:
        """Return the names of the parameters that config.yaml gives."""
        return frozenset(name for values in self.parameters for name in values)


class Options(CollectorOptions):
    """One query on one database; `labels` are what every series has because of the database."""

    name: QueryName
    query: Query
    labels: Mapping[LabelName, LabelText] = {}
    max_series: int = Field(default=5000, gt=0)
