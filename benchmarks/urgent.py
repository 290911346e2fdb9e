"""An urgent clip of 200 kB is queued while one of 5 MB is at 50 % on 256 kbit/s: how soon has it its receipt?

    .venv/bin/python benchmarks/urgent.py

Real store, real `fieldkit sync` in a process of its own, loopback, a proxy with the rate of the line. It also tells the
forecasts that `fieldkit queue` gave of the bulk after 20 s and more, beside what came true.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support.laptop import Laptop, noise
from support.store import StoreProcess

from fieldkit.demo.bad_link import BadLink
from fieldkit.model import Rendition, TweetId

RATE = 256_000  # bits/s
BULK, URGENT = 5_000_000, 200_000
BAR = 1.3 * URGENT * 8 / RATE + 2  # seconds
Forecast = tuple[float, dict[str, Any]]  # when it was given, and the line of the queue


def main() -> None:
    """Prints what was measured; exits with 1 where a bar is missed."""
    with tempfile.TemporaryDirectory() as folder, StoreProcess(Path(folder) / "store") as store:
        laptop = Laptop.at(Path(folder) / "library")
        with BadLink(("127.0.0.1", store.port), rate=RATE) as link:
            laptop.knows(link.url)
            bulk = laptop.make(noise(BULK))
            command = [sys.executable, "-m", "fieldkit", "sync", "--library", str(laptop.library.root)]
            began = time.monotonic()
            with subprocess.Popen(command, stderr=subprocess.DEVNULL):
                while link.up_bytes < BULK / 2:
                    time.sleep(0.05)
                before = forecasts(laptop, 1)
                queued = time.monotonic()
                urgent = laptop.make(noise(URGENT), "proxy", TweetId("20"))
                wait_for(laptop, urgent)
                took = time.monotonic() - queued
                after = forecasts(laptop, 4)
                wait_for(laptop, bulk)
                ended = time.monotonic()
        laptop.close()
    twice = link.up_bytes - BULK - URGENT
    print(f"the urgent clip had its receipt after {took:.1f} s (bar {BAR:.1f} s)")
    print(f"both were there after {ended - began:.1f} s; {twice} bytes went up beyond the two files")
    worst = 0.0
    # the one before did not know of the clip that came between
    for at, said in [*before, *after]:
        truth = ended - at - (took if (at, said) in before else 0)
        off, sent = said["eta_seconds"] / truth - 1, said["sent"] / BULK
        worst = max(worst, abs(off))
        print(f"at {sent:.0%}: told {said['eta_seconds']} s, it took {truth:.1f} s ({off:+.0%})")
    sys.exit(took > BAR or worst > 0.15 or twice > 0.01 * BULK)


def wait_for(laptop: Laptop, made: Rendition) -> None:
    while made.profile not in laptop.journal.entry(made.take).receipted:
        time.sleep(0.02)


def forecasts(laptop: Laptop, count: int) -> list[Forecast]:
    """What `fieldkit queue --json` says of the bulk, several times, some seconds apart."""
    command = [sys.executable, "-m", "fieldkit", "queue", "--json", "--library", str(laptop.library.root)]
    said = []
    for number in range(count):
        time.sleep(8 if number else 0)
        answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        line = next(line for line in answer["uploads"] if line["profile"] == "tweet")
        said.append((time.monotonic(), line))
    return said


if __name__ == "__main__":
    main()
