"""Which cameras and microphones there are, under the very names that ffmpeg opens."""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Listing = Callable[[Sequence[str]], str]  # what ffmpeg prints for these arguments

_SYSFS = Path("/sys/class/video4linux")
_V4L2 = re.compile(r"\] (?:Raw|Compressed) *: +(\S+) : .+? : (.+)$")
_SIZE = re.compile(r"(\d+)x(\d+)")
_PULSE = re.compile(r"^[ *] (\S+) \[(.*)\](?: \(.*\))?$")
_DSHOW = re.compile(r'^\[(?:dshow|in#0)[^\]]*\] +"(.+)" \((.+)\)$')
_DSHOW_HEADING = re.compile(r"DirectShow (video|audio) devices")
_DSHOW_OLD = re.compile(r'^\[dshow[^\]]*\]  "(.+)"$')
_AVF_HEADING = re.compile(r"AVFoundation (video|audio) devices:")
_AVF = re.compile(r"^\[[^\]]*\] \[(\d+)\] (.+)$")


@dataclass(frozen=True, slots=True)
class Format:
    """What a camera can send: `pixels` in ffmpeg's word, sizes in pixels."""

    pixels: str
    sizes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Camera:
    """`name` is what --camera takes, `label` what people call it."""

    name: str
    label: str
    formats: tuple[Format, ...] = ()


@dataclass(frozen=True, slots=True)
class Microphone:
    """`name` is what --mic takes."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Devices:
    cameras: tuple[Camera, ...] = ()
    microphones: tuple[Microphone, ...] = ()


def devices(listing: Listing, platform: str = sys.platform, sysfs: Path = _SYSFS) -> Devices:
    """All that is plugged in, by ffmpeg's own listings and, on Linux, the kernel's."""
    if platform == "win32":
        return dshow(listing(["-f", "dshow", "-list_devices", "true", "-i", "dummy"]))
    if platform == "darwin":
        return avfoundation(listing(["-f", "avfoundation", "-list_devices", "true", "-i", ""]))
    cameras = tuple(
        Camera(node, label, v4l2_formats(listing(["-f", "v4l2", "-list_formats", "all", "-i", node])))
        for node, label in v4l2_nodes(sysfs)
    )
    return Devices(
        # a camera's second node carries metadata and no picture
        tuple(camera for camera in cameras if camera.formats),
        pulse(listing(["-sources", "pulse"])),
    )


def pixels_for(camera: Camera, size: tuple[int, int] | None) -> str | None:
    """The format to ask for: MJPEG from 720p on, because raw 1080p is 5 pictures/s over USB 2."""
    offered = {kind.pixels for kind in camera.formats if size is None or not kind.sizes or size in kind.sizes}
    large = size is None or size[0] * size[1] > 640 * 480
    order = ("mjpeg", "yuyv422", "h264") if large else ("yuyv422", "mjpeg", "h264")
    return next((pixels for pixels in order if pixels in offered), None)


def v4l2_nodes(sysfs: Path = _SYSFS) -> list[tuple[str, str]]:
    """The kernel's video nodes as (`/dev/videoN`, label), in order."""
    nodes = (
        sorted(sysfs.glob("video*"), key=lambda node: (len(node.name), node.name)) if sysfs.is_dir() else []
    )
    return [(f"/dev/{node.name}", _label(node)) for node in nodes]


def v4l2_formats(transcript: str) -> tuple[Format, ...]:
    """From `ffmpeg -f v4l2 -list_formats all`."""
    found = (_V4L2.search(line) for line in transcript.splitlines())
    formats = (
        Format(match[1], tuple((int(w), int(h)) for w, h in _SIZE.findall(match[2])))
        for match in found
        if match and match[1] != "Unsupported"
    )
    return tuple(dict.fromkeys(formats))


def pulse(transcript: str) -> tuple[Microphone, ...]:
    """From `ffmpeg -sources pulse`; a monitor hears the loudspeaker, not the speaker, and is left out."""
    found = (_PULSE.match(line) for line in transcript.splitlines())
    return tuple(
        Microphone(match[1], match[2]) for match in found if match and not match[1].endswith(".monitor")
    )


def dshow(transcript: str) -> Devices:
    """From `ffmpeg -f dshow -list_devices true`, of ffmpeg 5 and later and of those before."""
    kind, found = "", []
    for line in transcript.splitlines():
        if heading := _DSHOW_HEADING.search(line):
            kind = heading[1]
        elif match := _DSHOW.match(line):
            found += [(match[1], part.strip()) for part in match[2].split(",")]
        elif kind and (match := _DSHOW_OLD.match(line)):
            found.append((match[1], kind))
    return _sorted_out([(name, name, kind) for name, kind in found])


def avfoundation(transcript: str) -> Devices:
    """From `ffmpeg -f avfoundation -list_devices true`. Names, because the numbers change with each plug."""
    kind, found = "", []
    for line in transcript.splitlines():
        if heading := _AVF_HEADING.search(line):
            kind = heading[1]
        elif kind and (match := _AVF.match(line)):
            found.append((match[2], match[2], kind))
    return _sorted_out([each for each in found if not each[0].startswith("Capture screen")])


def _sorted_out(found: Sequence[tuple[str, str, str]]) -> Devices:
    return Devices(
        tuple(Camera(name, label) for name, label, kind in found if kind == "video"),
        tuple(Microphone(name, label) for name, label, kind in found if kind == "audio"),
    )


def _label(node: Path) -> str:
    try:
        return (node / "name").read_text("utf-8", "replace").strip()
    except OSError:
        return node.name
