"""What a short recording shows of camera and microphone, said in words. Pure; ffmpeg measures."""

import re
from dataclasses import dataclass

SECONDS = 2.0
LOOK = [
    *("-vf", "blackdetect=d=1:pix_th=0.1,freezedetect=n=-70dB:d=1", "-af", "volumedetect"),
    *("-f", "null", "-"),
]
_QUIET = -50.0  # dBFS: nobody speaks, or nobody is heard (facts/capture.md 2)
_LEVEL = re.compile(r"mean_volume: (-?\d{1,5}\.\d) dB", re.ASCII)


@dataclass(frozen=True, slots=True)
class Trial:
    """`got` in one line; `wrong` has a sentence for each thing that the crew should see to."""

    got: str
    wrong: tuple[str, ...]


def trial(
    camera: str,
    pixels: str | None,
    picture: tuple[int, int, float],
    heard: str,
    notes: tuple[str, ...],
) -> Trial:
    """From the recording's width, height and pictures/s, and `heard`: what ffmpeg printed about it with LOOK."""
    width, height, fps = picture
    match = _LEVEL.search(heard)
    level = float(match[1]) if match else None
    wrong = []
    if "black_start:" in heard:
        wrong.append("The picture is black: take off the cover or let light in.")
    elif "freeze_start" in heard:
        wrong.append("The picture does not move: unplug the camera and plug it in again.")
    if level is None:
        wrong.append("There is no sound: plug in a microphone or name one with --mic.")
    elif level < _QUIET:
        wrong.append("The microphone is silent: is it muted, or is another one meant?")
    got = f"{camera}, {width}x{height}{f' {pixels}' if pixels else ''}, {fps:.3g} pictures/s, " + (
        "no sound" if level is None else f"sound at {level:.0f} dBFS"
    )
    return Trial("; ".join((got, *(note.rstrip(".") for note in notes))), tuple(wrong))
