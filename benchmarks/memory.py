"""Resident memory of `fieldkit sync` and of the store while 300 MB go from one to the other.

.venv/bin/python benchmarks/memory.py
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support.laptop import Laptop, noise
from support.store import StoreProcess

SIZE = 300_000_000


def peak(pid: int) -> int:
    """VmHWM in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def main() -> None:
    """Prints both peaks in MB."""
    with tempfile.TemporaryDirectory() as folder:
        laptop = Laptop.at(Path(folder) / "library")
        laptop.make(noise(1_000_000) * (SIZE // 1_000_000))
        with StoreProcess(Path(folder) / "store", cold=True) as store:
            laptop.knows(store.url)
            command = [sys.executable, "-m", "fieldkit", "sync", "--library", str(laptop.library.root)]
            most = 0
            with subprocess.Popen(command) as uploader:
                while uploader.poll() is None:
                    try:
                        most = max(most, peak(uploader.pid))
                    except (OSError, StopIteration):
                        break
                    time.sleep(0.02)
            print(
                f"client {most / 1e6:.0f} MB, store {store.memory() / 1e6:.0f} MB, exit {uploader.returncode}"
            )
        laptop.close()


if __name__ == "__main__":
    main()
