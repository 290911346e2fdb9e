"""A batch is SIGKILLed ten times: the same files with the same bytes, and no finished work done again."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.footage import clip, make

from fieldkit import disk
from fieldkit.transcode import ledger

FILES, KILLS, JOBS = 30, 10, 2


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty films of two thirds of a second, no two alike."""
    folder = tmp_path_factory.mktemp("card")
    for number in range(FILES):
        (folder / f"{number % 3}CANON").mkdir(exist_ok=True)
        make(
            folder / f"{number % 3}CANON" / f"MVI_{number:02d}.mp4",
            *("-ss", f"{number / 20}", "-i", str(clip("carphone_pristine")), "-t", "0.7"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20"),
        )
    return folder


def begun(card: Path, out: Path) -> subprocess.Popen[str]:
    """The command, in a process of its own."""
    words = ["transcode", str(card), "-o", str(out), "--profile", "proxy", "--jobs", str(JOBS)]
    return subprocess.Popen(
        [sys.executable, "-m", "fieldkit", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(out: Path) -> dict[str, int]:
    """When each finished file was made."""
    found = [path for path in out.rglob("*.mp4") if ".part" not in path.name]
    return {path.relative_to(out).as_posix(): path.stat().st_mtime_ns for path in found}


def parts(out: Path) -> list[Path]:
    return [path for path in out.rglob(".*.part*") if path.suffix == ".mp4"]


@pytest.mark.timeout(200)
@pytest.mark.xdist_group("crash")
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_batch_that_is_killed_ten_times_makes_what_an_undisturbed_one_makes(
    sources: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    with begun(sources, whole) as undisturbed:
        assert undisturbed.wait() == 0, undisturbed.communicate()
    done: dict[str, int] = {}
    lost = 0
    for number in range(1, KILLS + 1):
        with begun(sources, out) as running:
            target = FILES * number // (KILLS + 2)
            while len(finished(out)) < target or not parts(out):  # in the middle of a file
                assert running.poll() is None, running.communicate()
                time.sleep(0.005)
            running.kill()
        lost = max(lost, len(parts(out)))
        assert done.items() <= finished(out).items(), "finished work was done again"
        done = finished(out)
    with begun(sources, out) as last:
        told = last.communicate()[1]
    assert last.returncode == 0, told
    assert f"there already {len(done)}," in told
    assert done.items() <= finished(out).items(), "finished work was done again"
    assert lost <= JOBS, "more than a file a job was lost"
    hashes = [{name: disk.hashed(root / name) for name in finished(root)} for root in (whole, out)]
    assert len(set(hashes[0].values())) == FILES
    assert hashes[1] == hashes[0]
    assert parts(out) == []
    assert all(ledger.recall(out, name.removesuffix(".mp4")[-12:]) for name in finished(out))
    record_property("kills", f"a batch of {FILES} files was killed {KILLS} times, {lost} parts lost at most")
