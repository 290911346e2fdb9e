"""The preview window, in a process of its own: `python -m fieldkit.capture.camera WIDTH HEIGHT`.

The only window of cv2: without a display it aborts the whole interpreter, and no recording may die of that.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import Full, Queue
from threading import Thread
from typing import BinaryIO

TITLE = "fieldkit"
_BEHIND = 4  # pictures
_PATIENCE = 2.0  # seconds
_QUIT = (ord("q"), 27)  # q and Escape close the window; the recording goes on


def displayed(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether there is a screen to show a window on."""
    return not platform.startswith("linux") or bool(
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    )


class Window:
    """The window's process as the recorder sees it: takes raw bgr24, never raises, never waits."""

    def __init__(self, size: tuple[int, int], command: Sequence[str] = ()) -> None:
        self._size = size[0] * size[1] * 3
        self._rest = b""
        self._ready: Queue[bytes | None] = Queue(_BEHIND)
        self._process = subprocess.Popen(
            command or [sys.executable, "-m", "fieldkit.capture.camera", str(size[0]), str(size[1])],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        Thread(target=self._feed, daemon=True).start()

    def show(self, piece: bytes) -> None:
        """Bytes of pictures, cut anywhere; a picture that the window has no time for is dropped."""
        self._rest += piece
        while len(self._rest) >= self._size:
            picture, self._rest = self._rest[: self._size], self._rest[self._size :]
            with suppress(Full):
                self._ready.put_nowait(picture)

    def close(self) -> None:
        """Ends the window."""
        with suppress(Full):
            self._ready.put_nowait(None)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _feed(self) -> None:
        assert self._process.stdin is not None
        with (
            suppress(OSError),
            self._process.stdin as window,
        ):  # closed by the crew, or there is no display after all
            while (picture := self._ready.get()) is not None:
                window.write(picture)


def pictures(stream: BinaryIO, size: int, see: Callable[[bytes], bool]) -> int:
    """Gives `see` one picture of `size` bytes after the other until it says False or the stream ends."""
    seen = 0
    while len(picture := stream.read(size)) == size:
        seen += 1
        if not see(picture):
            break
    return seen


def main(arguments: list[str]) -> int:
    """Shows what comes in on stdin."""
    width, height = int(arguments[0]), int(arguments[1])
    if not displayed(os.environ):
        return 1
    import cv2  # noqa: PLC0415 - half a second and 100 MB, paid by this process alone
    import numpy as np  # noqa: PLC0415

    def see(picture: bytes) -> bool:
        cv2.imshow(TITLE, np.frombuffer(picture, np.uint8).reshape(height, width, 3))
        return cv2.waitKey(1) & 0xFF not in _QUIT

    pictures(sys.stdin.buffer, width * height * 3, see)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
