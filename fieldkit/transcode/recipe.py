"""What may be chosen for one clip: all that its encode leaves open once its probe and its profile are known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """Sizes in pixels, rates in bits/s."""

    short_side: int  # of the frame, at most
    fps: int  # pictures/s, at most; a faster source is divided by a whole number so that motion stays even
    crf: float  # x264's rate factor
    effort: str  # a step of effort.EFFORTS
    audio_rate: int
    video_cap: int | None = None  # no second may cost more, on average over the buffer of two
