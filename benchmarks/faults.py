"""A fault at 42 % of a 20 MiB upload: does it complete, what goes twice, how soon do bytes flow again?

    .venv/bin/python benchmarks/faults.py

Real store, real `fieldkit sync` process, on loopback, through a proxy of 5 MB/s that makes the faults.
"""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support.facts import TWEET
from support.laptop import Laptop, noise
from support.store import StoreProcess

from fieldkit.demo.bad_link import BadLink

SIZE = 20 * 1024 * 1024
RATE = 40e6  # bits/s
AT = 0.42


@dataclass
class Scene:
    """One upload and what a fault may lay hands on."""

    store: StoreProcess
    link: BadLink
    library: Path
    uploaders: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def begin(self) -> None:
        """Starts an uploader."""
        command = [sys.executable, "-m", "fieldkit", "sync", "--library", str(self.library)]
        self.uploaders.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))


def kill_client(scene: Scene) -> None:
    scene.uploaders[-1].send_signal(signal.SIGKILL)
    scene.uploaders[-1].wait()
    scene.begin()


def kill_store(scene: Scene) -> None:
    scene.store.restart()


def reset(scene: Scene) -> None:
    scene.link.cut(1.0)
    time.sleep(1.0)


def half_open(scene: Scene) -> None:
    scene.link.forget_client()


def black_hole(scene: Scene) -> None:
    scene.link.black_hole()
    time.sleep(20)
    scene.link.heal()


FAULTS: dict[str, Callable[[Scene], None]] = {
    "client SIGKILLed, started again": kill_client,
    "store SIGKILLed, started again": kill_store,
    "connection reset, 1 s outage": reset,
    "half-open peer": half_open,
    "20 s black hole": black_hole,
}


def measure(fault: Callable[[Scene], None]) -> tuple[bool, int, float, float]:
    """Complete and equal, bytes beyond the file, seconds from the fault's end to new bytes, seconds in all."""
    content = noise(SIZE)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        laptop = Laptop.at(root / "library")
        made = laptop.make(content)
        with StoreProcess(root / "store") as store, BadLink(("127.0.0.1", store.port), rate=RATE) as link:
            laptop.knows(link.url)
            scene = Scene(store, link, laptop.library.root)
            began = time.monotonic()
            scene.begin()
            while link.up_bytes < AT * SIZE:
                time.sleep(0.005)
            fault(scene)
            ended, crossed = time.monotonic(), link.up_bytes
            while link.up_bytes < crossed + 65536 and scene.uploaders[-1].poll() is None:
                time.sleep(0.005)
            again = time.monotonic() - ended
            code = scene.uploaders[-1].wait(120)
            total = time.monotonic() - began
            held = [
                path for path in (root / "store").rglob("*") if path.is_file() and path.stat().st_size == SIZE
            ]
            equal = [hashlib.sha256(path.read_bytes()).hexdigest() for path in held] == [made.sha256]
            done = code == 0 and equal and laptop.due(link.url) == []
            twice = link.up_bytes - SIZE
        laptop.close()
    return done, twice, again, total


def main() -> None:
    """Prints the table of benchmarks/README.md."""
    print(
        f"{TWEET}: {SIZE} bytes at {RATE / 8e6:g} MB/s, fault at {AT:.0%}; {os.cpu_count()} cores",
        file=sys.stderr,
    )
    print("| fault | complete, hash equal | bytes beyond the file | sending again after | in all |")
    print("|---|---|---|---|---|")
    for name, fault in FAULTS.items():
        done, twice, again, total = measure(fault)
        print(
            f"| {name} | {'yes' if done else 'NO'} | {twice:,} | {again:.1f} s | {total:.1f} s |", flush=True
        )


if __name__ == "__main__":
    main()
