"""vivid's own controls: how a camera that is only software is told to break. Linux."""

import fcntl
import os
import struct

_QUERY = 0xC0445624  # VIDIOC_QUERYCTRL, _IOWR('V', 36, struct v4l2_queryctrl)
_SET = 0xC008561C  # VIDIOC_S_CTRL, _IOWR('V', 28, struct v4l2_control)
_QUERIED = "=II32siiiiI2I"
_NEXT = 0x80000000


def turn(node: str, control: str, value: int) -> None:
    """Sets a control by its name, such as `Disconnect`. Raises OSError where there is none."""
    camera = os.open(node, os.O_RDWR)
    try:
        fcntl.ioctl(camera, _SET, struct.pack("=Ii", _number(camera, control), value))
    finally:
        os.close(camera)


def _number(camera: int, control: str) -> int:
    number = 0
    while True:
        question = struct.pack(_QUERIED, number | _NEXT, 0, b"", *[0] * 7)
        number, _, name, *_ = struct.unpack(_QUERIED, fcntl.ioctl(camera, _QUERY, question))
        if name.rstrip(b"\0").decode() == control:
            return int(number)
