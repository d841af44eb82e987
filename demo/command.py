"""`jobhive-exporter demo`: an embedded PostgreSQL with a synthetic JobHive, and the daemon on it."""

import os
import sys
from datetime import UTC, datetime
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path

from demo.dataset import load as load_data
from demo.postgres import EmbeddedPostgres, default_folder
from exporter import daemon
from exporter.config import Config, Overrides, load
from exporter.log import configure as configure_log
from exporter.web.server import bind, split

DATABASE = "jobhive"
INTERRUPTED = 130


def run(users: int, seed: int, data_dir: Path | None, overrides: Overrides) -> int:
    """Run until Ctrl-C; the data are made anew at each start, so that they end now."""
    postgres = EmbeddedPostgres(data_dir or default_folder())
    state = postgres.folder / "state.db"
    environ = os.environ | {"DATABASE_URL": postgres.url(DATABASE), "JOBHIVE_DEMO_STATE": str(state)}
    try:
        with as_file(files("demo") / "config.yaml") as path:
            read = partial(load, path, overrides, environ)
            config = read()
            # A port in use is told before a database is made.
            for bound in bind(config.web.listen_addresses):
                bound.close()
            with postgres:
                _say("PostgreSQL runs in", postgres.folder)
                load_data(
                    postgres.create(DATABASE), users=users, seed=seed, now=datetime.now(UTC), progress=_show_progress
                )
                # What was stored speaks of the database of the last run.
                for suffix in ("", "-wal", "-shm"):
                    Path(f"{state}{suffix}").unlink(missing_ok=True)
                configure_log(config.log, config.redact)
                return daemon.run(config, read, partial(_say_where, config))
    except KeyboardInterrupt:
        return INTERRUPTED


def _say_where(config: Config) -> None:
    host, port = split(config.web.listen_addresses[0])
    url = f"http://{host or 'localhost'}:{port}"
    _say("")
    _say("The exporter runs on a synthetic JobHive. Ctrl-C stops it and the database.")
    _say(f"  {url}/           how the collectors stand")
    _say(f"  {url}{config.web.telemetry_path}    what Prometheus scrapes")
    _say(f"  {url}/-/ready    ready once every collector has run")
    _say("")


def _show_progress(done: int, of: int) -> None:
    if sys.stdout.isatty():
        width = 40 * done // of
        print(
            f"\rusers [{'#' * width}{'.' * (40 - width)}] {done:,} of {of:,}",
            end="\n" if done == of else "",
            flush=True,
        )
    elif done == of:
        _say(f"{of:,} users loaded")


def _say(*words: object) -> None:
    print(*words, flush=True)
