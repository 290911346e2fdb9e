"""Measures a small picture: light, backlight, focus, shake. numpy only, 2 ms at 320x180."""

from typing import Any

import numpy as np

from fieldkit.capture.hints import Face, Look

_TILE = 20  # pixels
_SMOOTH = 2.0  # of 255: what a flat wall's noise comes to, which must not be taken for detail
_SURE = 0.03  # of a match: less is two pictures that have nothing in common, such as a cut


class Looks:
    """Picture after picture of one camera, ten a second."""

    def __init__(self) -> None:
        self._before: Any = None
        self._moved: tuple[float, float] | None = None
        self._jumps: list[float] = []

    def at(self, luma: Any, face: Face | None, *, sought: bool) -> Look:
        """What is to be known of the picture, given as a matrix of brightness from 16 to 235."""
        bare = _bare(luma.astype(np.float32))
        grey = np.clip((bare - 16.0) * (255 / 219), 0, 255)
        height, width = grey.shape
        top, sides = grey[: height // 3], width // 6
        border = np.concatenate([top.ravel(), grey[:, :sides].ravel(), grey[:, -sides:].ravel()])
        return Look(
            lightest=float(np.percentile(grey, 90)),
            middle=float(grey[height // 4 : height * 7 // 8, width // 3 : width * 2 // 3].mean()),
            around=float(np.percentile(border, 75)),
            crisp=crispness(grey),
            shaken=self._shaken(grey),
            face=face,
            sought=sought,
        )

    def _shaken(self, grey: Any) -> float:
        """How far the picture jumps in the mean of a second: a pan goes on, a shaking hand comes back."""
        small = _halved(grey)
        before, self._before = self._before, small
        moved = _shift(before, small) if before is not None and before.shape == small.shape else None
        if moved is not None and self._moved is not None:
            jump = np.hypot(moved[0] - self._moved[0], moved[1] - self._moved[1])
            self._jumps = [*self._jumps[-9:], min(float(jump), 20.0)]
        self._moved = moved
        return sum(self._jumps) / 10


def crispness(grey: Any) -> float:
    """How much neighbouring pixels differ in the crispest tenth of the picture, by how much all there do.

    By light and contrast alike, so that a dim picture is not a blurred one.
    """
    edges = -4 * grey[1:-1, 1:-1] + grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    whole = grey[1:-1, 1:-1]
    rows, columns = (side // _TILE for side in edges.shape)
    if rows == 0 or columns == 0:
        return 1.0

    def spread(of: Any) -> Any:
        tiles = of[: rows * _TILE, : columns * _TILE].reshape(rows, _TILE, columns, _TILE)
        return tiles.std(axis=(1, 3))

    return float(np.percentile(spread(edges) / (spread(whole) + _SMOOTH), 90))


def _bare(luma: Any) -> Any:
    """Without the black bars beside an upright picture."""
    columns, rows = np.flatnonzero(luma.max(axis=0) > 24), np.flatnonzero(luma.max(axis=1) > 24)
    if len(columns) < 64 or len(rows) < 64:
        return luma
    return luma[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _halved(grey: Any) -> Any:
    height, width = (side // 2 * 2 for side in grey.shape)
    even = grey[:height, :width]
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4


def _shift(before: Any, now: Any) -> tuple[float, float] | None:
    """By how many pixels (of the full size) the picture moved, down and right; None where they don't match."""
    window = np.hanning(now.shape[0])[:, None] * np.hanning(now.shape[1])[None]
    one, other = (np.fft.rfft2((each - each.mean()) * window) for each in (before, now))
    product = other * np.conj(one)
    size = np.abs(product)
    match = np.fft.irfft2(product / (size + 1e-3 * size.max() + 1e-9), s=now.shape)
    peak = np.unravel_index(int(match.argmax()), match.shape)
    if match[peak] < _SURE:
        return None
    down, right = (
        2.0 * (at if at <= side // 2 else at - side) for at, side in zip(peak, match.shape, strict=True)
    )
    return float(down), float(right)
