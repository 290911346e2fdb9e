"""Windows: what ffmpeg says of DirectShow."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from fieldkit.capture.devices.nouns import Camera, Devices, Microphone, Mode

_NEW = re.compile(r'^\[(?:dshow|in#0)[^\]]*\] +"(.+)" \((.+)\)$')
_HEADING = re.compile(r"DirectShow (video|audio) devices")
_OLD = re.compile(r'^\[dshow[^\]]*\] +"(.+)"$')
_ALTERNATIVE = re.compile(r'^\[[^\]]*\] +Alternative name "(.+)"$')
_OPTION = re.compile(
    r"(?:pixel_format|vcodec)=(\S+) +min s=\d+x\d+ fps=([\d.]{1,12}) +max s=(\d{1,5})x(\d{1,5}) fps=([\d.]{1,12})",
    re.ASCII,
)


def devices(listing: Callable[[Sequence[str]], str]) -> Devices:
    """What is plugged in; each camera is asked for its modes."""
    found = dshow(listing(["-f", "dshow", "-list_devices", "true", "-i", "dummy"]))
    cameras = (
        replace(
            camera,
            modes=options(listing(["-f", "dshow", "-list_options", "true", "-i", f"video={camera.name}"])),
        )
        for camera in found.cameras
    )
    return replace(found, cameras=tuple(cameras))


def dshow(transcript: str) -> Devices:
    """From `ffmpeg -f dshow -list_devices true`, of ffmpeg 5 and later and of those before."""
    section, found = "", []  # [label, kinds, id]
    for line in transcript.splitlines():
        if heading := _HEADING.search(line):
            section = heading[1]
        elif match := _NEW.match(line):
            found.append([match[1], match[2], match[1]])
        elif (match := _ALTERNATIVE.match(line)) and found:
            found[-1][2] = match[1]
        elif section and (match := _OLD.match(line)):
            found.append([match[1], section, match[1]])
    times = Counter((label, kinds) for label, kinds, _ in found)
    # of two that are called the same only the alternative name tells which is meant
    named = [(label if times[label, kinds] == 1 else key, label, key, kinds) for label, kinds, key in found]
    microphones = tuple(Microphone(*row) for *row, kinds in named if "audio" in kinds)
    cameras = tuple(
        Camera(name, label, key, (), _own(label, microphones))
        for name, label, key, kinds in named
        if "video" in kinds
    )
    return Devices(cameras, microphones)


def options(transcript: str) -> tuple[Mode, ...]:
    """From `ffmpeg -f dshow -list_options true`."""
    modes: dict[Mode, None] = {}
    for line in transcript.splitlines():
        if match := _OPTION.search(line):
            try:
                rates = (float(match[2]), float(match[5]))
            except ValueError:
                continue
            modes[Mode(match[1], (int(match[3]), int(match[4])), rates)] = None
    return tuple(modes)


def _own(camera: str, microphones: Sequence[Microphone]) -> str | None:
    """Windows puts the name of the thing that is plugged in in brackets: `Microphone (HD Pro Webcam C920)`."""
    found = [microphone.id for microphone in microphones if f"({camera})" in microphone.label]
    return found[0] if len(found) == 1 else None
