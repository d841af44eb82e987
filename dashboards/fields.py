"""Parts of a panel: its queries, and the colours, thresholds and words of its values."""

from collections.abc import Mapping
from string import ascii_uppercase

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

# Legend → expression, in the order of the panel.
Targets = Mapping[str, str]
# Value → its word and colour.
Words = Mapping[int, tuple[str, str]]


def ask(letter: str, legend: str, query: str) -> prometheus.Dataquery:
    """Make a query; it is told later whether it asks for now or for a range."""
    return prometheus.Dataquery().ref_id(letter).legend_format(legend).expr(query)


def ask_all(targets: Targets) -> list[prometheus.Dataquery]:
    """Make the queries of a panel, called A, B and so on."""
    letters = zip(ascii_uppercase, targets.items(), strict=False)
    return [ask(letter, legend, query) for letter, (legend, query) in letters]


def continuous(mode: FieldColorModeId) -> DynamicConfigValue:
    """Give what an override matches the darker a colour the greater its value is."""
    return DynamicConfigValue("color", {"mode": mode})


def fixed(colour: str) -> FieldColor:
    """Give one colour to everything."""
    return FieldColor().mode(FieldColorModeId.FIXED).fixed_color(colour)


def fixed_property(colour: str) -> DynamicConfigValue:
    """Give one colour to what an override matches."""
    return DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})


def steps(base: str, *changes: tuple[str, float]) -> ThresholdsConfig:
    """Change the colour at values; the first has none, it is below all."""
    found = [Threshold(color=base, value=None), *(Threshold(color=colour, value=start) for colour, start in changes)]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(found)


def mapped(words: Words) -> ValueMap:
    """Show values as words."""
    results = {
        str(state): ValueMappingResult(text=word, color=colour, index=index)
        for index, (state, (word, colour)) in enumerate(sorted(words.items()))
    }
    return ValueMap(options=results)
