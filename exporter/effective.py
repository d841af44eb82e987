"""The configuration in force, defaults included, as YAML for people; every secret is shown as ***. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import yaml
from pydantic import BaseModel
from sqlalchemy import URL

from exporter.secrets import Redactor
from exporter.validation import spelled


def effective(root: BaseModel, redact: Redactor) -> str:
    """Return the file as it would be with every default written out; what is switched off is left out."""
    return redact(yaml.safe_dump(plain(root), sort_keys=False, allow_unicode=True, width=120))


def plain(value: Any) -> Any:
    """Return a value as YAML knows it; whatever is of a type of its own says itself how it may be shown."""
    match value:
        case BaseModel():
            fields = type(value).model_fields
            found = {field.alias or name: plain(getattr(value, name)) for name, field in fields.items()}
            return {name: part for name, part in found.items() if part is not None}
        # It is a tuple, too.
        case URL():
            return value.render_as_string(hide_password=True)
        case Mapping():
            return {plain(key): plain(part) for key, part in value.items()}
        case list() | tuple():
            return [plain(part) for part in value]
        case set() | frozenset():
            return sorted(plain(part) for part in value)
        case timedelta():
            return spelled(value)
        case Decimal():
            return float(value)
        case None | bool() | int() | float():
            return value
        case _:
            return str(value)
