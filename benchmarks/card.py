"""A made-up card of 60 clips, some in parts, two damaged, one twice: `fieldkit ingest` beside `cp` + `sha256sum`.

    python benchmarks/card.py [--gigabytes 4] [--folder DIR]

Speed is taken over the whole command, start to end, the page cache dropped before each where this machine lets us.
Then the card is pulled twice while it is read, and at the end every original is compared with what was made.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import imageio_ffmpeg

ROOT = Path(__file__).parents[1]
CLIPS, TWEET = 60, "826412345678901234"
_STRIDE = 192


def film(path: Path, size: int, seed: int) -> None:
    """A real video of about so many bytes: noise, which packs badly; made quickly by repeating one second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = path.suffix.lower() == ".mts"
    one = path.parent / f".one{path.suffix}"
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-nostdin", "-loglevel", "error"]
    shape = ("-f", "mpegts", "-mpegts_m2ts_mode", "1") if stream else ("-f", "mp4")
    subprocess.run(
        [
            *ffmpeg,
            *("-f", "lavfi", "-i", f"nullsrc=s=640x360:r=25:d=2,noise=alls=90:allf=t:all_seed={seed}"),
            *("-c:v", "mpeg4", "-qscale:v", "2", *shape, str(one)),
        ],
        check=True,
    )
    times = max(0, round(size / one.stat().st_size) - 1)
    subprocess.run(
        [*ffmpeg, "-stream_loop", str(times), "-i", str(one), "-c", "copy", *shape, str(path)], check=True
    )
    one.unlink()


def make(card: Path, size: int) -> tuple[list[str], list[str]]:
    """The card; returns the SHA-256 of each original that should come of it, and the damaged files."""
    whole = []
    each = size // CLIPS
    gopro, stream, canon = card / "DCIM/100GOPRO", card / "PRIVATE/AVCHD/BDMV/STREAM", card / "DCIM/101CANON"
    for n in range(30):  # ten recordings of three chapters
        film(gopro / f"GX{n % 3 + 1:02}{n // 3:04}.MP4", each, n)
        whole.append(gopro / f"GX{n % 3 + 1:02}{n // 3:04}.MP4")
    for n in range(17):
        film(canon / f"MVI_{n:04}.MP4", each, 100 + n)
        whole.append(canon / f"MVI_{n:04}.MP4")
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in whole]
    for n in range(0, 10, 2):  # five recordings of two parts
        film(stream / "whole.MTS", each * 2, 200 + n)
        content = (stream / "whole.MTS").read_bytes()
        hashes.append(hashlib.sha256(content).hexdigest())
        cut = len(content) // 2 // _STRIDE * _STRIDE
        (stream / f"{n:05}.MTS").write_bytes(content[:cut])
        (stream / f"{n + 1:05}.MTS").write_bytes(content[cut:])
        (stream / "whole.MTS").unlink()
    shutil.copyfile(canon / "MVI_0000.MP4", canon / "MVI_0017.MP4")  # the duplicate
    shutil.copyfile(canon / "MVI_0001.MP4", canon / "MVI_0018.MP4")
    with (canon / "MVI_0018.MP4").open("r+b") as file:  # its index is at the end
        file.truncate(each // 2)
    (canon / "MVI_0019.MP4").write_bytes(random.Random(1).randbytes(each))
    return hashes, ["MVI_0018.MP4", "MVI_0019.MP4"]


def cold() -> None:
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("1")
    except OSError:
        print("  (the page cache could not be dropped)")


def ingest(card: Path, library: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "fieldkit",
        "ingest",
        str(card),
        "--tweet",
        TWEET,
        "--library",
        str(library),
        *more,
    ]


def timed(*commands: list[str]) -> float:
    cold()
    begun = time.perf_counter()
    for command in commands:
        subprocess.run(
            command,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    os.sync()
    return time.perf_counter() - begun


def pulled(card: Path, library: Path) -> list[dict[str, Any]]:
    """The command while its card is taken out twice, then with it in to the end; returns its last results."""
    away = card.with_name("away")
    for count in (12, 20):
        running = subprocess.Popen(ingest(card, library), stderr=subprocess.PIPE, text=True)
        seen = (line for line in running.stderr if "read back and compared" in line)
        for _ in islice(seen, count):
            pass
        card.rename(away)
        said = running.stderr.read()
        print(f"  pulled: exit {running.wait()}, “{said.strip().splitlines()[-1][:60]}…”")
        away.rename(card)
    return json.loads(
        subprocess.run(
            ingest(card, library, "--json"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ).stdout
    )


def main() -> bool:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--gigabytes", type=float, default=4)
    asked.add_argument("--folder", type=Path, help="where there is room for three times as much")
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory(dir=given.folder) as place:
        folder = Path(place)
        card = folder / "card"
        hashes, damaged = make(card, int(given.gigabytes * 1e9))
        files = [path for path in card.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        print(f"{len(files)} files, {size / 1e9:.2f} GB, {len(hashes)} originals to come of them")
        ratios, fair = [], []
        for number in range(given.rounds):
            copy, ours_at = folder / "copy", folder / f"fast{number}"
            copying, hashing = ["cp", "-r", str(card), str(copy)], ["sha256sum", *map(str, files)]
            plain = timed(copying, hashing)
            shutil.rmtree(copy)
            twice = timed(copying) + timed(hashing)
            shutil.rmtree(copy)
            ours = timed(ingest(card, ours_at))
            shutil.rmtree(ours_at)
            ratios.append(plain / ours)
            fair.append(twice / ours)
            print(
                f"  cp + sha256sum {plain:.1f} s ({size / plain / 1e6:.0f} MB/s), from the card again {twice:.1f} s; "
                f"ingest {ours:.1f} s: × {plain / ours:.2f}, × {twice / ours:.2f}"
            )
        print(
            f"speed × {median(ratios):.2f}; beside a sha256sum that reads the card, not the cache: × {median(fair):.2f}"
        )
        library = folder / "library"
        told = pulled(card, library)
        errors = sorted(Path(row["source"]).name for row in told if row["error"])
        kept = sorted(
            hashlib.sha256(path.read_bytes()).hexdigest() for path in (library / "originals").iterdir()
        )
        right = kept == sorted(hashes)
        print(f"every hash right: {right}; damaged: {', '.join(errors)}")
        return not (right and errors == damaged)


if __name__ == "__main__":
    sys.exit(main())
