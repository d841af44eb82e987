"""`jobhive-exporter demo`: a PostgreSQL with a synthetic JobHive, a Redis, live traffic, and the daemon on them.

Datadog and AWS Cost Explorer are simulated: what comes from there is made up, and said to be.
"""

import os
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from demo.ai_traffic import AiTraffic
from demo.aws import SimulatedCostExplorer
from demo.aws_account import simulated
from demo.datadog import API_KEY, APP_KEY, Simulator
from demo.dataset import load as load_data
from demo.given import GivenPostgres, GivenRedis
from demo.postgres import EmbeddedPostgres, default_folder
from demo.redis import EmbeddedRedis, find_program
from demo.traffic import Traffic
from exporter import daemon
from exporter.config import Config, Overrides, load
from exporter.log import configure as configure_log
from exporter.progress import Progress
from exporter.web.server import bind, split

DATABASE, STATE = "jobhive", "state.db"
INTERRUPTED = 130


class Given(NamedTuple):
    """URLs of servers to use in place of embedded ones; what they hold is deleted if an earlier demo made it."""

    database: str | None = None
    redis: str | None = None


def run(
    users: int,
    seed: int,
    data_dir: Path | None,
    overrides: Overrides,
    *,
    traffic: bool,
    given: Given = Given(),  # noqa: B008 - an immutable value
) -> int:
    """Run until Ctrl-C; the data are made anew at each start, so that they end now."""
    folder = data_dir or default_folder()
    postgres = GivenPostgres(given.database, folder) if given.database else EmbeddedPostgres(folder)
    redis = GivenRedis(given.redis) if given.redis else EmbeddedRedis(postgres.folder / "redis")
    datadog = Simulator()
    has_redis = bool(given.redis or find_program())
    if not has_redis:
        overrides = {**overrides, "collectors": {"ai_realtime": {"enabled": False}}}
    try:
        # What is started is stopped in the reverse order, and each of it even if another one fails to stop.
        with ExitStack() as running:
            running.enter_context(datadog)
            aws = running.enter_context(SimulatedCostExplorer(lambda: simulated(datetime.now(UTC).date())))
            environ = _environ(postgres.url(DATABASE), redis.url, datadog.url, aws.url, postgres.folder)
            path = running.enter_context(as_file(files("demo") / "config.yaml"))
            read = partial(load, path, overrides, environ)
            config = read()
            # A port in use is told before a database is made.
            for bound in bind(config.web.listen_addresses):
                bound.close()
            running.enter_context(postgres)
            _say("PostgreSQL runs in", postgres.place)
            if has_redis:
                running.enter_context(redis)
                _say("Redis runs at", redis.place)
            else:
                _say("There is no Redis: install Redis 6.2 or newer with your package manager to have one in the demo")
            _say("A simulated Datadog answers at", datadog.url)
            _say("AWS Cost Explorer is simulated at", aws.url)
            url = postgres.create(DATABASE)
            with Progress(sys.stderr, "users", 0, users, monotonic) as progress:
                load_data(url, users=users, seed=seed, now=datetime.now(UTC), progress=progress.reach)
            _say(f"{users:,} users loaded")
            # What was stored speaks of the database of the last run.
            for suffix in ("", "-wal", "-shm"):
                (postgres.folder / f"{STATE}{suffix}").unlink(missing_ok=True)
            configure_log(config.log, config.redact)
            if traffic:
                running.enter_context(Traffic(url, seed, _say))
                if has_redis:
                    running.enter_context(AiTraffic(redis.url, seed))
            return daemon.run(config, read, partial(_say_where, config))
    except KeyboardInterrupt:
        return INTERRUPTED


def _environ(database: str, redis: str, datadog: str, aws: str, folder: Path) -> dict[str, str]:
    """Return the variables that demo/config.yaml names."""
    return os.environ | {
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "DATADOG_URL": datadog,
        "DD_API_KEY": API_KEY,
        "DD_APP_KEY": APP_KEY,
        "JOBHIVE_DEMO_AWS": aws,
        # Never somebody's own.
        "JOBHIVE_DEMO_AWS_KEY": "simulated",
        "JOBHIVE_DEMO_STATE": str(folder / STATE),
        "JOBHIVE_DEMO_REPORTS": str(folder / "reports"),
    }


def _say_where(config: Config) -> None:
    host, port = split(config.web.listen_addresses[0])
    url = f"http://{host or 'localhost'}:{port}"
    _say("")
    _say("The exporter runs on a synthetic JobHive. Ctrl-C stops it and all it started.")
    _say(f"  {url}/           how the collectors stand")
    _say(f"  {url}{config.web.telemetry_path}    what Prometheus scrapes")
    _say(f"  {url}/-/ready    ready once every collector has run")
    if config.reports.weekly:
        _say(f"  {config.reports.weekly.folder}    the report on last week, as PDF and HTML, when all have run")
    _say(f"Simulated, not real: all that comes from {', '.join(config.simulated)}.")
    _say("")


def _say(*words: object) -> None:
    print(*words, flush=True)
