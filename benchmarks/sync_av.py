"""Are lips and words together? A flash and a beep each second, played on a screen, recorded from there and compared.

`python benchmarks/sync_av.py --minutes 10` shows a clip with ffplay under Xvfb and a null sink of PulseAudio, and films
both with the recorder: its own arguments, with the screen in the camera's place. What is left is the sum of the
recorder's offset, ffplay's and the screen's, half a picture on average. Exits with 1 where a bar of issue 5 is
missed. Linux.
"""

import argparse
import contextlib
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
from pathlib import Path
from typing import Any

import av
import numpy as np
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
SHOWN = 0.1  # seconds of a flash
PROGRAMS = {"Xvfb": "xvfb", "pulseaudio": "pulseaudio", "pactl": "pulseaudio-utils", "ffplay": "ffmpeg"}


@dataclass(frozen=True, slots=True)
class Sync:
    """Beep minus flash, in seconds: positive where the sound is late."""

    pairs: int
    offset: float  # the median
    spread: float  # standard deviation around the line
    drift: float  # from the first pair to the last, along the line that fits best
    quarters: tuple[float, ...] = ()  # the median of each: whether the drift goes on or dies down


def main() -> int:
    """Prints offset and drift; exits with 1 where a bar is missed."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--minutes", type=float, default=10.0)
    seconds = asked.parse_args().minutes * 60
    if not installed():
        return 2
    with tempfile.TemporaryDirectory(prefix="sync-") as name:
        folder = Path(name)
        clip = made(folder / "clip.mkv", seconds + 30)
        with screen(f"{SIZE[0]}x{SIZE[1]}"), sound(folder), shown(clip):
            taken, path = filmed(folder / "library", seconds)
        onsets = flashes(path), beeps(path)
    sync = compared(*onsets)
    share = sync.drift / seconds * 600
    print(f"{seconds / 60:g} min, {sync.pairs} pairs of {len(onsets[0])} flashes and {len(onsets[1])} beeps")
    print(f"  offset  {sync.offset * 1000:+.1f} ms (+: sound late; bar ±{OFFSET * 1000:g})")
    print(
        f"  drift   {sync.drift * 1000:+.1f} ms, {share * 1000:+.1f} in ten minutes (bar ±{DRIFT * 1000:g})"
    )
    print(f"  spread  {sync.spread * 1000:.1f} ms")
    print(f"  quarters {', '.join(f'{each * 1000:+.1f}' for each in sync.quarters)} ms")
    print(f"  verdict {taken.verdict.sentence}")
    enough = sync.pairs >= 0.9 * seconds
    return 0 if enough and abs(sync.offset) <= OFFSET and abs(share) <= DRIFT else 1


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


def made(clip: Path, seconds: float) -> Path:
    """Black and silent but for a tenth of each second."""
    width, height = SIZE
    picture = f"color=black:size={width}x{height}:rate={FPS},drawbox=color=white:t=fill:enable='lt(mod(t,1),{SHOWN})'"
    tone = f"aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),{SHOWN})':s=48000"
    words = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone, "-t", f"{seconds:g}"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le", str(clip)]
    subprocess.run([Ffmpeg().binary, "-v", "error", "-y", *words, *codecs], check=True)
    return clip


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
def shown(clip: Path) -> Iterator[None]:
    """The clip on the screen, from before the first picture is filmed until after the last."""
    width, height = SIZE
    place = ["-noborder", "-left", "0", "-top", "0", "-x", str(width), "-y", str(height)]
    environment = os.environ | {"SDL_AUDIODRIVER": "pulseaudio", "SDL_VIDEODRIVER": "x11"}
    with subprocess.Popen(
        ["ffplay", "-loglevel", "quiet", "-autoexit", *place, str(clip)],
        env=environment,
        stdin=subprocess.DEVNULL,
    ) as player:
        try:
            time.sleep(4)
            yield
        finally:
            player.kill()


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


def flashes(path: Path) -> list[float]:
    """When each flash is first seen, in seconds."""
    found: list[float] = []
    light = True
    with av.open(str(path)) as container:
        for picture in container.decode(video=0):
            now = bool(picture.to_ndarray(format="gray8").mean() > 128)
            if now and not light:
                found.append(float(picture.time))
            light = now
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


def compared(lights: list[float], sounds: list[float]) -> Sync:
    """Each flash with the beep nearest to it."""
    pairs = [
        (light, near - light)
        for light in lights
        if sounds and abs((near := min(sounds, key=lambda each: abs(each - light))) - light) < 0.4
    ]
    if len(pairs) < 3:
        return Sync(len(pairs), float("inf"), float("inf"), float("inf"))
    slope, level = statistics.linear_regression([at for at, _ in pairs], [off for _, off in pairs])
    rest = [off - (level + slope * at) for at, off in pairs]
    return Sync(
        len(pairs),
        statistics.median(off for _, off in pairs),
        statistics.pstdev(rest),
        slope * (pairs[-1][0] - pairs[0][0]),
        tuple(
            statistics.median(off for _, off in pairs[len(pairs) * n // 4 : len(pairs) * (n + 1) // 4])
            for n in range(4 if len(pairs) >= 4 else 0)
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
