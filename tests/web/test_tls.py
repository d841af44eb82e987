"""TLS and access on a real socket, as clients see them that are not ours: curl and openssl s_client."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import bcrypt
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from exporter.web.access import Access, Rules
from exporter.web.server import Server, bind
from exporter.web.tls import sans
from exporter.web.web_file import WebFile, load
from exporter.web_settings import TokenSection
from tests.web.certificates import Issued, program
from tests.web.conftest import Certificates

TOKEN = "0123456789abcdef"
TOKENS = (TokenSection(name="grafana", token=TOKEN, scopes=("metrics",)),)  # type: ignore[arg-type]
HASH = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4, prefix=b"2a")).decode().replace("$2a$", "$2y$")
PATHS = ("/", "/metrics", "/healthz", "/-/healthy", "/readyz", "/-/ready", "/-/ready?verbose", "/-/reload")
GOOD_BYE = 60


async def everything(_: Request) -> Response:
    return PlainTextResponse("business\n")


@dataclass
class House:
    """A server on a web configuration, in a folder of its own; `reads` is what the gauge is told."""

    folder: Path
    certificates: Certificates
    tokens: tuple[TokenSection, ...] = ()
    reads: list[bool] = field(default_factory=list)
    port: int = 0
    server: Server | None = None

    def install(self, issued: Issued, name: str = "server") -> None:
        """Put a certificate where the server looks, as tools do: each file replaced at once."""
        for source, target in ((issued.cert, f"{name}.crt"), (issued.key, f"{name}.key")):
            fresh = self.folder / f"{target}.new"
            shutil.copy(source, fresh)
            fresh.replace(self.folder / target)

    def write(self, text: str) -> None:
        (self.folder / "web.yml").write_text(text)

    def tls(self, extra: str = "", rest: str = "") -> None:
        self.write(f"tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n{extra}{rest}")

    def serve(self) -> "House":
        loaded = load(self.folder / "web.yml")
        assert loaded.problems == ()
        web_file = WebFile(loaded, self.reads.append)
        business = Starlette(routes=[Route("/{path:path}", everything)])
        app = Access(business, lambda: Rules(web_file.config(), self.tokens), "/metrics")
        (listening,) = bind(["127.0.0.1:0"])
        self.port = listening.getsockname()[1]
        self.server = Server(app, [listening], web_file.context)
        self.server.start()
        return self

    def curl(self, path: str = "/metrics", *options: str | Path, scheme: str = "https") -> str:
        """Return the status and the body, or `exit N` where no answer came."""
        command = [program("curl"), "--silent", "--max-time", "20", "--cacert", self.certificates.ca.cert]
        url = f"{scheme}://localhost:{self.port}{path}"
        format_ = ["--write-out", "%{http_code}", "--output", "-", "--resolve", f"localhost:{self.port}:127.0.0.1"]
        done = subprocess.run(
            [*map(str, command), *format_, *map(str, options), url],
            capture_output=True,
            text=True,
            check=False,
            timeout=GOOD_BYE,
        )
        return done.stdout[-3:] if done.returncode == 0 else "refused"

    def s_client(self, *options: str | Path) -> str:
        """Return what openssl tells of the connection, with the answer to a request."""
        command = [program("openssl"), "s_client", "-connect", f"127.0.0.1:{self.port}", "-ign_eof"]
        request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        done = subprocess.run(
            [*command, *map(str, options)],
            input=request,
            capture_output=True,
            text=True,
            check=False,
            timeout=GOOD_BYE,
        )
        return done.stdout + done.stderr


@pytest.fixture
def house(tmp_path: Path, certificates: Certificates) -> Iterator[House]:
    found = House(tmp_path, certificates)
    found.install(certificates.server)
    shutil.copy(certificates.ca.cert, tmp_path / "clients.pem")
    yield found
    if found.server:
        found.server.stop()


def shows(issued: Issued) -> list[str]:
    return ["--cert", str(issued.cert), "--key", str(issued.key)]


def s_shows(issued: Issued) -> list[str]:
    return ["-cert", str(issued.cert), "-key", str(issued.key)]


ANSWERED = "business"
MUTUAL = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: clients.pem\n"
USERS = f"basic_auth_users:\n  prometheus: {HASH}\n"


# Versions, suites, curves.


def test_by_default_tls_1_2_and_1_3_are_spoken_and_plain_http_is_not(house: House) -> None:
    house.tls()
    house.serve()
    assert [house.curl() for _ in range(2)] == ["200", "200"]
    assert house.curl("/metrics", "--tlsv1.2", "--tls-max", "1.2") == "200"
    assert house.curl(scheme="http") == "refused"
    assert "TLSv1.3" in house.s_client("-tls1_3")
    assert ANSWERED not in house.s_client("-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0")
    assert "ALPN protocol: http/1.1" in house.s_client("-alpn", "h2,http/1.1")


@pytest.mark.parametrize(
    ("limits", "spoken", "refused"),
    [
        ("  min_version: TLS13\n", ["-tls1_3"], ["-tls1_2"]),
        ("  max_version: TLS12\n", ["-tls1_2"], ["-tls1_3", "-tls1_1"]),
        ("  min_version: TLS10\n", ["-tls1", "-tls1_1", "-tls1_2", "-tls1_3"], []),
        ("  min_version: TLS11\n  max_version: TLS11\n", ["-tls1_1"], ["-tls1", "-tls1_2", "-tls1_3"]),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_the_versions_are_those_of_the_file(house: House, limits: str, spoken: list[str], refused: list[str]) -> None:
    house.tls(limits)
    house.serve()
    weak = ("-cipher", "DEFAULT:@SECLEVEL=0")
    answered = [option for option in (*spoken, *refused) if ANSWERED in house.s_client(option, *weak)]
    assert answered == spoken


def test_the_suites_are_those_of_the_file(house: House) -> None:
    house.tls("  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n")
    house.serve()
    assert re.search(r"Cipher\s*(is|:) ECDHE-ECDSA-AES256-GCM-SHA384", house.s_client())
    assert ANSWERED in house.s_client("-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384")
    assert ANSWERED not in house.s_client("-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")


def test_the_order_of_suites_is_the_servers_unless_the_file_says_otherwise(house: House) -> None:
    suites = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    house.tls(f"  max_version: TLS12\n  cipher_suites: [{suites}]\n")
    house.serve()
    wish = ("-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384")
    assert "ECDHE-ECDSA-AES256-GCM-SHA384" in house.s_client(*wish)
    house.tls(f"  max_version: TLS12\n  prefer_server_cipher_suites: false\n  cipher_suites: [{suites}]\n")
    assert "ECDHE-ECDSA-AES128-GCM-SHA256" in house.s_client(*wish)


@pytest.mark.parametrize(("name", "curve", "other"), [("CurveP384", "P-384", "X25519"), ("X25519", "X25519", "P-384")])
def test_the_curve_is_that_of_the_file(house: House, name: str, curve: str, other: str) -> None:
    house.tls(f"  curve_preferences: [{name}]\n")
    house.serve()
    assert ANSWERED in house.s_client("-groups", curve)
    assert ANSWERED not in house.s_client("-groups", other)


def test_an_rsa_certificate_and_inline_parts_are_served(house: House) -> None:
    def block(path: Path) -> str:
        return "|\n" + "".join(f"    {line}\n" for line in path.read_text().splitlines())

    rsa = house.certificates.rsa
    house.write(f"tls_server_config:\n  cert: {block(rsa.cert)}  key: {block(rsa.key)}")
    house.serve()
    assert house.curl() == "200"


# Client certificates.


def test_a_client_certificate_is_required_and_verified_and_alone_admits(house: House) -> None:
    house.tls(MUTUAL)
    house.serve()
    made = house.certificates
    assert house.curl("/metrics", *shows(made.client)) == "200"
    assert house.curl("/metrics", *shows(made.nameless)) == "200"
    for path in PATHS:
        assert house.curl(path) == "refused", "health pages too, as the handshake comes first"
        assert house.curl(path, *shows(made.stranger)) == "refused"
    for version in ("-tls1_2", "-tls1_3"):
        assert ANSWERED in house.s_client(version, *s_shows(made.client))
        assert ANSWERED not in house.s_client(version)
        assert ANSWERED not in house.s_client(version, *s_shows(made.stranger))


def test_a_certificate_that_is_given_must_be_good_where_none_is_required(house: House) -> None:
    house.tls(MUTUAL.replace("RequireAndVerifyClientCert", "VerifyClientCertIfGiven"))
    house.serve()
    assert house.curl() == "200"
    assert house.curl("/metrics", *shows(house.certificates.client)) == "200"
    assert house.curl("/metrics", *shows(house.certificates.stranger)) == "refused"


def test_an_authority_in_the_middle_may_be_trusted_alone(house: House) -> None:
    house.tls(MUTUAL)
    house.serve()
    assert house.curl("/metrics", *shows(house.certificates.below_middle)) == "refused"
    shutil.copy(house.certificates.middle.cert, house.folder / "clients.pem")
    assert house.curl("/metrics", *shows(house.certificates.below_middle)) == "200"
    assert house.curl("/metrics", *shows(house.certificates.client)) == "refused"


@pytest.mark.parametrize(
    ("allowed", "admitted"),
    [
        ("prometheus.internal", True),
        ("10.1.2.3", True),
        ("'2001:db8::1'", True),
        ("ops@example.org", True),
        ("spiffe://x/prom", True),
        ("other.internal, prometheus.internal", True),
        ("other.internal", False),
        ("'*.internal'", False),
        ("internal", False),
        ("client", False),
    ],
)
def test_a_name_of_the_client_must_be_allowed_exactly(house: House, allowed: str, admitted: bool) -> None:
    house.tls(f"{MUTUAL}  client_allowed_sans: [{allowed}]\n")
    house.serve()
    assert house.curl("/metrics", *shows(house.certificates.client)) == ("200" if admitted else "refused")
    assert house.curl("/metrics", *shows(house.certificates.nameless)) == "refused"
    for version in ("-tls1_2", "-tls1_3"):
        assert (ANSWERED in house.s_client(version, *s_shows(house.certificates.client))) is admitted


def test_names_are_spelled_as_in_go_and_other_kinds_of_names_are_left_out() -> None:
    certificate = {"subjectAltName": (("IP Address", "2001:DB8:0:0:0:0:0:1\n"), ("DNS", "a"), ("othername", "b"))}
    assert sans(certificate) == {"2001:db8::1", "a"}
    assert sans({}) == set()


# Users and tokens, on the wire.


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_curl_with_a_user_with_a_token_and_without(house: House, scheme: str) -> None:
    house.tokens = TOKENS
    house.tls(rest=USERS) if scheme == "https" else house.write(USERS)
    house.serve()

    def statuses(*options: str) -> dict[str, str]:
        return {path: house.curl(path, *options, scheme=scheme) for path in PATHS}

    health = {"/healthz", "/-/healthy", "/readyz", "/-/ready"}
    assert statuses() == {path: "200" if path in health else "401" for path in PATHS}
    assert statuses("--user", "prometheus:wrong") == statuses()
    assert statuses("--user", "prometheus:correct horse") == dict.fromkeys(PATHS, "200")
    assert statuses("--oauth2-bearer", TOKEN) == {path: "403" if path == "/-/reload" else "200" for path in PATHS}
    assert statuses("--oauth2-bearer", f"{TOKEN}0") == statuses()


def test_with_users_a_certificate_and_a_password_are_both_needed(house: House) -> None:
    house.tls(MUTUAL, USERS)
    house.serve()
    certificate, user = shows(house.certificates.client), ["--user", "prometheus:correct horse"]
    assert house.curl("/metrics", *certificate, *user) == "200"
    assert house.curl("/metrics", *certificate) == "401"
    assert house.curl("/metrics", *user) == "refused"


# Changes without a restart.


def served(house: House) -> str:
    """Return the name of the certificate that the server shows now."""
    found = re.search(r"subject=.*?CN ?= ?([\w-]+)", house.s_client())
    assert found
    return found[1]


def test_a_renewed_certificate_is_served_without_a_restart(house: House) -> None:
    house.tls()
    house.serve()
    assert served(house) == "server"
    house.install(house.certificates.renewed)
    assert served(house) == "renewed"
    # Half of a renewal does not fit together: the last good one stays until the other half is there.
    shutil.copy(house.certificates.rsa.cert, house.folder / "server.crt")
    assert served(house) == "renewed"
    assert house.reads[-1] is False
    shutil.copy(house.certificates.rsa.key, house.folder / "server.key")
    assert served(house) == "rsa"
    assert house.reads[-1] is True


def test_client_authorities_and_names_change_without_a_restart(house: House) -> None:
    house.tls(f"{MUTUAL}  client_allowed_sans: [prometheus.internal]\n")
    house.serve()
    made = house.certificates

    def admitted() -> list[str]:
        known = {"client": made.client, "nameless": made.nameless, "stranger": made.stranger}
        return [name for name, issued in known.items() if house.curl("/metrics", *shows(issued)) == "200"]

    assert admitted() == ["client"]
    house.tls(f"{MUTUAL}  client_allowed_sans: [elsewhere.internal]\n")
    assert admitted() == []
    house.tls(MUTUAL)
    assert admitted() == ["client", "nameless"]
    # An authority that is taken away is trusted no longer.
    shutil.copy(made.other_ca.cert, house.folder / "clients.pem")
    assert admitted() == ["stranger"]
    house.tls()
    assert admitted() == ["client", "nameless", "stranger"]
    assert house.curl() == "200"


def test_users_headers_and_limits_change_without_a_restart(house: House) -> None:
    house.write("")
    house.serve()
    assert house.curl(scheme="http") == "200"
    house.write(USERS)
    assert house.curl(scheme="http") == "401"
    assert house.curl("/metrics", "--user", "prometheus:correct horse", scheme="http") == "200"
    house.write(f"{USERS}rate_limit: {{interval: 1h, burst: 1}}\n")
    assert [house.curl(scheme="http") for _ in range(2)] == ["401", "429"]


BROKEN = {
    "an unknown key": "nonsense: 1\n",
    "not YAML": "basic_auth_users: [\n",
    "a bad hash": "basic_auth_users: {prometheus: plain}\n",
    "no certificate": "tls_server_config: {cert_file: gone.crt, key_file: server.key}\n",
    "TLS switched off": USERS,
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_while_the_file_is_broken_the_last_good_one_stays(house: House, text: str) -> None:
    house.tls(rest=USERS)
    house.serve()
    user = ("--user", "prometheus:correct horse")
    assert [house.curl("/metrics"), house.curl("/metrics", *user)] == ["401", "200"]
    house.write(text)
    assert [house.curl("/metrics"), house.curl("/metrics", *user)] == ["401", "200"]
    assert house.reads == [True, False], "a broken file is read once, not with every request"
    house.tls()
    assert house.curl("/metrics") == "200"
    assert house.reads == [True, False, True]


def test_a_file_that_vanishes_and_comes_back_is_read_again(house: House) -> None:
    house.tls(rest=USERS)
    house.serve()
    away = (house.folder / "web.yml").rename(house.folder / "away.yml")
    assert house.curl() == "401"
    away.rename(house.folder / "web.yml")
    assert house.curl() == "401"
    assert house.reads == [True, False, True]


def test_a_missing_key_that_comes_back_is_noticed_although_the_file_did_not_change(house: House) -> None:
    house.tls()
    house.serve()
    away = (house.folder / "server.key").rename(house.folder / "away.key")
    assert house.curl() == "200"
    away.rename(house.folder / "server.key")
    assert house.curl() == "200"
    assert house.reads == [True, False, True]


def test_switching_tls_on_or_off_is_refused_while_running(house: House) -> None:
    house.write(USERS)
    web_file = WebFile(load(house.folder / "web.yml"), house.reads.append)
    assert web_file.context is None
    house.tls()
    with capture_logs() as lines:
        assert web_file.config().basic_auth_users, "the file of the start stays"
    assert house.reads == [True, False]
    assert [line["first"] for line in lines] == [
        f"{house.folder}/web.yml: tls_server_config: TLS cannot be switched on or off while the daemon runs; restart it"
    ]
