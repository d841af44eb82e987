"""The Dockerfile as data: stages, and in each of them instructions with their words."""

import json
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent


class Instruction(NamedTuple):
    """A line, continued ones joined."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """Return what is not a flag; a list in JSON as it is."""
        if self.text.startswith("["):
            words: list[str] = json.loads(self.text)
            return words
        return [word for word in self.text.split() if not word.startswith("--")]

    def flag(self, name: str) -> str | None:
        """Return the value of a flag."""
        found = re.search(rf"--{name}=(\S+)", self.text)
        return found[1] if found else None


class Stage(NamedTuple):
    """What stands between two FROM."""

    name: str
    base: str
    instructions: list[Instruction]

    def all(self, name: str) -> list[Instruction]:
        """Return the instructions of a kind."""
        return [one for one in self.instructions if one.name == name]

    def one(self, name: str) -> Instruction:
        """Return the only instruction of a kind."""
        (found,) = self.all(name)
        return found


def instructions(text: str) -> list[Instruction]:
    """Read a Dockerfile."""
    kept = "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    lines = re.sub(r"\\\n\s*", "", kept).splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines]


def stages(text: str) -> dict[str, Stage]:
    """Return the stages by their names, in order."""
    found: dict[str, Stage] = {}
    stage: Stage | None = None
    for one in instructions(text):
        if one.name == "FROM":
            base, _, name = one.words
            stage = found[name] = Stage(name, base, [])
        elif stage:
            stage.instructions.append(one)
    return found
