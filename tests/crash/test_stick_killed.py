"""An export and an import are killed around all that they write: all that is there is whole, and the next run ends it."""

import hashlib
import sys
from functools import partial
from pathlib import Path

import pytest
from crash.killer import lines_of, run_killed_at
from support.laptop import Laptop, noise

from fieldkit import disk, stick
from fieldkit.config import Library
from fieldkit.journal import Journal
from fieldkit.model import TweetId
from fieldkit.store import catalogue, intake, media
from fieldkit.store.house import House
from fieldkit.sync import export

STORE = "https://clips.example.org"


@pytest.fixture
def library(tmp_path):
    """Two renditions that lack their receipts."""
    laptop = Laptop.at(tmp_path / "library")
    for tweet in ("1", "2"):
        laptop.make(noise(3000), tweet=TweetId(tweet))
    laptop.close()
    return laptop.library


def put_out(library: Library, folder: Path) -> int:
    with Journal(library.journal) as journal:
        done = list(export.export(journal, library, STORE, folder, lambda _: lambda _: None))
    return sum(each.why is None for each in done)


def take_in(folder: Path, root: Path) -> list[str]:
    with House(root) as house:
        return [each.fate for each in intake.take_in(house, root, folder)]


def whole(folder: Path) -> int:
    """How many clips the manifest names; each must be there, byte for byte."""
    manifest = folder / stick.MANIFEST
    clips = stick.read(manifest.read_bytes()) if manifest.exists() else []
    for clip in clips:
        assert hashlib.sha256((folder / clip.file).read_bytes()).hexdigest() == clip.sha256
    return len(clips)


def catalogued(root: Path) -> int:
    """How many clips the store has; each must be there, byte for byte."""
    with House(root) as house:
        clips = list(house.catalogue.every_clip())
        for clip in clips:
            assert disk.hashed(house.media.path(clip.blob)) == (clip.blob.sha256, clip.bytes)
    return len(clips)


@pytest.mark.xdist_group("crash")
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_an_export_is_whole_wherever_it_is_killed(tmp_path, library, record_property):
    files = [Path(module.__file__) for module in (export, stick, disk)]
    first = tmp_path / "first"
    lines = lines_of(partial(put_out, library, first), files, folders=[first])
    kills = 0
    for number, line in enumerate(lines):
        folder = tmp_path / str(number)
        kills += run_killed_at(partial(put_out, library, folder), line) == -9
        whole(folder)
        assert put_out(library, folder) == 2, line
        assert whole(folder) == 2, line
        assert len(list(folder.iterdir())) == 3, line
    record_property("kills", f"an export was killed at {kills} of {len(lines)} lines")
    assert kills > 20


@pytest.mark.xdist_group("crash")
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_an_import_loses_nothing_and_doubles_nothing_wherever_it_is_killed(
    tmp_path, library, record_property
):
    put_out(library, tmp_path / "stick")
    files = [Path(module.__file__) for module in (intake, media, catalogue, disk)]
    first = tmp_path / "first"
    lines = lines_of(partial(take_in, tmp_path / "stick", first), files, folders=[first])
    kills = 0
    for number, line in enumerate(lines):
        root = tmp_path / str(number)
        kills += run_killed_at(partial(take_in, tmp_path / "stick", root), line) == -9
        catalogued(root)
        assert set(take_in(tmp_path / "stick", root)) <= {"arrived", "known"}, line
        assert catalogued(root) == 2, line
        assert len([path for path in (root / "media").rglob("*") if path.is_file()]) == 2, line
        assert {path.name for path in (root / "incoming").iterdir()} == {"import.lock"}, line
    record_property("kills", f"an import was killed at {kills} of {len(lines)} lines")
    assert kills > 30
