"""The configuration reference: fresh, complete, and true of what the loader takes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.config_reference import Undocumented, meanings, parts, reference
from exporter.registry import modules
from exporter.section import Section
from exporter.settings import root_model
from exporter.web_settings import TokenSection, WebSection

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "configuration.md").read_text()
KEYS = re.findall(r"^\| `([^`]+)` \|", PAGE.partition("## The web configuration file")[0], re.MULTILINE)


class Given(yaml.SafeLoader):
    """Reads config.yaml; what comes from elsewhere is only text."""


Given.add_multi_constructor("!", lambda _, __, node: node.value)


class WithoutText(Section):
    """A section whose key says nothing."""

    silent: int = 1


class Inherits(TokenSection):
    """A section with one key more."""

    added: int = 2
    """What it adds."""


def keys(tree: Any, above: str = "") -> set[str]:
    """Return the paths of all values."""
    if not isinstance(tree, dict) or not tree:
        return {above}
    return {key for name, part in tree.items() for key in keys(part, f"{above}.{name}".removeprefix("."))}


def test_the_page_in_docs_is_fresh() -> None:
    assert reference() == PAGE, "run make docs"


def test_every_key_is_there_once() -> None:
    assert len(KEYS) == len(set(KEYS)) > 200
    for name in modules():
        assert f"\n## `collectors.{name}.options`\n" in PAGE


def test_every_key_of_the_shipped_file_is_on_the_page() -> None:
    for key in keys(yaml.load((ROOT / "config.yaml").read_text(), Given)):
        shared = re.sub(r"^collectors\.\w+\.(?!options)", "collectors.NAME.", key)
        # A value may be a map or a list with names of its own.
        outer = {key[: match.start()] for match in re.finditer(r"\.", key)} & set(KEYS)
        assert shared in KEYS or outer or any(start in PAGE for start in (f"`{key}`", f"`{key}.", f"`{key}[")), key


@pytest.mark.parametrize("key", ["web", "alerts", "collectors", "business", "database", "redis", "datadog", "aws"])
def test_the_model_has_what_the_page_has(key: str) -> None:
    assert key in root_model().model_fields
    assert any(other.startswith(f"{key}.") for other in KEYS)


def test_a_row_tells_type_limits_default_and_meaning() -> None:
    for row in (
        "| `web.max_requests` | whole number (> 0) | `40` | So many at once; more are answered with 503. |",
        "| `log.level` | `debug`, `info`, `warn`, `error` | `info` | The least that is written. |",
        "| `web.tokens[].company` | whole number (≥ 1) | none |",
        "| `collectors.candidates.options.kind` | `all`, `hiring`, `practice` | `all` |",
        "| `database.url` | URL | required |",
    ):
        assert row in PAGE


def test_texts_are_inherited_and_none_may_be_missing() -> None:
    assert meanings(Inherits)["added"] == "What it adds."
    assert meanings(Inherits)["name"] == meanings(TokenSection)["name"]
    assert [part.key for part in parts(WebSection, "web")] == ["web", "web.tokens[]"]
    with pytest.raises(Undocumented, match=r"WithoutText\.silent: say below it what it means"):
        list(parts(WithoutText))
