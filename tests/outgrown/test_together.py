"""Two processes over one PostgreSQL and one bucket: what is behind one address where a store outgrew its machine."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import warm
from support.postgres import Postgres
from support.store import StoreProcess
from support.tus import Tus, sha256

from fieldkit.store.site import Site

BODY = b"a clip" * 500
pytestmark = pytest.mark.xdist_group("s3")


@pytest.fixture
def site(postgres: Postgres, tmp_path: Path) -> Site:
    return Site(tmp_path / "root", postgres.url)


@pytest.fixture
def two(site: Site, s3: None) -> Iterator[list[StoreProcess]]:
    """Two processes, each with a landing place of its own, over one database and one bucket."""
    where = ("--database", str(site.database), "--media", f"s3://clips/{site.root.parent.name}")
    stores = [StoreProcess(site.root / name, where=where) for name in "ab"]
    with stores[0], stores[1]:
        yield stores


def test_two_processes_are_one_store(two: list[StoreProcess]) -> None:
    one, other = (Tus(process.url) for process in two)
    token = issued(two[0], "--role", "command-centre")
    assert other.ask("GET", "/clips").status_code == 401
    one.token = other.token = token
    one.upload(BODY, tweet_id="1")
    clip = f"/clips/1/{sha256(BODY)}"
    patience = time.monotonic() + 20
    while (answer := other.ask("GET", clip)).status_code == 503:  # on its way to the bucket
        assert time.monotonic() < patience
        time.sleep(0.05)
    assert answer.content == BODY
    assert other.ask("POST", f"{clip}/decisions", json={"decision": "approved", "by": "x"}).status_code == 201
    assert [each["by"] for each in one.ask("GET", f"{clip}/decisions").json()["decisions"]] == ["x"]
    again = other.create(len(BODY), tweet_id="1", sha256=sha256(BODY))
    assert again.headers["Fieldkit-Receipt"] == sha256(BODY)
    assert other.ask("DELETE", clip).status_code == 204
    assert [store.ask("GET", clip).status_code for store in (one, other)] == [410, 410]
    while list((two[0].root / "media").glob("*/*")):  # where it landed nobody was told but by the catalogue
        assert time.monotonic() < patience
        time.sleep(0.05)


def issued(process: StoreProcess, *words: str) -> str:
    done = warm.run(["store", "token", "add", *process.where, *words], os.environ)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_quota_holds_across_processes(two: list[StoreProcess]) -> None:
    stores = [Tus(process.url) for process in two]
    token = issued(two[0], "--place", "kakuma", "--quota", str(3 * len(BODY)))
    for store in stores:
        store.token = token
    codes = [
        stores[number % 2].create(len(BODY), tweet_id=str(number + 1), place="kakuma").status_code
        for number in range(5)
    ]
    assert codes == [201, 201, 201, 507, 507]
