"""What a choice is made on: the clip, what is asked, and what was measured of laptop and line; pure."""

from dataclasses import dataclass, replace
from math import ceil, inf, prod, sqrt
from typing import Self

from fieldkit.transcode import picture
from fieldkit.transcode.aims import ENOUGH, ForBytes, ForDeadline, ForScore
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.curve import Curve
from fieldkit.transcode.delivery import USUAL_SPEED, Delivery
from fieldkit.transcode.effort import EFFORTS
from fieldkit.transcode.material import Probe, Video
from fieldkit.transcode.picture import Shape
from fieldkit.transcode.profiles import Profile
from fieldkit.transcode.search import Aim, Found, Sizes, again, learned, steps

WATCHABLE = 55.0  # VMAF: somewhat better than poor (40) and short of fair (60)
VOICES = (48_000, 32_000, 24_000, 16_000)  # bits/s of sound, the best first
LOOK = 0.3  # of the time of an encode: a glance at the clip
_SMALLEST = 356 * 200  # pixels of a picture; smaller ones only where the source is
# Of a deadline: a sample tells bytes to a tenth, and a line's rate is no promise
_SAFE = 0.88
_VOICE_SHARE = 0.3  # of the file, at most, before the next lower one is taken
_CONTAINER = 1_500, 12.0  # bytes: MP4's boxes, and their tables for each second (measured)
_LIPS = 11.9  # pictures/s: below 12 lips can't be read (ITU-T H-series Supplement 1, 1999)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What was measured: the line in bits/s, the laptop in pixels/s of the finest encode."""

    rate: float | None = None
    speed: float = USUAL_SPEED
    overlapped: bool = False  # somebody sends what is encoded meanwhile


@dataclass(frozen=True, slots=True)
class Ground:
    """What a choice is made on: one clip under one profile."""

    probe: Probe
    profile: Profile
    brief: Brief
    conditions: Conditions
    halved: bool = False  # with every second picture only

    @property
    def video(self) -> Video:
        """The picture: sound alone leaves nothing to choose."""
        assert self.probe.video is not None
        return self.probe.video

    @property
    def full(self) -> int:
        """The picture's short side at the profile's size."""
        return min(self.shape(self.profile.short_side).picture)

    @property
    def sizes(self) -> Sizes:
        """What may be chosen from."""
        long = max(self.shape(self.profile.short_side).picture)
        return Sizes(steps(self.full, sqrt(_SMALLEST * self.full / long)), self.pixels)

    @property
    def seconds(self) -> float:
        return min(self.probe.seconds, self.profile.longest)

    @property
    def rate(self) -> float | None:
        """Of the line, in bits/s, where it is known."""
        return self.brief.rate or self.conditions.rate

    @property
    def target(self) -> float:
        """VMAF."""
        return self.brief.vmaf or self.profile.vmaf or ENOUGH

    @property
    def fps(self) -> int:
        """Pictures/s, at most."""
        return ceil(self._full_rate(self.profile.short_side).fps / 2) if self.halved else self.profile.fps

    @property
    def slower(self) -> Self | None:
        """With every second picture only, where that still shows lips moving."""
        rate = float(self._full_rate(self.profile.short_side).fps)
        return None if self.halved or rate / 2 < _LIPS else replace(self, halved=True)

    def shape(self, short_side: int) -> Shape:
        """At that size."""
        return picture.shape(self.video, short_side, self.profile.long_side, self.fps)

    def _full_rate(self, short_side: int) -> Shape:
        return picture.shape(self.video, short_side, self.profile.long_side, self.profile.fps)

    def pixels(self, short_side: int) -> float:
        """Of the whole clip at that size."""
        shape = self.shape(short_side)
        return prod(shape.frame) * float(shape.fps) * self.seconds

    def curve(self, effort: str) -> Curve:
        """What is known of the full size before any trial."""
        step = EFFORTS[effort]
        return Curve(1.0, self.pixels(self.full), step.better, step.heavier)

    def beside(self, voice: int) -> float:
        """Bytes beside the picture, with sound at that rate in bits/s."""
        sound = voice / 8 * self.seconds if self.probe.audio else 0.0
        fixed, each = _CONTAINER
        return sound + fixed + each * self.seconds * (2 if self.probe.audio else 1)

    def delivery(self, effort: str, voice: int) -> Delivery | None:
        """The way to the store, where the line is known."""
        if self.rate is None:
            return None
        way = Delivery(
            self.rate,
            self.conditions.speed,
            effort,
            self.beside(voice),
            overlapped=self.conditions.overlapped,
        )
        if self.brief.deadline is None:
            return way
        return replace(way, spent=LOOK * way.making(self.pixels(self.full)))

    def aim(self, effort: str, voice: int, known: Found | None = None) -> Aim:
        """What is searched for, by what is `known` of the clip or of others."""
        brief, delivery = self.brief, self.delivery(effort, voice)
        if brief.max_bytes is not None:
            return ForBytes(brief.max_bytes - self.beside(voice))
        if delivery is not None and brief.deadline is not None:
            by = ForDeadline(_SAFE * brief.deadline, delivery)
            found = again(by, known) if known else learned(by, self.curve(effort), self.sizes)
            if by.cost(found.curve) < inf and found.curve.score(found.crf) >= WATCHABLE:
                return by
        return ForScore(self.target, delivery)

    def voice(self, picture_bytes: float) -> int:
        """The best sound, in bits/s, that leaves the picture its share; the worst only where bytes are counted."""
        brief = self.brief
        lowest = 16_000 if brief.max_bytes is not None else 24_000 if brief.deadline is not None else 32_000
        voices = [rate for rate in VOICES if lowest <= rate <= self.profile.audio_rate]
        for rate in voices:
            whole = brief.max_bytes or picture_bytes + self.beside(rate)
            if self.beside(rate) <= _VOICE_SHARE * whole:
                return rate
        return voices[-1]
