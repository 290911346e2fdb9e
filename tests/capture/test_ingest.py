"""Files from a card arrive whole, once, and the card is never touched."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.footage import card, clip, fill, small_disk

from fieldkit import disk
from fieldkit.capture.ingest import find, ingest, suffix_of
from fieldkit.capture.order import Order
from fieldkit.config import Library
from fieldkit.errors import Damaged, DiskFull, NeedsCrew, NotAVideo, WorthRetrying
from fieldkit.journal import Journal
from fieldkit.model import TweetId

Readable = Callable[[Path], float | None]


def state(path: Path) -> tuple[bytes, int, int]:
    status = path.stat()
    return path.read_bytes(), status.st_mtime_ns, status.st_mode


def test_a_clip_becomes_a_take_with_its_original(
    order: Order, journal: Journal, library: Library, readable: Readable
) -> None:
    copied: list[int] = []
    done = ingest(clip("bikes"), order, journal, library, readable=readable, progress=copied.append)
    assert done.fresh
    assert (done.take.tweet_id, done.take.number, done.take.place) == (order.tweet_id, 1, "kakuma")
    kept = library.root / done.original.path
    assert kept.read_bytes() == clip("bikes").read_bytes()
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == done.original.sha256
    assert done.original.seconds == pytest.approx(10)
    assert sum(copied) == done.original.bytes == kept.stat().st_size
    (entry,) = journal.entries()
    assert entry.original == done.original


def test_the_source_is_only_read(
    order: Order, journal: Journal, library: Library, readable: Readable, tmp_path: Path
) -> None:
    source = tmp_path / "card" / "C0001.MP4"
    source.parent.mkdir()
    source.write_bytes(clip("bikes").read_bytes())
    source.chmod(0o444)
    before = state(source)
    ingest(source, order, journal, library, readable=readable)
    assert state(source) == before
    assert [path.name for path in source.parent.iterdir()] == ["C0001.MP4"]


def test_the_same_bytes_under_another_name_are_recognised(
    order: Order, journal: Journal, library: Library, readable: Readable, tmp_path: Path
) -> None:
    first = ingest(clip("bikes"), order, journal, library, readable=readable)
    (tmp_path / "other.mov").write_bytes(clip("bikes").read_bytes())
    again = ingest(tmp_path / "other.mov", order, journal, library, readable=readable)
    assert not again.fresh
    assert (again.take, again.original) == (first.take, first.original)
    assert len(list(library.originals.iterdir())) == 1


def test_the_same_clip_may_answer_two_tweets(
    order: Order, journal: Journal, library: Library, readable: Readable
) -> None:
    first = ingest(clip("bikes"), order, journal, library, readable=readable)
    other = replace(order, tweet_id=TweetId("1700000000000000001"))
    second = ingest(clip("bikes"), other, journal, library, readable=readable)
    assert first.fresh
    assert second.fresh
    assert first.original.path != second.original.path


def test_an_ingest_that_died_before_its_row_is_adopted(
    order: Order, journal: Journal, library: Library, readable: Readable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(journal, "ingest", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ingest(clip("bikes"), order, journal, library, readable=readable)
    (left,) = library.originals.iterdir()
    inode = left.stat().st_ino
    (library.originals / ".dead.0badcafe.part.mp4").write_bytes(b"half")
    done = ingest(clip("bikes"), order, journal, library, readable=readable)
    assert done.fresh
    assert [path.stat().st_ino for path in library.originals.iterdir()] == [inode]


def test_bytes_left_under_the_right_name_are_not_believed(
    order: Order, journal: Journal, library: Library, readable: Readable
) -> None:
    sha256 = hashlib.sha256(clip("bikes").read_bytes()).hexdigest()
    (library.originals / f"{order.tweet_id}-{sha256}.mp4").write_bytes(b"something else")
    done = ingest(clip("bikes"), order, journal, library, readable=readable)
    disk.verify(library.root / done.original.path, done.original.sha256)


def test_a_reader_that_errs_is_caught_because_the_source_is_read_twice(
    order: Order, journal: Journal, library: Library, readable: Readable, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = disk.copy

    def erring(source: Path, part: Path, progress: Callable[[int], None]) -> tuple[object, int]:
        _, size = copy(source, part, progress)
        with part.open("r+b") as file:
            file.write(b"\xff")
        return disk.hashed(part)[0], size

    monkeypatch.setattr(disk, "copy", erring)
    with pytest.raises(Damaged, match="reads differently each time"):
        ingest(clip("bikes"), order, journal, library, readable=readable)
    assert list(library.originals.iterdir()) == []
    assert journal.entries() == []


def test_a_disk_that_returns_other_bytes_is_caught_because_the_copy_is_read_back(
    order: Order, journal: Journal, library: Library, readable: Readable, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = disk.copy

    def rotting(source: Path, part: Path, progress: Callable[[int], None]) -> tuple[object, int]:
        read = copy(source, part, progress)
        with part.open("r+b") as file:
            file.write(b"\xff")
        return read

    monkeypatch.setattr(disk, "copy", rotting)
    with pytest.raises(Damaged, match="is not what was written"):
        ingest(clip("bikes"), order, journal, library, readable=readable)
    assert list(library.originals.iterdir()) == []


def test_what_is_not_a_video_is_not_kept(
    order: Order, journal: Journal, library: Library, readable: Readable, tmp_path: Path
) -> None:
    (tmp_path / "letter.mp4").write_text("Dear all\n" * 100)
    with pytest.raises(NotAVideo, match=r"letter\.mp4 is not a video"):
        ingest(tmp_path / "letter.mp4", order, journal, library, readable=readable)
    assert list(library.originals.iterdir()) == []
    assert journal.entries() == []


def test_two_ingests_do_not_share_a_library(
    order: Order, journal: Journal, library: Library, readable: Readable
) -> None:
    with library.lock("ingest") as other:
        other.take()
        with pytest.raises(WorthRetrying, match="Another ingest is at work"):
            ingest(clip("bikes"), order, journal, library, readable=readable)


@pytest.mark.parametrize("believed", [True, False], ids=["seen before", "found out while copying"])
def test_a_full_disk_loses_nothing_and_the_next_run_works(
    believed: bool, order: Order, readable: Readable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "small") as small:
        library = Library(small / "library")
        library.make()
        with Journal(library.journal) as journal:
            monkeypatch.setattr("fieldkit.capture.ingest._ROOM", 0)
            ballast = fill(small, leave=300_000)
            if not believed:
                monkeypatch.setattr(disk, "room", lambda _: 10**9)
            with pytest.raises(DiskFull) as refusal:
                ingest(clip("bikes"), order, journal, library, readable=readable)
            assert "\n" not in str(refusal.value)
            assert list(library.originals.iterdir()) == []
            assert journal.entries() == []
            ballast.unlink()
            assert ingest(clip("bikes"), order, journal, library, readable=readable).fresh


def test_folders_are_searched_and_the_rubbish_in_them_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "card"
    wanted = [
        "DCIM/100MEDIA/C0002.MP4",
        "DCIM/100MEDIA/C0001.mp4",
        "PRIVATE/AVCHD/BDMV/STREAM/00000.MTS",
        "a.mov",
    ]
    rubbish = [
        "DCIM/100MEDIA/._C0001.mp4",
        ".Trashes/old.mp4",
        "DCIM/100MEDIA/C0001.THM",
        "notes.txt",
        ".hidden.mp4",
    ]
    for name in wanted + rubbish:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    assert find([folder]) == sorted(folder / name for name in wanted)


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    (tmp_path / "secret.mp4").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far.mp4").touch()
    (folder / "out.mp4").symlink_to(tmp_path / "secret.mp4")
    (folder / "dir").symlink_to(tmp_path / "elsewhere")
    (folder / "gone.mp4").symlink_to(folder / "nothing.mp4")
    (folder / "real.mp4").touch()
    (folder / "near.mp4").symlink_to(folder / "real.mp4")
    assert [path.name for path in find([folder])] == ["near.mp4", "real.mp4"]


def test_files_are_taken_as_they_are_given_and_each_once(tmp_path: Path) -> None:
    for name in ("b.weird", "a.mp4"):
        (tmp_path / name).touch()
    assert find([tmp_path / "b.weird", tmp_path / "a.mp4", tmp_path]) == [
        tmp_path / "b.weird",
        tmp_path / "a.mp4",
    ]


def test_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NeedsCrew, match="There is no file or folder"):
        find([tmp_path / "nothing"])


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("A.MP4", ".mp4"),
        ("noend", ".video"),
        ("x.part", ".video"),
        ("x.m\np4", ".video"),
        ("x.aVeryLongSuffix", ".video"),
        ("x.é", ".video"),
    ],
)
def test_suffixes_from_outside_are_not_trusted(name: str, suffix: str) -> None:
    assert suffix_of(Path(name)) == suffix


def test_a_card_that_vanishes_is_said_in_one_sentence(
    order: Order, journal: Journal, library: Library, tmp_path: Path
) -> None:
    source = card(tmp_path / "gone.mp4")

    def vanishing(path: Path) -> float:
        os.unlink(path)
        return 1.0

    with pytest.raises(NeedsCrew, match="can't be read"):
        ingest(source, order, journal, library, readable=vanishing)


def test_a_folder_that_can_t_be_read_is_not_taken_for_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "card" / "B").mkdir(parents=True)
    real = os.scandir

    def scandir(path: str) -> Any:
        if str(path).endswith("/B"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(NeedsCrew, match="do not erase the card"):
        find([tmp_path / "card"])
