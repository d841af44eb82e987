"""The labels that several rooms share; those of data have no domain."""

from collectors.ai_quality.components import COMPONENTS, SENTIMENT, SKILL
from collectors.ai_quality.slices import WINDOWS
from exporter.model import Label

ANY = Label("component", tuple(component.name for component in COMPONENTS))
FEELING, ABILITY = Label("component", (SENTIMENT.name,)), Label("component", (SKILL.name,))
WINDOW = Label("window", tuple(WINDOWS))
QUARTER_KEY = "90d"
QUARTER = Label("window", (QUARTER_KEY,))
