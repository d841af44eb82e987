"""The daemon as a process sends its report, and a restart sends no other."""

from pathlib import Path
from typing import Any

from tests.reports.mail_servers import Inbox, serving
from tests.running import Daemon, config_of, running
from tests.waiting import eventually

SERIES = "report_last_success_timestamp_seconds"


def last_success(daemon: Daemon) -> float:
    return daemon.page().of(SERIES, report="weekly")


def test_the_daemon_sends_a_report_and_a_restart_sends_no_other(reported: str, tmp_path: Path) -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        smtp = {"host": "localhost", "port": port, "security": "none", "sender": "reports@example.org"}
        weekly = {"recipients": ["board@example.org"], "cron": "* * * * *"}
        reports: dict[str, Any] = {"smtp": smtp, "weekly": weekly}
        with running(tmp_path, config_of(reported, reports=reports)) as daemon:
            for stage in ("collect", "render", "send"):
                assert daemon.page().of("report_failures_total", report="weekly", stage=stage) == 0
            sent = eventually(lambda: last_success(daemon), within=60)
            assert daemon.end() == 0
            assert 'event="report delivered" report=weekly' in daemon.output
            assert "board@example.org" not in daemon.output
        assert len(inbox.letters) == 1
        with running(tmp_path, config_of(reported, reports=reports)) as daemon:
            # Restored from the state file, where it has its microseconds.
            assert abs(eventually(lambda: last_success(daemon), within=30) - sent) < 1
            assert daemon.end() == 0
            assert "Traceback" not in daemon.output
        assert len(inbox.letters) == 1
