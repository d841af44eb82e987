"""The client of Redis: every form of its URL on a real server, and every way in which one fails."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from redis import Redis, RedisCluster, Sentinel

from exporter.live import Counts, LiveRecorder
from exporter.model import Interrupted, Reason, SourceError
from exporter.secrets import Secret
from exporter.sources.redis import Keyspace
from exporter.sources.redis_address import Address, RedisSettings, parse
from tests.redis_servers import cluster, debian, embedded, plain, put, silent
from tests.running import free_port
from tests.waiting import eventually
from tests.web.certificates import authority, issue, server

PAGE = Path(__file__).parent.parent.parent / "docs" / "live.md"
PASSWORD = "canary p@ss:w/rd?#"
WRITTEN = "canary%20p%40ss%3Aw%2Frd%3F%23"


def keyspace(url: str, **settings: Any) -> Keyspace:
    return Keyspace(RedisSettings(parse(url), **settings))


def zcount(source: Keyspace, key: str = "k", deadline: float = 5) -> Any:
    return source.read(deadline, lambda round_: round_.ask([("ZCOUNT", key, "-inf", "+inf")]))


def failure(source: Keyspace, deadline: float = 5) -> SourceError:
    with pytest.raises(SourceError) as raised:
        zcount(source, deadline=deadline)
    assert "canary" not in str(raised.value)
    return raised.value


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with embedded() as url:
        yield url


URLS = [
    ("redis://h", Address("server", False, (("h", 6379),)), "redis://h:6379/0"),
    (
        f"rediss://u:{WRITTEN}@h:1/3",
        Address("server", True, (("h", 1),), "u", Secret(PASSWORD), 3),
        "rediss://u:***@h:1/3",
    ),
    ("redis://:p@[::1]", Address("server", False, (("::1", 6379),), None, Secret("p")), "redis://:***@[::1]:6379/0"),
    ("unix:///a%20b/c?db=2", Address("socket", False, database=2, path="/a b/c"), "unix:///a%20b/c?db=2"),
    (
        "redis+sentinel://:p@a,b:3/jobhive/1",
        Address("sentinel", False, (("a", 26379), ("b", 3)), None, Secret("p"), 1, "jobhive"),
        "redis+sentinel://:***@a:26379,b:3/jobhive/1",
    ),
    ("rediss+cluster://a,b:2", Address("cluster", True, (("a", 6379), ("b", 2))), "rediss+cluster://a:6379,b:2"),
]


@pytest.mark.parametrize(("text", "address", "shown"), URLS)
def test_a_url_is_understood_and_shown_without_its_password(text: str, address: Address, shown: str) -> None:
    assert parse(text) == address
    assert str(parse(text)) == shown
    assert "canary" not in repr(parse(text))


MISTAKES = [
    ("", "not a Redis URL; write redis://USER:PASSWORD@HOST:6379/0, or one of rediss, unix, redis+sentinel, "),
    ("http://canary", "not a Redis URL; write redis://"),
    ("redis://", "has no host, or not one as it is written; write redis://"),
    ("redis://a,b", "has no host, or not one as it is written; write redis://"),
    ("redis://h:0", "has a port above 65535, or 0; write redis://"),
    ("redis://h:65536", "has a port above 65535, or 0; write redis://"),
    (
        "redis://u:canary@x@h",
        "its password holds a character that ends it; write @ : / ? and # in it as %40 %3A %2F %3F %23",
    ),
    ("redis://u:canary:x@h", "its password holds a character that ends it; "),
    ("redis://u:canary/x@h", "its password holds a character that ends it; "),
    ("redis://u:canary#x@h", "its password holds a character that ends it; "),
    (
        "redis://u:canary?x@h",
        "has a question mark; write redis://USER:PASSWORD@HOST:6379/0, and a ? in a password as %3F",
    ),
    ("redis://h?password=canary", "has a question mark; write redis://"),
    ("redis://canary@h", "has a user without a password; write redis://"),
    ("redis://h/x", "has a path that names no database; write redis://"),
    ("redis+cluster://h/1", "has a path that names no database; write redis+cluster://"),
    ("redis+sentinel://h", "names no service; write redis+sentinel://"),
    ("unix://", "names no path; write unix:///PATH/redis.sock?db=0"),
    ("unix:///p?password=canary", "has more than a database after the question mark; write unix://"),
    ("redis://[::1", "not a Redis URL; write redis://"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_in_a_url_is_told_with_its_mend(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}") as raised:
        parse(text)
    assert "canary" not in str(raised.value)


def test_a_round_gives_raw_replies_and_none_for_a_key_of_another_type(url: str) -> None:
    put(url, "k", (1.5, "a"), (2.5, "b"))
    with plain(url) as client:
        client.set("s", "text")
    commands = [("ZRANGE", "k", "0", "(2.5", "BYSCORE", "LIMIT", 0, 5, "WITHSCORES"), ("ZCOUNT", "s", "0", "1")]
    with closing(keyspace(url)) as source:
        assert source.read(5, lambda round_: round_.ask(commands)) == [["a", "1.5"], None]
        with pytest.raises(SourceError, match=r"^Redis: .*value is not an integer or out of range") as raised:
            source.read(5, lambda round_: round_.ask([("ZRANGE", "k", 0, "x")]))
        assert raised.value.reason is Reason.QUERY
        assert zcount(source) == [2]


def test_a_sweep_takes_many_steps_and_finds_every_key(url: str) -> None:
    with plain(url) as client:
        client.mset({f"other:{number}": "x" for number in range(5000)})
    put(url, "ai_accuracy:found", (1.0, "x"))
    with closing(keyspace(url)) as source:
        cursor, keys, steps = None, set[str](), 0
        while True:
            cursor, some = source.read(5, lambda round_, at=cursor: round_.scan("ai_*", at))  # type: ignore[misc]
            keys, steps = keys | set(some), steps + 1
            if cursor is None:
                break
    assert "ai_accuracy:found" in keys
    assert steps > 3


def test_nobody_there_is_connect() -> None:
    port = free_port()
    error = failure(keyspace(f"redis://:canary@127.0.0.1:{port}"))
    assert error.reason is Reason.CONNECT
    mend = "check redis.url, and whether the server runs and can be reached from here"
    assert re.fullmatch(rf"Redis: Error 111 connecting to 127\.0\.0\.1:{port}\. .*refused\.; {mend}", str(error))
    assert failure(keyspace("redis://no.such.host.invalid")).reason is Reason.CONNECT
    assert failure(keyspace(f"redis+cluster://127.0.0.1:{port}")).reason is Reason.CONNECT
    assert failure(keyspace(f"redis+sentinel://127.0.0.1:{port}/jobhive")).reason is Reason.CONNECT


@pytest.mark.parametrize(
    "form", ["redis://127.0.0.1:{}", "redis+sentinel://127.0.0.1:{}/jobhive", "redis+cluster://127.0.0.1:{}"]
)
def test_a_server_that_says_nothing_costs_its_deadline(form: str) -> None:
    with silent() as port:
        began = time.monotonic()
        error = failure(keyspace(form.format(port)), deadline=0.5)
        assert time.monotonic() - began < 3
    assert error.reason is Reason.TIMEOUT or "sentinel" in form


def test_an_answer_that_never_ends_is_cut_off_at_the_deadline() -> None:
    """Each byte comes in time, the whole does not."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = threading.Event()

        def drip() -> None:
            link, _ = listening.accept()
            with link:
                link.sendall(b"$1000000\r\n")
                while not done.wait(0.05):
                    try:
                        link.sendall(b"x")
                    except OSError:
                        return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            error = failure(keyspace(f"redis://127.0.0.1:{listening.getsockname()[1]}"), deadline=1)
        finally:
            done.set()
            dripping.join()
    assert error.reason is Reason.TIMEOUT
    assert str(error).startswith("Redis was not done within the deadline of 1 s; give the collector a longer deadline")


def test_stop_cuts_what_is_running_and_starts_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        source = keyspace(f"redis://127.0.0.1:{listening.getsockname()[1]}")
        raised: list[Exception] = []

        def read() -> None:
            try:
                zcount(source)
            except Interrupted as error:
                raised.append(error)

        reading = threading.Thread(target=read)
        reading.start()
        link, _ = listening.accept()
        with link:
            link.recv(1)
            source.stop()
            reading.join(3)
        assert [str(error) for error in raised] == ["the daemon is stopping"]
        with pytest.raises(Interrupted):
            zcount(source)


def test_a_connection_that_the_server_closed_is_replaced(url: str) -> None:
    with closing(keyspace(url)) as source:
        before = zcount(source)
        with plain(url) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        assert zcount(source) == before


def rules(user: str) -> list[str]:
    """Return the rules of a user as the page in docs has them."""
    found = re.search(rf"^ACL SETUSER {user} on >PASSWORD (.*)$", PAGE.read_text(), re.MULTILINE)
    assert found
    return found[1].split()


def test_the_users_of_the_page_can_do_their_work_and_nothing_else(tmp_path: Path) -> None:
    port = free_port()
    with debian(tmp_path, port=port, requirepass='"admin secret"'):
        with Redis(port=port, password="admin secret", decode_responses=True) as admin:
            for user in ("recorder", "exporter"):
                admin.execute_command("ACL", "SETUSER", user, "on", f">{PASSWORD}", *rules(user))
        recorder = LiveRecorder(f"redis://recorder:{WRITTEN}@127.0.0.1:{port}")
        recorder.track_live_processing_metrics("parser", 0.5, 0.5, "one")
        assert recorder.flush(10)
        assert recorder.counts() == Counts(written=2)
        recorder.close()
        with closing(keyspace(f"redis://exporter:{WRITTEN}@127.0.0.1:{port}")) as source:
            assert zcount(source, "ai_accuracy:parser") == [1]
            assert source.read(5, lambda round_: round_.scan("ai_[ap]*:*", None))[1] != []
            assert abs(source.read(5, lambda round_: round_.time()) - time.time()) < 5
            error = failure(source)
            assert error.reason is Reason.AUTH
            assert "check user and password in redis.url, and what the user may (docs/live.md" in str(error)
        for wrong in (f"redis://exporter:canary@127.0.0.1:{port}", f"redis://127.0.0.1:{port}"):
            assert failure(keyspace(wrong)).reason is Reason.AUTH


def test_tls_with_an_authority_of_ones_own_and_a_certificate_that_is_asked_for(tmp_path: Path) -> None:
    ours, theirs = authority(tmp_path, "ours"), authority(tmp_path, "theirs")
    cert, client = server(tmp_path, "redis", ours), issue(tmp_path, "client", ours)
    port = free_port()
    files = {"tls_cert_file": str(cert.cert), "tls_key_file": str(cert.key), "tls_ca_cert_file": str(ours.cert)}
    with debian(tmp_path, port=0, tls_port=str(port), **files):
        url = f"rediss://127.0.0.1:{port}"
        shown = {"cert_file": str(client.cert), "key_file": str(client.key)}
        with closing(keyspace(url, ca_file=str(ours.cert), **shown)) as source:
            assert zcount(source) == [0]
        unknown = failure(keyspace(url, ca_file=str(theirs.cert), **shown))
        assert unknown.reason is Reason.CONNECT
        assert "certificate verify failed" in str(unknown)
        assert failure(keyspace(url, ca_file=str(ours.cert))).reason is Reason.CONNECT
        assert failure(keyspace(f"redis://127.0.0.1:{port}")).reason is Reason.CONNECT


def test_sentinel_names_the_master(tmp_path: Path) -> None:
    master, guard = free_port(), free_port()
    with ExitStack() as running:
        running.enter_context(debian(tmp_path, port=master, requirepass="secret"))
        put(f"redis://:secret@127.0.0.1:{master}", "k", (1.0, "a"))
        words = [f"sentinel monitor jobhive 127.0.0.1 {master} 1", "sentinel auth-pass jobhive secret"]
        running.enter_context(debian(tmp_path, *words, port=guard, name="redis-sentinel", requirepass="guarded"))
        url = f"redis+sentinel://:secret@127.0.0.1:{free_port()},127.0.0.1:{guard}/jobhive"
        with closing(keyspace(url, sentinel_password=Secret("guarded"))) as source:
            assert eventually(lambda: zcount(source), within=10, tolerating=(SourceError,)) == [1]

        def connect() -> Redis:
            guards: Any = Sentinel
            found: Redis = guards(
                [("127.0.0.1", guard)], sentinel_kwargs={"password": "guarded"}, password="secret"
            ).master_for("jobhive")
            return found

        recorder = LiveRecorder(connect)
        recorder.track_live_processing_metrics("parser", 0.5, None, "one")
        assert recorder.flush(10)
        assert recorder.counts() == Counts(written=1)
        recorder.close()
        assert failure(keyspace(url)).reason is Reason.AUTH
        assert (
            failure(keyspace(url.replace("jobhive", "other"), sentinel_password=Secret("guarded"))).reason
            is Reason.CONNECT
        )


def test_a_cluster_is_read_and_written_whole(tmp_path: Path) -> None:
    with cluster(tmp_path) as ports:
        recorder = LiveRecorder(lambda: RedisCluster(host="127.0.0.1", port=ports[0]))
        for number in range(60):
            recorder.track_live_processing_metrics(f"component_{number % 20}", 0.5, 0.5, number)
        assert recorder.flush(10)
        assert recorder.counts() == Counts(written=120)
        recorder.close()
        with closing(keyspace(f"redis+cluster://127.0.0.1:{ports[1]},127.0.0.1:{ports[2]}")) as source:
            commands = [("ZCOUNT", f"ai_accuracy:component_{number}", "-inf", "+inf") for number in range(20)]
            assert source.read(5, lambda round_: round_.ask(commands)) == [3] * 20
            cursor, keys = source.read(5, lambda round_: round_.scan("ai_[ap]*:*", None))
            while cursor:
                cursor, some = source.read(5, lambda round_, at=cursor: round_.scan("ai_[ap]*:*", at))  # type: ignore[misc]
                keys = [*keys, *some]
            assert len(keys) == 40
            assert abs(source.read(5, lambda round_: round_.time()) - time.time()) < 5
