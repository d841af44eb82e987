"""A demo on servers that are there already deletes nothing but what an earlier demo made."""

from pathlib import Path

import pytest

from demo.errors import DemoError
from demo.given import GivenPostgres, GivenRedis
from demo.postgres import EmbeddedPostgres
from tests.conftest import connect, execute
from tests.redis_servers import embedded, plain


def relations(url: str) -> list[str]:
    connection = connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1")
            return [name for (name,) in cursor.fetchall()]
    finally:
        connection.close()


def test_a_database_is_emptied_for_the_next_demo(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    given = GivenPostgres(postgres.create("given"), tmp_path / "demo")
    with given:
        url = given.create("another name")
        assert url == given.url("any") == postgres.url("given")
        execute(url, "CREATE TABLE of_the_demo ()")
        assert given.create("") == url
        assert relations(url) == []


def test_tables_of_something_else_are_left_alone(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    url = postgres.create("given_taken")
    execute(url, "CREATE TABLE precious (id int); CREATE VIEW shown AS SELECT * FROM precious")
    with pytest.raises(DemoError) as caught:
        GivenPostgres(url, tmp_path).create("")
    what, _, mend = str(caught.value).partition(" has ")
    assert what.startswith("postgresql+psycopg2://postgres@/given_taken?")
    assert mend == "2 tables of something else, which the demo would delete; pass --database with an empty one"
    assert relations(url) == ["precious", "shown"]


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    url = "postgresql+psycopg2://jobhive:hunter2@127.0.0.1:1/jobhive"
    with pytest.raises(
        DemoError, match=r"cannot connect to postgresql\+psycopg2://jobhive:\*\*\*@127.0.0.1:1/jobhive: "
    ) as caught:
        GivenPostgres(url, tmp_path).create("")
    assert "hunter2" not in str(caught.value)


def test_one_demo_at_a_time_has_a_folder(tmp_path: Path) -> None:
    first, second = (GivenPostgres("postgresql://", tmp_path / "demo") for _ in range(2))
    with first, pytest.raises(DemoError, match="another demo is running in"), second:
        pass
    with second:
        pass


def test_redis_is_emptied_for_the_next_demo() -> None:
    with embedded() as url, plain(url) as client:
        for _ in range(2):
            with GivenRedis(url):
                assert client.dbsize() == 1
            client.set("of the demo", "1")


def test_keys_of_something_else_are_left_alone() -> None:
    with embedded() as url, plain(url) as client:
        client.set("precious", "1")
        with pytest.raises(DemoError) as caught, GivenRedis(url):
            pass
        assert str(caught.value) == (
            f"Redis at {GivenRedis(url).place} has keys of something else, which the demo would delete; "
            "pass --redis with an empty database, like redis://HOST:6379/1"
        )
        assert client.keys() == ["precious"]


def test_a_redis_that_does_not_answer() -> None:
    with pytest.raises(DemoError) as caught, GivenRedis("redis://user:hunter2@127.0.0.1:1/0"):
        pass
    assert str(caught.value).startswith("cannot write into Redis at redis://")
    assert "hunter2" not in str(caught.value)
