"""The past as a file: equal to `collect --at`, read by promtool and Prometheus, the same after any interruption."""

import argparse
import os
import pty
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from collectors.base import Collector, Run
from exporter import backfill
from exporter.cli import main
from exporter.config import Job
from exporter.model import Result
from exporter.order import Grid, step
from exporter.progress import bar
from exporter.registry import NAMES
from exporter.runner import Clock, execute
from tests import conftest
from tests.debian import program
from tests.e2e.processes import free_port, running, written

# Two collectors are enough, and quicker.
OTHERS = ", ".join(f"{name}: {{enabled: false}}" for name in NAMES if name not in ("data_quality", "revenue"))
DATABASE = "database: {url: !env DATABASE_URL}\n"
CONFIG = f"{DATABASE}collectors: {{{OTHERS}}}\n"
LIVE_ONLY = "jobhive_subscriptions_canceling"
TEN = ("--from", "2026-03-12T00:00:00Z", "--to", "2026-05-01T00:00:00Z", "--step", "5d")
FORTY = (*TEN[:4], "--step", "30h", "--collector", "data_quality")
SIX = ("--from", "2026-03-30T00:00:00Z", "--to", "2026-04-05T00:00:00Z", "--step", "1d")
Series = tuple[str, frozenset[tuple[str, str]]]


@pytest.fixture
def config(tmp_path: Path, golden: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATABASE_URL", golden)
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


class Spy:
    """Notes each run of a collector, and does something before it; the run itself is the real one."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, str]] = []
        self.before: Callable[[], Any] = lambda: None

    def __call__(self, job: Job, collector: Collector, run: Run, clock: Clock) -> Result:
        self.runs.append((job.name, f"{run.at:%m-%d}"))
        self.before()
        return execute(job, collector, run, clock)

    def at(self, name: str, day: str, act: Callable[[], Any]) -> None:
        """Do something when a collector gets to a day."""
        self.before = lambda: self.runs[-1] == (name, day) and act()


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    spy = Spy()
    monkeypatch.setattr(backfill, "execute", spy)
    return spy


def run(config: Path, out: Path, *arguments: object) -> int:
    return main(["backfill", "--config.file", str(config), "--out", str(out), *map(str, arguments)])


def interrupt() -> None:
    raise KeyboardInterrupt


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def series(sample: Any) -> Series:
    return sample.name, frozenset(sample.labels.items())


def values(file: Path) -> dict[str, dict[Series, float]]:
    """Read a file with the official parser, which refuses families or series that do not stand together."""
    found: dict[str, dict[Series, float]] = {}
    for family in read_openmetrics(file.read_text()):  # type: ignore[no-untyped-call]
        for sample in family.samples:
            at = datetime.fromtimestamp(float(sample.timestamp), UTC)
            of_instant = found.setdefault(at.isoformat(), {})
            assert series(sample) not in of_instant
            of_instant[series(sample)] = sample.value
    return found


@pytest.mark.parametrize(
    ("start", "end", "span", "expected"),
    [
        ("2026-04-01", "2026-04-03", "1d", ["04-01 00:00", "04-02 00:00"]),
        ("2026-04-01", "2026-04-02 00:00:01", "1d", ["04-01 00:00", "04-02 00:00"]),
        ("2026-04-01", "2026-04-01 00:00:01", "1d", ["04-01 00:00"]),
        ("2026-04-01 00:10", "2026-04-01 01:00", "25m", ["04-01 00:10", "04-01 00:35"]),
    ],
)
def test_a_grid_is_half_open(start: str, end: str, span: str, expected: list[str]) -> None:
    grid = Grid(instant(start), instant(end), step(span))
    assert [f"{at:%m-%d %H:%M}" for at in grid.instants()] == expected
    assert len(grid) == len(expected)
    assert list(grid.instants(after=int(grid.start.timestamp()))) == list(grid.instants())[1:]
    assert list(grid.instants(after=int(grid.end.timestamp()))) == []


def test_every_value_is_that_of_collect(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "past.om"
    assert run(config, out, *SIX, "--label", "job=jobhive", "--label", "instance=a b") == 0
    printed = capsys.readouterr()
    found = values(out)
    added = frozenset({("job", "jobhive"), ("instance", "a b")})
    for day in Grid(instant("2026-03-30"), instant("2026-04-05"), timedelta(days=1)).instants():
        expected: dict[Series, float] = {}
        for name in ("revenue", "data_quality"):
            assert main(["collect", name, "--at", day.isoformat(), "--config.file", str(config)]) == 0
            for family in read_text(capsys.readouterr().out):
                expected |= {(name, labels | added): value for (name, labels), value in plain(family.samples)}
        assert found.pop(day.isoformat()) == expected
    assert found == {}
    size, samples = out.stat().st_size, len(re.findall("^jobhive_", out.read_text(), re.MULTILINE))
    counted, command = printed.out.splitlines()
    assert re.fullmatch(rf"{out}: 6 instants, {samples:,} samples, {size:,} bytes in \d+\.\d s; next:", counted)
    assert command == f"promtool tsdb create-blocks-from openmetrics --max-block-duration=720h {out} blocks"
    assert f"# {LIVE_ONLY} is left out: it is live only, its past cannot be rebuilt\n" in printed.err
    assert printed.err.count("# jobhive_mrr is approximate: past_due_since_unknown\n") == 1
    assert "\r" not in printed.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml", "past.om"]
    assert out.stat().st_mode & 0o777 == 0o600


def plain(samples: list[Any]) -> Iterator[tuple[Series, float]]:
    yield from ((series(sample), sample.value) for sample in samples if sample.name != LIVE_ONLY)


def test_prometheus_answers_about_the_past(config: Path, tmp_path: Path) -> None:
    out, blocks, port = tmp_path / "past.om", tmp_path / "blocks", free_port()
    assert run(config, out, *TEN, "--collector", "revenue", "--label", "job=jobhive") == 0
    command = ["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h"]
    done = subprocess.run([program("promtool"), *command, out, blocks], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    server = [
        str(program("prometheus")),
        f"--config.file={written(tmp_path / 'prometheus.yml', {})}",
        f"--storage.tsdb.path={blocks}",
        "--storage.tsdb.retention.time=20y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running("prometheus", server, port, tmp_path) as prometheus:
        for day, mrr in (("03-12", "85"), ("04-01", "115"), ("04-26", "145")):
            path = f'/api/v1/query?query=jobhive_mrr{{job="jobhive"}}&time=2026-{day}T00:00:00Z'
            (found,) = prometheus.json(path)["data"]["result"]
            assert found["metric"] == {"__name__": "jobhive_mrr", "currency": "USD", "job": "jobhive"}
            assert found["value"][1] == mrr
        after = prometheus.json("/api/v1/query?query=jobhive_mrr&time=2026-05-01T00:00:00Z")
        assert after["data"]["result"] == []


def test_a_killed_run_goes_on_where_it_was(config: Path, tmp_path: Path, spy: Spy) -> None:
    whole, out = tmp_path / "whole.om", tmp_path / "past.om"
    assert run(config, whole, *FORTY) == 0
    assert len(spy.runs) == 40
    kept = finished_before_kill(config, out)
    assert not out.exists()
    spy.runs.clear()
    assert run(config, out, *FORTY) == 0
    assert 0 < len(spy.runs) <= 40 - kept
    assert out.read_bytes() == whole.read_bytes()


def finished_before_kill(config: Path, out: Path) -> int:
    """Run on a terminal of our own, and kill it once it shows a third instant; return how many it showed."""
    arguments = ["backfill", "--config.file", str(config), "--out", str(out), *FORTY]
    ours, theirs = pty.openpty()
    with closing(os.fdopen(ours, "rb", buffering=0)) as terminal:
        command = [sys.executable, "-m", "exporter", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        shown = ""
        try:
            while "] 3 of 40" not in shown:
                shown += terminal.read(1000).decode()
        finally:
            process.kill()
            process.wait()
    assert "\rinstants [........................................] 0 of 40\x1b[K" in shown
    return int(re.findall(r"] (\d+) of 40", shown)[-1])


def test_what_is_finished_is_not_collected_again(
    config: Path, tmp_path: Path, spy: Spy, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "past.om"
    spy.at("revenue", "04-01", interrupt)
    assert run(config, out, *SIX) == 130
    kept = f"2 of 6 instants are kept in {out}.part"
    assert f"# {kept}; run the same command again to go on\n" in capsys.readouterr().err
    spy.runs.clear()
    spy.at("revenue", "04-03", interrupt)
    assert run(config, out, *SIX) == 130
    assert f"# going on: {kept}\n" in capsys.readouterr().err
    days = [f"04-0{day}" for day in (1, 2, 3)]
    assert spy.runs == [(name, day) for day in days for name in ("data_quality", "revenue")]


def test_a_grid_may_end_elsewhere(config: Path, tmp_path: Path, spy: Spy) -> None:
    whole, out = tmp_path / "whole.om", tmp_path / "past.om"
    spy.at("revenue", "04-04", interrupt)
    assert run(config, out, *SIX) == 130
    spy.before = lambda: None
    for end in ("2026-04-02T00:00:00Z", "2026-04-06T00:00:00Z"):
        assert run(config, out, *SIX, "--to", end) == run(config, whole, *SIX, "--to", end) == 0
        assert out.read_bytes() == whole.read_bytes()


def test_a_failing_database_ends_the_run_which_can_go_on(
    config: Path, golden: str, tmp_path: Path, spy: Spy, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, out = tmp_path / "whole.om", tmp_path / "past.om"
    assert run(config, whole, *SIX) == 0
    rename = "ALTER TABLE accounts_user RENAME COLUMN date_joined TO joined"
    spy.at("revenue", "04-02", lambda: conftest.execute(golden, rename))
    assert run(config, out, *SIX) == 1
    assert capsys.readouterr().err.endswith(
        "jobhive-exporter: collector revenue failed at 2026-04-02T00:00:00+00:00 (query): public.accounts_user has no "
        "column date_joined; map it under database.tables.user.columns.date_joined; "
        f"3 of 6 instants are kept in {out}.part: mend it and run the same command again\n"
    )
    conftest.execute(golden, "ALTER TABLE accounts_user RENAME COLUMN joined TO date_joined")
    spy.before = lambda: None
    assert run(config, out, *SIX) == 0
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("text", "arguments", "differs"),
    [
        (
            DATABASE + f"collectors: {{{OTHERS}, revenue: {{options: {{dunning_grace: 5d}}}}}}\n",
            [],
            "the configuration of data_quality, ",
        ),
        (CONFIG, ["--step", "2d"], "--step; "),
        (CONFIG, ["--from", "2026-03-29T00:00:00Z"], "--from; "),
        (CONFIG, ["--label", "job=other"], "--label; "),
        (CONFIG + "export: [jobhive_interviewer_interviews]\n", [], "export; "),
        (CONFIG, ["--collector", "revenue"], "--collector, the configuration of data_quality; "),
    ],
)
def test_another_backfill_is_not_mixed_in(
    config: Path,
    tmp_path: Path,
    spy: Spy,
    capsys: pytest.CaptureFixture[str],
    text: str,
    arguments: list[str],
    differs: str,
) -> None:
    out = tmp_path / "past.om"
    spy.at("revenue", "04-01", interrupt)
    assert run(config, out, *SIX) == 130
    config.write_text(text)
    assert run(config, out, *SIX, *arguments) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert f"{out}.part holds the first part of another backfill: what differs is {differs}" in error
    assert error.endswith("; give what was given then to go on with it, or delete it to start over")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--label", "window=x"], "--label window: jobhive_churn_ratio has a label window of its own; choose another"),
        (["--label", "a=1", "--label", "a=2"], "--label a is given more than once; give each label once"),
        (["--collector", "nonsense"], "there is no collector nonsense in {config}; configured are data_quality, reve"),
        (["--to", "2026-03-30T00:00:00Z"], "--from 2026-03-30T00:00:00+00:00 is not before --to 2026-03-30T00:00:00+"),
        (["--to", "2999-01-01T00:00:00Z"], "--to 2999-01-01T00:00:00+00:00 lies in the future; only the past can be"),
        (["--out", "/none/past.om"], "/none/past.om.part cannot be written: No such file or directory; choose another"),
        (["--out", "/tmp"], "--out /tmp is a folder; name a file in it"),
    ],
)
def test_what_cannot_be_is_refused(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(config, tmp_path / "past.om", *SIX, *arguments) == 1
    assert f"jobhive-exporter: {message.format(config=config)}" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml"]


def test_a_collector_without_a_past_is_refused(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(backfill, "past", lambda _: ())
    assert run(config, tmp_path / "past.om", *SIX) == 1
    assert "no family is left that has a past; choose other collectors with --collector" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--step", "0s"], "--step: not a duration of whole seconds; write for example 5m, 1h or 1d"),
        (["--step", "1500ms"], "--step: not a duration of whole seconds"),
        (["--step", "hourly"], "--step: not a duration of whole seconds"),
        (["--step", "99999999999d"], "--step: not a duration of whole seconds"),
        (["--from", "2026-04-01T00:00:00.5Z"], "--from: not a whole second; write for example 2026-04-01T00:00:00Z"),
        (["--from", "2026-04-01"], "--from: not an instant with a time zone"),
        (["--label", "job"], "--label: not a label; write name=value, the name of letters, digits and _"),
        (["--label", "__name__=x"], "--label: not a label; write name=value"),
        (["--label", "1st=x"], "--label: not a label; write name=value"),
        (["--label", "job="], "--label: the value of label job is empty or not printable; write job=value"),
    ],
)
def test_wrong_usage_ends_with_2(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(config, tmp_path / "past.om", *SIX, *arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_file_that_cannot_be_written_loses_nothing(
    config: Path, tmp_path: Path, spy: Spy, capsys: pytest.CaptureFixture[str]
) -> None:
    out, obstacle = tmp_path / "past.om", tmp_path / "past.om.new"
    obstacle.mkdir()
    assert run(config, out, *SIX) == 1
    mend = f"mend that and run the same command again; 6 of 6 instants are kept in {out}.part"
    assert f"jobhive-exporter: {out} cannot be written: Is a directory; {mend}\n" in capsys.readouterr().err
    obstacle.rmdir()
    spy.runs.clear()
    assert run(config, out, *SIX) == 0
    assert spy.runs == []
    assert len(values(out)) == 6


def test_a_file_that_is_no_spool_stays_as_it_is(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = tmp_path / "past.om.part"
    part.write_text("a letter to somebody, long enough to be no empty database\n" * 20)
    before = part.read_bytes()
    assert run(config, tmp_path / "past.om", *SIX) == 1
    assert f"{part} cannot be read: file is not a database; delete it to start over" in capsys.readouterr().err
    assert part.read_bytes() == before


def test_the_spool_of_another_version_stays_as_it_is(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = tmp_path / "past.om.part"
    with closing(sqlite3.connect(part)) as connection:
        connection.executescript("CREATE TABLE ours (it TEXT); PRAGMA user_version = 2")
    assert run(config, tmp_path / "past.om", *SIX) == 1
    refusal = f"{part} is no spool of this version of the exporter; delete it to start over"
    assert refusal in capsys.readouterr().err
    with closing(sqlite3.connect(part)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("ours",)]


def test_two_backfills_do_not_write_one_file(
    config: Path, tmp_path: Path, spy: Spy, capsys: pytest.CaptureFixture[str]
) -> None:
    out, codes = tmp_path / "past.om", []
    spy.at("revenue", "04-01", lambda: codes.append(run(config, out, *SIX)))
    assert run(config, out, *SIX) == 0
    assert codes == [1]
    mend = "another backfill is writing it; wait for its end"
    assert f"{out}.part cannot be used: database is locked; {mend}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("done", "left", "expected"),
    [
        (0, None, "instants [........................................] 0 of 8,760"),
        (4380, 3725.4, "instants [####################....................] 4,380 of 8,760, 1h2m5s left"),
        (8760, 0.0, "instants [########################################] 8,760 of 8,760, 0s left"),
    ],
)
def test_the_bar(done: int, left: float | None, expected: str) -> None:
    assert bar("instants", done, 8760, left) == expected


def test_a_step_is_read_as_in_the_configuration() -> None:
    assert step("1h30m") == timedelta(minutes=90)
    with pytest.raises(argparse.ArgumentTypeError):
        step("1.5h")
