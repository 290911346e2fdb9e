"""Sealing, and wiping, are killed around all that they write: no take is ever without its bytes or without its key."""

import shutil
import sys
import threading
from functools import partial
from pathlib import Path

import pytest
from crash.killer import lines_of, run_killed_at
from safety.conftest import Sealed
from safety.conftest import laptop as laptop  # noqa: PLC0414 - the fixture

import fieldkit
from fieldkit.kit import Kit
from fieldkit.vault import unseal
from fieldkit.vault.wipe import wipe

_HOME = Path(fieldkit.__file__).parent
WATCHED = [_HOME / "disk.py", _HOME / "age.py", _HOME / "sealer.py", _HOME / "journal" / "sealing.py"]
WATCHED += (_HOME / "vault").glob("*.py")
CONTENT = b"spoken words " * 9000


def seal(kit: Kit) -> None:
    assert kit.seal(threading.Event()).unsealed == []


def copied(laptop: Sealed, root: Path) -> Sealed:
    """The same library in another place."""
    shutil.copytree(laptop.library.root, root)
    library = type(laptop.library)(root)
    return Sealed(Kit(library, laptop.kit.settings), laptop.key)


def is_kept(laptop: Sealed, take: str) -> bool:
    """Whether the original is there, plain or sealed with its key: at every instant one of them is."""
    plain = laptop.library.originals / f"{take}.mp4"
    if plain.is_file():
        return plain.read_bytes() == CONTENT
    out = laptop.library.root.with_suffix(".out")
    return laptop.opened(out) == {f"{take}.mp4": CONTENT}


@pytest.mark.xdist_group("crash")
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_no_take_is_lost_wherever_sealing_is_killed(laptop: Sealed, tmp_path: Path, record_property) -> None:
    take = laptop.take(CONTENT)
    first = copied(laptop, tmp_path / "first")
    lines = lines_of(lambda: seal(first.kit), WATCHED, folders=[first.library.root])
    kills = 0
    for number, line in enumerate(lines):
        each = copied(laptop, tmp_path / str(number))
        kills += run_killed_at(partial(seal, each.kit), line) == -9
        assert is_kept(each, take), line
        seal(each.kit)
        assert CONTENT[:13] not in each.plain(), line
        out = tmp_path / f"{number}.last"
        assert each.opened(out) == {f"{take}.mp4": CONTENT}, line
        names = {path.name for path in each.library.root.rglob("*.*") if "sqlite" not in path.name}
        assert names == {"fieldkit.toml", "seal.lock", f"{take}.age", f"{take}.mp4.age"}, line
        for folder in (each.library.root, out):
            shutil.rmtree(folder)
    record_property("kills", f"sealing was killed at {kills} of {len(lines)} lines")
    assert kills > 15


@pytest.mark.xdist_group("crash")
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_wipe_goes_on_wherever_it_is_killed_and_no_key_outlives_the_journal(
    laptop: Sealed, tmp_path: Path, record_property
) -> None:
    laptop.take(CONTENT)
    seal(laptop.kit)
    first = copied(laptop, tmp_path / "first")
    lines = lines_of(lambda: wipe(first.library), WATCHED, folders=[tmp_path / "first"])
    kills = 0
    for number, line in enumerate(lines):
        each = copied(laptop, tmp_path / str(number))
        kills += run_killed_at(partial(wipe, each.library), line) == -9
        keys = each.library.keys
        assert each.library.journal.exists() or not keys.is_dir() or not list(keys.iterdir()), line
        wipe(each.library)
        assert not each.library.root.exists(), line
    record_property("kills", f"a wipe was killed at {kills} of {len(lines)} lines")
    assert kills > 8


def test_the_sealed_files_of_a_library_are_found(laptop: Sealed) -> None:
    take = laptop.take(CONTENT)
    seal(laptop.kit)
    assert [path.name for path in unseal.find([laptop.library.root])] == [f"{take}.mp4.age"]
