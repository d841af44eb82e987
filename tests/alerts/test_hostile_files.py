"""Rule files of strangers through the commands: an error for each rule, code 1, and little time and memory."""

from pathlib import Path

import pytest

from exporter.isolation import OURSELVES, Bounds, run

RULE = "  - {{alert: {}, expr: {}, for: 1m}}\n"
# What a rule asks, and what is said of it.
EXPRESSIONS = {
    "up" + " + up" * 5000: "expression is 25002 bytes long, the limit is 16384",
    "up" + "+up" * 5000: "expression has more than 500 operators",
    "(" * 12_000 + "up" + ")" * 12_000: "expression is 24002 bytes long, the limit is 16384",
    "(" * 8000 + "up" + ")" * 8000: "expression is nested deeper than 100 levels",
    "-" * 12_000 + "up": "expression has more than 500 operators",
    "up" + " + up" * 100_000: "expression is 500002 bytes long, the limit is 16384",
    "up @ -1": "uses the modifier @, which needs history",
    'up{job=~"(a{1000}){1000}"}': "is not valid RE2",
    "label_replace(up, 'a', '$1', 'b', '" + "(" * 200 + "')": "is not valid RE2",
    "sum(" * 99 + "up": "unclosed left parenthesis",
}
BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
FILES = {
    "a bomb of aliases": (BOMB, "this has more than 100000 values once its aliases are written out"),
    "keys that stand twice": ("groups: []\n" + "groups: []\n" * 50_000, "groups stands here again, first in line 1"),
    "a megabyte of expression": (
        "groups:\n- name: g\n  rules:\n" + RULE.format("A", "'up" + " + up" * 190_000 + "'"),
        "expression is 950002 bytes long, the limit is 16384",
    ),
    "more than a megabyte": ("#" * (2**20 + 1), "the file is 1048577 bytes long, the limit is 1048576"),
    "levels": ("[" * 300_000, "this is nested deeper than 50 levels"),
    "a template without an end": (
        "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up, labels: {a: '" + "{{ if true }}" * 50_000 + "'}}\n",
        "is nested deeper than 100 levels",
    ),
}
# A fraction of what the process may have elsewhere.
BOUNDS = Bounds(seconds=60, memory=2**30)


def test_each_rule_and_each_file_has_an_error_of_its_own(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "rules.yml"
    texts = (text.replace("'", "''") for text in EXPRESSIONS)
    written = "".join(RULE.format(f"Hostile{number}", f"'{text}'") for number, text in enumerate(texts))
    rules.write_text(f"groups:\n- name: g\n  rules:\n{written}")
    paths = [rules, *(tmp_path / f"{number}.yml" for number in range(len(FILES)))]
    for path, (content, _) in zip(paths[1:], FILES.values(), strict=True):
        path.write_text(content)
    # In a process of its own, which ends if it takes too much.
    assert run(["rules", "check", *map(str, paths)], paths, OURSELVES, BOUNDS) == 1
    lines = capfd.readouterr().err.splitlines()
    for number, said in enumerate(EXPRESSIONS.values()):
        assert lines[number].startswith(f"{rules}:{number + 4}:")
        assert f'group "g", rule {number + 1} "Hostile{number}": ' in lines[number]
        assert said in lines[number]
    for path, line, (_, said) in zip(paths[1:], lines[len(EXPRESSIONS) :], FILES.values(), strict=True):
        assert line.startswith(f"{path}:")
        assert said in line
    assert max(map(len, lines)) < 1000
