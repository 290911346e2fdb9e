"""Which parts of a clip are looked at in a search; pure."""

from typing import NamedTuple

_SHARE = 0.17  # of the clip
_LEAST, _MOST = 1.2, 6.0  # seconds in all
_ONE, _TWO = 3.0, 6.0  # seconds of clip up to which one or two windows do


class Window(NamedTuple):
    """Both in seconds."""

    start: float
    length: float


def windows(seconds: float) -> list[Window]:
    """Spread evenly, the whole clip where it is hardly longer than a sample.

    Six seconds of a long clip tell its quality to 0.8 VMAF (facts/transcode.md 2.4).
    """
    looked = min(max(_LEAST, seconds * _SHARE), _MOST)
    if seconds <= looked * 1.5:
        return [Window(0.0, seconds)]
    count = 1 if seconds <= _ONE else 2 if seconds <= _TWO else 3
    length = looked / count
    return [Window((number + 0.5) / count * seconds - length / 2, length) for number in range(count)]
