"""What the administrator's page says of a back-up holds: the catalogue first, then the media."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

from support.site import folder_only
from support.store import StoreProcess
from support.tus import Tus, sha256

from fieldkit.store.audit import differences
from fieldkit.store.house import House

BODY = b"a clip" * 500


def _snapshot(source: Path, target: Path) -> None:
    """What `sqlite3 source ".backup target"` does."""
    with (
        contextlib.closing(sqlite3.connect(source)) as live,
        contextlib.closing(sqlite3.connect(target)) as kept,
    ):
        live.backup(kept)


@folder_only
def test_a_copy_made_while_the_store_runs_lacks_no_bytes(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    with StoreProcess(tmp_path / "root") as process:
        store = Tus(process.url)
        store.upload(BODY, tweet_id="11")
        unfinished = store.create(len(BODY), tweet_id="13").headers["Location"]
        store.patch(unfinished, 0, BODY[:100])
        _snapshot(process.root / "catalogue.sqlite", copy / "catalogue.sqlite")
        store.upload(BODY, tweet_id="12")  # in between
        shutil.copytree(process.root / "media", copy / "media")
    with House(copy) as house:
        (stray,) = differences(house.catalogue, house.media)
    assert f"12/{sha256(BODY)}" in stray
    with StoreProcess(copy) as process:
        store = Tus(process.url)
        assert store.ask("GET", f"/clips/11/{sha256(BODY)}").content == BODY
        assert store.head(unfinished).status_code == 404
        for tweet in ("12", "13"):
            assert store.upload(BODY, tweet_id=tweet).headers["Fieldkit-Receipt"] == sha256(BODY)
    with House(copy) as house:
        assert list(differences(house.catalogue, house.media)) == []
