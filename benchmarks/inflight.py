"""A clip on its way before it is finished: `python benchmarks/inflight.py` (root, for the link laboratory).

For each clip and link a laptop in the laboratory has one take with consent and runs `fieldkit run`, whose proxy is
refused beforehand so that the link is the reply's alone; then the same with `fieldkit render`, then `fieldkit sync`,
one after the other, by the recipe that fieldkit chooses for that. Seconds run from the start of the command, as at the
end of a take, to the receipt in the journal. What must hold: the bar is 1.10 × the longer of encoding and sending
(bytes × 8 ÷ rate), and 3 s.

`--recorded S` films so many seconds of the test card beside `fieldkit run` and takes the time from the end of the take
to the receipt of its proxy, encoded while the camera rolled, and afterwards. The bar is 1.05 × bytes × 8 ÷ rate + 2 s.

`--kills N` kills the laptop, the store or both N times at random instants of such a flight and counts what went twice.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from clips import all_clips
from linklab import Lab, ProxyLab
from linklab.lab import available
from linklab.line import Terms
from support.store import StoreProcess
from tables import row, table

from fieldkit.config import Library
from fieldkit.journal import Journal
from fieldkit.model import Place, Refusal, Station, TakeId
from fieldkit.store.house import House
from fieldkit.store.tokens import Role

RATES = {"64k": 64e3, "256k": 256e3, "1M": 1e6}
_TWEET = "826412345678901234"
_LOOK = 0.02
_GIVE_UP = 900.0


@dataclass(frozen=True, slots=True)
class Laptop:
    """A library with one take, and its store behind the link."""

    folder: Path
    lab: Lab | ProxyLab
    store: StoreProcess

    def words(self, *words: str) -> list[str]:
        return self.lab.laptop([sys.executable, "-m", "fieldkit", *words])

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "FIELDKIT_LIBRARY": str(self.folder), "FIELDKIT_PATIENCE": "600"}

    def done(self, *words: str) -> None:
        subprocess.run(self.words(*words), env=self.environment, check=True, capture_output=True)

    def begins(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.words(*words),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def joins(self, token: str) -> None:
        """The store and the laptop know each other."""
        self.done("init", "--store", self.lab.reach(self.store.port), "--token", token, "--place", "kakuma")

    def take(self, clip: Path) -> None:
        """Has it as its only take, of which the reply alone is due."""
        self.done("ingest", str(clip), "--tweet", _TWEET, "--consent", "agreed")
        with Journal(Library(self.folder).journal) as journal:
            (entry,) = journal.entries()
            journal.refuse(Refusal(TakeId(entry.take.id), Station.RENDER, "not measured here", "proxy"))

    def films(self, seconds: float) -> float:
        """A take of that length; the time on the monotonic clock at which its camera stopped."""
        words = ("record", _TWEET, "--camera", "test:", "--seconds", f"{seconds:g}", "--consent", "agreed")
        with subprocess.Popen(
            self.words(*words),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as recorder:
            assert recorder.stderr is not None
            stopped = [time.monotonic() for line in recorder.stderr if line.startswith("Stopped")]
        if recorder.returncode or not stopped:
            raise SystemExit("nothing was filmed")
        return stopped[0]

    def knows(self, rate: float, delay: float) -> None:
        """What the last upload would have measured."""
        link = {"bits_per_second": rate, "low": 0.97 * rate, "high": 1.03 * rate, "rtt_ms": 2000 * delay}
        sight = {"link": link, "at": round(time.time()), "sha256": None, "sent": {}, "held": None}
        Library(self.folder).live.write_text(json.dumps(sight))

    def asked(self, question: str) -> tuple[object, ...] | None:
        with closing(sqlite3.connect(Library(self.folder).journal, timeout=30)) as journal:
            found: tuple[object, ...] | None = journal.execute(question).fetchone()
            return found

    def received(self, of: str = "SELECT 1 FROM receipts") -> None:
        until = time.monotonic() + _GIVE_UP
        while self.asked(of) is None:
            if time.monotonic() > until:
                raise SystemExit("no receipt came")
            time.sleep(_LOOK)


@contextmanager
def laptop(clip: Path | None, rate: float, delay: float) -> Iterator[Laptop]:
    """One that has just recorded this clip; without one it has still to film."""
    terms = Terms(rate, delay)
    lab = Lab(terms, Terms(max(rate, 1e6), delay)) if available() else ProxyLab(terms, terms)
    with tempfile.TemporaryDirectory() as folder, lab:
        with House(Path(folder) / "store") as house:
            token, _ = house.tokens.add(Role.LAPTOP, Place("kakuma"))
        store = StoreProcess(Path(folder) / "store", 0, "--host", lab.store_address, within=lab.store([]))
        with store:
            made = Laptop(Path(folder) / "laptop", lab, store)
            made.joins(token)
            if clip is not None:
                made.take(clip)
            made.knows(rate, delay)
            yield made


def ended(process: subprocess.Popen[bytes]) -> None:
    """Like a crew that presses Ctrl-C."""
    os.killpg(process.pid, signal.SIGINT)
    process.wait(30)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of it. Seconds."""

    seconds: float
    encode: float
    bytes: int
    vmaf: float | None


def arrival(laptop: Laptop, began: float) -> Arrival:
    """Once the receipt is there; the store's file is compared with the laptop's."""
    seconds = time.monotonic() - began
    found = laptop.asked(
        "SELECT r.bytes, r.sha256, r.path, p.passport FROM renditions AS r JOIN passports AS p USING (take)"
    )
    assert found is not None
    size, sha256, path, passport = found
    assert isinstance(size, int)
    told = json.loads(str(passport))
    held = next((laptop.store.root / "media").rglob(f"*{sha256}*"))
    for file in (held, laptop.folder / str(path)):
        assert hashlib.sha256(file.read_bytes()).hexdigest() == sha256, "the bytes are others"
    quality = told.get("quality") or {}
    return Arrival(seconds, told["took"], size, quality.get("score"))


def together(clip: Path, rate: float, delay: float) -> Arrival:
    """Encoded and sent side by side."""
    with laptop(clip, rate, delay) as crew:
        began = time.monotonic()
        running = crew.begins("run")
        crew.received()
        told = arrival(crew, began)
        ended(running)
        if os.environ.get("FIELDKIT_BENCH_HISTORY"):
            with closing(sqlite3.connect(Library(crew.folder).journal)) as journal:
                print(*journal.execute("SELECT at, fact, detail FROM history"), sep="\n")
        return told


def one_after_the_other(clip: Path, rate: float, delay: float) -> Arrival:
    """The best recipe for that way, as fieldkit knows the line's rate beforehand."""
    with laptop(clip, rate, delay) as crew:
        began = time.monotonic()
        crew.done("render", "--link", f"{round(rate / 1000)}k")
        crew.done("sync")
        return arrival(crew, began)


def measure(names: list[str], rates: list[str], delay: float) -> None:
    clips = all_clips()
    heads = (
        "clip",
        "link",
        "encode s",
        "kB",
        "limit s",
        "side by side s",
        "bar s",
        "",
        "one after the other s",
        "ratio",
    )
    table(*heads)
    for name in names:
        for link in rates:
            rate = RATES[link]
            flown, walked = (way(clips[name].path, rate, delay) for way in (together, one_after_the_other))
            limit = max(flown.encode, flown.bytes * 8 / rate)
            bar = 1.10 * limit + 3
            row(
                *(name, link, f"{flown.encode:.1f}", f"{flown.bytes / 1000:.0f}", f"{limit:.1f}"),
                *(f"{flown.seconds:.1f}", f"{bar:.1f}", "met" if flown.seconds <= bar else "missed"),
                *(f"{walked.seconds:.1f}", f"{flown.seconds / walked.seconds:.2f}"),
            )


def filmed(seconds: float, rates: list[str], delay: float) -> None:
    """From the end of a take to the receipt of its first look."""
    table("take s", "link", "proxy made", "kB", "bytes ÷ rate s", "receipt s", "bar s", "")
    for link in rates:
        for how in ("on", "off"):
            rate = RATES[link]
            with laptop(None, rate, delay) as crew:
                crew.done("init", "--rolling-proxy", how)
                running = crew.begins("run")
                ended_at = crew.films(seconds)
                crew.received("SELECT 1 FROM receipts WHERE profile = 'proxy'")
                took = time.monotonic() - ended_at
                found = crew.asked("SELECT bytes FROM renditions WHERE profile = 'proxy'")
                os.killpg(running.pid, signal.SIGKILL)  # its reply is in flight; nobody waits for that here
                running.wait()
            assert found is not None
            size = int(str(found[0]))
            bar = 1.05 * size * 8 / rate + 2
            row(
                *(f"{seconds:g}", link, "while it rolled" if how == "on" else "afterwards"),
                *(f"{size / 1000:.0f}", f"{size * 8 / rate:.1f}", f"{took:.1f}", f"{bar:.1f}"),
                "met" if took <= bar else "missed",
            )


def kill(clip: Path, rate: float, delay: float, kills: int, seed: int) -> None:
    """Kills at random instants; prints what crossed the line beyond the file."""
    luck, worst = random.Random(seed), 0.0
    shares = []
    for number in range(kills):
        who = luck.choice(("laptop", "store", "both"))
        with laptop(clip, rate, delay) as crew:
            running = crew.begins("run")
            while crew.asked("SELECT 1 FROM tails") is None and crew.asked("SELECT 1 FROM receipts") is None:
                time.sleep(_LOOK)
            time.sleep(luck.uniform(0.0, 6.0))
            if who != "store":
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
            if who != "laptop":
                crew.store.restart()
            if who != "store":
                running = crew.begins("run")
            crew.received()
            told = arrival(crew, 0.0)
            ended(running)
            share = crew.lab.carried() / told.bytes - 1
        shares.append(share)
        worst = max(worst, share)
        print(f"{number + 1}: {who} killed, {share:.2%} beyond the file", flush=True)
    mean = sum(shares) / len(shares)
    print(f"{kills} kills: every hash equal; beyond the file {mean:.2%} in the mean, {worst:.2%} at most")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", nargs="*", default=["selfie", "walkers", "interviews"])
    parser.add_argument("--rates", nargs="*", default=list(RATES), choices=list(RATES))
    parser.add_argument(
        "--delay", type=float, default=0.3, help="seconds, one way (0.3 a satellite, 0.05 3G)"
    )
    parser.add_argument("--recorded", type=float, help="seconds of a take that is filmed")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.recorded:
        filmed(asked.recorded, asked.rates, asked.delay)
    elif asked.kills:
        kill(all_clips()[asked.clips[0]].path, RATES["256k"], asked.delay, asked.kills, asked.seed)
    else:
        measure(asked.clips, asked.rates, asked.delay)


if __name__ == "__main__":
    main()
