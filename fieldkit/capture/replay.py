"""Plays a recording through, lightly, and measures what the verdict rests on.

Every packet's time is read and every sound decoded, but of the pictures only the key frames where they come often
enough: 140 s of 720p take a second so, and eight as a whole.
"""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import av

from fieldkit.capture.checks import Measured, Picture, Sound, holes
from fieldkit.errors import NotAVideo

Opened = Callable[[Path], AbstractContextManager[Any]]  # PyAV's container

_SPARSE = 1.5  # seconds between two pictures above which all are decoded
_STEP = 0.5  # seconds between two pictures that are looked at
_LINE = 320  # pixels of a line that are looked at
_DARK = 0.1 * 255  # blackdetect's own: a pixel darker than this is black,
_NEARLY = 0.98  # and a picture with so much of it
_BLOCK = 16  # pixels
# grey levels in the block that changed most: real clips move it by 4.2 at least, a repeated picture by 1.9 at most
_STILL = 2.5
_WINDOW = 0.1  # seconds
_QUIET = 10 ** (-50 / 20)
_FULL = 0.985  # of full scale; AAC rounds a cut top off by as much
_CUT = 3  # samples at full scale in a window


def measured(path: Path, opened: Opened) -> Measured:
    """What a recording holds. Raises NotAVideo where there is no picture, NeedsCrew where it can't be read."""
    found = _played(path, opened, keys=True)
    return found if found is not None else _played(path, opened, keys=False) or _nothing(path)


def _nothing(path: Path) -> Measured:
    raise NotAVideo(f"{path.name} holds no picture that can be seen.")


def _played(path: Path, opened: Opened, *, keys: bool) -> Measured | None:
    """None where there are too few key frames to go by."""
    with opened(path) as container:
        video = next((s for s in container.streams.video if _known(s) and not _still(s)), None)
        audio = next((s for s in container.streams.audio if _known(s)), None)
        if video is None:
            return _nothing(path)
        if keys:
            video.codec_context.skip_frame = "NONKEY"
        eye, ear = _Eye(video), _Ear(audio) if audio is not None else None
        try:
            for packet in container.demux([s for s in (video, audio) if s is not None]):
                if packet.stream.index == video.index:
                    eye.take(packet, keys=keys)
                elif ear is not None:
                    ear.take(packet)
        except av.FFmpegError:
            pass  # cut off here: what was read counts
        if keys and eye.sparse:
            return None
        if not eye.times or not eye.looked:
            return _nothing(path)
        begin = min([*eye.times, *(ear.times if ear else [])])
        return Measured(eye.said(begin), ear.said(begin) if ear else None)


def _known(stream: Any) -> bool:
    """Whether there is a decoder for it; a damaged header names one that never was."""
    return stream.codec_context is not None


def _still(stream: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _seconds(packet: Any) -> float | None:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return float(stamp * packet.time_base) if stamp is not None else None


class _Eye:
    """Looks at pictures."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.times: list[float] = []
        self.looked: list[float] = []  # when the pictures that were looked at are shown
        self._black: list[bool] = []
        self._frozen: list[bool] = []  # whether it is the one before
        self._last: Any = None
        self._damaged = 0

    def take(self, packet: Any, *, keys: bool) -> None:
        if packet.size:
            at = _seconds(packet)
            if at is not None and not packet.is_discard:
                self.times.append(at)
            if keys and not packet.is_keyframe:
                return
        try:
            for picture in packet.decode():
                self._look(picture)
        except av.FFmpegError:
            self._damaged += 1

    @property
    def sparse(self) -> bool:
        ends = [*self.looked, max(self.times, default=0.0)]
        return not self.looked or max((b - a for a, b in pairwise(ends)), default=0.0) > _SPARSE

    def _look(self, picture: Any) -> None:
        at = float(picture.time) if picture.time is not None else 0.0
        if self.looked and at - self.looked[-1] < _STEP:
            return
        import numpy as np  # noqa: PLC0415 - OpenCV brings it; a tenth of a second that other commands need not pay

        grey = picture.reformat(format="gray").to_ndarray()
        by = max(1, picture.width // _LINE)
        seen = grey[::by, ::by].astype(np.int16)
        self.looked.append(at)
        self._black.append(bool((seen < _DARK).mean() >= _NEARLY))
        self._frozen.append(
            self._last is not None
            and self._last.shape == seen.shape
            and _most(abs(seen - self._last)) < _STILL
        )
        if not self._frozen[-1]:
            self._last = seen

    def said(self, begin: float) -> Picture:
        times = sorted(self.times)
        usual = median([b - a for a, b in pairwise(times) if b > a] or [0.04])
        end = times[-1] + usual
        lasts = [b - a for a, b in pairwise([*self.looked, max(end, self.looked[-1])])]
        black = sum(last for last, is_black in zip(lasts, self._black, strict=True) if is_black)
        still = [
            a or b for a, b in pairwise([*self._frozen, False])
        ]  # the picture that stays, and its repetitions
        frozen = _longest(list(zip(lasts, still, strict=True)))
        context = self._stream.codec_context
        return Picture(
            times[0] - begin,
            end - begin,
            (context.width, context.height),
            1 / usual,
            holes(times),
            black,
            frozen,
            self._damaged,
        )


class _Ear:
    """Listens."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.times: list[float] = []
        self._samples = self._last = 0  # before the last piece, and in it
        self._pieces: list[float] = []  # when the first begins, and the last
        self._rate = stream.rate or 48000
        self._rest: Any = None
        self._windows: list[tuple[float, bool, bool]] = []  # mean square, whether all zeros, whether cut

    def take(self, packet: Any) -> None:
        if packet.size and (at := _seconds(packet)) is not None:
            self.times.append(at)
        try:
            for piece in packet.decode():
                self._hear(piece)
        except av.FFmpegError:
            return

    def _hear(self, piece: Any) -> None:
        import numpy as np  # noqa: PLC0415 - as above

        if piece.time is not None:
            self._pieces = [*self._pieces[:1], float(piece.time)]
            self._samples, self._last = self._samples + self._last, piece.samples
        self._rate = piece.sample_rate
        raw = piece.to_ndarray()
        scale = float(np.iinfo(raw.dtype).max) if raw.dtype.kind in "iu" else 1.0
        wave = raw.astype(np.float32) / scale
        if raw.dtype.kind == "u":
            wave = wave * 2 - 1
        if not piece.format.is_planar:
            wave = wave.reshape(-1, piece.layout.nb_channels).T
        self._rest = wave if self._rest is None else np.concatenate([self._rest, wave], axis=1)
        size = int(self._rate * _WINDOW)
        while self._rest.shape[1] >= size:
            window, self._rest = self._rest[:, :size], self._rest[:, size:]
            top = np.abs(window)
            cut = int((top >= _FULL).sum(axis=1).max()) >= _CUT
            self._windows.append((float((window**2).mean()), float(top.max()) == 0.0, cut))

    def said(self, begin: float) -> Sound:
        if not self.times or not self._windows:
            return Sound()
        times = sorted(self.times)
        usual = median([b - a for a, b in pairwise(times) if b > a] or [0.02])
        end = times[-1] + usual
        missing = holes(times, least=_WINDOW)
        mean = sum(square for square, _, _ in self._windows) / len(self._windows)
        return Sound(
            times[0] - begin,
            end - begin,
            missing,
            drift=(self._pieces[-1] - self._pieces[0] if self._pieces else 0.0)
            - missing.lost
            - self._samples / self._rate,
            level=10 * math.log10(mean) if mean > 0 else -math.inf,
            silent=_longest([(_WINDOW, math.sqrt(square) < _QUIET) for square, _, _ in self._windows]),
            dead=_longest([(_WINDOW, zeros) for _, zeros, _ in self._windows]),
            clipped=_WINDOW * sum(cut for _, _, cut in self._windows),
        )


def _longest(runs: list[tuple[float, bool]]) -> float:
    longest = now = 0.0
    for lasts, holds in runs:
        now = now + lasts if holds else 0.0
        longest = max(longest, now)
    return longest


def _most(change: Any) -> float:
    """The mean of the block that changed most, in grey levels."""
    high, wide = (side // _BLOCK * _BLOCK or side for side in change.shape)
    cut = change[:high, :wide]
    rows, columns = max(1, high // _BLOCK), max(1, wide // _BLOCK)
    return float(cut.reshape(rows, high // rows, columns, wide // columns).mean(axis=(1, 3)).max())
