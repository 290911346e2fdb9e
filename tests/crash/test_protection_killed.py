"""The process dies at any line at which a protected clip is made: nothing unchecked is left, nothing is sent unsigned."""

import shutil
import sys
from pathlib import Path

import pytest
from crash.killer import lines_of, run_killed_at
from support.footage import card
from support.protection import kept

from fieldkit import disk
from fieldkit.config import Library
from fieldkit.journal import Journal
from fieldkit.journal import protection as facts
from fieldkit.model import Method, Protection
from fieldkit.transcode import guarded
from fieldkit.transcode.alarm import Alarm, Detector
from fieldkit.transcode.ffmpeg import Ffmpeg

COVER = Protection(Method.COVER)


class Blind(Detector):
    """Sees nothing: OpenCV's threads would not survive a fork, and there is nobody on a test card."""

    def __init__(self) -> None:
        pass

    def faces(self, *_, **__):
        return []


@pytest.mark.xdist_group("crash")
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_protected_clip_is_whole_and_unsigned_wherever_its_making_is_killed(
    tmp_path, record_property, monkeypatch
):
    monkeypatch.setattr(guarded, "draw", lambda _, sheet: disk.write(sheet, b"a sheet"))
    base = tmp_path / "base"
    base.mkdir()
    with Journal(base / "journal.sqlite") as journal:
        kept(base, journal, card(tmp_path / "card.mp4", seconds=0.6), COVER)
    first = copied(base, tmp_path / "first")
    files = [Path(guarded.__file__), Path(facts.__file__)]
    lines = lines_of(lambda: made(first), files, folders=[first])
    kills = 0
    for number, line in enumerate(lines):
        folder = copied(base, tmp_path / str(number))
        kills += run_killed_at(lambda: made(folder), line) == -9  # noqa: B023
        library = Library(folder)
        with Journal(library.journal) as journal:
            assert journal.lineup.next("") is None, line
            drafts = journal.protection.drafts()
            for path in library.renditions.glob("[0-9]*.mp4"):  # with a name it is whole, row or not
                assert disk.hashed(path)[0].startswith(path.name.split("-")[2]), line
            if drafts:
                disk.verify(folder / drafts[0].rendition.path, drafts[0].rendition.sha256)
        made(folder)
        with Journal(library.journal) as journal:
            (draft,) = journal.protection.drafts()
            assert sorted(path.name for path in library.renditions.iterdir()) == sorted(
                Path(name).name for name in (draft.rendition.path, draft.sheet)
            ), line
        shutil.rmtree(folder)
    record_property("kills", f"the making of a protected clip was killed at {kills} of {len(lines)} lines")
    assert kills > 4


def copied(base: Path, folder: Path) -> Path:
    shutil.copytree(base, folder)
    return folder


def made(folder: Path) -> None:
    """What a renderer does at its start and then."""
    library = Library(folder)
    disk.sweep(library.renditions)
    with Journal(library.journal) as journal:
        guard = guarded.Guard(library, journal, Ffmpeg(), Alarm(Blind))
        guard.sweep()
        for due in journal.due_renditions(("proxy",)):
            guard.make(due, COVER)
