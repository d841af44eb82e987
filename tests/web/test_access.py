"""Who gets what: every path for every identity, and whatever a stranger may send."""

import asyncio
import base64
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import bcrypt
import httpx2 as httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter.secrets import Secret
from exporter.web.access import Access, Rules
from exporter.web.credentials import MOST_VERDICTS, MOST_WAITING, Passwords, TooBusy
from exporter.web.web_config import HeadersSection, HttpSection, RateLimitSection, WebConfig
from exporter.web_settings import TokenScope, TokenSection

PASSWORD, HASH = "correct horse", bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode()
USERS = {"prometheus": Secret(HASH)}


def token(name: str, *scopes: TokenScope) -> TokenSection:
    return TokenSection(name=name, token=f"{name}-0123456789abcdef", scopes=scopes)  # type: ignore[arg-type]


TOKENS = (
    token("metrics", "metrics"),
    token("api", "api"),
    token("candidates", "candidates"),
    token("admin", "admin"),
    token("grafana", "metrics", "api"),
)


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}-0123456789abcdef"}


def basic(user: str | bytes, password: str | bytes) -> dict[str, str]:
    parts = [part.encode() if isinstance(part, str) else part for part in (user, password)]
    return {"Authorization": f"Basic {base64.b64encode(b':'.join(parts)).decode()}"}


IDENTITIES = {
    "nobody": {},
    "user": basic("prometheus", PASSWORD),
    **{known.name: bearer(known.name) for known in TOKENS},
}


async def everything(_: Request) -> Response:
    return PlainTextResponse("business\n")


def app(rules: Rules, clock: Callable[[], float] = lambda: 0.0) -> Access:
    return Access(Starlette(routes=[Route("/{path:path}", everything, methods=["GET", "POST"])]), lambda: rules,
                  "/metrics", clock)  # fmt: skip


ALL = Rules(WebConfig(basic_auth_users={"prometheus": HASH}), TOKENS)  # type: ignore[dict-item]


def client(application: Access) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application)
    return httpx.AsyncClient(transport=transport, base_url="http://exporter")


def ask(application: Access, path: str, headers: Mapping[str, str] = {}, method: str = "GET") -> httpx.Response:
    async def asked() -> httpx.Response:
        async with client(application) as asking:
            return await asking.request(method, path, headers=dict(headers))

    return asyncio.run(asked())


# Path → who gets an answer; everybody else known gets 403, and a stranger 401.
METRICS, API, ADMIN = {"user", "metrics", "grafana"}, {"user", "api", "grafana"}, {"user", "admin"}
EVERYBODY, PAGES = {*IDENTITIES}, {"user", "metrics", "api", "admin", "grafana"}
PATHS = {
    "/-/healthy": EVERYBODY,
    "/healthz": EVERYBODY,
    "/-/ready": EVERYBODY,
    "/readyz": EVERYBODY,
    "/-/ready?verbos": EVERYBODY,
    "/-/ready?verbose": PAGES,
    "/-/ready?verbose=": PAGES,
    "/-/ready?a=1&%76erbose=0": PAGES,
    "/readyz?verbose": PAGES,
    "/": PAGES,
    "/version": PAGES,
    "/nowhere": PAGES,
    "/healthz/": PAGES,
    "/metrics": METRICS,
    "/metrics?name[]=x": METRICS,
    "/%6detrics": METRICS,
    "/metrics/": PAGES,
    "/api": API,
    "/api/v1/rules": API,
    "/api/v1/alerts": API,
    "/api/v1/candidatesx": API,
    "/api/v1/candidates": {"user", "candidates"},
    "/api/v1/candidates/7": {"user", "candidates"},
    "/api/v1/%63andidates/7": {"user", "candidates"},
    "/-/reload": ADMIN,
    "/-/quit": ADMIN,
    "/-/healthy/": ADMIN,
    "/config": ADMIN,
}


@pytest.mark.parametrize("path", PATHS)
def test_each_identity_gets_what_its_scopes_open_and_no_more(path: str) -> None:
    expected = {
        name: 200 if name in PATHS[path] else 401 if name == "nobody" else 403 for name in IDENTITIES
    }  # fmt: skip
    application = app(ALL)
    assert {name: ask(application, path, headers).status_code for name, headers in IDENTITIES.items()} == expected


# What a request without any rights gets, in each way to protect the exporter.
WITHOUT_RIGHTS = {
    "/-/healthy": 200,
    "/healthz": 200,
    "/-/ready": 200,
    "/readyz": 200,
    "/-/ready?verbose": 401,
    "/": 401,
    "/metrics": 401,
    "/version": 401,
    "/config": 401,
    "/api/v1/rules": 401,
    "/api/v1/candidates/7": 401,
    "/-/reload": 401,
    "/nowhere": 401,
}


@pytest.mark.parametrize("rules", [ALL, Rules(ALL.config), Rules(tokens=TOKENS)], ids=["both", "users", "tokens"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_without_rights_learns_nothing(rules: Rules, method: str) -> None:
    found = {path: ask(app(rules), path, method=method) for path in WITHOUT_RIGHTS}
    assert {path: answer.status_code for path, answer in found.items()} == WITHOUT_RIGHTS
    assert not [path for path, answer in found.items() if answer.status_code == 401 and "business" in answer.text]


def test_without_users_and_tokens_everything_is_open() -> None:
    certificate = Rules(
        WebConfig(
            tls_server_config={"client_auth_type": "RequireAndVerifyClientCert"}  # type: ignore[arg-type]
        )
    )
    for rules in (Rules(), certificate):
        assert {ask(app(rules), path).status_code for path in PATHS} == {200}
    assert (Rules().protected, certificate.protected, ALL.protected) == (False, True, True)


def test_the_answer_says_how_to_say_who_one_is() -> None:
    for rules, schemes, text in (
        (ALL, ["Basic", "Bearer"], "send a user and a password or a bearer token\n"),
        (Rules(ALL.config), ["Basic"], "send a user and a password\n"),
        (Rules(tokens=TOKENS), ["Bearer"], "send a bearer token\n"),
    ):
        answer = ask(app(rules), "/metrics")
        assert (answer.headers.get_list("www-authenticate"), answer.text) == (schemes, text)


def test_the_answer_names_the_scope_that_is_missing() -> None:
    assert ask(app(ALL), "/metrics", bearer("api")).text == "this needs the scope metrics; the token api has api\n"
    assert ask(app(ALL), "/", bearer("candidates")).text == (
        "this needs one of the scopes metrics, api, admin; the token candidates has candidates\n"
    )


STRANGE = {
    "empty": "",
    "a scheme alone": "Basic",
    "another scheme": "Digest username=prometheus",
    "not base64": "Basic !!!!",
    "base64 without padding": "Basic YTpi" + "Yg",
    "no colon": "Basic " + base64.b64encode(b"prometheus").decode(),
    "nothing on both sides": "Basic Og==",
    "a null byte": basic("prometheus", "correct horse\0")["Authorization"],
    "a null byte in the middle": basic("prometheus", "correct\0horse")["Authorization"],
    "a null byte as the user": basic("\0", PASSWORD)["Authorization"],
    "not UTF-8": basic(b"\xff\xfe", b"\xff\xfe")["Authorization"],
    "very long": basic("prometheus", "x" * 5000)["Authorization"],
    "a colon first": basic("", f":{PASSWORD}")["Authorization"],
    "a user in another case": basic("Prometheus", PASSWORD)["Authorization"],
    "the hash instead of the password": basic("prometheus", HASH)["Authorization"],
    "an empty token": "Bearer ",
    "a token too long": bearer("api")["Authorization"] + "0",
    "a token too short": bearer("api")["Authorization"][:-1],
    "a token as a password": basic("api", "api-0123456789abcdef")["Authorization"],
    "a password as a token": f"Bearer {PASSWORD}",
    "not ASCII": "Bearer \xff\xe4",
}


@pytest.mark.parametrize("header", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("rules", [ALL, Rules(ALL.config), Rules(tokens=TOKENS)], ids=["both", "users", "tokens"])
def test_whatever_is_sent_it_is_refused_and_never_an_error(rules: Rules, header: str) -> None:
    async def asked() -> httpx.Response:
        async with client(app(rules)) as asking:
            return await asking.get("/metrics", headers={b"Authorization": header.encode("latin-1")})

    assert asyncio.run(asked()).status_code == 401


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic"])
def test_the_scheme_may_be_in_any_case(scheme: str) -> None:
    header = basic("prometheus", PASSWORD)["Authorization"].replace("Basic", scheme)
    assert ask(app(ALL), "/metrics", {"Authorization": header}).status_code == 200


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_hashes_of_all_three_kinds_are_understood(prefix: str) -> None:
    config = WebConfig(basic_auth_users={"a": HASH.replace("$2b$", prefix)})  # type: ignore[dict-item]
    assert ask(app(Rules(config)), "/metrics", basic("a", PASSWORD)).status_code == 200


def test_a_password_is_cut_where_bcrypt_cuts_and_a_user_may_be_any_text() -> None:
    longest = "é" * 36
    hashed = bcrypt.hashpw(longest.encode(), bcrypt.gensalt(4)).decode()
    rules = Rules(WebConfig(basic_auth_users={"Zoë": hashed}))  # type: ignore[dict-item]
    assert ask(app(rules), "/metrics", basic("Zoë", longest + "more")).status_code == 200
    assert ask(app(rules), "/metrics", basic("Zoë", longest[:-1])).status_code == 401


class Counting:
    """Bcrypt that counts, and tells how many ran at once; `gate` holds it up."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []
        self.running = self.most = 0
        self.gate, self.started = threading.Event(), threading.Event()
        self.gate.set()

    def __call__(self, password: bytes, hashed: bytes) -> bool:
        self.running += 1
        self.most = max(self.most, self.running)
        self.hashes.append(hashed)
        self.started.set()
        assert self.gate.wait(10)
        self.running -= 1
        return bcrypt.checkpw(password, hashed)


def checking(work: Callable[[Passwords, Counting], Awaitable[None]]) -> Counting:
    counting = Counting()

    async def run() -> None:
        await work(Passwords(counting), counting)

    asyncio.run(run())
    return counting


def test_a_verdict_is_kept_so_that_a_scrape_costs_one_hash_ever() -> None:
    async def work(passwords: Passwords, _: Counting) -> None:
        for _attempt in range(5):
            assert await passwords.identity(b"prometheus", b"correct horse", USERS)
            assert not await passwords.identity(b"prometheus", b"wrong", USERS)
            assert not await passwords.identity(b"mallory", b"correct horse", USERS)

    assert len(checking(work).hashes) == 3


def test_a_verdict_is_about_a_hash_so_that_a_changed_password_counts_at_once() -> None:
    changed = {"prometheus": Secret(bcrypt.hashpw(b"other", bcrypt.gensalt(4)).decode())}

    async def work(passwords: Passwords, _: Counting) -> None:
        assert await passwords.identity(b"prometheus", b"correct horse", USERS)
        assert not await passwords.identity(b"prometheus", b"correct horse", changed)
        assert await passwords.identity(b"prometheus", b"other", changed)

    checking(work)


def test_an_unknown_user_costs_a_hash_like_that_of_a_known_one_and_never_gets_in() -> None:
    users = {name: Secret(bcrypt.hashpw(b"correct horse", bcrypt.gensalt(cost)).decode())
             for name, cost in (("a", 4), ("b", 5))}  # fmt: skip

    async def work(passwords: Passwords, counting: Counting) -> None:
        for number in range(20):
            assert not await passwords.identity(b"mallory%d" % number, b"correct horse", users)
        # The cost of a name is always the same, as it is for a known user.
        again, counting.hashes = counting.hashes, []
        for number in range(20):
            assert not await passwords.identity(b"mallory%d" % number, b"again", users)
        assert counting.hashes == again

    assert {hashed.decode() for hashed in checking(work).hashes} == {secret.reveal() for secret in users.values()}


def test_wrong_passwords_do_not_push_out_the_right_one() -> None:
    async def work(passwords: Passwords, counting: Counting) -> None:
        assert await passwords.identity(b"prometheus", b"correct horse", USERS)
        for number in range(MOST_VERDICTS + 5):
            assert not await passwords.identity(b"prometheus", b"%d" % number, USERS)
        counting.hashes.clear()
        assert await passwords.identity(b"prometheus", b"correct horse", USERS)

    assert checking(work).hashes == []


def test_one_hash_is_computed_at_a_time_and_probes_do_not_wait_for_it() -> None:
    application, counting = app(ALL), Counting()
    application._passwords = Passwords(counting)  # noqa: SLF001
    counting.gate.clear()

    async def work() -> None:
        async with client(application) as asking:
            waiting = [
                asyncio.create_task(asking.get("/metrics", headers=basic("prometheus", f"{number % 3}")))
                for number in range(9)
            ]
            await asyncio.to_thread(counting.started.wait, 10)
            assert (await asking.get("/-/healthy")).status_code == 200
            assert (await asking.get("/metrics", headers=bearer("metrics"))).status_code == 200
            counting.gate.set()
            assert {(await one).status_code for one in waiting} == {401}

    asyncio.run(work())
    assert counting.most == 1
    assert len(counting.hashes) == 3, "those who waited use the verdict of the first"


def test_more_waiting_passwords_than_memory_should_hold_are_refused() -> None:
    async def work(passwords: Passwords, counting: Counting) -> None:
        counting.gate.clear()
        waiting = [
            asyncio.create_task(passwords.identity(b"prometheus", b"%d" % number, USERS))
            for number in range(MOST_WAITING)
        ]
        await asyncio.to_thread(counting.started.wait, 10)
        with pytest.raises(TooBusy, match="too many passwords to check at once, try again"):
            await passwords.identity(b"prometheus", b"one more", USERS)
        counting.gate.set()
        await asyncio.gather(*waiting)
        assert await passwords.identity(b"prometheus", b"correct horse", USERS)

    checking(work)


def test_too_many_waiting_passwords_are_a_503_for_those_who_send_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporter.web.credentials.MOST_WAITING", 0)
    application = app(ALL)
    assert ask(application, "/metrics", basic("prometheus", PASSWORD)).status_code == 503
    assert ask(application, "/metrics", bearer("metrics")).status_code == 200
    assert ask(application, "/metrics").status_code == 401


class Clock:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def limited(**limit: Any) -> Rules:
    return Rules(WebConfig(rate_limit=RateLimitSection(**limit)), TOKENS)


def test_the_rate_limit_comes_before_everything_and_fills_up_again() -> None:
    clock = Clock()
    application = app(limited(interval="2s", burst=3), clock)
    assert [ask(application, path).status_code for path in ("/metrics", "/-/healthy", "/", "/metrics")] == [
        401,
        200,
        401,
        429,
    ]
    clock.now += 1.9
    assert ask(application, "/-/healthy").status_code == 429
    clock.now += 0.2
    assert [ask(application, "/-/healthy").status_code for _ in range(2)] == [200, 429]
    clock.now += 1000
    assert [ask(application, "/-/healthy").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_changed_rate_limit_holds_at_once() -> None:
    rules = [limited(interval="1h", burst=1)]
    application = Access(app(Rules()), lambda: rules[0], "/metrics", Clock())
    assert [ask(application, "/healthz").status_code for _ in range(2)] == [200, 429]
    rules[0] = limited()
    assert [ask(application, "/healthz").status_code for _ in range(2)] == [200, 200]


def test_the_headers_are_on_every_answer_but_those_of_the_rate_limit() -> None:
    chosen = HeadersSection.model_validate({"X-Frame-Options": "deny", "X-XSS-Protection": ""})
    rules = limited(interval="1h", burst=3)
    rules = rules._replace(config=rules.config.model_copy(update={"http_server_config": HttpSection(headers=chosen)}))
    application = app(rules, Clock())
    answers = [ask(application, path, bearer("metrics")) for path in ("/metrics", "/config", "/healthz", "/healthz")]
    assert [answer.status_code for answer in answers] == [200, 403, 200, 429]
    assert [answer.headers.get("x-frame-options") for answer in answers] == ["deny", "deny", "deny", None]
    assert not [answer for answer in answers if "x-xss-protection" in answer.headers]


def test_a_telemetry_path_that_looks_like_another_page_still_needs_the_scope_metrics() -> None:
    for path in ("/healthz", "/api/v1/candidates", "/config"):
        application = Access(app(Rules()), lambda: Rules(tokens=TOKENS), path)
        assert [ask(application, path, IDENTITIES[name]).status_code for name in ("nobody", "api", "metrics")] == [
            401,
            403,
            200,
        ]
