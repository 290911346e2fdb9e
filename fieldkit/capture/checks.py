"""The verdict on a take from what was measured, because ffmpeg's exit code proves nothing. Pure."""

from dataclasses import dataclass

_EARLY = 0.5  # seconds by which a stream may end before the take
_GAP = 1.5  # usual intervals between two pictures


@dataclass(frozen=True, slots=True)
class Measured:
    """A finished recording. Times in seconds from its beginning; `sound` is None where there is no stream."""

    picture: float
    sound: float | None
    interval: float  # the usual one between pictures
    longest_gap: float


def verdict(measured: Measured, *, sound_wanted: bool) -> str | None:
    """One sentence to the crew about what is wrong with the take, or None."""
    end = max(measured.picture, measured.sound or 0.0)
    if sound_wanted and not measured.sound:
        return "The take has no sound at all: check the microphone and record it again."
    if measured.picture < end - _EARLY:
        return (
            f"The picture stops {end - measured.picture:.1f} s before the end: the camera was unplugged or stalled; "
            "watch the take before you send it."
        )
    if measured.sound and measured.sound < end - _EARLY:
        return (
            f"The sound stops {end - measured.sound:.1f} s before the end: the microphone went away; "
            "listen to the take before you send it."
        )
    if measured.longest_gap > _GAP * measured.interval:
        return f"The picture stands still for {measured.longest_gap:.2f} s somewhere; watch it before you send it."
    return None
