"""What a probe tells of an ordinary clip, and of those that differ from it."""

from dataclasses import replace
from fractions import Fraction

from fieldkit.transcode.material import Audio, Probe, Video

VIDEO = Video(
    index=0,
    codec="h264",
    profile="High",
    coded=(1920, 1080),
    rotation=0,
    sar=Fraction(1),
    fps=Fraction(30),
    vfr=False,
    longest_gap=1 / 30,
    frames=300,
    longest_gop=30,
    open_gop=False,
    pix_fmt="yuv420p",
    full_range=False,
    transfer=None,
    primaries=None,
    matrix=None,
    interlaced=False,
    start=0.0,
    seconds=10.0,
)
SOUND = Audio(index=1, codec="aac", profile="LC", channels=2, rate=48000, seconds=10.0)


def a_probe(seconds: float = 10.0, audio: Audio | None = SOUND, **video: object) -> Probe:
    return Probe("mov,mp4", 1_000_000, seconds, replace(VIDEO, **video), (audio,) if audio else (), audio)
