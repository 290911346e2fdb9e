"""The contact sheet of a clip: a picture of each second, for a person to look through before they sign."""

from pathlib import Path
from typing import Any

from fieldkit import disk
from fieldkit.errors import NeedsCrew
from fieldkit.transcode.alarm import pictures

_WIDE = 240  # pixels of each picture
_ACROSS = 6
_QUALITY = 85  # of JPEG


def draw(clip: Path, destination: Path) -> int:
    """Writes the sheet of a clip as a JPEG; returns how many pictures are on it. Raises DiskFull, NeedsCrew."""
    import cv2  # noqa: PLC0415 - see alarm.py
    import numpy as np  # noqa: PLC0415

    shown: list[Any] = []
    for at, picture in pictures(clip):
        if at >= len(shown):
            height = round(picture.shape[0] * _WIDE / picture.shape[1])
            small = cv2.resize(picture, (_WIDE, height), interpolation=cv2.INTER_AREA)
            place = f"{int(at) // 60}:{int(at) % 60:02}"
            for ink, thick in (((0, 0, 0), 3), ((255, 255, 255), 1)):
                cv2.putText(small, place, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, ink, thick)
            shown.append(small)
    if not shown:
        raise NeedsCrew(f"{clip.name} has no picture to be looked at.")
    empty = np.zeros_like(shown[0])
    filled = shown + [empty] * (-len(shown) % min(_ACROSS, len(shown)))
    across = min(_ACROSS, len(shown))
    lines = [np.hstack(filled[n : n + across]) for n in range(0, len(filled), across)]
    good, coded = cv2.imencode(".jpg", np.vstack(lines), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not good:
        raise NeedsCrew("The contact sheet could not be written, so nobody could sign for the clip.")
    disk.write(destination, coded.tobytes())
    return len(shown)
