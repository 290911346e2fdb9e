"""How far does the promise of a withdrawal reach: random histories of two laptops and a store, as many as one likes.

    python benchmarks/histories.py --count 10000 --jobs 2

A history is up to 40 steps of record, ingest, copy, consent, render, push, decide, withdraw, contact and death, drawn
from its number. The first one that breaks a promise is shown, and ends the run with 1.
"""

import argparse
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.histories import Step, World

_LONGEST = 40  # steps


def drawn(number: int) -> list[Step]:
    """The history of that number."""
    chance = random.Random(number)
    names = sorted(World.STEPS)
    # of everything some, and enough of what makes something to be withdrawn
    names += ["ingest", "agree", "agree_with_a_card", "render", "render", "push", "push_half"]
    return [
        (chance.choice(names), chance.randrange(2), chance.randrange(6))
        for _ in range(chance.randrange(4, _LONGEST))
    ]


def play(task: tuple[Path, int]) -> tuple[int, Counter[str], str | None]:
    """What happened in one history, and what broke."""
    template, number = task
    folder = template.with_name(f"history-{number}")
    world, broken, steps = World(folder, template), None, drawn(number)
    try:
        world.play(steps)
    except BaseException:
        broken = f"history {number}: {steps}\n{traceback.format_exc()}"
    tally = Counter(histories=1, steps=len(steps), takes=len(world.bytes_of), withdrawn=len(world.withdrawn))
    tally["with_clips"] = int(any(world.house.catalogue.every_clip()))
    tally["clips_gone"] = len(world.house.catalogue.withdrawn())
    world.close()
    shutil.rmtree(folder)
    return number, tally, broken


def main() -> int:
    """Exit code 1 where a promise broke."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first history")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    began, total = time.monotonic(), Counter[str]()
    room = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - histories need no disk
    with tempfile.TemporaryDirectory(dir=room) as folder, multiprocessing.Pool(asked.jobs) as pool:
        template = World.template(Path(folder) / "template")
        tasks = ((template, number) for number in range(asked.first, asked.first + asked.count))
        for _, tally, broken in pool.imap_unordered(play, tasks, chunksize=8):
            if broken:
                print(broken)
                return 1
            total += tally
            if total["histories"] % 500 == 0:
                print(f"{total['histories']} histories, {time.monotonic() - began:.0f} s", flush=True)
    print(
        ", ".join(f"{name} {count}" for name, count in total.items()), f"in {time.monotonic() - began:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
