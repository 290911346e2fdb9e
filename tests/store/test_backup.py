"""A copy made while the store serves: whole at whatever moment, and a store again."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest
from crash.killer import lines_of, run_killed_at
from support import warm
from support.site import at, folder_only, site
from support.store import StoreProcess
from support.tus import Tus

from fieldkit import disk
from fieldkit.errors import Damaged, NeedsCrew
from fieldkit.model import TweetId
from fieldkit.store import backup
from fieldkit.store.audit import differences
from fieldkit.store.house import House
from fieldkit.store.site import Site


def filled(root: Path, clips: int = 3) -> list[bytes]:
    """A store with so many clips."""
    contents = [os.urandom(2000 + number) for number in range(clips)]
    with StoreProcess(root) as store:
        for number, content in enumerate(contents, 1):
            sent(store.url, number, content)
    return contents


def sent(url: str, number: int, content: bytes) -> None:
    answer = Tus(url).upload(
        content, tweet_id=TweetId(str(number)), sha256=hashlib.sha256(content).hexdigest(), profile="tweet"
    )
    assert answer.status_code == 204


def held(where: Site | Path) -> set[str]:
    """The hashes of the clips of a store, each of which is whole."""
    with House(where) as house:
        assert list(differences(house.catalogue, house.media)) == []
        return {clip.blob.sha256 for clip in house.catalogue.every_clip()}


def hashes(contents: list[bytes]) -> set[str]:
    return {hashlib.sha256(content).hexdigest() for content in contents}


def test_a_copy_is_a_store_and_becomes_one_again(tmp_path: Path) -> None:
    contents = filled(tmp_path / "store")
    copied = backup.back_up(site(tmp_path / "store"), tmp_path / "copy")
    assert (copied.clips, copied.fresh, copied.damaged) == (3, 3, ())
    backup.restore(tmp_path / "copy", site(tmp_path / "again"))
    assert held(tmp_path / "copy") == held(site(tmp_path / "again")) == hashes(contents)


def test_the_next_time_only_what_is_new_is_copied_and_what_was_withdrawn_goes(tmp_path: Path) -> None:
    filled(tmp_path / "store")
    backup.back_up(site(tmp_path / "store"), tmp_path / "copy")
    with House(site(tmp_path / "store")) as house:
        gone = next(house.catalogue.every_clip()).blob
        house.catalogue.withdraw(gone.tweet_id, gone.sha256)
        house.media.delete(gone.tweet_id, gone.sha256)
    new = os.urandom(3000)
    with StoreProcess(tmp_path / "store") as store:
        sent(store.url, 9, new)
    assert backup.back_up(site(tmp_path / "store"), tmp_path / "copy").fresh == 1
    assert hashlib.sha256(new).hexdigest() in held(tmp_path / "copy")
    assert gone.sha256 not in held(tmp_path / "copy")
    assert not any(gone.sha256 in path.name for path in (tmp_path / "copy").rglob("*"))


def test_it_is_made_while_clips_come_in(tmp_path: Path) -> None:
    with StoreProcess(tmp_path / "store") as store:
        sent(store.url, 1, os.urandom(5000))
        over, number = threading.Event(), 1

        def come_in() -> None:
            nonlocal number
            while not over.is_set():
                number += 1
                sent(store.url, number, os.urandom(5000))

        crew = threading.Thread(target=come_in)
        crew.start()
        try:
            sizes = [len(held_after(tmp_path)) for _ in range(5)]
        finally:
            over.set()
            crew.join()
    assert sizes == sorted(sizes)
    assert sizes[-1] > 0


def held_after(tmp_path: Path) -> set[str]:
    assert backup.back_up(site(tmp_path / "store"), tmp_path / "copy").damaged == ()
    return held(tmp_path / "copy")


def test_a_clip_that_is_damaged_in_the_store_is_named_and_the_others_are_copied(tmp_path: Path) -> None:
    filled(tmp_path / "store")
    victim = next((tmp_path / "store" / "media").glob("*/*"))
    victim.write_bytes(b"x" * victim.stat().st_size)
    copied = backup.back_up(site(tmp_path / "store"), tmp_path / "copy")
    assert (copied.fresh, copied.damaged) == (2, (victim.name,))
    with pytest.raises(Damaged, match=victim.name[:12]):
        backup.restore(tmp_path / "copy", site(tmp_path / "again"))
    assert not (tmp_path / "again" / "catalogue.sqlite").exists()


def test_a_store_is_never_restored_over_and_a_copy_never_lies_inside_its_store(tmp_path: Path) -> None:
    filled(tmp_path / "store", clips=1)
    backup.back_up(site(tmp_path / "store"), tmp_path / "copy")
    with pytest.raises(NeedsCrew, match="There is a store"):
        backup.restore(tmp_path / "copy", site(tmp_path / "store"))
    with pytest.raises(NeedsCrew, match="inside the store"):
        backup.back_up(site(tmp_path / "store"), tmp_path / "store" / "copy")
    with pytest.raises(NeedsCrew, match="holds no store"):
        backup.back_up(tmp_path / "nothing", tmp_path / "copy")
    with pytest.raises(NeedsCrew, match="holds no backup"):
        backup.restore(tmp_path / "nothing", tmp_path / "new")


@folder_only
@pytest.mark.xdist_group("crash")
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.parametrize("work", ["backup", "restore"])
def test_a_copy_is_whole_wherever_its_making_is_killed(
    tmp_path: Path, work: str, record_property: pytest.Function
) -> None:
    wanted = hashes(filled(tmp_path / "store", clips=2))
    backup.back_up(site(tmp_path / "store"), tmp_path / "whole")
    source = tmp_path / ("store" if work == "backup" else "whole")
    make = backup.back_up if work == "backup" else backup.restore
    files = [Path(backup.__file__), Path(disk.__file__)]
    first = tmp_path / "first"
    lines = lines_of(partial(make, source, first), files, folders=[first])
    kills = 0
    for number, line in enumerate(lines):
        folder = tmp_path / str(number)
        kills += run_killed_at(partial(make, source, folder), line) == -9
        if (folder / "catalogue.sqlite").exists():
            assert held(folder) == wanted, line
            if work == "restore":
                continue
        make(source, folder)
        assert held(folder) == wanted, line
        assert not list(folder.rglob(".*.part*")), line
    record_property("kills", f"a {work} was killed at {kills} of {len(lines)} lines")
    assert kills > 10


def typed(*words: str) -> subprocess.CompletedProcess[str]:
    return warm.run(words, os.environ)


def test_what_an_administrator_types(tmp_path: Path) -> None:
    filled(tmp_path / "store", clips=2)
    copy, again = str(tmp_path / "copy"), at(tmp_path / "again")
    made = typed("store", "backup", copy, *at(tmp_path / "store"), "--json")
    assert json.loads(made.stdout) == {"clips": 2, "bytes": 4001, "copied": 2, "damaged": []}
    assert "2 clips" in typed("store", "restore", copy, *again).stderr
    refused = typed("store", "restore", copy, *again)
    assert (refused.returncode, "There is a store" in refused.stderr) == (3, True)
    assert typed("store", "verify", *again).returncode == 0
