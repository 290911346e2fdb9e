"""Profiles as data: what a destination wants of a rendition."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

DUE = ("proxy", "tweet")  # the order of due work: a first look travels before the reply


@dataclass(frozen=True, slots=True)
class Profile:
    """Limits and encoder settings. Sizes in pixels, rates in bits/s, times in seconds."""

    name: str
    short_side: int
    long_side: int
    fps: int  # the most pictures/s; a faster source is divided by a whole number so that motion stays even
    crf: tuple[tuple[int, float], ...]  # up to this short side → x264's rate factor; the last one is the rest
    audio_rate: int
    vmaf: float | None = None  # the quality to search for; None takes the rate factors as they stand
    video_cap: int | None = None  # no second may cost more, on average over the buffer of two
    effort: str = "fine"
    shortest: float = 0.5  # X refuses less (docs.x.com, media best practices)
    wordless: bool = False  # shows neither captions nor cards
    longest: float = 140.0  # X's documented limit for accounts without a subscription, 2016 to 2026-08


# Rate factors: facts/transcode.md 2.1 and 2.4, mean VMAF about 88 to 92 on hand-held and talking clips. Small
# pictures are shown enlarged, so they get more bits a pixel. 48k mono saves 200 kB every 20 s over 128k stereo.
PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "tweet": Profile(
            name="tweet",
            short_side=720,
            long_side=1280,
            fps=30,
            crf=((400, 23.0), (560, 25.0), (720, 26.0)),
            audio_rate=48_000,
            vmaf=85.0,
        ),
        "proxy": Profile(
            name="proxy",
            short_side=360,
            long_side=640,
            fps=15,
            crf=((360, 30.0),),
            audio_rate=32_000,
            video_cap=110_000,
            wordless=True,
        ),
    }
)
