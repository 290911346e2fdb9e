"""The alarm: looks for a face in every picture of a clip. It protects nobody; where it rings, or can't be sure, no file
is made.

YuNet misses faces that are small, dark, turned or wrapped (facts/capture.md section 3), so its threshold is far below
what is usual, dark pictures are brightened before, and every so many pictures are looked at closely: larger, with their
shadows lifted, and lying on either side. What stays too dark to be sure of is said to be so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

import av

from fieldkit.errors import FieldkitError, NeedsCrew
from fieldkit.model import Region
from fieldkit.transcode.probe import opened, probe
from fieldkit.yunet import model

SCORE = 0.2  # deface's own; at 0.6 seven of eight faces in low light are lost
# of the closer looks, which see a face in leaves and rows of holes more easily: measured on footage without people
_ENLARGED, _SHADED, _LYING = 0.45, 0.35, 0.55
_OVERLAP, _MOST = 0.3, 50
_SIDE, _CLOSE = (
    640,
    1280,
)  # pixels of the long side: at 640 a face of 60 is found in 19 of 20, at 1280 one of 30
_EVERY = 3  # how often a picture is looked at closely: ten times a second or so
# of 255: what is aimed at; below it nothing is sure (at 30, with noise, a face of 45 pixels was lost in a clip of
# benchmarks/protection.py); a range within which there is nothing at all
_BRIGHT, _DARK, _BLACK = 110.0, 40.0, 8.0
_SHADOWS = 0.4  # the power by which shadows are lifted
_MARGIN = 0.1  # of a face's size, by which a cover must be larger on each side: hair, chin and ears


class Unsafe(NeedsCrew):
    """A face is seen, or whether one is can't be told: nothing was made."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face, and how sure the detector is, from 0 to 1."""

    where: Region
    score: float


class Detector:
    """YuNet over pictures of any size. Raises Unready where there is no model."""

    def __init__(self) -> None:
        import cv2  # noqa: PLC0415 - costs a tenth of a second, paid where somebody is protected
        import numpy as np  # noqa: PLC0415

        self._cv2, self._np = cv2, np
        cv2.utils.logging.setLogLevel(
            cv2.utils.logging.LOG_LEVEL_ERROR
        )  # else each network says what it can't do
        none = np.zeros(0, np.uint8)
        weights = np.frombuffer(model(), np.uint8)
        self._net: Any = cv2.FaceDetectorYN.create(
            "onnx", weights, none, (_SIDE, _SIDE), SCORE, _OVERLAP, _MOST
        )

    def faces(self, picture: Any, hidden: Region | None = None, *, closely: bool = False) -> list[Sighting]:
        """The faces in a bgr picture; `hidden` is the part whose light does not count. Raises Unsafe."""
        cv2, small = self._cv2, self._sized(picture, _SIDE)
        light = self._light(small, hidden)
        if light is None:
            return []  # black: whatever one does with it, nothing appears
        if light < _DARK:
            raise Unsafe(
                "is too dark to tell whether a face is seen; film with more light, or cover all of it."
            )
        lift = 1.0 if light >= _BRIGHT else log(_BRIGHT / 255) / log(light / 255)
        bright = self._lifted(small, lift)
        found = self._at(bright)
        if closely:
            found += self._at(self._lifted(self._sized(picture, _CLOSE), lift), _ENLARGED)
            found += self._at(self._lifted(small, _SHADOWS), _SHADED)
            right, left = cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE
            found += [_turned(each, back=True) for each in self._at(cv2.rotate(bright, right), _LYING)]
            found += [_turned(each, back=False) for each in self._at(cv2.rotate(bright, left), _LYING)]
        return found

    def _at(self, picture: Any, least: float = SCORE) -> list[Sighting]:
        height, width = picture.shape[:2]
        self._net.setInputSize((width, height))
        _, found = self._net.detect(picture)
        if found is None:
            return []
        return [
            _sighting([float(side) for side in row[:4]], float(row[14]), width, height)
            for row in found
            if row[14] >= least
        ]

    def _sized(self, picture: Any, longest: int) -> Any:
        height, width = picture.shape[:2]
        scale = longest / max(width, height)
        if scale == 1:
            return picture
        how = self._cv2.INTER_AREA if scale < 1 else self._cv2.INTER_CUBIC
        size = (max(16, round(width * scale)), max(16, round(height * scale)))
        return self._cv2.resize(picture, size, interpolation=how)

    def _lifted(self, picture: Any, power: float) -> Any:
        if power == 1.0:
            return picture
        table = (self._np.linspace(0, 1, 256) ** power * 255).astype(self._np.uint8)
        return self._cv2.LUT(picture, table)

    def _light(self, picture: Any, hidden: Region | None) -> float | None:
        """The mean of what is seen, of 255; None where there is nothing to see."""
        np = self._np
        grey = self._cv2.cvtColor(picture, self._cv2.COLOR_BGR2GRAY)
        if hidden is not None:
            height, width = grey.shape
            seen = np.ones(grey.shape, bool)
            seen[
                int(hidden.top * height / 100) : int(hidden.bottom * height / 100) + 1,
                int(hidden.left * width / 100) : int(hidden.right * width / 100) + 1,
            ] = False
            grey = grey[seen]
        if not grey.size:
            return None
        least, most = np.percentile(grey, (0.5, 99.5))
        return None if most - least < _BLACK else float(grey.mean())


@dataclass(frozen=True, slots=True)
class Alarm:
    """Looks through whole clips. `detector` is made where the first is looked through."""

    detector: Callable[[], Detector] = Detector

    def before(self, source: Path, cover: Region | None, tick: Callable[[], None]) -> int:
        """Looks for a face that the cover would not hide, in every picture of the source; returns their number.

        Raises Unsafe, which names the time.
        """
        return self._through(source, cover, cover, tick)

    def after(self, made: Path, cover: Region | None, frames: int, tick: Callable[[], None]) -> None:
        """Looks for any face in every picture of what was made, `frames` of them. Raises Unsafe."""
        found = self._through(made, None, cover, tick)
        if abs(found - frames) > 1:
            raise Unsafe(_SENTENCE.format(f"What was made has {found} pictures instead of {frames}."))

    def _through(
        self, path: Path, cover: Region | None, hidden: Region | None, tick: Callable[[], None]
    ) -> int:
        count = 0
        try:
            detector = self.detector()
            for count, (at, picture) in enumerate(pictures(path), 1):
                try:
                    seen = detector.faces(picture, hidden, closely=count % _EVERY == 1)
                except Unsafe as error:
                    raise Unsafe(_SENTENCE.format(f"The picture at {at:.1f} s {error}")) from error
                _rung(seen, cover, at)
                tick()
        except FieldkitError:
            raise
        except Exception as error:
            said = f"The face detector failed ({type(error).__name__}: {str(error)[:120]})."
            raise Unsafe(_SENTENCE.format(said)) from error
        return count


def _rung(seen: list[Sighting], cover: Region | None, at: float) -> None:
    """Raises Unsafe for a face that no cover hides."""
    for face in seen:
        if cover is None or not cover.holds(_grown(face.where)):
            where = "is seen" if cover is None else "is not inside the cover"
            raise Unsafe(
                _SENTENCE.format(
                    f"A face {where} at {at:.1f} s (or what looks like one, at {face.where}); draw the cover larger, "
                    "cover the whole picture, or film it once more."
                )
            )


_SENTENCE = "{} No protected clip was made; the original is safe."


def pictures(path: Path) -> Iterator[tuple[float, Any]]:
    """Every picture of a file as it is played, in bgr, with its time in seconds. Raises Unsafe for one that fails."""
    video = probe(path).video
    if video is None:
        return
    with opened(path) as container:
        stream = container.streams[video.index]
        stream.thread_type = "AUTO"
        packets = count = 0
        begin: float | None = None
        try:
            for packet in container.demux(stream):
                packets += packet.size > 0
                for frame in packet.decode():
                    count += 1
                    at = frame.time if frame.time is not None else 0.0
                    begin = at if begin is None else begin
                    if frame.is_corrupt:
                        raise Unsafe(_SENTENCE.format(f"The picture at {at - begin:.1f} s is damaged."))
                    yield at - begin, _upright(frame, video.rotation, video.width, video.height)
        except av.FFmpegError as error:
            raise Unsafe(_SENTENCE.format(f"Picture {count + 1} can't be read ({error}).")) from error
        if count < (packets // 2 if video.interlaced else packets):
            raise Unsafe(_SENTENCE.format(f"Only {count} of {packets} pictures can be read."))


def _upright(frame: Any, rotation: int, width: int, height: int) -> Any:
    import numpy as np  # noqa: PLC0415

    scale = min(1.0, _CLOSE / max(width, height))
    across, down = max(16, round(width * scale)), max(16, round(height * scale))
    if rotation in (90, 270):
        across, down = down, across
    picture = frame.reformat(width=across, height=down, format="bgr24").to_ndarray()
    return np.ascontiguousarray(np.rot90(picture, -rotation // 90)) if rotation else picture


def _sighting(box: list[float], score: float, width: int, height: int) -> Sighting:
    left, top, across, down = box
    return Sighting(
        _region(left / width, top / height, (left + across) / width, (top + down) / height), score
    )


def _region(left: float, top: float, right: float, bottom: float) -> Region:
    """From parts of the picture; what lies outside it is cut off, and nothing is narrower than a thousandth."""
    left, top = min(max(left, 0.0), 0.999), min(max(top, 0.0), 0.999)
    right, bottom = min(max(right, left + 0.001), 1.0), min(max(bottom, top + 0.001), 1.0)
    per_cent = [round(part * 100, 1) for part in (left, top, right, bottom)]
    wide, high = max(0.1, per_cent[2] - per_cent[0]), max(0.1, per_cent[3] - per_cent[1])
    return Region(per_cent[0], per_cent[1], min(wide, 100 - per_cent[0]), min(high, 100 - per_cent[1]))


def _grown(face: Region) -> Region:
    wide, high = face.width * _MARGIN, face.height * _MARGIN
    return _region(
        (face.left - wide) / 100,
        (face.top - high) / 100,
        (face.right + wide) / 100,
        (face.bottom + high) / 100,
    )


def _turned(face: Sighting, *, back: bool) -> Sighting:
    """A face found in a picture that was turned clockwise (`back`) or the other way, where it is upright."""
    left, top, right, bottom = (part / 100 for part in _edges(face.where))
    box = (top, 1 - right, bottom, 1 - left) if back else (1 - bottom, left, 1 - top, right)
    return Sighting(_region(*box), face.score)


def _edges(region: Region) -> tuple[float, float, float, float]:
    return region.left, region.top, region.right, region.bottom
