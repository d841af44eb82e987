"""The pages that users read, taken apart: links, headings, commands and YAML. Knows nothing of what they say."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
NEEDS = re.compile(r"^Needs [^\n]+$")


class Block(NamedTuple):
    """A block of a page: its language, its lines without indentation, and what the line above says it needs."""

    page: str
    line: int
    language: str
    text: str
    needs: str

    @property
    def commands(self) -> list[str]:
        """The commands of a console, each whole; what is not after a prompt is output."""
        whole = self.text.replace("\\\n", "\n")
        found: list[str] = []
        continued = False
        for line, raw in zip(whole.splitlines(), self.text.splitlines(), strict=True):
            if continued:
                found[-1] += f" {line.strip()}"
            elif line.startswith(("$ ", "# ")):
                found.append(line[2:].strip())
            continued = raw.endswith("\\")
        return found


def pages() -> dict[str, str]:
    """Return what is written for users, by path."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return {str(path.relative_to(ROOT)): path.read_text() for path in found}


def blocks(page: str, text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    for match in FENCE.finditer(text):
        indent, language, body = match.groups()
        lines = "".join(line.removeprefix(indent) for line in body.splitlines(keepends=True))
        above = text[: match.start()].rstrip("\n").rpartition("\n")[2].strip()
        yield Block(page, text.count("\n", 0, match.start()) + 1, language, lines, above if NEEDS.match(above) else "")


def prose(text: str) -> str:
    """Return a page without its fenced blocks."""
    return FENCE.sub("", text)


def links(text: str) -> list[str]:
    """Return the targets of all links and pictures that lead to this repository."""
    spoken = re.sub(r"`[^`\n]*`", "", prose(text))
    return [target for target in LINK.findall(spoken) if not re.match(r"[a-z]+:", target)]


def anchors(text: str) -> set[str]:
    """Return the anchors of all headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", re.sub(LINK, "", title).lower()).replace(" ", "-") for title in titles}


def words(text: str) -> list[str]:
    """Return what stands between backticks outside of blocks."""
    return re.findall(r"`([^`\n]+)`", prose(text))
