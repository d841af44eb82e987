"""The web configuration file: what it means, and every mistake with its place and its mend."""

from pathlib import Path

import pytest

from exporter.config import ConfigError, load
from exporter.web import web_file
from exporter.web.go_names import SUITES
from exporter.web.tls import make_context
from exporter.web.web_config import WebConfig
from tests.web.certificates import openssl
from tests.web.conftest import Certificates

HASH = "$2b$04$9Qe/Y1Jl3fwp0bgMGcXwSeenAkwo4t8Pm/lXxiW8jh5Tigx5Yl2aS"
ROOT = Path(__file__).parent.parent.parent
CONFIG = "database: {url: !env DATABASE_URL}\n"
ENVIRON = {"DATABASE_URL": "postgresql://db.example.org/jobhive"}


@pytest.fixture
def folder(tmp_path: Path, certificates: Certificates) -> Path:
    """A folder with a server's certificate and key, a client CA, and files that are none of these."""
    for name, source in (
        ("server.crt", certificates.server.cert),
        ("server.key", certificates.server.key),
        ("other.key", certificates.renewed.key),
        ("rsa.key", certificates.rsa.key),
        ("ca.pem", certificates.ca.cert),
    ):
        (tmp_path / name).write_bytes(source.read_bytes())
    (tmp_path / "words.txt").write_text("no certificate and no key\n")
    openssl("rsa", "-aes128", "-passout", "pass:secret", "-in", tmp_path / "rsa.key", "-out", tmp_path / "locked.key")
    return tmp_path


def problems(folder: Path, text: str) -> list[str]:
    (folder / "web.yml").write_text(text)
    found = web_file.load(folder / "web.yml").problems
    return [line.removeprefix(f"{folder}/web.yml:").replace(str(folder), "DIR") for line in found]


def config(folder: Path, text: str) -> WebConfig:
    assert problems(folder, text) == []
    return web_file.load(folder / "web.yml").config


CERT = "cert_file: server.crt, key_file: server.key"
PLACE = "1:1: tls_server_config"
MISTAKES = {
    "[a, b]": ["1:1: file: the file is not a map; write section: and keys below it"],
    "basic_auth_users: [": [
        "1:20: file: this is not YAML: expected the node content, but found '<stream end>'",
    ],
    "basic_auth_users: {a: !env HOME}": [
        "1:1: file: !env and !file are not part of this format, other exporters could not read it; "
        "write the value itself",
        "1:23: basic_auth_users.a: not a bcrypt hash ($2y$10$...); print one with htpasswd -nBC 10 USER",
    ],
    # Unknown keys, everywhere.
    "basic_auth_user: {}": ["1:1: basic_auth_user: unknown key; did you mean basic_auth_users?"],
    "tls_config: {cert: x}": ["1:1: tls_config: unknown key; did you mean tls_server_config?"],
    f"tls_server_config: {{{CERT}, cert_fil: x}}": [
        "1:66: tls_server_config.cert_fil: unknown key; did you mean cert_file?"
    ],
    "rate_limit: {rate: 3}": ["1:14: rate_limit.rate: unknown key; remove it, or correct its name"],
    # Users.
    f"basic_auth_users: {{a: canary-password, b: '$2x${HASH[4:]}', c: {HASH[:-1]}, d: null}}": [
        f"1:{column}: basic_auth_users.{user}: not a bcrypt hash ($2y$10$...); print one with htpasswd -nBC 10 USER"
        for user, column in (("a", 23), ("b", 43), ("c", 110), ("d", 174))
    ],
    f"basic_auth_users: {{'a:b': {HASH}}}": [
        "1:20: basic_auth_users.a:b: a user with a colon can never log in; choose another name"
    ],
    f"basic_auth_users: {{7: {HASH}}}": ["1:20: basic_auth_users.7: a user name is text; put it into quotes"],
    f"basic_auth_users: [{HASH}]": ["1:19: basic_auth_users: should be a valid dictionary"],
    # Headers.
    "http_server_config: {headers: {Server: x}}": [
        "1:32: http_server_config.headers.Server: unknown key; remove it, or correct its name"
    ],
    "http_server_config: {headers: {X-Frame-Options: allow}}": [
        "1:49: http_server_config.headers.X-Frame-Options: should be '', 'deny' or 'sameorigin'"
    ],
    "http_server_config: {headers: {X-Content-Type-Options: sniff}}": [
        "1:56: http_server_config.headers.X-Content-Type-Options: should be '' or 'nosniff'"
    ],
    'http_server_config: {headers: {X-XSS-Protection: "0\\r\\nSet-Cookie: a=b"}}': [
        "1:50: http_server_config.headers.X-XSS-Protection: string should match pattern '^[\\t -~]*$'"
    ],
    # The rate limit.
    "rate_limit: {interval: 50, burst: 4}": [
        "1:24: rate_limit.interval: not a duration; write for example 50ms or 1s, or 0 for no limit"
    ],
    "rate_limit: {interval: -1s, burst: 4}": [
        "1:24: rate_limit.interval: not a duration; write for example 50ms or 1s, or 0 for no limit"
    ],
    "rate_limit: {interval: 1s}": [
        "1:13: rate_limit: without a burst every request is refused; write for example burst: 20"
    ],
    # What a certificate needs.
    "tls_server_config: {min_version: TLS13}": [
        f"{PLACE}.cert_file: is missing, and TLS needs it; name the file of the server's certificate",
        f"{PLACE}.key_file: is missing, and TLS needs it; name the file of the server's private key",
    ],
    "tls_server_config: {cert_file: none.crt, key_file: none.key, client_auth_type: RequireAndVerifyClientCert, "
    "client_ca_file: none.pem}": [
        "1:32: tls_server_config.cert_file: the file DIR/none.crt cannot be read: no such file or directory; "
        "check the path and its mode",
        "1:52: tls_server_config.key_file: the file DIR/none.key cannot be read: no such file or directory; "
        "check the path and its mode",
        "1:124: tls_server_config.client_ca_file: the file DIR/none.pem cannot be read: no such file or directory; "
        "check the path and its mode",
    ],
    'tls_server_config: {cert_file: "a\\0b", key_file: server.key}': [
        "1:32: tls_server_config.cert_file: the file DIR/a\0b cannot be read: embedded null byte; "
        "check the path and its mode",
    ],
    "tls_server_config: {cert_file: words.txt, key_file: words.txt}": [
        "1:32: tls_server_config.cert_file: holds no certificate; write it in PEM form",
        "1:53: tls_server_config.key_file: holds no private key; write it in PEM form",
    ],
    "tls_server_config: {cert: abc, key: def}": [
        "1:27: tls_server_config.cert: holds no certificate; write it in PEM form",
        "1:37: tls_server_config.key: holds no private key; write it in PEM form",
    ],
    "tls_server_config: {cert_file: server.crt, key_file: locked.key}": [
        "1:54: tls_server_config.key_file: is encrypted, and nobody is there to type the passphrase; "
        "decrypt it with openssl pkey, and protect it"
    ],
    "tls_server_config: {cert_file: server.crt, key_file: other.key}": [
        "1:54: tls_server_config.key_file: does not belong to the certificate; put the two files of one issue together"
    ],
    "tls_server_config: {cert_file: server.crt, key_file: rsa.key}": [
        "1:54: tls_server_config.key_file: does not belong to the certificate; put the two files of one issue together"
    ],
    f"tls_server_config: {{{CERT}, cert: abc}}": [
        "1:21: tls_server_config.cert_file: stands beside cert; keep one of them"
    ],
    # Client certificates.
    f"tls_server_config: {{{CERT}, client_ca_file: ca.pem}}": [
        f"{PLACE}.client_auth_type: is missing, so no client would be checked; write RequireAndVerifyClientCert, "
        "or remove the client CA"
    ],
    f"tls_server_config: {{{CERT}, client_auth_type: RequireAndVerifyClientCert}}": [
        f"{PLACE}.client_ca_file: is missing, and RequireAndVerifyClientCert needs it; "
        "name the CA that signs your clients"
    ],
    f"tls_server_config: {{{CERT}, client_auth_type: RequireAndVerifyClientCert, client_ca_file: words.txt}}": [
        "1:128: tls_server_config.client_ca_file: holds no certificate; write it in PEM form"
    ],
    **{
        f"tls_server_config: {{{CERT}, client_auth_type: {refused}, client_ca_file: ca.pem}}": [
            f"1:84: tls_server_config.client_auth_type: with {refused} a certificate is taken but not checked, "
            "which is not supported here; write RequireAndVerifyClientCert or VerifyClientCertIfGiven"
        ]
        for refused in ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert")
    },
    f"tls_server_config: {{{CERT}, client_auth_type: Yes please}}": [
        "1:84: tls_server_config.client_auth_type: unknown; write one of NoClientCert, VerifyClientCertIfGiven, "
        "RequireAndVerifyClientCert"
    ],
    f"tls_server_config: {{{CERT}, client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.pem, "
    "client_allowed_sans: [a]}": [
        "1:133: tls_server_config.client_allowed_sans: needs client_auth_type: RequireAndVerifyClientCert; write it, "
        "or remove the list"
    ],
    f"tls_server_config: {{{CERT}, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem, "
    "client_allowed_sans: []}": [
        "1:136: tls_server_config.client_allowed_sans: allows nobody; name a DNS name, address, e-mail or URI, "
        "or remove the list"
    ],
    # Versions, suites, curves.
    f"tls_server_config: {{{CERT}, min_version: TLS13, max_version: TLS12}}": [
        "1:66: tls_server_config.min_version: is newer than max_version TLS12; correct one of them"
    ],
    f"tls_server_config: {{{CERT}, min_version: SSL30}}": [
        "1:79: tls_server_config.min_version: should be 'TLS10', 'TLS11', 'TLS12' or 'TLS13'"
    ],
    f"tls_server_config: {{{CERT}, cipher_suites: [TLS_RSA_WITH_RC4_128_SHA, TLS_AES_128_GCM_SHA256]}}": [
        "1:82: tls_server_config.cipher_suites.0: not a suite that Go calls secure; "
        "write for example TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "1:108: tls_server_config.cipher_suites.1: belongs to TLS 1.3, whose suites cannot be chosen (nor in Go); "
        "remove it",
    ],
    f"tls_server_config: {{{CERT}, curve_preferences: [X25519, CurveP256]}}": [
        "1:85: tls_server_config.curve_preferences: several curves cannot be ordered here; keep one, "
        "or remove the key to let OpenSSL choose"
    ],
    f"tls_server_config: {{{CERT}, curve_preferences: [CurveP257]}}": [
        "1:86: tls_server_config.curve_preferences.0: unknown curve; write one of CurveP256, CurveP384, CurveP521, "
        "X25519"
    ],
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_its_mend(folder: Path, text: str) -> None:
    assert problems(folder, text) == MISTAKES[text]


def test_all_mistakes_of_a_file_are_told_at_once_in_the_order_of_the_file(folder: Path) -> None:
    text = """\
tls_server_config:
  cert_file: server.crt
  key_file: other.key
  client_auth_type: RequestClientCert
  client_ca_file: none.pem
  cipher_suites: [NO]
basic_auth_users:
  alice: plain
nonsense: 1
"""
    places = [line.split(": ")[:2] for line in problems(folder, text)]
    assert places == [
        ["4:21", "tls_server_config.client_auth_type"],
        ["5:19", "tls_server_config.client_ca_file"],
        ["6:19", "tls_server_config.cipher_suites.0"],
        ["8:10", "basic_auth_users.alice"],
        ["9:1", "nonsense"],
    ]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    (line,) = web_file.load(tmp_path / "no.yml").problems
    assert line == f"{tmp_path}/no.yml:1:1: file: the file cannot be read: No such file or directory; check its path"


def test_no_message_shows_a_secret(folder: Path) -> None:
    text = """\
basic_auth_users: {alice: canary-password}
tls_server_config: {cert: canary-cert, key: [canary-key], keyy: canary-key}
"""
    assert not [line for line in problems(folder, text) if "canary" in line]


def test_the_whole_format_is_understood(folder: Path) -> None:
    text = f"""\
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  client_allowed_sans: [prometheus.internal]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [CurveP256]
basic_auth_users:
  prometheus: {HASH}
http_server_config:
  http2: false
  headers: {{X-Content-Type-Options: nosniff, Strict-Transport-Security: max-age=31536000, X-XSS-Protection: ""}}
rate_limit: {{interval: 1m0.5s, burst: 40}}
"""
    found = config(folder, text)
    assert found.requires_certificate
    assert found.basic_auth_users["prometheus"].reveal() == HASH
    assert (found.rate_limit.interval, found.rate_limit.burst) == (60.5, 40)


@pytest.mark.parametrize("text", ["", "{}", "basic_auth_users:\nhttp_server_config:\ntls_server_config: {}\n"])
def test_an_empty_file_and_empty_sections_ask_for_nothing(folder: Path, text: str) -> None:
    assert config(folder, text) == WebConfig()


def test_the_toolkits_own_example_is_read(folder: Path) -> None:
    text = f"""\
tls_server_config: {{cert_file: server.crt, key_file: server.key}}
basic_auth_users: {{alice: {HASH.replace("$2b", "$2y")}, bob: {HASH.replace("$2b", "$2a")}}}
rate_limit: {{interval: "1s", burst: 20}}
"""
    assert set(config(folder, text).basic_auth_users) == {"alice", "bob"}


def test_paths_are_relative_to_the_file_wherever_the_daemon_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert config(folder, f"tls_server_config: {{{CERT}}}").tls_server_config


def test_certificate_key_and_ca_may_stand_in_the_file_and_leave_no_copy(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = folder / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    def block(name: str) -> str:
        return "|\n" + "".join(f"    {line}\n" for line in (folder / name).read_text().splitlines())

    text = (
        f"tls_server_config:\n  cert: {block('server.crt')}  key: {block('server.key')}  client_ca: {block('ca.pem')}"
        "  client_auth_type: RequireAndVerifyClientCert\n"
    )
    found = config(folder, text)
    assert found.tls_server_config
    context, _ = make_context(found.tls_server_config, folder)
    assert [ca["serialNumber"] for ca in context.get_ca_certs()]
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", SUITES)
def test_every_suite_of_the_table_is_one_that_openssl_has(folder: Path, name: str) -> None:
    found = config(folder, f"tls_server_config: {{{CERT}, cipher_suites: [{name}], max_version: TLS12}}")
    assert found.tls_server_config
    context, _ = make_context(found.tls_server_config, folder)
    assert SUITES[name] in {suite["name"] for suite in context.get_ciphers()}


def test_its_problems_are_told_with_those_of_config_yaml(folder: Path) -> None:
    (folder / "web.yml").write_text("nonsense: 1\n")
    (folder / "config.yaml").write_text(f"{CONFIG}web: {{max_requests: 0, config_file: {folder}/web.yml}}\n")
    with pytest.raises(ConfigError) as raised:
        load(folder / "config.yaml", {}, ENVIRON)
    assert [line.removeprefix(f"{folder}/").split(": ")[0] for line in raised.value.problems] == [
        "config.yaml:2:21",
        "web.yml:1:1",
    ]


TOKENS = {
    "[{name: a, token: short, scopes: [api]}]": [
        "tokens.0.token: is shorter than 16 characters; make one with openssl rand -hex 32"
    ],
    "[{name: a, token: 'a canary token!!', scopes: [api]}]": [
        "tokens.0.token: cannot stand in a header; use letters, digits and -._~+/ only, with = at the end at most"
    ],
    "[{name: a, token: 12345678901234567, scopes: [api]}]": ["tokens.0.token: a token is text; put it into quotes"],
    "[{name: a, token: canary-canary-01, scopes: [all]}]": [
        "tokens.0.scopes.0: should be 'metrics', 'api', 'candidates' or 'admin'"
    ],
    "[{name: a, token: canary-canary-01, scopes: []}]": [
        "tokens.0.scopes: tuple should have at least 1 item after validation, not 0"
    ],
    "[{name: a, tokn: canary-canary-01, scopes: [api]}]": [
        "tokens.0.tokn: unknown key; remove it, or correct its name",
        "tokens.0.token: is missing; add it",
    ],
    "[{name: a, token: canary-canary-01, scopes: [api]}, {name: a, token: canary-canary-02, scopes: [api]}]": [
        "tokens: two tokens are named a; give each its own name"
    ],
    "[{name: a, token: canary-canary-01, scopes: [api]}, {name: b, token: canary-canary-01, scopes: [api]}]": [
        "tokens: a and b are the same token; make each anew"
    ],
}


@pytest.mark.parametrize("text", TOKENS)
def test_a_mistake_in_a_token_is_told_without_showing_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(f"{CONFIG}web: {{tokens: {text}}}\n")
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "config.yaml", {}, ENVIRON)
    assert "canary" not in str(raised.value)
    assert sorted(line.split(": web.")[1] for line in raised.value.problems) == sorted(TOKENS[text])


def test_a_token_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "grafana").write_text("canary-canary-01\n")
    tokens = "[{name: grafana, token: !file grafana, scopes: [metrics, api]}]"
    (tmp_path / "config.yaml").write_text(f"{CONFIG}web: {{tokens: {tokens}}}\n")
    found = load(tmp_path / "config.yaml", {}, ENVIRON)
    assert found.web.tokens[0].token.reveal() == "canary-canary-01"
    assert "canary" not in repr(found.web)
    assert found.redact("a canary-canary-01 b") == "a *** b"
