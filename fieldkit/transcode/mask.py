"""ffmpeg's arguments for the copy of a take in which what is hidden does not exist any more. Pure.

Everything that is made of a protected take is made of that copy: nothing later can show what is not in it.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

import ffmpeg

from fieldkit.model import Method, Protection, Region, Voice
from fieldkit.transcode import picture, sound
from fieldkit.transcode.material import DEMUXERS, Probe
from fieldkit.transcode.picture import Shape
from fieldkit.transcode.profiles import Profile

FILL = 0x30  # of 255 in red, green and blue: dark grey, which captions stand out from
_COLOUR = f"0x{FILL:02x}{FILL:02x}{FILL:02x}"
_SOURCE, _VOICE, _DESTINATION = "file:source", "file:voice", "file:destination"
_STILL = 15  # pictures/s of a card


@dataclass(frozen=True, slots=True)
class Mask:
    """What the copy is made of. `shape` is None where it has no picture."""

    probe: Probe
    protection: Protection
    shape: Shape | None
    spoken: int | None = None  # the index of the sound in the other voice's recording

    @property
    def filmed(self) -> bool:
        """Whether anything that was filmed is seen in it."""
        return self.shape is not None and self.probe.video is not None and self._seen

    @property
    def _seen(self) -> bool:
        """Whether a part of the picture stays."""
        method = self.protection.method
        return method is not Method.AUDIO_CARD and (method is not Method.COVER or self.region is not None)

    @property
    def region(self) -> Region | None:
        return self.protection.region

    @property
    def frames(self) -> int:
        """Pictures in it."""
        return round(self.probe.seconds * self.shape.fps) if self.shape else 0

    def box(self) -> tuple[int, int, int, int]:
        """The region in the copy's pixels: left, top, width, height, never smaller than it was drawn."""
        assert self.shape is not None
        assert self.region is not None
        (width, height), (wide, high) = self.shape.picture, self.shape.frame
        beside, above = (wide - width) // 2, (high - height) // 2
        left, top = (_down(self.region.left * width / 100), _down(self.region.top * height / 100))
        right = min(width, _up(self.region.right * width / 100))
        bottom = min(height, _up(self.region.bottom * height / 100))
        return beside + left, above + top, right - left, bottom - top

    def arguments(self, source: str, destination: str, voice: str | None = None) -> list[str]:
        """ffmpeg's arguments; all names as `file:/absolute/path`."""
        media = ffmpeg.input(_SOURCE, protocol_whitelist="file", format_whitelist=DEMUXERS)
        # the source's packet list goes to our pipe, so that our death ends ffmpeg: see plan.py
        pulse = ffmpeg.output(
            media[str(self.probe.leading)], "pipe:1", c="copy", f="framecrc", flush_packets=1
        )
        streams = [each for each in (self._picture(media), self._sound(media)) if each is not None]
        copy = ffmpeg.output(
            *streams,
            _DESTINATION,
            t=f"{self.probe.seconds:.3f}",
            map_metadata=-1,
            map_chapters=-1,
            fflags="+bitexact",
            **{"c:v": "libx264", "preset": "ultrafast", "crf": 6, "c:a": "pcm_s16le", "f": "matroska"},
        )
        names = {_SOURCE: source, _VOICE: voice or "", _DESTINATION: destination}
        return [names.get(word, word) for word in ffmpeg.merge_outputs(copy, pulse).get_args()]

    def _picture(self, media: Any) -> Any:
        if self.shape is None:
            return None
        wide, high = self.shape.frame
        if not self.filmed:
            size, rate = f"{wide}x{high}", picture.text(self.shape.fps)
            card = ffmpeg.input(f"color=c={_COLOUR}:s={size}:r={rate}", f="lavfi")
            return picture.in_bt709(card.filter("setsar", 1))
        assert self.probe.video is not None
        shown = picture.filtered(media[str(self.probe.video.index)], self.probe.video, self.shape)
        if self.region is None:
            return shown
        left, top, width, height = self.box()
        return shown.filter("drawbox", left, top, width, height, color=_COLOUR, t="fill")

    def _sound(self, media: Any) -> Any:
        if self.protection.voice is Voice.MUTE:
            return None
        if self.protection.voice is Voice.REVOICE:
            other = ffmpeg.input(_VOICE, protocol_whitelist="file", format_whitelist=DEMUXERS)
            return sound.filtered(other[str(self.spoken)], None).filter(
                "apad", whole_dur=f"{self.probe.seconds:.3f}"
            )
        return sound.filtered(media[str(self.probe.audio.index)], None) if self.probe.audio else None


def mask(probe: Probe, protection: Protection, profile: Profile, spoken: int | None = None) -> Mask:
    """What the copy for a profile is made of; `spoken` is the index of the other voice's sound."""
    heard = protection.voice is Voice.REVOICE or (protection.voice is None and probe.audio is not None)
    card = probe.video is None or protection.method is Method.AUDIO_CARD
    if card and heard:
        return Mask(probe, protection, None, spoken)  # the plan draws a sound's card
    if probe.video is None or card:
        side = profile.short_side
        return Mask(probe, protection, _card(side, min(_STILL, profile.fps)), spoken)
    shape = picture.shape(probe.video, profile.short_side, profile.long_side, profile.fps)
    return Mask(probe, protection, shape, spoken)


def _card(side: int, fps: int) -> Shape:
    return Shape((side, side), (side, side), Fraction(fps))


def _down(at: float) -> int:
    return floor(at / 2) * 2


def _up(at: float) -> int:
    return ceil(at / 2) * 2
