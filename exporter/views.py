"""`schema print-views`: read-only views under the default names, and a role that reads nothing else (sources.md 1.7).

What the mapping says of names, constants and columns that are not there goes into the views; what it says of words and
units stays in the configuration, which the script shows.
"""

from collections.abc import Mapping
from typing import Any

import yaml
from sqlalchemy.dialects import postgresql

from collectors.base import Catalogue
from collectors.definitions import Definitions
from collectors.mapping import Constant, mapped
from collectors.schema import Schema, constant_type
from collectors.tables import TABLES, Column
from exporter.model import ExporterError

# A named style, because the others write a percent sign twice, for the driver.
_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
_quoted = _DIALECT.identifier_preparer.quote
# Deadlines of runs are shorter by default; the exporter sets them for each transaction, this one is the second lock.
STATEMENT_TIMEOUT = "5min"
SEPARATOR = ",\n    "
HEAD = """\
-- Read-only views of JobHive for jobhive-exporter, and the role that reads them. Load it as an owner of the tables who
-- may create roles, as often as you like:
--
--   jobhive-exporter schema print-views --config.file config.yaml | psql -v ON_ERROR_STOP=1 DATABASE
--
-- The views read with the rights of their owner, so {role} needs none on the tables: never make them security_invoker.
-- They hide columns and not rows; security_barrier would guard nothing, and keep conditions away from the indexes.
--
-- Then give the role a password (\\password {role} in psql), and let config.yaml read the views in its name:
--
{configuration}

BEGIN;
SET LOCAL client_min_messages = warning;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{name}') THEN
        CREATE ROLE {role} LOGIN;
    END IF;
    EXECUTE pg_catalog.format('GRANT CONNECT ON DATABASE %I TO {role}', pg_catalog.current_database());
END
$$;
ALTER ROLE {role} SET default_transaction_read_only = on;
ALTER ROLE {role} SET statement_timeout = '{timeout}';

CREATE SCHEMA IF NOT EXISTS {schema};
GRANT USAGE ON SCHEMA {schema} TO {role};
"""


def script(definitions: Definitions, columns: Catalogue, *, schema: str, role: str) -> str:
    """Return the SQL, for the columns that the database has; `schema` and `role` are plain lower-case names.

    Raises ExporterError naming every mistake of the mapping: a view of it could not be made.
    """
    if definitions.schema == schema:
        raise ExporterError(
            f"database.schema is {schema}, where the views go; use the configuration that maps the tables, or --schema"
        )
    tables = Schema(definitions, columns)
    if mistakes := [mistake for name in TABLES for mistake in tables.mistakes(name)]:
        raise ExporterError("; ".join(mistakes))
    head = HEAD.format(
        name=role,
        role=_quoted(role),
        schema=_quoted(schema),
        timeout=STATEMENT_TIMEOUT,
        configuration=_configuration(definitions, schema),
    )
    views = "".join(_view(name, definitions, tables, schema) for name in TABLES)
    made = SEPARATOR.join(_place(schema, TABLES[name].default_name) for name in TABLES if tables.has_table(name))
    grant = f"\nGRANT SELECT ON\n    {made}\nTO {_quoted(role)};\n" if made else ""
    return f"{head}{views}{grant}\nCOMMIT;\n"


def _view(name: str, definitions: Definitions, tables: Schema, schema: str) -> str:
    """Replace a view: what an earlier mapping made of it may have had other columns."""
    view, mapping = _place(schema, TABLES[name].default_name), definitions.tables[name]
    source = _place(definitions.schema, mapping.name)
    dropped = f"\nDROP VIEW IF EXISTS {view};\n"
    if not tables.has_table(name):
        return f"{dropped}-- There is no table {source}.\n"
    selected = SEPARATOR.join(
        _selected(mapping.column(column), column, declared)
        for column, declared in TABLES[name].columns.items()
        if tables.has(name, column)
    )
    return f"{dropped}CREATE VIEW {view} AS SELECT\n    {selected}\nFROM {source};\n"


def _selected(target: str | Constant | None, column: str, declared: Column) -> str:
    """Return what a logical column is: a column as it is, or a constant of the declared type."""
    logical = _quoted(column)
    if isinstance(target, Constant):
        value = str(target.const).replace("'", "''")
        return f"'{value}'::{constant_type(declared).compile(_DIALECT)} AS {logical}"
    return logical if target == column else f"{_quoted(target or column)} AS {logical}"


def _place(schema: str, table: str) -> str:
    return f"{_quoted(schema)}.{_quoted(table)}"


def _configuration(definitions: Definitions, schema: str) -> str:
    """Return the section `database` for the views, as comments: words, units and what is known to be missing stay."""
    section: dict[str, Any] = {"url": "URL", "schema": schema}
    if tables := {name: kept for name in TABLES if (kept := _kept(name, definitions))}:
        section["tables"] = tables
    text: str = yaml.safe_dump({"database": section}, sort_keys=False, default_flow_style=None, width=100)
    # A reference is no data of YAML, so it is put where the text holds its place.
    return "\n".join(f"--   {line}" for line in text.replace("url: URL", "url: !env DATABASE_URL").splitlines())


def _kept(name: str, definitions: Definitions) -> Mapping[str, Any]:
    mapping, default = definitions.tables[name], mapped({})[name]
    given = mapping.model_dump(mode="json", exclude={"name", "columns"})
    usual = default.model_dump(mode="json", exclude={"name", "columns"})
    kept = {key: value for key, value in given.items() if value != usual[key]}
    # One that is optional may simply be missing from the view.
    required = (column for column, declared in TABLES[name].columns.items() if declared.required)
    absent = dict.fromkeys(column for column in required if mapping.column(column) is None)
    return {"columns": absent, **kept} if absent else kept
