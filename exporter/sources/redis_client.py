"""The clients of redis-py for each form of `redis.url`: decoded, with timeouts, and without retries of their own."""

from typing import Any

from redis import Redis, RedisCluster, Sentinel
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.retry import Retry

from exporter.secrets import Secret
from exporter.sources.redis_address import RedisSettings

CONNECT_SECONDS, SOCKET_SECONDS, IDLE_SECONDS = 2.0, 5.0, 30


def make_client(settings: RedisSettings, deadline: float) -> Redis | RedisCluster:
    """Make a client; one of a cluster connects to it at once. Raises what redis-py raises."""
    address, options = settings.address, _options(settings, deadline)
    login = _login(address.user, address.password)
    if address.kind == "cluster":
        nodes: list[Any] = [ClusterNode(host, port) for host, port in address.hosts]  # type: ignore[no-untyped-call]
        return RedisCluster(startup_nodes=nodes, **options, **login)
    if address.kind == "sentinel":
        guard = options | _login(settings.sentinel_user, settings.sentinel_password)
        make: Any = Sentinel  # The library has not typed it.
        sentinel = make(address.hosts, sentinel_kwargs=guard, db=address.database, **options, **login)
        master: Redis = sentinel.master_for(address.service)
        return master
    if address.kind == "socket":
        return Redis(unix_socket_path=address.path, db=address.database, **options, **login)
    ((host, port),) = address.hosts
    return Redis(host=host, port=port, db=address.database, **options, **login)


def _login(user: str | None, password: Secret | None) -> dict[str, Any]:
    return {"username": user, "password": password.reveal() if password else None}


def _options(settings: RedisSettings, deadline: float) -> dict[str, Any]:
    tls = {
        "ssl": True,
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
        "ssl_ca_certs": settings.ca_file,
        "ssl_certfile": settings.cert_file,
        "ssl_keyfile": settings.key_file,
    }
    return {
        "socket_connect_timeout": min(CONNECT_SECONDS, deadline),
        "socket_timeout": min(SOCKET_SECONDS, deadline),
        "health_check_interval": IDLE_SECONDS,
        "decode_responses": True,
        # A member that somebody else wrote may be anything; it must not keep us from reading the others.
        "encoding_errors": "replace",
        # The older protocol: its scores are text, and it needs no command that an ACL could forbid.
        "protocol": 2,
        "retry": Retry(NoBackoff(), 0),
        **(tls if settings.address.tls else {}),
    }
