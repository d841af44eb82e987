"""The whole daemon behind a web configuration and tokens; and the page in docs, whose examples must work."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from exporter.config import Config, load
from exporter.daemon import Daemon
from tests.web.certificates import program
from tests.web.conftest import Certificates

PAGE = (Path(__file__).parent.parent.parent / "docs" / "access.md").read_text()
SECRET, GAUGE = "a-token-of-grafana-0", "jobhive_exporter_web_config_last_reload_successful"
# Nobody listens there: what is collected is not the subject here.
ENVIRON = {"DATABASE_URL": "postgresql://127.0.0.1:1/jobhive"}


def examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@dataclass
class House:
    """A daemon in a folder of its own."""

    folder: Path
    port: int
    daemon: Daemon | None = None

    def config(self, web: str = "") -> Config:
        address = f"listen_addresses: ['0.0.0.0:{self.port}']"
        text = (
            f"database: {{url: !env DATABASE_URL}}\nstate: {{path: {self.folder}/state.db}}\nweb:\n  {address}\n{web}"
        )
        (self.folder / "config.yaml").write_text(text)
        return self.load()

    def load(self) -> Config:
        return load(self.folder / "config.yaml", {}, ENVIRON)

    def start(self, web: str = "") -> list[str]:
        """Start, and return what the log said."""
        self.daemon = Daemon(self.config(web), self.load)
        with capture_logs() as lines:
            self.daemon.start()
        return [str(line["event"]) for line in lines if line["log_level"] == "warning"]

    def curl(self, url: str, *options: str) -> tuple[str, str]:
        """Return the status and the body."""
        command = [program("curl"), "--silent", "--max-time", "20", "--write-out", "%{http_code}", *options]
        done = subprocess.run([*command, url], capture_output=True, text=True, check=False, cwd=self.folder, timeout=60)
        return done.stdout[-3:], done.stdout[:-3]


@pytest.fixture
def house(tmp_path: Path, certificates: Certificates) -> Iterator[House]:
    for source, name in ((certificates.server, "server"), (certificates.ca, "ca")):
        shutil.copy(source.cert, tmp_path / f"{name}.crt")
        shutil.copy(source.key, tmp_path / f"{name}.key")
    shutil.copy(certificates.ca.cert, tmp_path / "ca.pem")
    shutil.copy(certificates.ca.cert, tmp_path / "clients.pem")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = House(tmp_path, port)
    yield found
    if found.daemon:
        found.daemon.stop()


OPEN = "others can read revenue here without a password"


def test_listening_beyond_loopback_is_warned_of_unless_access_is_protected(house: House) -> None:
    assert OPEN in house.start()
    assert house.curl(f"http://localhost:{house.port}/metrics")[0] == "200"
    assert GAUGE not in house.curl(f"http://localhost:{house.port}/metrics")[1]


def test_the_first_example_of_the_page_works_and_the_file_is_followed(house: House) -> None:
    (house.folder / "web.yml").write_text(examples()[0])
    assert OPEN not in house.start(f"  config_file: {house.folder}/web.yml\n")
    url = f"https://localhost:{house.port}/metrics"
    user = ("--cacert", "ca.pem", "--user", "prometheus:correct-horse")
    assert house.curl(url, "--cacert", "ca.pem")[0] == "401"
    assert f"{GAUGE} 1\n" in house.curl(url, *user)[1]
    (house.folder / "web.yml").write_text("nonsense: 1\n")
    assert f"{GAUGE} 0\n" in house.curl(url, *user)[1]


def test_the_second_example_of_the_page_works_and_a_reload_takes_and_revokes_tokens(house: House) -> None:
    (house.folder / "grafana").write_text(f"{SECRET}\n")
    web = examples()[1].removeprefix("web:\n").replace("/run/secrets/", f"{house.folder}/")
    assert OPEN not in house.start(web)
    url = f"http://localhost:{house.port}"
    token = ("--oauth2-bearer", SECRET)
    assert [house.curl(f"{url}{path}", *token)[0] for path in ("/metrics", "/", "/-/reload")] == ["200", "200", "403"]
    assert house.daemon
    (house.folder / "grafana").write_text("another-token-than-before\n")
    with capture_logs() as lines:
        assert house.daemon.reload() == []
    assert not [line for line in lines if line["log_level"] == "warning"]
    assert house.curl(f"{url}/metrics", *token)[0] == "401"
    assert house.curl(f"{url}/metrics", "--oauth2-bearer", "another-token-than-before")[0] == "200"


def test_the_third_example_of_the_page_limits_a_token_to_a_company(house: House) -> None:
    (house.folder / "acme").write_text(f"{SECRET}\n")
    config = house.config(examples()[2].removeprefix("web:\n").replace("/run/secrets/", f"{house.folder}/"))
    assert [token.company for token in config.web.tokens] == [7]


def test_the_fourth_example_of_the_page_is_accepted_and_protects(house: House) -> None:
    (house.folder / "web.yml").write_text(examples()[3])
    config = house.config(f"  config_file: {house.folder}/web.yml\n")
    assert config.web_file
    assert config.web_file.config.requires_certificate
