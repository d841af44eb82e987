"""The help texts: every command is there, says what it contacts, and its examples can be typed as they are."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.cli.parser import EXIT_CODES, GROUPS, Root
from tests.cli.helps import HELPS, ROOT, examples

DOCS = Path(__file__).parent.parent.parent / "docs"
CONTACTS = re.compile("contacts|asks|reads the catalogue|no request leaves", re.IGNORECASE)
each = pytest.mark.parametrize("name", ROOT.commands)
ALL_EXAMPLES = [(name, words) for name, text in HELPS.items() for words in examples(text)]


@each
def test_a_command_shows_examples_of_itself(name: str) -> None:
    found = examples(HELPS[name])
    assert 1 <= len(found) <= 2
    for words in found:
        given = ROOT.parse_args(words)
        assert given.call is ROOT.commands[name].get_default("call")


@pytest.mark.parametrize(("name", "words"), ALL_EXAMPLES, ids=[" ".join(words) for _, words in ALL_EXAMPLES])
def test_an_example_is_understood(name: str, words: list[str]) -> None:
    if words[-1:] == ["--help"]:
        with pytest.raises(SystemExit) as ended:
            ROOT.parse_args(words)
        assert ended.value.code == 0
    else:
        assert callable(ROOT.parse_args(words).call)


@each
def test_a_command_says_in_a_sentence_what_it_does_and_what_it_contacts(name: str) -> None:
    parser = ROOT.commands[name]
    assert re.fullmatch(r"[A-Z][^.]*\.", parser.line)
    assert CONTACTS.search(" ".join(HELPS[name].split()))


def test_the_help_of_all_lists_every_command_once() -> None:
    listed = [name for names in GROUPS.values() for name in names]
    assert sorted(listed) == sorted(ROOT.commands)
    for name, parser in ROOT.commands.items():
        assert re.search(rf"^  {name} +{re.escape(parser.line)}$", HELPS[""], re.MULTILINE)


def test_the_help_of_all_tells_exit_codes_and_where_more_is_written() -> None:
    for code, meaning in EXIT_CODES.items():
        assert re.search(rf"^  {code} +{re.escape(meaning)}$", HELPS[""], re.MULTILINE)
    assert "docs/commands.md" in HELPS[""]
    page = (DOCS / "commands.md").read_text()
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == EXIT_CODES.keys()
    assert set(re.findall(r"^\| `([a-z-]+(?: [a-z-]+)?)`", page, re.MULTILINE)) == ROOT.commands.keys()


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for name, line in lines(Root()):
        assert len(line) <= min(columns, 100), name


def lines(root: Root) -> Iterator[tuple[str, str]]:
    for name, parser in {"": root, **root.commands}.items():
        yield from ((name, line) for line in parser.format_help().splitlines())


def test_flags_that_mean_nothing_to_a_command_are_taken_and_not_shown() -> None:
    assert "--log.level" in HELPS["run"]
    assert "--log.level" not in HELPS["rules test"] + HELPS["completion"]
    assert vars(ROOT.parse_args(["version", "--log.level", "info"]))["log.level"] == "info"
    assert "--log" not in ROOT.commands["collect"].format_usage()
