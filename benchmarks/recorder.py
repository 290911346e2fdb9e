"""The recorder at its work: what it costs over a long take, and what a SIGKILL leaves of a short one.

`python benchmarks/recorder.py --part long --minutes 10` films 720p30 from the test card in real time with preview and
meters, and stops the preview with SIGSTOP for 30 s; with `--proxy` the proxy's pictures are encoded meanwhile (140 s of
them at most), and what that costs is told apart from what the bar is about. `--part kill --times 50` kills ffmpeg,
fieldkit and both at random instants, and looks at what `salvage` brings back; beside it, what a plain ffmpeg command
leaves. Exits with 1 where a bar of issue 5 is missed.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import psutil

from fieldkit.capture.order import Order
from fieldkit.capture.record import record
from fieldkit.capture.rig import PREVIEW, Shot
from fieldkit.capture.salvage import salvage
from fieldkit.capture.watch import Moment
from fieldkit.capture.window import Window
from fieldkit.config import Library
from fieldkit.early import Early
from fieldkit.errors import NotAVideo
from fieldkit.journal import Journal
from fieldkit.model import Consent, ConsentState, TweetId
from fieldkit.recorder import measured
from fieldkit.transcode.ffmpeg import Ffmpeg

FPS = 30
LOAD = 45.0  # % of one core: the bar
TAIL = 1.0  # seconds: the bar
STOPPED = 30.0  # seconds for which the preview hangs
BURST = 0.5  # seconds that `-re` sends ahead
ORDER = Order(TweetId("826412345678901234"), None, None, Consent(ConsentState.NONE))
AT_A_TIME = 3
TARGETS = ("ffmpeg", "fieldkit", "both")
PLAIN = {
    "ffmpeg → MP4": ["out.mp4"],
    "ffmpeg → MKV": ["out.mkv"],
    "ffmpeg → fragmented MP4": ["-movflags", "frag_keyframe+empty_moov", "-g", "30", "out.mp4"],
}


@dataclass(frozen=True, slots=True)
class Left:
    """What a kill left: seconds lost at the end, at most; None where nothing plays."""

    lost: float | None
    plays: bool
    both: bool


def main() -> int:
    """Prints what was measured; exits with 1 where a bar is missed."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--part", choices=("long", "kill"), required=True)
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--proxy", action="store_true")
    asked.add_argument("--times", type=int, default=50)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="recorder-") as folder:
        return (
            long(Path(folder), given.minutes * 60, proxy=given.proxy)
            if given.part == "long"
            else kill(Path(folder), given.times)
        )


# ── a long take ─────────────────────────────────────────────────────────────────────────────────────


def long(folder: Path, seconds: float, *, proxy: bool) -> int:
    """One take with preview and meters, hung for a while."""
    shot = Shot("test:", size=(1280, 720), fps=FPS)
    object.__setattr__(shot, "seconds", seconds)  # a take ends at 140 s, the bar does not
    load, levels = Load(), []
    hung = min(STOPPED, seconds / 4)

    def tell(moment: Moment) -> None:
        if moment.phase == "rolling":
            levels.append(moment.level)
        if moment.phase == "sealing":
            load.end()

    with displayed(), library(folder) as (shelf, journal):
        window, early = Window(PREVIEW), Early(shelf, None) if proxy else None
        hanging = threading.Thread(target=hang, args=(seconds / 2, hung), daemon=True)
        hanging.start()
        load.begin()
        taken = record(
            ORDER,
            shot,
            journal,
            shelf,
            Ffmpeg().start,
            measure=measured,
            stop=threading.Event(),
            tell=tell,
            show=window.show,
            beside=early,
        )
        window.close()
        if early is not None:
            early.close()
        found = measured(shelf.root / taken.original.path).picture
    frames = round((found.end - found.begin) * FPS)
    dropped = round(seconds * FPS) - frames + found.holes.count
    total = sum(share for name, share in load.shares.items() if name != "proxy")
    print(f"{seconds / 60:g} min of 720p30, preview and meters on, the preview stopped for {hung:g} s")
    print(
        f"  dropped frames   {dropped} (bar 0); holes {found.holes.count}, longest interval {found.holes.longest:.3f} s"
    )
    print(f"  levels           {sum(level is not None for level in levels)} of {len(levels)} moments")
    print(f"  CPU of one core  {total:.1f} % (bar {LOAD:g} %)")
    for name, share in load.shares.items():
        print(f"    {name:14} {share:.1f} %")
    print(f"  verdict          {taken.verdict.sentence}")
    return 0 if dropped <= 0 and total <= LOAD and taken.verdict.good else 1


class Load:
    """The CPU time of this process and its children, sampled, in % of one core."""

    def __init__(self) -> None:
        self.shares: dict[str, float] = {}
        self._over = threading.Event()

    def begin(self) -> None:
        self._begun = time.monotonic()
        self._base = {process.pid: spent(process) for process in family()}
        self._last: dict[int, tuple[str, float]] = {}
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        wall = time.monotonic() - self._begun
        for pid, (name, seconds) in self._last.items():
            used = seconds - self._base.get(pid, 0.0)
            self.shares[name] = self.shares.get(name, 0.0) + 100 * used / wall

    def _sample(self) -> None:
        while not self._over.wait(0.5):
            for process in family():
                with contextlib.suppress(psutil.Error):
                    self._last[process.pid] = (called(process), spent(process))


def family() -> list[psutil.Process]:
    """This process and those that it started, without the screen that stands in for a real one."""
    me = psutil.Process()
    return [each for each in (me, *me.children(recursive=True)) if "Xvfb" not in each.name()]


def called(process: psutil.Process) -> str:
    if process.pid == os.getpid():
        return "fieldkit"
    if process.name().startswith("ffmpeg"):
        return "proxy" if process.nice() > psutil.Process().nice() else "ffmpeg"
    return "preview"


def spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def hang(after: float, seconds: float) -> None:
    """Stops the preview for a while, as a screen that hangs would."""
    time.sleep(after)
    (pid,) = [process.pid for process in family() if called(process) == "preview"]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


def displayed() -> contextlib.AbstractContextManager[None]:
    """A display for the preview, where there is none."""
    there = os.environ.get("DISPLAY") or not shutil.which("Xvfb")
    return contextlib.nullcontext() if there else screen("1280x720")


@contextlib.contextmanager
def screen(size: str) -> Iterator[None]:
    """A display of its own."""
    reader, writer = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{size}x24"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(writer)
        os.environ["DISPLAY"] = f":{os.read(reader, 16).decode().strip()}"
        try:
            yield
        finally:
            server.terminate()
            del os.environ["DISPLAY"]


@contextlib.contextmanager
def library(folder: Path) -> Iterator[tuple[Library, Journal]]:
    shelf = Library(folder)
    shelf.make()
    with Journal(shelf.journal) as journal:
        yield shelf, journal


# ── killed ──────────────────────────────────────────────────────────────────────────────────────────


def kill(folder: Path, times: int) -> int:
    """Recordings that die at random instants."""
    dice = random.Random(5)
    rows: list[tuple[str, list[Left]]] = []
    for target in TARGETS:
        instants = [dice.uniform(1.5, 6.0) for _ in range(times)]
        rows.append((f"fieldkit, SIGKILL of {target}", each(folder / target, instants, ours(target))))
    for name, words in PLAIN.items():
        instants = [dice.uniform(1.5, 6.0) for _ in range(max(3, times // 10))]
        rows.append((f"{name}, SIGKILL", each(folder / name.replace(" ", ""), instants, theirs(words))))
    print(f"{'':44} {'kills':>5} {'plays':>5} {'both':>5} {'lost at most, median':>20} {'worst':>6}")
    missed = False
    for name, left in rows:
        lost = [one.lost for one in left if one.lost is not None]
        plays, both = sum(one.plays for one in left), sum(one.both for one in left)
        middle, worst = (f"{statistics.median(lost):.2f} s", f"{max(lost):.2f} s") if lost else ("all", "all")
        print(f"{name:44} {len(left):5} {plays:5} {both:5} {middle:>20} {worst:>6}")
        if name.startswith("fieldkit"):
            missed |= min(plays, both, len(lost)) < len(left) or max(lost) > TAIL
    return int(missed)


def each(folder: Path, instants: list[float], one: Callable[[Path, float], Left]) -> list[Left]:
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return list(pool.map(one, [folder / str(number) for number in range(len(instants))], instants))


def ours(target: str) -> Callable[[Path, float], Left]:
    """`fieldkit record`, killed so many seconds after its file began to grow."""

    def one(folder: Path, instant: float) -> Left:
        folder.mkdir(parents=True)
        words = ["record", str(ORDER.tweet_id), "--camera", "test:", "--seconds", "60", "--no-preview"]
        environment = os.environ | {"FIELDKIT_LIBRARY": str(folder)}
        with subprocess.Popen(
            [sys.executable, "-m", "fieldkit", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as recorder:
            grows(folder / "rolling")  # an ffmpeg that is asked its version has ended by then
            camera = child(recorder.pid)
            time.sleep(instant)
            victims = {"ffmpeg": [camera.pid], "fieldkit": [recorder.pid], "both": [camera.pid, recorder.pid]}
            reach = time.time() - camera.create_time() + BURST
            for pid in victims[target]:
                os.kill(pid, signal.SIGKILL)
            recorder.wait()
            with contextlib.suppress(psutil.Error):
                camera.wait(10)
        with library(folder) as (shelf, journal):
            salvage(journal, shelf, measured)
            original = journal.entries()[0].original
            return (
                found(shelf.root / original.path, reach) if original else Left(None, plays=False, both=False)
            )

    return one


def theirs(words: list[str]) -> Callable[[Path, float], Left]:
    """What one would type otherwise."""

    def one(folder: Path, instant: float) -> Left:
        folder.mkdir(parents=True)
        sources = [
            "-re",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=1280x720:rate=30",
            "-re",
            "-f",
            "lavfi",
            "-i",
            "sine",
        ]
        encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
        out = folder / words[-1]
        begun = time.time()
        with subprocess.Popen(
            [
                imageio_ffmpeg.get_ffmpeg_exe(),
                "-loglevel",
                "quiet",
                *sources,
                *encoder,
                *words[:-1],
                str(out),
            ],
            stdin=subprocess.DEVNULL,
        ) as camera:
            grows(folder)
            time.sleep(instant)
            reach = time.time() - begun + BURST
            camera.kill()
        return found(out, reach)

    return one


def child(pid: int) -> psutil.Process:
    parent = psutil.Process(pid)
    while True:
        for process in parent.children():
            if process.name().startswith("ffmpeg"):
                return process
        time.sleep(0.02)


def grows(folder: Path) -> None:
    """Returns when something was written."""
    while not any(path.stat().st_size > 0 for path in folder.glob("*.m*")):
        time.sleep(0.02)


def found(path: Path, reach: float) -> Left:
    """`reach` is the time in the take that the camera had come to at most."""
    try:
        made = measured(path)
    except NotAVideo:
        return Left(None, plays=False, both=False)
    words = ["-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"]
    played = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *words], capture_output=True, text=True)
    both = made.sound is not None and made.sound.end > made.sound.begin
    end = min(made.picture.end, made.sound.end) if made.sound else made.picture.end
    return Left(reach - end, plays=not played.returncode and not played.stderr, both=both)


if __name__ == "__main__":
    sys.exit(main())
