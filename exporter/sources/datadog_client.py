"""The official client of Datadog: one attempt per request, within so many seconds, on sockets that can be cut."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from weakref import WeakSet

import urllib3
from datadog_api_client import ApiClient, Configuration
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from exporter.secrets import Secret
from exporter.sources.deadline import sever


class Reply(NamedTuple):
    """An answer as plain data, with its headers."""

    data: Any
    headers: Mapping[str, str]


class Client:
    """The connections to Datadog."""

    def __init__(self, url: str, api_key: Secret, app_key: Secret) -> None:
        self._configuration = Configuration(
            host=url,
            api_key={"apiKeyAuth": api_key.reveal(), "appKeyAuth": app_key.reveal()},
            # The headers of a limit come with the data only like this.
            return_http_data_only=False,
            # Its own retries wait for as long as the server likes; a GET would be sent four times.
            retry_policy=urllib3.Retry(0),
        )
        self._api = ApiClient(self._configuration)
        self._open: WeakSet[HTTPConnection] = WeakSet()
        self._api.rest_client.pool_manager.pool_classes_by_scheme = _pools(self._open)

    def send(self, ask: Callable[[Any], Any], timeout: float) -> Reply:
        """Call an operation of the API; raises what the client raises."""
        self._configuration.request_timeout = timeout
        data, _, headers = ask(self._api)
        return Reply(data.to_dict(), headers)

    def cut(self) -> None:
        """Close the sockets under a request, whose read then returns; safe to call from another thread."""
        for connection in list(self._open):
            if connection.sock is not None:
                sever(connection.sock)

    def close(self) -> None:
        """Let idle connections go."""
        with suppress(Exception):
            self._api.close()


def _pools(opened: "WeakSet[HTTPConnection]") -> dict[str, Any]:
    """Return pools whose connections can be found."""

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            opened.add(self)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            opened.add(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
