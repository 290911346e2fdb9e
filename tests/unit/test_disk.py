"""Bytes that survive."""

import fcntl
import hashlib
import os
import subprocess
import sys

import pytest

from fieldkit import disk
from fieldkit.errors import Damaged, DiskFull, NeedsCrew
from fieldkit.model import Sha256


@pytest.fixture
def calls(monkeypatch):
    """The order of the calls that make bytes durable."""
    seen = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor):
        seen.append(("fsync", os.readlink(f"/proc/self/fd/{descriptor}")))
        real_fsync(descriptor)

    def replace(source, destination):
        seen.append(("rename", str(source), str(destination)))
        real_replace(source, destination)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    return seen


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to name descriptors; Linux only")
def test_bytes_are_synced_then_renamed_then_the_folder_is_synced(tmp_path, calls):
    final = tmp_path / "clip.mp4"
    part = disk.part_for(final)
    part.write_bytes(b"picture")
    disk.publish(part, final)
    assert calls == [("fsync", str(part)), ("rename", str(part), str(final)), ("fsync", str(tmp_path))]
    assert final.read_bytes() == b"picture"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to name descriptors; Linux only")
def test_a_new_folder_is_durable_from_the_top_down(tmp_path, calls):
    disk.make_folder(tmp_path / "a" / "b")
    assert calls == [("fsync", str(tmp_path)), ("fsync", str(tmp_path / "a"))]


def test_each_attempt_has_a_part_of_its_own_that_keeps_the_suffix(tmp_path):
    parts = {disk.part_for(tmp_path / "clip.mp4") for _ in range(100)}
    assert len(parts) == 100
    assert all(part.parent == tmp_path and part.name.endswith(".part.mp4") for part in parts)


def test_a_copy_is_hashed_on_the_way(tmp_path):
    source = tmp_path / "card.mov"
    source.write_bytes(os.urandom(disk.BLOCK * 2 + 17))
    seen = []
    sha256, size = disk.copy(source, tmp_path / "part", seen.append)
    assert (tmp_path / "part").read_bytes() == source.read_bytes()
    assert sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert size == sum(seen) == disk.BLOCK * 2 + 17
    assert disk.hashed(tmp_path / "part") == (sha256, size)


def test_files_joined_are_copied_hashed_and_compared_as_one(tmp_path):
    parts = (tmp_path / "00000.MTS", tmp_path / "00001.MTS")
    parts[0].write_bytes(os.urandom(disk.BLOCK + 17))
    parts[1].write_bytes(os.urandom(disk.BLOCK + 5))
    whole = parts[0].read_bytes() + parts[1].read_bytes()
    copied = disk.copy(parts, tmp_path / "part")
    assert copied == disk.hashed(parts) == (hashlib.sha256(whole).hexdigest(), len(whole))
    assert disk.same(parts, tmp_path / "part")
    for other in (whole[:-1], whole + b"x", b"\0" + whole[1:], b""):
        (tmp_path / "part").write_bytes(other)
        assert not disk.same(parts, tmp_path / "part")
    parts[1].unlink()
    with pytest.raises(NeedsCrew, match=r"00001\.MTS can't be read"):
        disk.hashed(parts)


def test_a_copy_never_writes_over_another_attempt(tmp_path):
    (tmp_path / "source").write_bytes(b"new")
    (tmp_path / "part").write_bytes(b"old")
    with pytest.raises(NeedsCrew):
        disk.copy(tmp_path / "source", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == b"old"


def test_changed_bytes_are_noticed(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"other")
    with pytest.raises(Damaged, match=r"clip\.mp4 is not what was written"):
        disk.verify(tmp_path / "clip.mp4", Sha256("a" * 64))


def test_a_small_file_is_whole_or_not_there(tmp_path, monkeypatch):
    disk.write(tmp_path / "settings", b"first")

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(DiskFull, match="nothing that was safe before is lost"):
        disk.write(tmp_path / "settings", b"second")
    assert (tmp_path / "settings").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["settings"]


def test_a_written_file_is_private_to_its_owner(tmp_path):
    disk.write(tmp_path / "fieldkit.toml", b"token")
    assert (tmp_path / "fieldkit.toml").stat().st_mode & 0o777 == 0o600


def test_sweeping_removes_parts_and_nothing_else(tmp_path):
    keep = tmp_path / "clip.mp4"
    keep.write_bytes(b"whole")
    disk.part_for(keep).write_bytes(b"half")
    assert disk.sweep(tmp_path) == 1
    assert list(tmp_path.iterdir()) == [keep]


def test_a_lock_has_one_holder(tmp_path):
    with disk.Lock(tmp_path / "lock") as first, disk.Lock(tmp_path / "lock") as second:
        assert first.take()
        assert not first.take()
        assert not second.take()
        first.free()
        assert second.take()


def test_the_kernel_frees_the_lock_of_a_killed_process(tmp_path):
    code = (
        "import sys, pathlib, time; from fieldkit.disk import Lock\n"
        "lock = Lock(pathlib.Path(sys.argv[1])); print(lock.take(), flush=True); time.sleep(60)"
    )
    with (
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "lock")], stdout=subprocess.PIPE
        ) as holder,
        disk.Lock(tmp_path / "lock") as lock,
    ):
        assert holder.stdout.readline() == b"True\n"
        assert not lock.take()
        holder.kill()
        holder.wait()
        assert lock.take()


def test_a_child_that_inherits_the_lock_holds_it_after_its_parent(tmp_path):
    with disk.Lock(tmp_path / "lock") as lock, disk.Lock(tmp_path / "lock") as other:
        assert lock.take()
        with subprocess.Popen(["sleep", "60"], pass_fds=(lock.fileno(),)) as child:
            lock.free()
            assert not other.take()
            child.kill()
        assert other.take()


def test_an_unreadable_path_is_a_sentence(tmp_path):
    with pytest.raises(NeedsCrew, match="can't be read or written: No such file"):
        disk.hashed(tmp_path / "nothing")


def test_a_lock_on_an_unlinked_file_is_no_lock(tmp_path, monkeypatch):
    path = tmp_path / "lock"
    real, unlinked = fcntl.flock, []

    def flock(descriptor, how):
        if not unlinked:
            unlinked.append(True)
            path.unlink()
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with disk.Lock(path) as first, disk.Lock(path) as second:
        assert first.take()
        assert path.exists()
        assert not second.take()
