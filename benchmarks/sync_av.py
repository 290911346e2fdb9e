"""Are lips and words together? A flash and a beep about each second, recorded from screen and sink and compared.

`python benchmarks/sync_av.py --minutes 10` has flasher.py show and sound them under Xvfb and a null sink of PulseAudio
and films both with the recorder: its own arguments, with the screen in the camera's place. The player writes down when
each flash and each beep was; its own offset, a millisecond, is taken off. What is left is the file's: how much later
than its flash a beep is, where the flash counts from the first picture that shows it. Exits with 1 where a bar of
issue 5 is missed. Linux.
"""

import argparse
import contextlib
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import av
import numpy as np
from flasher import Played
from recorder import ORDER, library, screen

from fieldkit.capture.record import Taken, record
from fieldkit.capture.rig import Shot
from fieldkit.capture.watch import Running
from fieldkit.recorder import measured
from fieldkit.transcode.ffmpeg import Ffmpeg

OFFSET, DRIFT = 0.045, 0.005  # seconds: the bars
FPS = 30
SIZE = (640, 360)
SINK = "flash"
CAMERA = "/dev/video0"  # what the screen stands in for
START = 5.0  # seconds in which the sound's times may still settle: told apart
MINUTE = 60.0
CLOSE = 0.06  # seconds within which a flash fits the player's
NEAR = 0.3  # seconds within which a flash is taken for the one that was shown
PROGRAMS = {"Xvfb": "xvfb", "pulseaudio": "pulseaudio", "pactl": "pulseaudio-utils"}


@dataclass(frozen=True, slots=True)
class Pair:
    """One flash and its beep in the file, in seconds against when they were: only differences mean something."""

    at: float  # in the file
    seen: float  # the first picture that shows the flash
    between: float  # the middle between that picture and the last dark one
    heard: float

    @property
    def late(self) -> float:
        """Beep minus flash."""
        return self.heard - self.seen


def main() -> int:
    """Prints offset and drift; exits with 1 where a bar is missed."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--alone", action="store_true")
    given = asked.parse_args()
    seconds = given.minutes * MINUTE
    if not installed():
        return 2
    with tempfile.TemporaryDirectory(prefix="sync-") as name:
        folder = Path(name)
        with screen(f"{SIZE[0]}x{SIZE[1]}"), sound(folder), listened(alone=given.alone), shown() as played:
            taken, path = filmed(folder / "library", seconds)
            truth = played()
        pairs = paired(flashes(path), beeps(path), truth)
    if len(pairs) < 0.9 * seconds:
        print(f"Only {len(pairs)} pairs in {seconds:g} s: {taken.verdict.sentence}")
        return 1
    return told(pairs, truth, seconds, taken.verdict.sentence)


def told(pairs: list[Pair], truth: Played, seconds: float, verdict: str) -> int:
    """Prints what the pairs say; 1 where a bar is missed."""
    times = [pair.at for pair in pairs]
    offset = statistics.median(pair.late for pair in pairs)
    middle = statistics.median(pair.heard - pair.between for pair in pairs)
    drift = slope(times, [pair.late for pair in pairs]) * 10 * MINUTE
    ears = [pair.heard for pair in pairs]
    early = [pair.heard for pair in pairs if pair.at < START] or ears[:1]
    settled = statistics.median(ears)
    apart = statistics.median(sound - light for light, sound in zip(truth.flashes, truth.beeps, strict=True))
    print(f"{seconds / MINUTE:g} min, {len(pairs)} pairs, load {os.getloadavg()[1]:.1f}")
    print(
        f"  player  {ms(apart)} apart (taken off); flash known to {ms(truth.unsure)}, t0 moved {ms(truth.moved)}"
    )
    print(
        f"  offset  {ms(offset)} (+: sound late; bar ±{OFFSET * 1000:g}); half a picture taken off {ms(middle)}"
    )
    print(f"  drift   {ms(drift)} in ten minutes (bar ±{DRIFT * 1000:g})")
    for name, of in (("sound", ears), ("picture", [pair.between for pair in pairs])):
        print(f"  {name:7} by its own clock {ms(slope(times, of) * 10 * MINUTE)} in ten minutes")
    spread = statistics.pstdev(pair.late for pair in pairs)
    print(f"  spread  {ms(spread)}, the sound's part {ms(statistics.pstdev(ears))}")
    print(f"  start   {', '.join(ms(each - settled) for each in early)} from the sound's median")
    print(f"  minutes {', '.join(ms(each) for each in minutes(pairs))}")
    print(f"  verdict {verdict}")
    return 0 if abs(offset) <= OFFSET and abs(drift) <= DRIFT else 1


def ms(seconds: float) -> str:
    return f"{seconds * 1000:+.1f} ms"


def installed() -> bool:
    """Fetches what is missing where that is allowed."""
    lacking = sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)})
    if lacking and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *lacking], check=True)
        lacking = []
    if lacking:
        print(f"This needs {', '.join(lacking)}.")
    return not lacking


@contextlib.contextmanager
def sound(folder: Path) -> Iterator[None]:
    """A sound server of our own, whose only loudspeaker is none."""
    socket = folder / "socket"
    environment = os.environ | {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    modules = [
        f"--load=module-native-protocol-unix auth-anonymous=1 socket={socket}",
        f"--load=module-null-sink sink_name={SINK} rate=48000",
    ]
    before = os.environ.get("PULSE_SERVER")
    with subprocess.Popen(
        ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", *modules],
        env=environment,
        stderr=subprocess.DEVNULL,
    ) as server:
        os.environ["PULSE_SERVER"] = f"unix:{socket}"
        try:
            while subprocess.run(["pactl", "info"], capture_output=True).returncode:
                assert server.poll() is None, "PulseAudio did not start"
                time.sleep(0.1)
            yield
        finally:
            server.terminate()
            os.environ.pop("PULSE_SERVER")
            if before is not None:
                os.environ["PULSE_SERVER"] = before


@contextlib.contextmanager
def listened(*, alone: bool) -> Iterator[None]:
    """A sink renders as far ahead as its most hurried listener allows; where that changes, its monitor's times step."""
    if alone:
        yield
        return
    words = ["parec", "--latency-msec=10", "-d", f"{SINK}.monitor"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as listener:
        try:
            yield
        finally:
            listener.kill()


@contextlib.contextmanager
def shown() -> Iterator[Callable[[], Played]]:
    """The player, from before the first picture is filmed until it is asked what it played."""
    player = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("flasher.py")), SINK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        time.sleep(5)  # its queue is full by then
        yield lambda: Played(**json.loads(player.communicate()[0]))
    finally:
        player.kill()
        player.wait()


def filmed(folder: Path, seconds: float) -> tuple[Taken, Path]:
    """One take by the recorder, and where it lies."""
    shot = Shot(CAMERA, f"pulse:{SINK}.monitor", size=SIZE, fps=FPS)
    object.__setattr__(shot, "seconds", seconds)  # a take ends at 140 s, the bar does not
    with library(folder) as (shelf, journal):
        taken = record(
            ORDER,
            shot,
            journal,
            shelf,
            instead(Ffmpeg(os.environ.get("FIELDKIT_FFMPEG")).start, os.environ["DISPLAY"]),
            measure=measured,
            stop=threading.Event(),
        )
        return taken, shelf.root / taken.original.path


def instead(start: Callable[..., Running], display: str) -> Callable[..., Running]:
    """Starts the recorder's ffmpeg with the screen in the camera's place; both tell times since 1970."""

    def started(arguments: Sequence[str], **given: Any) -> Running:
        words = " ".join(arguments)
        assert "-f v4l2 -ts abs" in words, "the camera's arguments have changed"
        at = arguments.index("v4l2")
        plain = [*arguments[:at], "x11grab", "-draw_mouse", "0", *arguments[at + 3 :]]
        return start([display if word == CAMERA else word for word in plain], **given)

    return started


# ── compared ────────────────────────────────────────────────────────────────────────────────────────


def flashes(path: Path) -> list[tuple[float, float]]:
    """The last dark picture and the first light one at each flash, in seconds."""
    found: list[tuple[float, float]] = []
    light, before = True, 0.0
    with av.open(str(path)) as container:
        for picture in container.decode(video=0):
            now = bool(picture.to_ndarray(format="gray8").mean() > 128)
            if now and not light:
                found.append((before, float(picture.time)))
            light, before = now, float(picture.time)
    return found


def beeps(path: Path) -> list[float]:
    """When each beep is first heard, to the millisecond."""
    found: list[float] = []
    quiet = before = 0
    with av.open(str(path)) as container:
        for piece in container.decode(audio=0):
            wave = np.abs(piece.to_ndarray().astype(np.float32)).max(axis=0)
            for at, loud in enumerate(wave > 0.1):
                quiet = 0 if loud else quiet + 1
                if loud and before > piece.sample_rate // 4:
                    found.append(float(piece.time) + at / piece.sample_rate)
                before = quiet
    return found


def paired(lights: list[tuple[float, float]], sounds: list[float], truth: Played) -> list[Pair]:
    """Each flash with its beep, where the file holds both. The uneven gaps tell which is which."""
    if not lights:
        return []
    seen = np.array([light for _, light in lights])
    played = np.array(truth.flashes)

    def alike(shift: float) -> int:
        return int((np.abs((seen - shift)[:, None] - played).min(axis=1) < CLOSE).sum())

    shift = max((float(seen[len(seen) // 2] - each) for each in played), key=alike)
    found = []
    for dark, light in lights:
        nth = int(np.abs(played + shift - light).argmin())
        flash, beep = truth.flashes[nth] + shift, truth.beeps[nth] + shift
        near = min(sounds, key=lambda each: abs(each - beep), default=math.inf)
        if abs(light - flash) < NEAR and abs(near - beep) < NEAR:
            found.append(Pair(light, light - flash, (dark + light) / 2 - flash, near - beep))
    return found


def slope(times: list[float], values: list[float]) -> float:
    """Theil and Sen's: the median of the slopes of all pairs, which a step at the start does not tilt."""
    at, value = np.array(times), np.array(values)
    one, other = np.triu_indices(len(at), k=1)
    return float(np.median((value[other] - value[one]) / (at[other] - at[one])))


def minutes(pairs: list[Pair]) -> list[float]:
    """The median of each: whether a drift goes on or dies down."""
    return [
        statistics.median(each.late for each in of)
        for _, group in groupby(pairs, key=lambda pair: int(pair.at // MINUTE))
        if len(of := list(group)) > 10
    ]


if __name__ == "__main__":
    sys.exit(main())
