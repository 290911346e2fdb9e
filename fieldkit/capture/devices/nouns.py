"""What a camera and a microphone are, and what they can do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mode:
    """One thing a camera can send. `pixels` in ffmpeg's word, None where the system does not tell.

    `size` in pixels, None where any will do; `rates` the lowest and highest in pictures/s, None where not told.
    """

    pixels: str | None
    size: tuple[int, int] | None
    rates: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Camera:
    """`name` is what ffmpeg opens now, `id` stays the same from plug to plug, `label` is what people call it.

    `microphone` is the id of the one that is built into it, where that is certain.
    """

    name: str
    label: str
    id: str
    modes: tuple[Mode, ...] = ()
    microphone: str | None = None


@dataclass(frozen=True, slots=True)
class Microphone:
    """`name`, `label` and `id` as a camera's."""

    name: str
    label: str
    id: str


@dataclass(frozen=True, slots=True)
class Devices:
    cameras: tuple[Camera, ...] = ()
    microphones: tuple[Microphone, ...] = ()
