"""Finds the largest face in a picture, to help with framing and nothing else: it is not good enough to protect anyone.

YuNet (MIT, its licence beside it) runs on OpenCV's own engine: 8 ms for 320x180. Recall at this score on masks,
veils and in low light: facts/capture.md section 3.
"""

from importlib.resources import files
from typing import Any

from fieldkit.capture.hints import Face
from fieldkit.yunet import NAME

_SCORE = 0.6  # OpenCV's own 0.9 loses three of four people who wear a mask
_OVERLAP, _MOST = 0.3, 50


class Faces:
    """The detector for pictures of one size."""

    def __init__(self, size: tuple[int, int]) -> None:
        import cv2  # noqa: PLC0415 - paid by the preview's process alone

        self._size = size
        model = str(files("fieldkit.yunet").joinpath(NAME))
        self._net: Any = cv2.FaceDetectorYN.create(model, "", size, _SCORE, _OVERLAP, _MOST)

    def largest(self, picture: Any) -> Face | None:
        """The face that is nearest to the camera in a bgr picture; None where none is found."""
        _, found = self._net.detect(picture)
        if found is None:
            return None
        left, top, width, height = (float(side) for side in max(found, key=lambda box: box[2] * box[3])[:4])
        across, down = self._size
        inner = picture[
            max(0, round(top + height * 0.2)) : max(1, round(top + height * 0.8)),
            max(0, round(left + width * 0.2)) : max(1, round(left + width * 0.8)),
        ]
        light = float(inner.mean()) if inner.size else 0.0
        return Face(left / across, top / down, width / across, height / down, light)
