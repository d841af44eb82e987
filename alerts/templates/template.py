"""A text of a rule: parsed once, expanded for every sample."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.model import Query, TemplateError
from alerts.promql.labels import Labels
from alerts.templates.errors import BadTemplate, ExpansionError
from alerts.templates.formatting import LARGEST_TEXT
from alerts.templates.functions import Version, functions, refusal
from alerts.templates.interpreter import Expansion
from alerts.templates.nodes import Body, Node
from alerts.templates.parser import Parser
from alerts.templates.values import Data, Map, to_bytes

# The variables that Prometheus declares before the text, and the fields of the data that they have.
VARIABLES = {"$labels": "Labels", "$externalLabels": "ExternalLabels", "$externalURL": "ExternalURL", "$value": "Value"}
OLDEST: Version = (2, 42)
OPENING = "{{"
# What is longer may be too long a text once it is written in bytes.
LARGEST_PLAIN = LARGEST_TEXT // 4
TOO_DEEP = "is nested too deeply"


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A parsed text; `name` is what Prometheus calls it."""

    name: str
    text: str
    definitions: Mapping[str, Body]

    @property
    def is_plain(self) -> bool:
        """Tell whether there is nothing to be expanded."""
        return OPENING not in self.text and len(self.text) <= LARGEST_PLAIN

    def expand(self, labels: Labels, value: float, external_labels: Labels, external_url: str, query: Query) -> str:
        """Return the text for a sample; what fails is `<error expanding template: …>`."""
        if self.is_plain:
            return self.text
        data = Data(Map.sorted(labels), Map.sorted(external_labels), external_url, value)
        expansion = Expansion(self.definitions, functions(query, external_url))
        try:
            found = expansion.run(self.name, data)
        except ExpansionError as error:
            return self._failed(str(error), expansion.at)
        except RecursionError:
            return self._failed(f"the template {TOO_DEEP}", expansion.at)
        except Exception as error:  # noqa: BLE001 - the border of a unit: a text must not fail its rule
            return self._failed(f"internal error: {type(error).__name__}", expansion.at)
        # Half a character may have been cut off.
        return to_bytes(found).decode(errors="replace")

    def _failed(self, problem: str, at: Node | None) -> str:
        place = where = ""
        if at is not None:
            line, column = place_of(self.text, at.position)
            source = at.source if len(at.source) <= 20 else f"{at.source[:20]}..."
            place, where = f":{line}:{column}", f" at <{source}>"
        return (
            f"<error expanding template: error executing template {self.name}: "
            f'template: {self.name}{place}: executing "{self.name}"{where}: {problem}>'
        )


def compile_template(text: str, name: str, min_prometheus: Version = OLDEST) -> CompiledTemplate:
    """Parse a text of the rule `name`; raises TemplateError.

    Functions that Prometheus got after `min_prometheus` are refused.
    """
    called = f"__alert_{name}"
    try:
        parser = Parser(called, text, VARIABLES, lambda function: refusal(function, min_prometheus))
        parser.parse()
    except BadTemplate as error:
        line, column = place_of(text, error.position)
        raise TemplateError(f"line {line}, column {column}: {error.problem}") from None
    except RecursionError:
        raise TemplateError(TOO_DEEP) from None
    return CompiledTemplate(called, text, parser.definitions)


def place_of(text: str, position: int) -> tuple[int, int]:
    """Return line and column of a position, both from 1."""
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")
