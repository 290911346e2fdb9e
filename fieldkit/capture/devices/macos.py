"""macOS: what ffmpeg says of AVFoundation."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from fieldkit.capture.devices.nouns import Camera, Devices, Microphone, Mode

_HEADING = re.compile(r"AVFoundation (video|audio) devices:")
_DEVICE = re.compile(r"^\[[^\]]*\] \[(\d+)\] (.+)$")
_MODE = re.compile(r"\] +(\d{1,5})x(\d{1,5})@\[([\d.]{1,12}) ([\d.]{1,12})\]fps", re.ASCII)


def devices(listing: Callable[[Sequence[str]], str]) -> Devices:
    """What is plugged in. A camera tells its modes only to who asks for a size it does not have."""
    found = avfoundation(listing(["-f", "avfoundation", "-list_devices", "true", "-i", ""]))
    cameras = (
        replace(
            camera,
            modes=modes(listing(["-f", "avfoundation", "-video_size", "1x1", "-i", f"{camera.name}:none"])),
        )
        for camera in found.cameras
    )
    return replace(found, cameras=tuple(cameras))


def avfoundation(transcript: str) -> Devices:
    """From `ffmpeg -f avfoundation -list_devices true`. Names, because the numbers change with each plug."""
    kind = ""
    found: dict[str, list[str]] = {"video": [], "audio": []}
    for line in transcript.splitlines():
        if heading := _HEADING.search(line):
            kind = heading[1]
        elif kind and (match := _DEVICE.match(line)) and not match[2].startswith("Capture screen"):
            found[kind].append(match[2])
    return Devices(
        tuple(Camera(name, name, name, (), _own(name, found["audio"])) for name in found["video"]),
        tuple(Microphone(name, name, name) for name in found["audio"]),
    )


def modes(transcript: str) -> tuple[Mode, ...]:
    """From the list that AVFoundation's refusal of a size carries. It does not tell which pixels."""
    found: dict[Mode, None] = {}
    for match in _MODE.finditer(transcript):
        try:
            rates = (float(match[3]), float(match[4]))
        except ValueError:
            continue
        found[Mode(None, (int(match[1]), int(match[2])), rates)] = None
    return tuple(found)


def _own(camera: str, microphones: Sequence[str]) -> str | None:
    """The one whose name begins as the camera's does: `MacBook Air Camera`, `MacBook Air Microphone`."""
    stem = camera.removesuffix(" Camera")
    found = [name for name in microphones if name == camera or name.startswith(stem + " ")]
    return found[0] if len(found) == 1 else None
