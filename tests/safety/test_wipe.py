"""Keys first, then everything, at any size and however often; and never a folder that is no library."""

import json

import pytest
from safety.test_sealing import SECRET, sealed
from support.crew import Crew

from fieldkit import disk
from fieldkit.config import Library
from fieldkit.errors import NeedsCrew
from fieldkit.vault.wipe import wipe


def test_the_keys_go_before_anything_else_and_then_all_goes(laptop, monkeypatch) -> None:
    locked = laptop.locked("five quiet words")
    locked.take(SECRET)
    sealed(locked)
    gone = []
    destroy, remove = disk.destroy, disk.remove
    monkeypatch.setattr(disk, "destroy", lambda path: (gone.append(path.name), destroy(path)))
    monkeypatch.setattr(disk, "remove", lambda path: (gone.append(path.name), remove(path)))
    wipe(locked.library)
    keys = [name for name in gone if name.startswith("laptop") or name.endswith(".age")]
    assert gone[0] == "laptop.age"
    assert gone[: len(keys)] == keys
    assert not locked.library.root.exists()
    wipe(locked.library)  # once more is nothing


def test_a_folder_that_is_no_library_is_left_alone(tmp_path) -> None:
    (tmp_path / "letters.txt").write_text("keep")
    with pytest.raises(NeedsCrew, match="no library"):
        wipe(Library(tmp_path))
    assert (tmp_path / "letters.txt").exists()


def test_originals_that_were_moved_to_another_disk_go_as_well(laptop, tmp_path) -> None:
    take = laptop.take(SECRET)
    elsewhere = tmp_path / "elsewhere"
    laptop.library.originals.rename(elsewhere)
    laptop.library.originals.symlink_to(elsewhere)
    wipe(laptop.library)
    assert not (elsewhere / f"{take}.mp4").exists()


def test_a_crew_seals_headquarters_opens_and_the_library_is_wiped(tmp_path) -> None:
    crew = Crew(tmp_path / "library", "http://127.0.0.1:1")
    assert crew.types("seal").returncode == 3  # no key
    key = tmp_path / "campaign.key"
    recipient = crew.done("unseal", "--new-key", str(key)).strip()
    crew.done("init", "--seal", recipient)
    assert crew.types("init", "--seal", "age1nonsense").returncode == 3
    crew.types("init", "--passphrase", FIELDKIT_PASSPHRASE="five quiet words")
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"")
    from support.footage import clip as real

    crew.done("ingest", str(real("carphone_pristine")), "--tweet", "826412345678901234")
    assert len(json.loads(crew.done("seal", "--json"))["sealed"]) == 1
    (take,) = crew.takes()
    assert take["original"]["sealed"]
    out = tmp_path / "out"
    crew.done("unseal", str(tmp_path / "library"), "--key", str(key), "-o", str(out))
    assert [path.read_bytes() for path in out.iterdir()] == [real("carphone_pristine").read_bytes()]
    own = tmp_path / "own"
    words = ("unseal", str(tmp_path / "library"), "--passphrase", "-o", str(own))
    assert crew.types(*words, FIELDKIT_PASSPHRASE="five quiet words").returncode == 0
    assert [path.read_bytes() for path in own.iterdir()] == [real("carphone_pristine").read_bytes()]
    other = tmp_path / "other.key"
    crew.done("unseal", "--new-key", str(other))
    assert (
        crew.types(
            "unseal", str(tmp_path / "library"), "--key", str(other), "-o", str(tmp_path / "x")
        ).returncode
        == 3
    )
    (box,) = (tmp_path / "library" / "sealed").iterdir()
    box.write_bytes(box.read_bytes()[:-5])
    assert crew.types("unseal", str(box), "--key", str(key), "-o", str(tmp_path / "x")).returncode == 5
    assert crew.types("wipe").returncode == 3  # nobody said yes
    assert (tmp_path / "library").exists()
    crew.done("wipe", "--yes")
    assert not (tmp_path / "library").exists()
