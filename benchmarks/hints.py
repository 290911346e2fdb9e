"""How often the preview's hints are right: real clips as they are, and made worse in each way a hint is for.

    .venv/bin/python benchmarks/hints.py [FOLDER]

A hit is a hint that is shown for the fault made; a false alarm one that is shown for a clip as it is.
"""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

from fieldkit.capture.faces import Faces
from fieldkit.capture.hearing import RATE, Hearing
from fieldkit.capture.hints import Face, Hint, Look, Steady, hints
from fieldkit.capture.looks import Looks
from fieldkit.capture.rig import PREVIEW

WIDTH, HEIGHT = PREVIEW
_FIT = (
    f"fps=10,scale={WIDTH}:{HEIGHT}:force_original_aspect_ratio=decrease:out_range=tv,"
    f"pad={WIDTH}:{HEIGHT}:(ow-iw)/2:(oh-ih)/2,format=yuv420p"
)
_EVERY = 5  # pictures between two looks for a face, as in the preview
SECONDS = 8.0

# what is done to a good clip, and the hint that must come of it
PICTURE_FAULTS: dict[Hint, str] = {
    Hint.DARK: "lutyuv=y=(val-16)*0.15+16",
    Hint.BLURRED: "scale=1280:720:force_original_aspect_ratio=decrease,boxblur=12:2",
    Hint.AGAINST_LIGHT: "scale=320:180:force_original_aspect_ratio=decrease,"
    "geq=lum='if(between(X,W*.3,W*.7)*gt(Y,H*.2),lum(X,Y)*0.3+14,min(235,lum(X,Y)*0.4+150))'"
    ":cb='cb(X,Y)':cr='cr(X,Y)'",
    Hint.SHAKY: "scale=1280:720,crop=1200:675:40+39*sin(n*1.9):22+21*sin(n*2.7)",
}
SOUND_FAULTS: dict[Hint, str] = {
    Hint.QUIET: "[0:a]volume=-35dB[a]",
    Hint.CLIPPING: "[0:a]volume=30dB[a]",
    Hint.HUM: "aevalsrc=0.02*sin(2*PI*50*t)+0.015*sin(2*PI*100*t)+0.01*sin(2*PI*150*t):s=48000[h];"
    "[0:a]aresample=48000,aformat=channel_layouts=mono[v];[v][h]amix=2:duration=first:normalize=0[a]",
    Hint.WIND: "anoisesrc=c=brown:a=1:r=48000,lowpass=120,lowpass=120,volume=6dB,tremolo=f=0.7:d=0.5[h];"
    "[0:a]aresample=48000,aformat=channel_layouts=mono[v];[v][h]amix=2:duration=first:normalize=0[a]",
}


def seen(path: Path, fault: str = "") -> set[Hint]:
    """The hints that would have been shown at any time for the clip's picture."""
    found = set()
    steady = Steady()
    for look in looks(path, fault):
        steady = steady.after(0.1, hints(look, None))
        found |= set(steady.shown)
    return found


def looks(path: Path, fault: str = "") -> list[Look]:
    """What was measured of each picture."""
    chain = f"{fault},{_FIT}" if fault else _FIT
    raw = _ffmpeg("-t", f"{SECONDS}", "-i", str(path), "-vf", chain, "-an", "-f", "rawvideo", "pipe:1")
    pictures = np.frombuffer(raw, np.uint8)
    pictures = pictures[: len(pictures) // (WIDTH * HEIGHT * 3 // 2) * (WIDTH * HEIGHT * 3 // 2)]
    faces, measures, face, found = _faces(), Looks(), None, []
    for number, picture in enumerate(pictures.reshape(-1, HEIGHT * 3 // 2, WIDTH)):
        if number % _EVERY == 0:
            face = faces(cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420))
        found.append(measures.at(picture[:HEIGHT], face, sought=True))
    return found


def heard(path: Path, fault: str = "") -> set[Hint]:
    """The hints that would have been shown at any time for the clip's sound."""
    graph = fault or "[0:a]anull[a]"
    words = ["-t", f"{SECONDS}", "-i", str(path), "-filter_complex", graph, "-map", "[a]"]
    raw = _ffmpeg(*words, "-ar", str(RATE), "-ac", "1", "-f", "s16le", "pipe:1")
    found, steady, hearing = set(), Steady(), Hearing()
    for at in range(0, len(raw), 2 * RATE):
        if (one := hearing.more(raw[at : at + 2 * RATE])) is not None:
            steady = steady.after(1.0, hints(None, one))
            found |= set(steady.shown)
    return found


def long_enough(path: Path, what: Callable[..., set[Hint]]) -> bool:
    """Whether a hint has the time to be shown: two seconds of picture, or of sound."""
    words = ["-vf", "fps=10,scale=16:16", "-an"] if what is seen else ["-vn", "-ar", "1000", "-ac", "1"]
    of_a_second = 16 * 16 * 10 if what is seen else 2000
    form = ["-pix_fmt", "gray", "-f", "rawvideo"] if what is seen else ["-f", "s16le"]
    return len(_ffmpeg("-t", "3", "-i", str(path), *words, *form, "pipe:1")) >= 2 * of_a_second


@cache
def _faces() -> Callable[[object], Face | None]:
    return Faces(PREVIEW).largest


def _ffmpeg(*words: str) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", *words]
    return subprocess.run(command, capture_output=True).stdout


def main(folder: Path) -> None:
    paths = sorted(path for path in folder.iterdir() if path.suffix not in (".tsv", ".md"))
    rows = []
    for faults, what in ((PICTURE_FAULTS, seen), (SOUND_FAULTS, heard)):
        plain = {path: what(path) for path in paths if long_enough(path, what)}
        for path, found in plain.items():
            print(f"{path.name:36}{what.__name__:6} {', '.join(hint.value for hint in found) or '–'}")
        for hint, fault in faults.items():
            spoiled = {path: what(path, fault) for path in plain}
            missed = [path.name for path in plain if hint not in spoiled[path] and hint not in plain[path]]
            hits = sum(hint in spoiled[path] for path in plain)
            alarms = sum(hint in found for found in plain.values())
            rows.append((hint.value, hits, len(plain), alarms, missed))
    print(f"\n{'hint':12}{'shown where made':>18}{'shown as they are':>20}  missed")
    for name, hits, of, alarms, missed in rows:
        print(f"{name:12}{f'{hits} of {of}':>18}{f'{alarms} of {of}':>20}  {' '.join(missed)}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "shared" / "footage"))
