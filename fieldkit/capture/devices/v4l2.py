"""How many pictures a second a Linux camera can send: ffmpeg does not tell, the kernel does."""

import os
import struct
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from fieldkit.capture.devices.nouns import Mode

if sys.platform == "linux":
    from fcntl import ioctl
else:

    def ioctl(_device: int, _question: int, _asked: bytes) -> bytes:
        raise OSError


# linux/videodev2.h: VIDIOC_ENUM_FRAMEINTERVALS is _IOWR('V', 75, struct v4l2_frmivalenum)
_ASK = 0xC034564B
_INTERVAL = "=5I6I2I"  # index, pixel format, width, height, type; the interval or a range of them; reserved
_DISCRETE = 1
_CODES = {"mjpeg": b"MJPG", "yuyv422": b"YUYV", "h264": b"H264", "nv12": b"NV12", "uyvy422": b"UYVY"}
_MOST = 100  # intervals looked at: a driver that lists without end must not hold the crew up


def rated(node: Path, modes: Iterable[Mode]) -> tuple[Mode, ...]:
    """The modes with the rates that `node` (`/dev/videoN`) tells of them; as they are where it does not."""
    if sys.platform != "linux":
        return tuple(modes)
    try:
        device = os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return tuple(modes)
    try:
        return tuple(replace(mode, rates=_rates(device, mode)) for mode in modes)
    finally:
        os.close(device)


def _rates(device: int, mode: Mode) -> tuple[float, float] | None:
    code = _CODES.get(mode.pixels or "")
    if code is None or mode.size is None:
        return None
    rates = [1 / seconds for seconds in _intervals(device, code, mode.size)]
    return (min(rates), max(rates)) if rates else None


def _intervals(device: int, code: bytes, size: tuple[int, int]) -> list[float]:
    """Seconds from one picture to the next: each that there is, or the ends of a range."""
    found = []
    for index in range(_MOST):
        question = struct.pack(_INTERVAL, index, int.from_bytes(code, "little"), *size, *[0] * 9)
        try:
            kind, *ends = struct.unpack(_INTERVAL, ioctl(device, _ASK, question))[4:9]
        except OSError:  # there are no more
            break
        told = ends[:2] if kind == _DISCRETE else ends
        pairs = zip(told[::2], told[1::2], strict=True)
        found += [above / below for above, below in pairs if above and below]
        if kind != _DISCRETE:
            break
    return found
