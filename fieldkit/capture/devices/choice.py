"""Which camera, which microphone, which mode: what was asked for against what is there. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from fieldkit.capture.devices.nouns import Camera, Devices, Microphone, Mode
from fieldkit.errors import NoDevice

_Device = TypeVar("_Device", Camera, Microphone)

NONE = "none"  # in place of a microphone: no sound, on purpose
_LABEL = 60  # characters of a label that are remembered
_PLAIN = ("hw:", "plughw:", "alsa:", "pulse:")  # ffmpeg's own words for a microphone, opened as they stand
_JPEG_ABOVE = 640 * 480  # pixels: raw 1080p is 5 pictures/s over USB 2
_LARGE = ("mjpeg", "h264", "yuyv422")
_SMALL = ("yuyv422", "mjpeg", "h264")
_SLACK = 0.01  # pictures/s by which AVFoundation lets a rate differ


@dataclass(frozen=True, slots=True)
class Sound:
    """The microphone to open, None for none, and a sentence to the crew that says which and why."""

    microphone: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What to ask a camera for. None lets it choose; `sentence` says where it is not what was asked for."""

    pixels: str | None
    size: tuple[int, int]
    fps: int | None
    sentence: str | None = None


def remembered(device: Camera | Microphone) -> str:
    """How a choice is kept: the id, with the label so that people know what is meant when it is missing."""
    label = "".join(letter for letter in device.label if letter.isprintable())
    return f"{label[:_LABEL]} <{device.id}>"


def camera(found: Devices, wanted: str | None) -> Camera:
    """The camera meant by a name, an id or what `remembered` made; without one the only one there is.

    Raises NoDevice, never another camera.
    """
    if wanted is not None:
        return _meant(found.cameras, wanted, "camera", "--camera")
    if len(found.cameras) == 1:
        return found.cameras[0]
    if not found.cameras:
        raise NoDevice("No camera is here; plug one in, or name a network camera's URL (`test:` needs none).")
    raise NoDevice(f"Several cameras are here: {_names(found.cameras)}; name one with --camera.")


def sound(found: Devices, filming: Camera | None, wanted: str | None) -> Sound:
    """What hears the speaker: what was asked for, the camera's own microphone, or the only one there is.

    Raises NoDevice where none of these is clear: it is never guessed.
    """
    if wanted == NONE:
        return Sound(None, "No sound is recorded, as asked.")
    if (
        wanted is not None
        and wanted.startswith(_PLAIN)
        and not any(_is(m, wanted) for m in found.microphones)
    ):
        return Sound(wanted, f"The microphone is {wanted}.")
    if wanted is not None:
        chosen = _meant(found.microphones, wanted, "microphone", "--mic")
        return Sound(chosen.name, f"The microphone is {chosen.label}.")
    own = [m for m in found.microphones if filming is not None and m.id == filming.microphone]
    if own:
        return Sound(own[0].name, f"The microphone is the camera's own, {own[0].label}.")
    if not found.microphones:
        return Sound(None, "No microphone is here, so the take has no sound.")
    if len(found.microphones) == 1:
        only = found.microphones[0]
        return Sound(only.name, f"The microphone is the only one here, {only.label}.")
    raise NoDevice(
        f"Several microphones are here and none is the camera's: {_names(found.microphones)}; name one with --mic "
        f"(or --mic {NONE})."
    )


def asked(camera: Camera, size: tuple[int, int], fps: int) -> Asked:
    """The mode to ask for: the size asked or the nearest smaller one, in the pixels that come fast enough."""
    sizes = {mode.size for mode in camera.modes if mode.size is not None}
    free = not camera.modes or any(mode.size is None for mode in camera.modes)
    taken = size if free or size in sizes else _nearest(sizes, size)
    modes = [mode for mode in camera.modes if mode.size in (taken, None)]
    order = _LARGE if taken[0] * taken[1] > _JPEG_ABOVE else _SMALL
    best = min(
        modes, key=lambda mode: (not _reaches(mode, fps), _place(mode, order)), default=Mode(None, taken)
    )
    rate = _rate([mode for mode in modes if mode.pixels == best.pixels], fps)
    changed = []
    if taken != size:
        changed.append(f"{taken[0]}x{taken[1]} instead of {size[0]}x{size[1]}")
    if rate != fps:
        changed.append(f"{rate or 'its own number of'} pictures a second instead of {fps}")
    return Asked(
        best.pixels, taken, rate, f"{camera.label} films {' and '.join(changed)}." if changed else None
    )


def _nearest(sizes: set[tuple[int, int]], size: tuple[int, int]) -> tuple[int, int]:
    even = {each for each in sizes if each[0] % 2 == 0 and each[1] % 2 == 0} or sizes
    smaller = [each for each in even if each[0] <= size[0] and each[1] <= size[1]]
    return max(smaller, key=_area) if smaller else min(even, key=_area)


def _area(size: tuple[int, int]) -> tuple[int, int]:
    return size[0] * size[1], size[0]


def _place(mode: Mode, order: Sequence[str]) -> int:
    return order.index(mode.pixels) if mode.pixels in order else len(order)


def _reaches(mode: Mode, fps: float) -> bool:
    return mode.rates is None or mode.rates[0] - _SLACK <= fps <= mode.rates[1] + _SLACK


def _rate(modes: Sequence[Mode], fps: int) -> int | None:
    """The rate asked for, or the nearest that is offered; None where that is no whole number."""
    if not modes or any(_reaches(mode, fps) for mode in modes):
        return fps
    ends = [rate for mode in modes for rate in mode.rates or ()]
    nearest = min(ends, key=lambda rate: (abs(rate - fps), rate))
    return round(nearest) if abs(nearest - round(nearest)) <= _SLACK and round(nearest) > 0 else None


def _meant(found: Sequence[_Device], wanted: str, kind: str, flag: str) -> _Device:
    label, bracket, key = (
        wanted.removesuffix(">").rpartition(" <") if wanted.endswith(">") else ("", "", wanted)
    )
    meant = [device for device in found if _is(device, key)]
    if len(meant) == 1:
        return meant[0]
    called = label if bracket else wanted
    if meant:
        raise NoDevice(f"Several {kind}s answer to {called}: {_names(meant)}; name one with {flag}.")
    here = f"here is {_names(found)}" if found else "none is here"
    raise NoDevice(f"The {kind} {called} is not there ({here}); plug it in, or name another with {flag}.")


def _is(device: Camera | Microphone, wanted: str) -> bool:
    return wanted in (device.name, device.id)


def _names(found: Sequence[Camera | Microphone]) -> str:
    return ", ".join(
        f"{device.label} ({device.name})" if device.label != device.name else device.name for device in found
    )
