"""Looks for a slate in the first seconds of a clip; beside camera.py the only import of cv2."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import av

from fieldkit.capture.slate import said
from fieldkit.errors import NotAVideo
from fieldkit.model import TweetId

_SECONDS = 6.0  # in which a crew has brought the slate into the picture
_EVERY = 0.3  # seconds
_MOST = (
    400  # pictures decoded: six seconds at 60 a second; not by the clock, so that any laptop sees the same
)
_LARGEST = 1280  # pixels of the longer side; a code that fills a sixth of the height is then big enough
_SECOND_LOOKS = 5

Opened = Callable[[Path], AbstractContextManager[Any]]  # PyAV's container


def tweet_in(path: Path, opened: Opened) -> TweetId | None:
    """The tweet on the slate that is filmed in a clip's first seconds; None where there is none.

    Raises NotAVideo, NeedsCrew where its pictures can't be seen: there may have been a slate.
    """
    import cv2  # noqa: PLC0415 - half a second and 100 MB, paid where a slate is looked for

    detector = cv2.QRCodeDetector()

    def read(picture: Any) -> TweetId | None:
        try:
            text, _, _ = detector.detectAndDecode(picture)
        except cv2.error:
            return None  # the detector trips over some pictures
        return said(text)

    def sharp(picture: Any, lines: int, brighter: float, by: float) -> Any:
        """Blown up, brightened and sharpened: what undoes half light and a soft lens, in the order it happened."""
        grown = max(1.0, lines / picture.shape[0])
        big = cv2.resize(picture, None, fx=grown, fy=grown, interpolation=cv2.INTER_CUBIC)
        big = cv2.convertScaleAbs(big, alpha=brighter)
        return cv2.addWeighted(big, 1 + by, cv2.GaussianBlur(big, (0, 0), 1.5 * grown), -by, 0)

    kept: list[Any] = []
    for picture in _pictures(path, opened):
        # of 32 bad slates 31 are read brightened and sharpened at twice their size, 4 as they are
        if tweet := read(picture) or read(sharp(picture, 720, 1.8, 1.0)):
            return tweet
        kept.append(picture)
    even = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8))
    for picture in kept[:: max(1, len(kept) // _SECOND_LOOKS)]:  # bright ones, and those against the light
        if tweet := read(sharp(picture, 900, 1.0, 1.5)) or read(sharp(even.apply(picture), 900, 1.0, 0.5)):
            return tweet
    return None


def _pictures(path: Path, opened: Opened) -> Iterator[Any]:
    """Some of the first pictures, grey, none larger than is of use."""
    with opened(path) as container:
        if not container.streams.video:
            return
        due = first = None
        for frame in islice(_decoded(container), _MOST):
            at = frame.time or 0.0
            first = at if first is None else first
            if at - first > _SECONDS:
                break
            if due is None or at >= due:
                due = at + _EVERY
                smaller = min(1.0, _LARGEST / max(frame.width, frame.height))
                width, height = (max(16, round(side * smaller)) for side in (frame.width, frame.height))
                yield frame.reformat(width=width, height=height, format="gray").to_ndarray()
        if first is None:
            raise NotAVideo(f"{path.name}: none of its pictures can be read, so a slate in it can't be seen.")


def _decoded(container: Any) -> Iterator[Any]:
    """The pictures up to the first that can't be decoded."""
    container.streams.video[0].thread_type = "AUTO"
    with suppress(av.FFmpegError):
        yield from container.decode(container.streams.video[0])
