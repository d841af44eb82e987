"""What Prometheus makes of templates: they are the annotations of one alert, which promtool prints."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import yaml

from alerts.model import TemplateError
from alerts.promql import Samples, Vector, parse
from alerts.templates import compile_template
from tests.alerts.rule_files import promtool

EXTERNAL_LABELS = {"cluster": "eu-1", "replica": "a"}
EXTERNAL_URL = "https://prometheus.example.org/path"
# What promtool's tests begin with.
START = datetime(1970, 1, 1, tzinfo=UTC)
ANNOTATION = re.compile(r'\b(t[0-9]+)=("(?:[^"\\]|\\.)*")')
PROBLEM = re.compile(r"rule (\d+),[^\n]*?annotation")
FAILED = "<error expanding template: "
# What docs/templates.md says is not told: addresses, and the insides of an instant.
UNTOLD = re.compile(
    r"0xc[0-9a-f]{9}|\b8246[0-9]{8}\b|\*time\.Location|\*time\.Time=&|\*template\.sample=&|time\.Date\(|&\{[0-9]+ [0-9]{11} "
)
GO_ESCAPES = re.compile(r'\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([abfnrtv\\"]))')
NAMED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}


class World(NamedTuple):
    """The labels and value of the sample that templates see, and the other series that `query` finds."""

    labels: Mapping[str, str]
    value: float
    others: Sequence[tuple[Mapping[str, str], float]] = ()


def loads(templates: Sequence[str], folder: Path) -> list[bool]:
    """Tell of each template whether Prometheus takes it."""
    rules = [{"alert": f"T{number}", "expr": "1", "annotations": {"t": one}} for number, one in enumerate(templates)]
    done = promtool("check", "rules", _written(folder / "loads.yml", {"groups": [{"name": "g", "rules": rules}]}))
    bad = {int(number) for number in PROBLEM.findall(done.stdout + done.stderr)}
    assert bool(bad) == (done.returncode != 0), done.stderr
    return [number not in bad for number in range(1, len(templates) + 1)]


def expanded(templates: Sequence[str], world: World, folder: Path) -> list[str]:
    """Return what Prometheus makes of each template."""
    annotations = {f"t{number}": template for number, template in enumerate(templates)}
    rule = {"alert": "Name", "expr": "sample", "annotations": annotations}
    _written(folder / "rules.yml", {"groups": [{"name": "g", "rules": [rule]}]})
    series = [(world.labels, world.value), *world.others]
    case = {
        "interval": "1m",
        "input_series": [{"series": _selector(labels), "values": _number(value)} for labels, value in series],
        "external_labels": EXTERNAL_LABELS,
        "external_url": EXTERNAL_URL,
        "alert_rule_test": [{"eval_time": "0m", "alertname": "Name", "exp_alerts": []}],
    }
    tests = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [case]}
    done = promtool("test", "rules", _written(folder / "tests.yml", tests))
    said = done.stdout + done.stderr
    assert "got:[" in said, said[-2000:]
    found = {name: _unquoted(text) for name, text in ANNOTATION.findall(said.partition("got:[")[2])}
    # Prometheus leaves out annotations without text here.
    return [found.get(f"t{number}", "") for number in range(len(templates))]


def ours(template: str, world: World) -> str | None:
    """Return what we make of a template, None if we do not take it."""
    try:
        compiled = compile_template(template, "Name")
    except TemplateError:
        return None
    samples = Samples.of([(dict(labels), value) for labels, value in [(world.labels, world.value), *world.others]])

    def query(expression: str) -> Vector | float:
        return parse(expression).evaluate(START, samples)

    return compiled.expand(world.labels, world.value, EXTERNAL_LABELS, EXTERNAL_URL, query)


def same(theirs: str, found: str | None) -> bool:
    """Tell whether two expansions agree: in text, or in that there is none."""
    if found is None:
        return False
    if FAILED in theirs or UNTOLD.search(theirs):
        return (FAILED in theirs) == (FAILED in found)
    return theirs == found


def _selector(labels: Mapping[str, str]) -> str:
    rest = ", ".join(f"{name}={json.dumps(value)}" for name, value in labels.items() if name != "__name__")
    return f"{labels['__name__']}{{{rest}}}"


def _number(value: float) -> str:
    return {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}.get(repr(value), repr(value))


def _written(path: Path, content: object) -> Path:
    path.write_text(yaml.safe_dump(content))
    return path


def _unquoted(text: str) -> str:
    def meant(escape: re.Match[str]) -> str:
        byte, *codes, named = escape.groups()
        if byte and int(byte, 16) > 0x7F:
            return "\ufffd"
        return NAMED[named] if named else chr(int(byte or codes[0] or codes[1], 16))

    return GO_ESCAPES.sub(meant, text[1:-1])
