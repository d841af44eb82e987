"""A real Prometheus that holds sample sets, each at its instant, and answers as our evaluation does."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from alerts.promql import PromQLError, Samples, Unsupported, parse
from tests.alerts.promql.worlds import Labels, World, openmetrics
from tests.alerts.rule_files import promtool
from tests.debian import program
from tests.e2e.processes import free_port, running


class Answer(NamedTuple):
    """A vector, a scalar as a sample without labels, or an error."""

    found: Sequence[tuple[Labels, float]] = ()
    scalar: bool = False
    error: str = ""
    unsupported: bool = False


class Prometheus:
    """The server, over one connection."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection

    def ask(self, expression: str, world: World) -> Answer:
        """Evaluate at the instant of a sample set."""
        form = urlencode({"query": expression, "time": f"{world.at.timestamp():.3f}"})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", "/api/v1/query", form, headers)
        answer = json.loads(self._connection.getresponse().read())
        if answer["status"] != "success":
            return Answer(error=answer["error"])
        kind, result = answer["data"]["resultType"], answer["data"]["result"]
        if kind in ("string", "matrix"):
            return Answer(error="rule result is not a vector or scalar")
        if kind == "scalar":
            return Answer([({}, float(result[1]))], scalar=True)
        return Answer([(one["metric"], float(one["value"][1])) for one in result])


def ours(expression: str, world: World) -> Answer:
    """Evaluate here."""
    try:
        found = parse(expression).evaluate(world.at, Samples.of(world.samples))
    except PromQLError as error:
        return Answer(error=str(error), unsupported=isinstance(error, Unsupported))
    if isinstance(found, float):
        return Answer([({}, found)], scalar=True)
    return Answer([(dict(labels), value) for labels, value in found])


@contextmanager
def prometheus(worlds: Sequence[World], folder: Path) -> Iterator[Prometheus]:
    """Run Debian's Prometheus on sample sets."""
    source = folder / "worlds.om"
    source.write_text(openmetrics(worlds))
    made = promtool("tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h", source, folder / "tsdb")
    assert made.returncode == 0, made.stderr
    config = folder / "prometheus.yml"
    config.write_text("{}")
    port = free_port()
    command = [
        str(program("prometheus")),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
        # The connection may wait while the process runs tests of other files.
        "--web.read-timeout=2h",
    ]
    with (
        running("prometheus", command, port, folder),
        closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection,
    ):
        yield Prometheus(connection)
