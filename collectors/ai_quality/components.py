"""The two models, and what of their rows a deployment has."""

from dataclasses import dataclass
from typing import Literal

from collectors.schema import Schema

# What a human said: a label, a score of their own, or whether the AI's score is right.
Judgement = Literal["label", "score", "agreement"]


@dataclass(frozen=True, slots=True)
class Component:
    """A model: the value of the label `component`, its table, and the column with its score."""

    name: str
    table: Literal["sentiment", "assessment"]
    signal: str


SENTIMENT = Component("sentiment", "sentiment", "positive_score")
SKILL = Component("skill_assessment", "assessment", "accumulated_score")
COMPONENTS = (SENTIMENT, SKILL)


def judgement_of(component: Component, schema: Schema) -> Judgement | None:
    """Return what validates the rows of a component; None where a deployment has nothing that could."""

    def has(*columns: str) -> bool:
        return all(schema.has(component.table, column) for column in columns)

    if component is SENTIMENT:
        return "label" if has("predicted_label", "human_label") else None
    if not has("accumulated_score", "human_validated"):
        return None
    if has("human_score"):
        return "score"
    return "agreement" if has("human_agrees") else None
