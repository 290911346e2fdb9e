"""Which cameras and microphones there are, under the very names that ffmpeg opens."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from fieldkit.capture.devices import linux, macos, windows
from fieldkit.capture.devices.nouns import Camera, Devices, Microphone, Mode

__all__ = ["Camera", "Devices", "Microphone", "Mode", "devices", "lacking"]

Listing = Callable[[Sequence[str]], str]  # what ffmpeg prints for these arguments


def devices(listing: Listing, platform: str = sys.platform, root: Path = Path("/")) -> Devices:
    """All that is plugged in, by ffmpeg's own listings and, on Linux, by `root`'s /sys and /proc."""
    if platform == "win32":
        return windows.devices(listing)
    if platform == "darwin":
        return macos.devices(listing)
    return linux.devices(listing, root)


def lacking(listing: Listing, platform: str = sys.platform) -> tuple[str, ...]:
    """The ways to a camera or microphone that this ffmpeg was built without, in its own words."""
    wanted = {"win32": ("dshow",), "darwin": ("avfoundation",)}.get(platform, ("v4l2", "pulse", "alsa"))
    built = linux.ways(listing(["-devices"]))
    return tuple(way for way in wanted if way not in built)
