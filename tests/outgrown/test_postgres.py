"""The catalogue in PostgreSQL: several processes over it, its deaths, and the ways in and out."""

import os
import threading
from pathlib import Path

import pytest
from store.conftest import served
from support import warm
from support.postgres import Postgres
from support.tus import sha256

from fieldkit.errors import NeedsCrew, StoreBusy
from fieldkit.model import TweetId
from fieldkit.store import backup
from fieldkit.store.database import Database, postgresql_at
from fieldkit.store.house import House
from fieldkit.store.news import Kind, since, tell
from fieldkit.store.site import Site
from fieldkit.store.tokens import Role

BODY = b"a clip" * 500


@pytest.fixture
def site(postgres: Postgres, tmp_path: Path) -> Site:
    return Site(tmp_path / "root", postgres.url)


def test_a_reader_misses_no_row_however_many_write(site: Site) -> None:
    houses = [House(site) for _ in range(3)]  # each with connections of its own, as processes have
    seen: list[int] = []
    done = threading.Event()

    def write(house: House) -> None:
        for _ in range(40):
            with house.catalogue.writing() as connection:
                tell(connection, TweetId("1"), Kind.REQUEST)

    def read() -> None:
        last = 0
        while not done.is_set() or last < 120:
            with houses[0].catalogue.reading() as connection:
                for change in since(connection, last, 1000):
                    seen.append(change.number)
                    last = change.number

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    writers = [threading.Thread(target=write, args=(house,)) for house in houses]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join(timeout=10)
    for house in houses:
        house.close()
    assert seen == list(range(1, 121))


def test_many_begin_an_empty_database_at_once(site: Site) -> None:
    troubles: list[BaseException] = []

    def begin() -> None:
        try:
            House(site).close()
        except BaseException as error:
            troubles.append(error)

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []


def test_a_commit_is_durable_whatever_the_databases_default_is(postgres: Postgres) -> None:
    import psycopg

    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE postgres SET synchronous_commit = off")
    database = Database(postgresql_at(postgres.url))
    with database.reading() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    database.close()


def test_while_it_is_dead_the_store_says_so_and_after_that_all_is_there(
    site: Site, postgres: Postgres
) -> None:
    with served(site) as store:
        store.upload(BODY, tweet_id="1")
        path = store.create(len(BODY), tweet_id="2", sha256=sha256(BODY)).headers["Location"]
        postgres.kill()
        answer = store.ask("GET", "/clips/1")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert store.ask("GET", "/healthz").status_code == 200
        assert store.ask("GET", "/readyz").status_code == 503
        assert store.patch(path, 0, BODY).status_code == 503
        postgres.start()
        assert store.upload(BODY, tweet_id="2", sha256=sha256(BODY)).headers["Fieldkit-Receipt"] == sha256(
            BODY
        )
        assert [len(store.ask("GET", f"/clips/{tweet}").json()["clips"]) for tweet in (1, 2)] == [1, 1]


def test_a_database_that_is_away_or_none_is_said_in_one_sentence(tmp_path: Path) -> None:
    for said in ("postgres", "sqlite:///x", "mysql://host/x", "postgresql+asyncpg://host/x"):
        with pytest.raises(NeedsCrew, match="--database is"):
            postgresql_at(said)
    with pytest.raises(StoreBusy, match="does not answer") as caught:
        House(Site(tmp_path, "postgresql://me:hush@127.0.0.1:9/x"))
    assert "hush" not in str(caught.value)


def test_a_forgotten_database_is_noticed(site: Site) -> None:
    House(site).close()
    done = warm.run(["store", "token", "list", "--root", str(site.root)], os.environ)
    assert (done.returncode, "--database" in done.stderr) == (3, True)
    told = {**os.environ, "FIELDKIT_DATABASE": str(site.database), "FIELDKIT_STORE_ROOT": str(site.root)}
    assert warm.run(["store", "token", "list"], told).returncode == 0


def test_from_a_file_into_postgresql_and_back_nothing_is_lost(site: Site, tmp_path: Path) -> None:
    with served(Site(tmp_path / "small")) as store:
        store.upload(BODY, tweet_id="1", take="0198a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b", place="kakuma")
        store.ask("POST", f"/clips/1/{sha256(BODY)}/decisions", json={"decision": "approved", "by": "Amal"})
        store.ask("POST", "/requests", json={"tweet": "7", "text": "سؤال"})
    with House(tmp_path / "small") as house:
        token, _ = house.tokens.add(Role.ADMIN, None)
    backup.back_up(tmp_path / "small", tmp_path / "copy")
    backup.restore(tmp_path / "copy", site)
    with pytest.raises(NeedsCrew, match="a store in this database"):
        backup.restore(tmp_path / "copy", Site(tmp_path / "other", site.database))
    with served(site) as store:
        store.token = token
        assert store.upload(BODY, tweet_id="2").status_code == 204  # numbers go on where they were
        told = store.ask("GET", "/clips").json()["clips"]
        assert [(clip["tweet_id"], clip["decision"]) for clip in told] == [("2", None), ("1", "approved")]
        assert store.ask("GET", f"/clips/1/{sha256(BODY)}").content == BODY
    backup.back_up(site, tmp_path / "back")
    with House(tmp_path / "back") as house:
        assert [clip.blob.tweet_id for clip in house.catalogue.every_clip()] == ["1", "2"]
        assert house.tokens.who(token)
        assert [wish.text for wish in house.wishes.open()] == ["سؤال"]
