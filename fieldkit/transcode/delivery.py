"""When a clip would arrive: seconds to make it and seconds to send it, one after the other or side by side; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from fieldkit.transcode.effort import EFFORTS

# Pixels/s of the finest step on two cores of a 2021 server CPU (benchmarks/README.md): where nothing is known yet
USUAL_SPEED = 25e6
# A line carries headers too: 52 of 1,500 bytes (facts/upload.md), and a round trip or two
_OVERHEAD = 1500 / 1448
_START = 1.0  # seconds: ffmpeg's start, the hash, the handshake
# Where the file travels while it is encoded (benchmarks/README.md, "In flight"): seconds until the encoder gives its
# first bytes, which it looks ahead for, and from its last ones to the name under which they belong
_FIRST, _LAST = 1.5, 1.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """The way of one clip. Rates in bits/s, `speed` in pixels/s of the finest step."""

    rate: float
    speed: float
    effort: str
    beside: float  # bytes that travel beside the picture: sound and container
    spent: float = 0.0  # seconds gone before the encode begins: the search
    overlapped: bool = False  # it travels while it is encoded

    def making(self, pixels: float) -> float:
        """Seconds of encoding."""
        return _START + pixels * EFFORTS[self.effort].seconds / self.speed

    def sending(self, size: float) -> float:
        """Seconds for that many bytes of picture and all that travels with them."""
        return (size + self.beside) * 8 * _OVERHEAD / self.rate

    def arrival(self, pixels: float, size: float) -> float:
        """Seconds from now to the last byte."""
        return self.spent + together(self.making(pixels), self.sending(size), overlapped=self.overlapped)

    def room(self, pixels: float, seconds: float) -> float:
        """Bytes of picture that arrive by then; negative where there is no time."""
        left = seconds - self.spent - self.making(pixels)
        if self.overlapped and left >= _LAST:
            left = seconds - self.spent - min(_FIRST, self.making(pixels)) - _LAST
        return left * self.rate / 8 / _OVERHEAD - self.beside


def together(making: float, sending: float, *, overlapped: bool) -> float:
    """Seconds from the start of the encode to the last byte."""
    if not overlapped:
        return making + sending
    # a short clip's bytes all come at its encode's end
    return max(making, min(_FIRST, making) + sending) + _LAST


RECENT = 12  # encodes that tell the laptop's speed
_TELLING = 2e7  # pixels: below that ffmpeg's start is most of what an encode takes


def speed_of(passports: Iterable[Mapping[str, Any]]) -> float:
    """The laptop's speed in pixels/s of the finest effort, from its own last encodes; the usual one without any."""
    return measured_speed(passports) or USUAL_SPEED


def measured_speed(passports: Iterable[Mapping[str, Any]]) -> float | None:
    """The same; None where none of them tells."""
    speeds = []
    for passport in passports:
        pixels = passport["width"] * passport["height"] * passport["frames"]
        effort = EFFORTS.get(passport["recipe"].get("effort", ""))
        if effort and pixels >= _TELLING and passport["took"] and not passport["recipe"].get("video_cap"):
            speeds.append(pixels * effort.seconds / passport["took"])
    return median(speeds) if speeds else None
