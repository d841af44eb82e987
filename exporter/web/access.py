"""Who may ask for what: rate limit, headers, open health pages, then identity and scope. What is decided is pure."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporter.web.api.problem import refusal
from exporter.web.bucket import Bucket
from exporter.web.credentials import Credentials, Identity, Passwords, TooBusy, credentials, token_identity
from exporter.web.web_config import WebConfig
from exporter.web_settings import TokenScope, TokenSection

HEALTH = ("/-/healthy", "/healthz", "/-/ready", "/readyz")
CANDIDATES, API = "/api/v1/candidates", "/api"
# What a token of one company opens; what these answer is that company's alone, or nobody's.
OF_A_COMPANY = ("/api/v1/dashboard/interviews", "/api/v1/openapi.json")
PAGES: tuple[TokenScope, ...] = ("metrics", "api", "admin")


class Rules(NamedTuple):
    """What holds at a moment; as they are made here, everybody may do everything."""

    config: WebConfig = WebConfig()
    tokens: tuple[TokenSection, ...] = ()

    @property
    def asks(self) -> bool:
        """Tell whether a request must say who sends it."""
        return bool(self.config.basic_auth_users or self.tokens)

    @property
    def protected(self) -> bool:
        """Tell whether strangers are kept out, by a password, a token or a certificate."""
        return self.asks or self.config.requires_certificate

    @property
    def schemes(self) -> list[str]:
        """Return the ways to say who one is, for WWW-Authenticate."""
        ways = {"Basic": self.config.basic_auth_users, "Bearer": self.tokens}
        return [scheme for scheme, configured in ways.items() if configured]


def needed(path: str, query: Mapping[str, str], telemetry_path: str) -> tuple[TokenScope, ...]:
    """Return the scopes one of which opens a path; none where everybody may ask."""
    if path == telemetry_path:
        return ("metrics",)
    if path in HEALTH:
        return PAGES if "verbose" in query else ()
    if _below(path, CANDIDATES):
        return ("candidates",)
    if _below(path, API):
        return ("api",)
    if path == "/config" or path.startswith("/-/"):
        return ("admin",)
    return PAGES


class Access:
    """ASGI middleware, the outermost: a stranger must not take the place of a request that may be answered."""

    def __init__(
        self,
        app: ASGIApp,
        rules: Callable[[], Rules],
        telemetry_path: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._rules, self._telemetry_path = app, rules, telemetry_path
        self._clock, self._bucket, self._passwords = clock, Bucket(), Passwords()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        rules = self._rules()
        if not self._bucket.take(rules.config.rate_limit, self._clock()):
            await refusal(scope["path"], 429, "too many requests")(scope, receive, send)
            return
        answer = await self._refusal(scope, rules) or self._app
        await answer(scope, receive, _with_headers(send, rules.config))

    async def _refusal(self, scope: Scope, rules: Rules) -> Response | None:
        scopes = needed(scope["path"], QueryParams(scope["query_string"]), self._telemetry_path)
        if not scopes or not rules.asks:
            return None
        sent = credentials(Headers(scope=scope).get("authorization", ""))
        try:
            identity = await self._identity(sent, rules) if sent else None
        except TooBusy as error:
            return refusal(scope["path"], 503, str(error))
        if identity is None:
            return unauthorized(rules, scope["path"])
        scope["identity"] = identity
        return forbidden(identity, scopes, scope["path"])

    async def _identity(self, sent: Credentials, rules: Rules) -> Identity | None:
        if sent.token:
            return token_identity(sent.token, rules.tokens)
        users = rules.config.basic_auth_users
        return await self._passwords.identity(sent.user, sent.password, users) if users else None


def unauthorized(rules: Rules, path: str) -> Response:
    """Return the answer to somebody unknown."""
    ways = {"Basic": "a user and a password", "Bearer": "a bearer token"}
    response = refusal(path, 401, f"send {' or '.join(ways[scheme] for scheme in rules.schemes)}")
    for scheme in rules.schemes:
        response.headers.append("WWW-Authenticate", scheme)
    return response


def forbidden(identity: Identity, scopes: tuple[TokenScope, ...], path: str) -> Response | None:
    """Return the answer to somebody known who lacks the scope; none to one who has it."""
    if identity.scopes & set(scopes):
        if identity.company is None or path in OF_A_COMPANY or _below(path, CANDIDATES):
            return None
        return refusal(path, 403, f"{identity.name} is limited to company {identity.company}; this is of all of them")
    lacks = f"the scope {scopes[0]}" if len(scopes) == 1 else f"one of the scopes {', '.join(scopes)}"
    return refusal(path, 403, f"this needs {lacks}; {identity.name} has {', '.join(sorted(identity.scopes))}")


def _below(path: str, top: str) -> bool:
    return path == top or path.startswith(f"{top}/")


def _with_headers(send: Send, config: WebConfig) -> Send:
    headers = config.http_server_config.headers.model_dump(by_alias=True)

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update({name: value for name, value in headers.items() if value})
        await send(message)

    return sending
