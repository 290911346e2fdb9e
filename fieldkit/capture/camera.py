"""The preview's process: `python -m fieldkit.capture.camera WIDTH HEIGHT screen|blind`.

It measures what comes in on stdin and says on stdout what the crew should change (`hints dark,quiet`) and which key was
pressed (`key space`). Here alone is a window of cv2: without a display that aborts the whole interpreter, and no
recording may die of it.
"""

import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

from fieldkit.capture import wire
from fieldkit.capture.faces import Faces
from fieldkit.capture.hearing import Hearing
from fieldkit.capture.hints import Face, Heard, Hint, Look, Steady, hints
from fieldkit.capture.looks import Looks
from fieldkit.capture.stage import Stage

TITLE = "fieldkit"
_FACES_EVERY = 5  # pictures: half a second
_OLD = 2.0  # seconds without any after which picture or sound is no longer judged
_LONGEST = 0.5  # seconds that one picture may stand for
_KEYS = {
    **dict.fromkeys((ord(" "),), "space"),
    **dict.fromkeys((10, 13, 65421), "enter"),
    **dict.fromkeys((ord("r"), ord("R")), "r"),
    **dict.fromkeys((ord("q"), ord("Q"), 27), "q"),
    # arrows as Qt, GTK, Windows and macOS number them
    **dict.fromkeys((65362, 2490368, 63232, ord("+")), "up"),
    **dict.fromkeys((65364, 2621440, 63233, ord("-")), "down"),
}


def displayed(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether there is a screen to show a window on."""
    return not platform.startswith("linux") or bool(
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    )


class Watcher:
    """What is known of picture and sound at this moment, and the hints that follow."""

    def __init__(self, faces: Faces | None) -> None:
        self._faces, self._looks, self.hearing = faces, Looks(), Hearing()
        self._look: Look | None = None
        self._heard: Heard | None = None
        self._face: Face | None = None
        self._number, self._at, self._heard_at = 0, 0.0, 0.0
        self._steady = Steady()

    @property
    def shown(self) -> tuple[Hint, ...]:
        return self._steady.shown

    def see(self, luma: object, picture: object, now: float) -> None:
        """One more picture, as a matrix of brightness and in colour."""
        if self._faces is not None and self._number % _FACES_EVERY == 0:
            self._face = self._faces.largest(picture)
        self._number += 1
        passed, self._at = min(_LONGEST, now - self._at) if self._look else 0.0, now
        self._look = self._looks.at(luma, self._face, sought=self._faces is not None)
        heard = self._heard if now - self._heard_at < _OLD else None
        self._steady = self._steady.after(passed, hints(self._look, heard))

    def hear(self, piece: bytes, now: float) -> None:
        """One more piece of sound."""
        if (heard := self.hearing.more(piece)) is not None:
            self._heard, self._heard_at = heard, now


def main(arguments: list[str]) -> int:
    """Watches, and shows where there is a screen, until stdin ends."""
    width, height, screen = int(arguments[0]), int(arguments[1]), arguments[2] == "screen"
    if screen and not displayed(os.environ):
        return 1
    import cv2  # noqa: PLC0415 - half a second and 100 MB, paid by this process alone
    import numpy as np  # noqa: PLC0415

    cv2.setNumThreads(1)  # the other core is the recorder's
    try:
        faces = Faces((width, height))
    except cv2.error:
        faces = None  # a model that this OpenCV can't read costs three hints, not the preview
    watcher, stage = Watcher(faces), Stage(cv2, np)
    said: tuple[Hint, ...] | None = None
    if screen:
        cv2.namedWindow(TITLE, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
    for kind, content in wire.messages(sys.stdin.buffer):
        now = time.monotonic()
        match kind:
            case wire.SOUND:
                watcher.hear(content, now)
            case wire.STATE:
                stage.stand(content)
            case wire.SIGN:
                stage.hang(content)
            case wire.PICTURE if len(content) == width * height * 3 // 2:
                planes = np.frombuffer(content, np.uint8).reshape(height * 3 // 2, width)
                picture = cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420)
                watcher.see(planes[:height], picture, now)
                if watcher.shown != said:
                    said = watcher.shown
                    _say("hints " + ",".join(hint.value for hint in said))
                if screen:
                    canvas = stage.draw(
                        picture, watcher.shown, watcher.hearing.level, watcher.hearing.peak, now
                    )
                    cv2.imshow(TITLE, canvas)
        if screen and kind in (wire.PICTURE, wire.STATE):
            code = cv2.waitKeyEx(1)
            key = _KEYS.get(code, _KEYS.get(code & 0xFF)) if code != -1 else None
            if key in ("up", "down"):
                stage.faster(1 if key == "up" else -1)
            elif key is not None:
                _say("key " + key)
            screen = cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) > 0  # else the crew has closed it
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        sys.exit(main(sys.argv[1:]))
