"""Canonical selectables: the JobHive tables under their logical names, with mapping, constants, scale and population.

Collectors write SQLAlchemy Core against these and nothing else, so no query knows a deployment's own names.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Subquery,
    case,
    cast,
    column,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    table,
)
from sqlalchemy.types import NullType, TypeEngine

from collectors.base import Catalogue, Unmapped
from collectors.definitions import Definitions
from collectors.mapping import Constant, Vocabulary
from collectors.tables import TABLES, Column
from exporter.model import Reason, SourceError

# ISO 4217: how many digits the minor unit of a currency has, where it is not two.
NO_MINOR_UNIT = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
    *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
)
THREE_DIGITS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")


def classified(value: ColumnElement[str], vocabulary: Vocabulary, otherwise: str | None) -> ColumnElement[str]:
    """Return the class of a deployment's own word, whatever its case; `otherwise` for one that no map knows."""
    branches = [(func.lower(value).in_(words), literal(word)) for word, words in vocabulary.items() if words]
    return case(*branches, else_=literal(otherwise) if otherwise else null())


def constant_type(declared: Column) -> TypeEngine[Any]:
    """Return the type of a constant: where a column may have any, a constant is a number."""
    return Double() if isinstance(declared.type, NullType) else declared.type


class Schema:
    """The logical tables as one database has them; `columns` says which columns its tables really have."""

    def __init__(self, definitions: Definitions, columns: Catalogue) -> None:
        self._definitions = definitions
        self._tables = definitions.tables
        self._columns = columns

    def has_table(self, name: str) -> bool:
        """Tell whether the database has the table."""
        return self._tables[name].name in self._columns

    def has(self, name: str, column_name: str) -> bool:
        """Tell whether a logical column has values: from the database or a constant."""
        target = self._tables[name].column(column_name)
        if isinstance(target, Constant):
            return self.has_table(name)
        return target in self._columns.get(self._tables[name].name, ())

    def mistakes(self, name: str) -> Iterator[str]:
        """Yield the names of the configuration that the database does not know, with the mend."""
        mapping, place = self._tables[name], self._place(name)
        if not self.has_table(name):
            if mapping.name != TABLES[name].default_name:
                yield f"there is no table {place}; set database.tables.{name}.name, or grant SELECT on it"
            return
        for column_name in TABLES[name].columns:
            target = mapping.column(column_name)
            if isinstance(target, str) and mapping.is_explicit(column_name) and not self.has(name, column_name):
                yield f"database.tables.{name}.columns maps {column_name} to {target}, which {place} does not have"

    def missing(self, name: str) -> Iterator[str]:
        """Yield what of a table must be there under its own name and is not, with the mend."""
        mapping, place = self._tables[name], self._place(name)
        if not self.has_table(name):
            if mapping.name == TABLES[name].default_name:
                yield f"there is no table {place}; set database.tables.{name}.name, or grant SELECT on it"
            return
        for column_name, declared in TABLES[name].columns.items():
            target = mapping.column(column_name)
            if declared.required and target == column_name and not self.has(name, column_name):
                yield f"{place} has no column {target}; map it under database.tables.{name}.columns.{column_name}"

    def why_not(self, name: str) -> str | None:
        """Return why an optional table cannot be read, None if it can; SourceError where it is mapped wrongly."""
        if not self.has_table(name) and not any(self.mistakes(name)):
            return "table_unmapped"
        return self.lacks(name)

    def lacks(self, name: str) -> str | None:
        """Return why a table cannot be read, None if it can; what it ought to have and has not is a SourceError."""
        try:
            self.table(name)
        except Unmapped as unmapped:
            return unmapped.reason
        return None

    def table(self, name: str) -> Subquery:
        """Return a table under its logical names; what the deployment lacks reads as null.

        Raises SourceError naming every required column that is not there, and Unmapped where one that the table is
        nothing without is mapped to null.
        """
        if problems := [*self.mistakes(name), *self.missing(name)]:
            raise SourceError(Reason.QUERY, "; ".join(problems))
        for column_name, declared in TABLES[name].columns.items():
            indispensable = declared.required and not declared.dispensable
            if indispensable and self._tables[name].column(column_name) is None:
                raise Unmapped(f"{name}.{column_name} is mapped to null", "column_unmapped")
        mapping = self._tables[name]
        names = [target for c in TABLES[name].columns if isinstance(target := mapping.column(c), str)]
        physical = table(
            mapping.name, *(column(target) for target in dict.fromkeys(names)), schema=self._definitions.schema
        )
        return select(*(self._value(physical, name, c).label(c) for c in TABLES[name].columns)).subquery(name)

    def users(self, at: datetime) -> Subquery:
        """Return P0(at): the users that count (metrics.md C9)."""
        user, population = self.table("user"), self._definitions.population
        conditions = [user.c.date_joined < at]
        if population.exclude_staff:
            conditions += [user.c.is_staff.is_not(True), user.c.is_superuser.is_not(True)]
        if population.exclude_test:
            conditions.append(user.c.is_test.is_not(True))
        if population.exclude_company_ids:
            excluded = user.c.company_id.in_(population.exclude_company_ids)
            conditions.append(or_(user.c.company_id.is_(None), not_(excluded)))
        return select(user).where(*conditions).subquery("users")

    def _place(self, name: str) -> str:
        return f"{self._definitions.schema}.{self._tables[name].name}"

    def plans(self) -> Subquery:
        """Return plans with the class of their interval, and the factor `unit` that turns prices into major units."""
        plan, mapping = self.table("plan"), self._tables.plan
        currency = func.coalesce(plan.c.currency, mapping.default_currency)
        return select(
            plan.c.id,
            classified(plan.c.interval, mapping.interval_map, None).label("interval"),
            func.coalesce(plan.c.interval_count, 1).label("interval_count"),
            plan.c.price,
            plan.c.slug,
            currency.label("currency"),
            self._unit(currency).label("unit"),
        ).subquery("plans")

    def _unit(self, currency: ColumnElement[str]) -> ColumnElement[Decimal]:
        if self._tables.plan.price_unit == "major":
            return literal(Decimal(1))
        return case(
            (currency.in_(NO_MINOR_UNIT), Decimal(1)),
            (currency.in_(THREE_DIGITS), Decimal("0.001")),
            else_=Decimal("0.01"),
        )

    def _value(self, physical: Any, name: str, column_name: str) -> ColumnElement[Any]:
        target, declared = self._tables[name].column(column_name), TABLES[name].columns[column_name]
        if isinstance(target, Constant):
            return cast(literal(target.const), constant_type(declared))
        if target is None or not self.has(name, column_name):
            return null() if isinstance(declared.type, NullType) else cast(null(), declared.type)
        if isinstance(declared.type, NullType):
            untyped: ColumnElement[Any] = physical.c[target]
            return untyped
        # A deployment's own type may differ (a price as double precision, a status as an enum).
        return cast(physical.c[target], declared.type)
