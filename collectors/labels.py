"""Texts of a source as values of labels: cut, cleaned, and nothing personal (metrics.md C10)."""

import re

from sqlalchemy import ColumnElement, case, func, not_, or_

LONGEST = 100
# An address or an id is never the name of a class of things.
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def label_text(value: ColumnElement[str]) -> ColumnElement[str | None]:
    """Return what a label may say of a text; null where there is nothing that it may."""
    clean = func.left(func.regexp_replace(value, "[^[:print:]]", "", "g"), LONGEST)
    unfit = or_(clean == "", clean.contains("@"), clean.regexp_match(UUID, "i"))
    return case((not_(unfit), clean))


def label_value(text: str) -> str | None:
    """Return what a label may say of a text that did not come by SQL; None where there is nothing that it may."""
    clean = "".join(character for character in text if character.isprintable())[:LONGEST]
    return None if not clean or "@" in clean or re.search(UUID, clean, re.IGNORECASE) else clean
