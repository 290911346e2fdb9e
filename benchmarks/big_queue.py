"""How long `fieldkit queue --json` takes with 100,000 renditions: wall clock, interpreter start included.

    python benchmarks/big_queue.py [renditions]

Three journals: all of them wait, nine of ten have arrived, and all answer one tweet. Beside it, what a worker pays to
find the next upload, and what a word of the crew costs.
"""

import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fieldkit.config import Library, Settings
from fieldkit.journal import Journal, Meant, Word, database
from fieldkit.model import TakeId

STORE = "https://clips.example.org"
RUNS = 7
BAR = 0.5  # seconds


def main() -> None:
    """Prints a line for each journal; exits with 1 where a median misses the bar."""
    renditions = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    missed = False
    print(f"{renditions} renditions; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    print("| journal | `queue --json`, median of 7 | best | CPU | next upload | pause all |")
    print("|---|---|---|---|---|---|")
    for name, takes_a_tweet, arrived in (
        ("all wait", 2, 0.0),
        ("nine of ten have arrived", 2, 0.9),
        ("all wait, one tweet", renditions, 0.0),
    ):
        with tempfile.TemporaryDirectory() as folder:
            library = Library(Path(folder))
            library.make()
            Settings(store=STORE).write(library)
            fill(library.journal, renditions, takes_a_tweet, arrived)
            walls, cpu = measured(folder)
            following, pausing = within(library.journal)
        median = statistics.median(walls)
        missed |= median > BAR
        figures = (
            f"{median:.2f} s | {min(walls):.2f} s | {cpu:.2f} s | {following * 1000:.1f} ms | {pausing:.2f} s"
        )
        print(f"| {name} | {figures} |", flush=True)
    sys.exit(missed)


def measured(folder: str) -> tuple[list[float], float]:
    """Seconds of the wall clock of each run, and the least of the processor."""
    command = [sys.executable, "-m", "fieldkit", "queue", "--json", "--library", folder]
    walls, cpus = [], []
    for _ in range(RUNS):
        began, before = time.monotonic(), os.times()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        walls.append(time.monotonic() - began)
        cpus.append(
            after.children_user + after.children_system - before.children_user - before.children_system
        )
    return walls, min(cpus)


def within(path: Path) -> tuple[float, float]:
    """Seconds to find the next upload, and to pause everything."""
    with Journal(path) as journal:
        began = time.monotonic()
        journal.lineup.next(STORE)
        found = time.monotonic()
        journal.lineup.say(Word.PAUSE, [Meant()])
        return found - began, time.monotonic() - found


def fill(path: Path, renditions: int, takes_a_tweet: int, arrived: float) -> None:
    """Takes with a proxy and a tweet each, as a crew's journal has them; `arrived` is the share with receipts."""
    db = database.connect(path)
    with database.transaction(db):
        for number in range(renditions // 2):
            take = TakeId.make(1_700_000_000_000 + number, hashlib.sha256(str(number).encode()).digest()[:10])
            tweet = str(826412345678901234 + number // takes_a_tweet)
            at = "2026-11-22T10:00:00.000Z"
            db.execute(
                "INSERT INTO takes (take, tweet_id, number, begun_at, place, operator) VALUES (?, ?, ?, ?, ?, ?)",
                (take, tweet, number % takes_a_tweet + 1, at, "kakuma", "asha"),
            )
            db.execute(
                "INSERT INTO consents (take, state, language, manner, at) VALUES (?, 'agreed', 'sw', 'spoken', ?)",
                (take, at),
            )
            sealed = hashlib.sha256(f"original {number}".encode()).hexdigest()
            db.execute(
                "INSERT INTO originals VALUES (?, ?, ?, 30000000, 30.0, 0, ?)",
                (take, f"originals/{tweet}-{sealed}.mp4", sealed, at),
            )
            for profile, size in (("proxy", 200_000), ("tweet", 1_500_000)):
                sha256 = hashlib.sha256(f"{profile} {number}".encode()).hexdigest()
                db.execute(
                    "INSERT INTO renditions VALUES (?, ?, ?, ?, ?, 30.0, 640, 360, ?)",
                    (take, profile, f"renditions/{tweet}-{profile}-{sha256}.mp4", sha256, size, at),
                )
                if number < arrived * renditions / 2:
                    db.execute(
                        "INSERT INTO receipts VALUES (?, ?, ?, ?, ?)", (take, profile, sha256, STORE, at)
                    )
    db.close()


if __name__ == "__main__":
    main()
