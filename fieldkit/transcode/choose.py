"""From a brief and what is known of laptop and line to the recipe for one clip, with its reasons."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from fieldkit.transcode.aims import ForDeadline, ForScore
from fieldkit.transcode.delivery import Delivery, together
from fieldkit.transcode.effort import EFFORTS
from fieldkit.transcode.ground import LOOK, VOICES, WATCHABLE, Ground
from fieldkit.transcode.recipe import Recipe
from fieldkit.transcode.search import Found, Trial, again, glance, learned, once_more, search

# Pixels of a clip so short that trials cost more than its encode: a glance does, and a second encode where it missed
_SHORT = 5e7
# A search takes about as long as one encode and saves about a tenth of the bytes; a glance takes a fifth of that and
# saves from missing the quality by 4 VMAF
_SEARCH, _GLANCE = 7.0, 5.0
_JUDGED = 10.0  # the same of measuring the result, which takes a third of an encode
_JUDGED_BEHIND = 1.5
# VMAF, each picture shown twice where every second one was left out: of people who talk, half the pictures are better
# below about 80, of what moves or shakes never (benchmarks/README.md, "Every second picture")
_JERKY, _WORTH_IT = 80.0, 2.0
_LIGHTER = (
    0.9  # of the bytes, with every second picture only: the one left out is mostly told by its neighbours
)


@dataclass(frozen=True, slots=True)
class Option:
    """One way to do it. Times in seconds, `misses` by how many a deadline."""

    short_side: int
    fps: float
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


class Trials(Protocol):
    """A sample on disk."""

    def on(self, ground: Ground) -> Trial:
        """Tries it with as many pictures/s as that has."""


Sampling = Callable[[str], AbstractContextManager[Trials]]  # effort → trials


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
    with sampling(guess.effort) as trials:
        trial, aim = trials.on(ground), ground.aim(guess.effort, guess.voice)
        further = _pays(ground, guess, _SEARCH)
        found = glance(aim, ground.curve(guess.effort), ground.sizes, trial, further=further)
        guess = _reconsidered(ground, guess, found)
        if _pays(ground, guess, _SEARCH):
            found = search(ground.aim(guess.effort, guess.voice, found), found, ground.sizes, trial)
            guess = _reconsidered(ground, guess, found)
        half = _halved(ground, guess, trials)
    if half is not None and _cost(*half) < _cost(ground, guess) - _WORTH_IT:
        fluent = _option(ground, guess, guess.found.short_side, guess.found.crf)
        return _chosen(*half, searched=True, instead=fluent)
    return _chosen(ground, guess, searched=True)


def _halved(ground: Ground, guess: Guess, trials: Trials) -> tuple[Ground, Guess] | None:
    """The same with every second picture only; None where that is no question, or would still be too late."""
    found, half = guess.found, ground.slower
    if half is None or not _is_pressed(ground, guess):
        return None
    if _in_time(ground, guess) and found.curve.score(found.crf) > _JERKY:
        return None
    lighter = {side: curve.lighter(half.pixels(side), _LIGHTER) for side, curve in found.curves.items()}
    alike = replace(guess, found=Found(found.short_side, found.crf, lighter))
    if not _in_time(half, alike):
        return None
    aim = half.aim(guess.effort, guess.voice, alike.found)
    tried = once_more(aim, again(aim, alike.found), half.sizes, trials.on(half))
    alike = _reconsidered(half, guess, tried)
    return (half, alike) if _in_time(half, alike) else None


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
    return (0.0 if _in_time(ground, guess) else 1e6) + aim.cost(guess.found.curve)


def _in_time(ground: Ground, guess: Guess) -> bool:
    aim = ground.aim(guess.effort, guess.voice, guess.found)
    return ground.brief.deadline is None or isinstance(aim, ForDeadline)


def _is_pressed(ground: Ground, guess: Guess) -> bool:
    """Whether bytes are short, and one more trial costs little beside sending them."""
    if ground.brief.max_bytes is not None:
        return True
    return ground.brief.deadline is not None and _outweighs(ground, guess, _SEARCH)


def _pays(ground: Ground, guess: Guess, price: float) -> bool:
    """Whether looking at the clip saves more than it takes; where quality or size was asked for, it always does.

    `price` is the seconds of sending for each second of encoding beyond which it does.
    """
    delivery = ground.delivery(guess.effort, guess.voice)
    if price == _SEARCH and ground.pixels(ground.full) < _SHORT:
        return False
    if delivery is None or ground.brief.vmaf is not None or ground.brief.max_bytes is not None:
        return True
    if ground.brief.deadline is not None and price == _GLANCE:
        # bytes must be known, if that leaves time to send them
        return delivery.spent < LOOK * ground.brief.deadline
    return _outweighs(ground, guess, price)


def _outweighs(ground: Ground, guess: Guess, price: float) -> bool:
    delivery, curve = ground.delivery(guess.effort, guess.voice), guess.found.curve
    if delivery is None:
        return False
    return delivery.sending(curve.bytes(guess.found.crf)) > price * delivery.making(curve.pixels)


def _chosen(ground: Ground, guess: Guess, *, searched: bool, instead: Option | None = None) -> Choice:
    found, aim = guess.found, ground.aim(guess.effort, guess.voice, guess.found)
    recipe = Recipe(
        short_side=found.short_side,
        fps=ground.fps,
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
        options=(*options.values(), *([instead] if instead else [])),
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
        fps=float(ground.shape(side).fps),
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
    voice = VOICES[-2]
    found = again(ForScore(WATCHABLE, ground.delivery(guess.effort, voice)), guess.found)
    return Recipe(found.short_side, ground.fps, round(found.crf, 2), guess.effort, voice)
