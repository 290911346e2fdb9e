"""From a brief and what is known of laptop and line to the recipe for one clip, with its reasons."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from math import inf, prod, sqrt

from fieldkit.transcode import picture
from fieldkit.transcode.aims import ENOUGH, ForBytes, ForDeadline, ForScore
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.curve import Curve
from fieldkit.transcode.delivery import USUAL_SPEED, Delivery, together
from fieldkit.transcode.effort import EFFORTS
from fieldkit.transcode.material import Probe, Video
from fieldkit.transcode.picture import Shape
from fieldkit.transcode.profiles import Profile
from fieldkit.transcode.recipe import Recipe
from fieldkit.transcode.search import Aim, Found, Sizes, Trial, again, glance, learned, search, steps

WATCHABLE = 55.0  # VMAF: somewhat better than poor (40) and short of fair (60)
_SMALLEST = 356 * 200  # pixels of a picture; smaller ones only where the source is
# Pixels of a clip so short that trials cost more than its encode: a glance does, and a second encode where it missed
_SHORT = 5e7
# A search takes about as long as one encode and saves about a tenth of the bytes; a glance takes a fifth of that and
# saves from missing the quality by 4 VMAF
_SEARCH, _GLANCE = 7.0, 5.0
_JUDGED = 10.0  # the same of measuring the result, which takes a third of an encode
_JUDGED_BEHIND = 1.5
_VOICES = (48_000, 32_000, 24_000, 16_000)  # bits/s of sound, the best first
# Of a deadline: a sample tells bytes to a tenth, and a line's rate is no promise
_SAFE = 0.88
_LOOK = 0.3  # of the time of an encode: a glance at the clip
_VOICE_SHARE = 0.3  # of the file, at most, before the next lower one is taken
_CONTAINER = 1_500, 12.0  # bytes: MP4's boxes, and their tables for each second (measured)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What was measured: the line in bits/s, the laptop in pixels/s of the finest encode."""

    rate: float | None = None
    speed: float = USUAL_SPEED
    overlapped: bool = False  # somebody sends what is encoded meanwhile


@dataclass(frozen=True, slots=True)
class Option:
    """One way to do it. Times in seconds, `misses` by how many a deadline."""

    short_side: int
    effort: str
    score: float
    bytes: float  # of the whole file
    making: float
    sending: float | None
    misses: float = 0.0
    chosen: bool = False
    curve: tuple[tuple[float, float], ...] = ()  # VMAF and bytes of the whole file at other rate factors
    overlapped: bool = False

    @property
    def arrival(self) -> float:
        """Seconds from the start of the encode."""
        if self.sending is None:
            return self.making
        return together(self.making, self.sending, overlapped=self.overlapped)


@dataclass(frozen=True, slots=True)
class Choice:
    """What to make and why. `first` is a watchable version to send before it, where it will be late."""

    recipe: Recipe
    expected: Option
    options: tuple[Option, ...]
    found: Found
    searched: bool
    judged: bool  # whether the result is measured: where seconds count it is not
    first: Recipe | None = None


Sampling = Callable[[str], AbstractContextManager[Trial]]  # effort → trials


@dataclass(frozen=True, slots=True)
class Ground:
    """What a choice is made on: one clip under one profile."""

    probe: Probe
    profile: Profile
    brief: Brief
    conditions: Conditions

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

    def shape(self, short_side: int) -> Shape:
        """At that size."""
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
        return replace(way, spent=_LOOK * way.making(self.pixels(self.full)))

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
        voices = [rate for rate in _VOICES if lowest <= rate <= self.profile.audio_rate]
        for rate in voices:
            whole = brief.max_bytes or picture_bytes + self.beside(rate)
            if self.beside(rate) <= _VOICE_SHARE * whole:
                return rate
        return voices[-1]


@dataclass(frozen=True, slots=True)
class Guess:
    """One effort with the sound beside it and what it finds."""

    effort: str
    voice: int
    found: Found


def choose(ground: Ground, sampling: Sampling | None) -> Choice:
    """The recipe for a clip. `sampling` is entered only where a search pays; what it raises is raised.

    Without it, by what other clips needed.
    """
    efforts = ["fine"] if ground.rate is None else list(EFFORTS)
    guess = min((_guess(ground, effort) for effort in efforts), key=lambda guess: _cost(ground, guess))
    if sampling is None or not _pays(ground, guess, _GLANCE):
        return _chosen(ground, guess, searched=False)
    with sampling(guess.effort) as trial:
        aim = ground.aim(guess.effort, guess.voice)
        further = _pays(ground, guess, _SEARCH)
        found = glance(aim, ground.curve(guess.effort), ground.sizes, trial, further=further)
        guess = _reconsidered(ground, guess, found)
        if _pays(ground, guess, _SEARCH):
            found = search(ground.aim(guess.effort, guess.voice, found), found, ground.sizes, trial)
            guess = _reconsidered(ground, guess, found)
    return _chosen(ground, guess, searched=True)


def _reconsidered(ground: Ground, guess: Guess, found: Found) -> Guess:
    """With the sound, and for the aim, that go with what was found."""
    voice = ground.voice(found.curve.bytes(found.crf))
    return Guess(guess.effort, voice, again(ground.aim(guess.effort, voice, found), found))


def _guess(ground: Ground, effort: str) -> Guess:
    """Without any trial."""
    voice = ground.profile.audio_rate
    for _ in range(2):
        found = learned(ground.aim(effort, voice), ground.curve(effort), ground.sizes)
        voice = ground.voice(found.curve.bytes(found.crf))
    return Guess(effort, voice, found)


def _cost(ground: Ground, guess: Guess) -> float:
    """Smaller is better, across efforts: first those that are in time."""
    aim = ground.aim(guess.effort, guess.voice, guess.found)
    late = 0.0 if isinstance(aim, ForDeadline) or ground.brief.deadline is None else 1e6
    return late + aim.cost(guess.found.curve)


def _pays(ground: Ground, guess: Guess, price: float) -> bool:
    """Whether looking at the clip saves more than it takes; where quality or size was asked for, it always does.

    `price` is the seconds of sending for each second of encoding beyond which it does.
    """
    delivery = ground.delivery(guess.effort, guess.voice)
    if price == _SEARCH and ground.pixels(ground.full) < _SHORT:
        return False
    if delivery is None or ground.brief.vmaf is not None or ground.brief.max_bytes is not None:
        return True
    curve = guess.found.curve
    making, sending = delivery.making(curve.pixels), delivery.sending(curve.bytes(guess.found.crf))
    if ground.brief.deadline is not None and price == _GLANCE:
        # bytes must be known, if that leaves time to send them
        return delivery.spent < _LOOK * ground.brief.deadline
    return sending > price * making


def _chosen(ground: Ground, guess: Guess, *, searched: bool) -> Choice:
    found, aim = guess.found, ground.aim(guess.effort, guess.voice, guess.found)
    recipe = Recipe(
        short_side=found.short_side,
        fps=ground.profile.fps,
        crf=round(found.crf, 2),
        effort=guess.effort,
        audio_rate=guess.voice,
    )
    options = {side: _option(ground, guess, side, aim.crf(found.curves[side])) for side in ground.sizes.sides}
    options[found.short_side] = replace(options[found.short_side], chosen=True)
    expected = options[found.short_side]
    return Choice(
        recipe=recipe,
        expected=expected,
        options=tuple(options.values()),
        found=found,
        searched=searched,
        judged=searched and _affords_judging(ground, expected),
        first=_soonest(ground, guess) if expected.misses > 0 else None,
    )


def _affords_judging(ground: Ground, expected: Option) -> bool:
    asked = ground.brief.vmaf is not None or ground.brief.max_bytes is not None
    if asked or expected.sending is None:
        return True
    # what travels meanwhile costs nothing to measure as long as the line is behind
    behind = _JUDGED_BEHIND if ground.conditions.overlapped else _JUDGED
    return expected.sending > behind * expected.making


def _option(ground: Ground, guess: Guess, side: int, crf: float) -> Option:
    curve, delivery = guess.found.curves[side], ground.delivery(guess.effort, guess.voice)
    size = curve.bytes(crf)
    making = Delivery(1.0, ground.conditions.speed, guess.effort, 0.0).making(curve.pixels)
    sending = delivery.sending(size) if delivery else None
    beside = ground.beside(guess.voice)
    option = Option(
        short_side=side,
        effort=guess.effort,
        score=curve.score(crf),
        bytes=size + beside,
        making=making,
        sending=sending,
        curve=tuple((curve.score(at), curve.bytes(at) + beside) for at in range(16, 45, 2)),
        overlapped=ground.conditions.overlapped,
    )
    if not sending or not ground.brief.deadline:
        return option
    return replace(option, misses=max(0.0, option.arrival - ground.brief.deadline))


def _soonest(ground: Ground, guess: Guess) -> Recipe:
    """The watchable version that arrives first."""
    voice = _VOICES[-2]
    found = again(ForScore(WATCHABLE, ground.delivery(guess.effort, voice)), guess.found)
    return Recipe(found.short_side, ground.profile.fps, round(found.crf, 2), guess.effort, voice)
