"""How fast originals are sealed, beside what the disk itself writes: `python benchmarks/sealing.py [FOLDER]`.

Sealing encrypts, syncs, reads back from the medium, decrypts and compares the hash; the disk's own speed is a plain
copy of the same bytes, synced. Also: how long `wipe` takes to leave nothing.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from fieldkit import age, disk
from fieldkit.config import Library
from fieldkit.vault.seal import seal
from fieldkit.vault.wipe import wipe

SIZE = 1_000_000_000  # bytes
ROUNDS = 3


def main(folder: Path) -> int:
    with tempfile.TemporaryDirectory(dir=folder) as work:
        library = Library(Path(work) / "library")
        library.make()
        plain = library.originals / "take.mp4"
        with plain.open("wb") as file:
            for _ in range(SIZE // disk.BLOCK):
                file.write(os.urandom(disk.BLOCK))
            disk.fsync(file.fileno())
        sha256, size = disk.hashed(plain)
        sealing, copying = [], []
        for number in range(ROUNDS):
            disk.hashed(plain)  # as warm for one as for the other
            began = time.monotonic()
            disk.copy(plain, copy := library.sealed / f"copy{number}")
            copying.append(size / (time.monotonic() - began) / 1e6)
            copy.unlink()
            part = library.sealed / f"take{number}.age"
            began = time.monotonic()
            seal(plain, sha256, part, age.new_pair())
            sealing.append(size / (time.monotonic() - began) / 1e6)
            if number < ROUNDS - 1:
                part.unlink()
        library.journal.write_bytes(b"")
        began = time.monotonic()
        wipe(library)
        wiped = time.monotonic() - began
    best, disk_speed = max(sealing), max(copying)
    print(f"sealing {size / 1e9:.2f} GB: {', '.join(f'{rate:.0f}' for rate in sealing)} MB/s")
    print(f"a plain copy, hashed and synced: {', '.join(f'{rate:.0f}' for rate in copying)} MB/s")
    print(f"wiping {2 * size / 1e9:.1f} GB: {wiped:.2f} s")
    met = best >= 200 or best >= 0.8 * disk_speed
    print("met" if met else "missed", "(200 MB/s, or 0.8 of the disk's speed)")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
