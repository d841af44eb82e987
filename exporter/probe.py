"""What `check --connect` asks the database beside the collectors' queries: rights, types, indexes and scales.

Everything but the scales comes from the system catalogue, which any role can read.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Boolean, Double, Numeric, case, func, literal, select, text

from collectors.base import Catalogue, Unmapped
from collectors.definitions import Definitions
from collectors.schema import Schema
from collectors.tables import INSTANT, TABLES, Column
from exporter.indexes import Existing, Index
from exporter.model import SourceError
from exporter.sources.database import Transaction

# The highest score of all would be a read of whole tables; the latest rows tell the scale as well.
SAMPLE = 10_000
SCORES = {
    "session": ("completion_percentage", "technical_accuracy", "behavioral_score"),
    "sentiment": ("positive_score",),
    "assessment": ("accumulated_score", "human_score"),
}
ROLE = text(
    "SELECT current_user AS role, current_setting('transaction_read_only') = 'on' AS read_only,"
    " current_setting('server_version') AS version"
)
RELATIONS = text(
    "SELECT c.relname, c.relkind IN ('v', 'f') AS is_view,"
    " has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') AS writable"
    " FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = :schema AND c.relname = ANY (:tables) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    " ORDER BY c.relname"
)
TYPES = text(
    "SELECT c.relname, a.attname, pg_catalog.format_type(base.oid, NULL) AS type, base.typcategory AS category"
    " FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid"
    " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid"
    " JOIN pg_catalog.pg_type AS base ON base.oid = coalesce(nullif(t.typbasetype, 0), t.oid)"
    " WHERE n.nspname = :schema AND c.relname = ANY (:tables) AND a.attnum > 0 AND NOT a.attisdropped"
)
INDEXES = text(
    "SELECT c.relname, i.indpred IS NOT NULL AS partial,"
    " array_agg(coalesce(a.attname::text, '') ORDER BY key.place) AS columns"
    " FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid"
    " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
    " CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS key (number, place)"
    " LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = key.number AND key.number > 0"
    " WHERE n.nspname = :schema AND c.relname = ANY (:tables) AND i.indisvalid AND key.place <= i.indnkeyatts"
    " GROUP BY c.relname, i.indexrelid, partial"
)


class Kind(NamedTuple):
    """The type of a column: its name, and the category that the catalogue gives it."""

    name: str
    category: str


class Facts(NamedTuple):
    """What the database says of itself; `highest` has the scores found by logical table and column."""

    role: str
    version: str
    read_only: bool
    writable: tuple[str, ...]
    views: frozenset[str]
    columns: Catalogue
    types: Mapping[tuple[str, str], Kind]
    indexes: Existing
    highest: Mapping[tuple[str, str], float]


def look(transaction: Transaction, definitions: Definitions) -> Facts:
    """Ask everything in one transaction."""
    names = {"schema": definitions.schema, "tables": sorted(set(definitions.tables.names()))}
    session = transaction.rows("role", ROLE)[0]
    relations = transaction.rows("relations", RELATIONS.bindparams(**names))
    types = transaction.rows("types", TYPES.bindparams(**names))
    indexes: dict[str, set[Index]] = {}
    for row in transaction.rows("indexes", INDEXES.bindparams(**names)):
        indexes.setdefault(row.relname, set()).add(Index(tuple(row.columns), row.partial))
    return Facts(
        role=session.role,
        version=session.version,
        read_only=session.read_only,
        writable=tuple(row.relname for row in relations if row.writable),
        views=frozenset(row.relname for row in relations if row.is_view),
        columns=transaction.columns,
        types={(row.relname, row.attname): Kind(row.type, row.category) for row in types},
        indexes=indexes,
        highest=dict(_highest(transaction, definitions)),
    )


def _highest(transaction: Transaction, definitions: Definitions) -> Iterator[tuple[tuple[str, str], float]]:
    schema = Schema(definitions, transaction.columns)
    for table, columns in SCORES.items():
        try:
            row = schema.table(table)
        except (SourceError, Unmapped):
            continue
        latest = select(*(row.c[column] for column in columns)).order_by(row.c.id.desc()).limit(SAMPLE).subquery()
        infinity = literal(float("inf"), Double)
        finite = (case((latest.c[column] < infinity, latest.c[column])) for column in columns)
        found = transaction.rows("scores", select(*(func.max(value) for value in finite)))[0]
        yield from (((table, column), value) for column, value in zip(columns, found, strict=True) if value is not None)


def wrong_types(definitions: Definitions, facts: Facts) -> Iterator[str]:
    """Yield the columns that cannot be what they are read as."""
    for place, declared, kind, key in _typed(definitions, facts):
        wanted = _wanted(declared, key, definitions)
        if wanted and kind.category not in wanted.categories:
            yield f"{place} is {kind.name}, and is read as {wanted.name}; map {key} to a column that is one"


def warnings(definitions: Definitions, facts: Facts) -> Iterator[str]:
    """Yield what works, but hardly as it is meant to."""
    if facts.writable:
        yield (
            f"the role {facts.role} may write to {', '.join(facts.writable)}; reading is all it needs"
            " (jobhive-exporter schema print-views prints such a role)"
        )
    for place, declared, kind, _ in _typed(definitions, facts):
        if declared.type is INSTANT and kind.category == "D" and kind.name != "timestamp with time zone":
            yield f"{place} is {kind.name}: it is read as UTC"
    scales = {name: getattr(definitions.tables, name).score_scale for name in SCORES}
    for (table, column), highest in facts.highest.items():
        scale, place = scales[table], f"database.tables.{table}.score_scale"
        if scale <= 1 < highest:
            yield f"{place} is {scale:g}, but {column} goes up to {highest:g}; higher values are left out"
        if scale > 1 >= highest:
            yield f"{place} is {scale:g}, but {column} has no value above 1 (of the latest {SAMPLE:,} rows)"


class _Wanted(NamedTuple):
    name: str
    categories: str


NUMBER, FLAG, TIME, LENGTH = (
    _Wanted("a number", "N"),
    _Wanted("true or false", "B"),
    _Wanted("an instant", "D"),
    _Wanted("an interval", "T"),
)


def _wanted(declared: Column, key: str, definitions: Definitions) -> _Wanted | None:
    """Return what a column must be; text can be made of anything."""
    if key.endswith("session.columns.duration"):
        unit = definitions.tables.session.duration_unit
        return None if unit == "from_timestamps" else LENGTH if unit == "interval" else NUMBER
    if declared.type is INSTANT:
        return TIME
    if isinstance(declared.type, Boolean):
        return FLAG
    return NUMBER if isinstance(declared.type, BigInteger | Double | Numeric) else None


def _typed(definitions: Definitions, facts: Facts) -> Iterator[tuple[str, Column, Kind, str]]:
    """Yield each mapped column that the database has: its place there, its declaration, its type and its key."""
    for table, logical in TABLES.items():
        mapping: Any = definitions.tables[table]
        for column, declared in logical.columns.items():
            target = mapping.column(column)
            if kind := facts.types.get((mapping.name, str(target))):
                place = f"{definitions.schema}.{mapping.name}.{target}"
                yield place, declared, kind, f"database.tables.{table}.columns.{column}"
