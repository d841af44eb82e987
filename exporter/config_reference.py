"""The configuration reference in docs/configuration.md, made from the models (`make docs`); a test fails when stale.

A key's meaning is the text below it in its model, a section's that of the class.
"""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from sqlalchemy import URL

from collectors.mapping import TableMapping, Tables, mapped
from collectors.tables import TABLES
from exporter.effective import plain
from exporter.model import ExporterError
from exporter.registry import modules
from exporter.secrets import Secret
from exporter.settings import CollectorSection, CustomSqlSection, Root
from exporter.sources.redis_address import Address
from exporter.validation import spelled
from exporter.web.web_config import WebConfig

HEAD = """# Configuration

Generated from the models of the configuration by `make docs`; do not edit. [config.yaml](../config.yaml) is the same as
a file to begin with. `NAME` in a key is a name of yours or that of a collector, `[]` an item of a list. A value may
come from the environment (`!env NAME`, `!env {name: NAME, default: VALUE}`) or from a file (`!file PATH`, relative to
config.yaml). A duration is written `90s`, `5m`, `1h30m` or `30d`. A key that is not here is a mistake, and
`jobhive-exporter check` tells every mistake at once, with its line. Flags win over the file: `jobhive-exporter --help`
names them.
"""
WEB_FILE = """
## The web configuration file

What `web.config_file` or `--web.config.file` names, in the format of other exporters: [access.md](access.md). It has no
`!env` and no `!file`.

"""
COLUMNS = "\n| Key | Value | Default | Meaning |\n| --- | --- | --- | --- |\n"
WORDS: Mapping[Any, str] = {
    bool: "`true`, `false`",
    int: "whole number",
    float: "number",
    Decimal: "number",
    str: "text",
    Path: "path",
    timedelta: "duration",
    Secret: "secret",
    ZoneInfo: "time zone",
    URL: "URL",
    Address: "URL",
}
SIGNS = {
    "gt": "> {}",
    "ge": "≥ {}",
    "lt": "< {}",
    "le": "≤ {}",
    "max_length": "length ≤ {}",
    "pattern": "matches `{}`",
}


class Undocumented(ExporterError):
    """A key of a model has no text below it."""


class Row(NamedTuple):
    """A key with a value of its own."""

    key: str
    value: str
    default: str
    meaning: str


class Part(NamedTuple):
    """A section and its keys."""

    key: str
    text: str
    rows: tuple[Row, ...]


@cache
def _source(module: str) -> Mapping[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """Return the text below each key, those of its bases too; pydantic could read them, at every start."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        node = _source(one.__module__).get(one.__name__) if issubclass(one, BaseModel) else None
        for above, below in zip(node.body, node.body[1:], strict=False) if node else ():
            match above, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    found[name] = " ".join(text.split())
    return found


def parts(model: type[BaseModel], key: str = "", above: str = "") -> Iterator[Part]:
    """Return a section and the sections in it, as they stand in the model; `above` is what is said where it is."""
    texts, rows, inner = meanings(model), [], []
    for name, field in model.model_fields.items():
        path, kind = f"{key}.{field.alias or name}".removeprefix("."), _annotation(field)
        where, section = _section(path, kind)
        if section:
            inner.append((where, section, texts.get(name, "")))
        elif kind is not Any:
            rows.append(_row(path, name, model))
    yield Part(key, " ".join([*(inspect.getdoc(model) or "").split(), *above.split()]), tuple(rows))
    for where, section, text in inner:
        yield from _tables(where) if section is Tables else parts(section, where, text)


def _row(path: str, name: str, model: type[BaseModel]) -> Row:
    field, text = model.model_fields[name], meanings(model).get(name)
    if text is None:
        raise Undocumented(f"{model.__module__}.{model.__name__}.{name}: say below it what it means")
    return Row(path, _value(_annotation(field)), _default(field), text)


def _annotation(field: FieldInfo) -> Any:
    """Return the type with its limits; pydantic keeps them apart."""
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _section(path: str, kind: Any) -> tuple[str, type[BaseModel] | None]:
    """Return the model of what stands at a path, and the path of one of them."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _section(path, inside[0])
    if origin in (Union, UnionType):
        found = [_section(path, one) for one in inside]
        return next((one for one in found if one[1]), (path, None))
    if origin is tuple:
        return _section(f"{path}[]", inside[0])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _section(f"{path}.NAME", inside[1])
    return path, kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _value(kind: Any) -> str:
    """Return what may stand there, in words."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        limits = ", ".join(text for one in inside[1:] for text in _limits(one))
        return f"{_value(inside[0])} ({limits})" if limits else _value(inside[0])
    if origin is Literal:
        return ", ".join(f"`{one}`" if one else '`""`' for one in inside)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_value(one) for one in inside if one is not NoneType))
    if origin is tuple:
        return f"list: {_value(inside[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"map: {_value(inside[0])} to {_value(inside[1])}"
    return WORDS[kind]


def _limits(given: Any) -> Iterator[str]:
    """Return the limits that an annotation sets; a FieldInfo in it has more of them inside."""
    for one in (given, *getattr(given, "metadata", ())):
        for name, words in SIGNS.items():
            if (limit := getattr(one, name, None)) is not None:
                yield words.format(spelled(limit) if isinstance(limit, timedelta) else limit)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = plain(field.get_default(call_default_factory=True))
    if value is None or isinstance(field.default, Secret):
        return "none"
    if value in ({}, [], ""):
        return f"`{value!r}`".replace("'", '"')
    written = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    return f"`{written.removesuffix(chr(10)).removesuffix('...').strip()}`"


def _tables(key: str) -> Iterator[Part]:
    """Return the mapping of tables: their names, and what single ones have beside them."""
    tables = mapped({})
    rows = [
        Row(f"{key}.{name}.name", "text", f"`{table.default_name}`", "Optional." if table.optional else "")
        for name, table in TABLES.items()
    ]
    for name in TABLES:
        model = type(tables[name])
        own = model.model_fields.keys() - TableMapping.model_fields.keys()
        rows += [_row(f"{key}.{name}.{field}", field, model) for field in model.model_fields if field in own]
    columns = (
        Row(f"{key}.{name}.columns", ", ".join(f"`{column}`" for column in table.columns), "the same names", "")
        for name, table in TABLES.items()
    )
    text = f"{inspect.getdoc(TableMapping)} A column may also be a fixed value, `{{const: false}}`."
    yield Part(key, text, (*rows, *columns))


def _collectors() -> Iterator[Part]:
    """Return what every collector has, and the options of each."""
    (shared,) = parts(CollectorSection, "collectors.NAME")
    yield shared._replace(text="What every collector has, and every custom query.")
    for name, module in modules().items():
        key, collector = f"collectors.{name}", module.Collector
        schedule = f"Reads `{collector.source}`, every {spelled(collector.interval)} by default."
        first, *others = parts(module.Options, f"{key}.options")
        yield first._replace(text=f"{first.text} {schedule}")
        yield from others
    yield from parts(CustomSqlSection, "collectors.custom_sql")


def reference() -> str:
    """Return the page."""
    top, *sections = parts(Root)
    exported = top._replace(key="export", text="What is served beside the rest.")
    first, *others = parts(WebConfig)
    shown = [_shown(part, "##") for part in (*sections, *_collectors(), exported)]
    return "".join([HEAD, *shown, WEB_FILE, first.text, "\n", _table(first), *(_shown(part, "###") for part in others)])


def _shown(part: Part, level: str) -> str:
    return f"\n{level} `{part.key}`\n\n{part.text}\n{_table(part)}"


def _table(part: Part) -> str:
    rows = "".join(f"| {' | '.join(_cells(row))} |\n" for row in part.rows)
    return f"{COLUMNS}{rows}" if rows else ""


def _cells(row: Row) -> Iterator[str]:
    for cell in (f"`{row.key}`", row.value, row.default, row.meaning):
        yield cell.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(reference())
