"""Rooms with their temperatures: a source that a test can heat, break and mend, with rules that ask for it."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from exporter.registry import NAMES

COLLECTOR = "custom_sql:rooms"
QUERY = {
    "interval": "1s",
    "deadline": "900ms",
    "database": "house",
    "sql": "SELECT room, degrees FROM rooms",
    "metrics": {"room_degrees": {"help": "Degrees by room.", "values": ["degrees"], "labels": ["room"]}},
}
HOT = "{alert: Hot, expr: room_degrees > 30, labels: {severity: warning}}"
FAILING = "{alert: Failing, expr: max by (collector) (jobhive_exporter_collector_success) == 0}"


class Rooms:
    """A house in a folder: `house.db` and `rooms.rules.yml`; the configuration is of `config`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "house.db"
        self.rules = folder / "rooms.rules.yml"
        self._run("CREATE TABLE rooms (room TEXT PRIMARY KEY, degrees REAL)")

    def heat(self, degrees: float, room: str = "attic") -> None:
        """Set the temperature of a room."""
        self._run("INSERT OR REPLACE INTO rooms VALUES (?, ?)", room, degrees)

    def close(self, room: str) -> None:
        """Have no temperature of a room any more."""
        self._run("DELETE FROM rooms WHERE room = ?", room)

    def temperatures(self) -> list[tuple[str, float]]:
        """Return the rooms with their temperatures."""
        with closing(sqlite3.connect(self._path)) as connection:
            return connection.execute("SELECT room, degrees FROM rooms").fetchall()

    def breaks(self) -> None:
        """Have every query fail."""
        self._run("ALTER TABLE rooms RENAME TO gone")

    def mend(self) -> None:
        """Have queries succeed again."""
        self._run("ALTER TABLE gone RENAME TO rooms")

    def ask(self, *rules: str) -> None:
        """Write the rule file: rules in one line each, of a group that runs every second."""
        lines = "".join(f"  - {rule}\n" for rule in rules)
        self.rules.write_text(f"groups:\n- name: rooms\n  interval: 1s\n  rules:\n{lines}")

    def config(self, *alertmanagers: str, **alerts: Any) -> Mapping[str, Any]:
        """Return the tree of a configuration with this collector only; the rules tell their alerts every two seconds."""
        others = {name: {"enabled": False} for name in NAMES}
        house = {"databases": {"house": {"url": f"sqlite:///{self._path}"}}, "queries": {"rooms": QUERY}}
        section = {
            "rule_files": [self.rules.name],
            "target": {"labels": {"instance": "house"}},
            "resend_delay": "1s",
            "alertmanagers": [{"url": url, "timeout": "2s"} for url in alertmanagers],
        }
        return {"collectors": {**others, "custom_sql": house}, "alerts": section | alerts}

    def _run(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self._path)) as connection, connection:
            connection.execute(statement, values)
