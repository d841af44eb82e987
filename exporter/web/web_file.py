"""The web configuration file on disk: read whole, and read again when it or a file that it names changes."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from exporter.validation import located
from exporter.web.tls import LiveContext, files, make_context
from exporter.web.web_config import WebConfig, parse
from exporter.yaml_file import Problem, read

Stamp = tuple[int, int, int, int]
SWITCH = "tls_server_config: TLS cannot be switched on or off while the daemon runs; restart it"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one reading gave: usable if there are no problems. `stamps` are of before the reading, to see a change."""

    path: Path
    config: WebConfig
    context: ssl.SSLContext | None
    problems: tuple[str, ...]
    stamps: Mapping[Path, Stamp | None]


def load(path: Path) -> Loaded:
    """Read the file, and the certificates that it names."""
    stamps = {path: stamp(path)}
    document = read(path)
    config, problems = parse(document)
    context, tls = None, config.tls_server_config
    if tls:
        stamps |= {file: stamp(file) for file in files(tls, path.parent).values()}
        context, faults = make_context(tls, path.parent)
        for fault in faults:
            where = ("tls_server_config", fault.key)
            problems.append(Problem(document.place(where), where, fault.text))
    return Loaded(path, config, context, tuple(located(path, document, problems)), stamps)


def stamp(path: Path) -> Stamp | None:
    """Return what changes with a file: also when it is replaced, or made readable."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


class WebFile:
    """The last good reading. Only the event loop of the web server uses it, so there is no lock.

    `on_read` is told at once and after every reading whether the file could be used.
    """

    def __init__(self, loaded: Loaded, on_read: Callable[[bool], None]) -> None:
        self._used, self._stamps, self._on_read = loaded, loaded.stamps, on_read
        on_read(True)

    @property
    def context(self) -> ssl.SSLContext | None:
        """Return the context to serve with, none for plain HTTP; it follows the file."""
        return LiveContext(self._context) if self._used.context else None

    def config(self) -> WebConfig:
        """Return the configuration of this moment."""
        return self._current().config

    def _context(self) -> ssl.SSLContext:
        context = self._current().context
        assert context is not None, "a reading without TLS never takes the place of one with TLS"  # noqa: S101
        return context

    def _current(self) -> Loaded:
        if any(stamp(path) != known for path, known in self._stamps.items()):
            self._read_again()
        return self._used

    def _read_again(self) -> None:
        loaded = load(self._used.path)
        problems = loaded.problems
        if not problems and (loaded.context is None) is not (self._used.context is None):
            problems = (f"{loaded.path}: {SWITCH}",)
        self._stamps = loaded.stamps
        self._on_read(not problems)
        if problems:
            log.error("web configuration is broken, the last good one stays", first=problems[0], problems=len(problems))
            return
        self._used = loaded
        users = len(loaded.config.basic_auth_users)
        log.info("web configuration read again", users=users, client_certificates=loaded.config.requires_certificate)
