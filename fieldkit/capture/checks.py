"""The verdict on a take from what was measured, because ffmpeg's exit code proves nothing. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from fieldkit.model import Verdict

_EARLY = 0.5  # seconds by which a stream may end before the other (facts/capture.md 6, refusal 8)
_LATE = 1.0  # seconds: a microphone that opens slowly loses words, a slow laptop loses 0.4 to 0.9 (4.3)
_HOLE = 1.5  # usual intervals between two pictures or two packets of sound (4.4)
_AROUND = 15  # intervals on either side tell the usual one: webcams halve their rate in low light and mean it
_PAUSE = 0.5  # seconds without a picture or a sound that a viewer takes for a fault [judgement: a word]
_LOST = 0.08  # of the pictures; the driver that lost 20 % said nothing (4.4), an ordinary webcam lost 4.5
_TOLD = 0.01  # of the pictures, from which a good take's verdict tells them
_FEW = 5  # holes; a clip of a second may lose two
_OFF = 0.09  # seconds of sound before picture that are still accepted (ITU-R BT.1359-1)
_BLACK = 1.0  # seconds: ffmpeg's blackdetect takes 2, a talking face has no reason for any
_FROZEN = 2.5  # seconds: freezedetect takes 2, but here a second may pass between two looks
_SILENT = -50.0  # dBFS: the silencedetect level of 4.6; quiet rooms with a webcam's microphone hiss louder
_LISTENING = 10.0  # seconds below it that are no pause for thought [judgement]
_DEAD = 1.0  # seconds of digital silence: no microphone that works gives any
_CLIPPED = 0.02  # of the time [judgement: loud speech in the footage has 0.006]
_KNOCKS = 0.25  # seconds; a click or two is no distortion
_JUDGED = 2.0  # seconds of sound; what is shorter may be a breath


@dataclass(frozen=True, slots=True)
class Holes:
    """What is missing inside a stream. Seconds."""

    count: int = 0
    lost: float = 0.0
    longest: float = 0.0  # from one picture to the next


@dataclass(frozen=True, slots=True)
class Picture:
    """The stream of pictures; times in seconds from the recording's beginning."""

    begin: float
    end: float
    size: tuple[int, int]
    rate: float  # pictures/s, the usual one
    holes: Holes = Holes()
    black: float = 0.0  # seconds in all
    frozen: float = 0.0  # seconds, the longest
    damaged: int = 0  # pictures that can't be decoded

    @property
    def missing(self) -> float:
        """The share of the pictures that are not there."""
        return self.holes.lost / max(self.end - self.begin, 1 / self.rate)


@dataclass(frozen=True, slots=True)
class Sound:
    """The stream of sound; one without a packet ends as it begins. Levels in dBFS."""

    begin: float = 0.0
    end: float = 0.0
    holes: Holes = Holes()
    drift: float = 0.0  # seconds by which its samples fall short of its times
    level: float = float("-inf")  # RMS of all
    silent: float = 0.0  # seconds below -50, the longest
    dead: float = 0.0  # seconds of nothing but zeros, the longest
    clipped: float = 0.0  # seconds in all


@dataclass(frozen=True, slots=True)
class Measured:
    """A finished recording. `sound` is None where it has no track of it."""

    picture: Picture
    sound: Sound | None

    @property
    def seconds(self) -> float:
        """How long it plays."""
        ends, begins = [self.picture.end], [self.picture.begin]
        if self.sound and self.sound.end > self.sound.begin:
            ends, begins = [*ends, self.sound.end], [*begins, self.sound.begin]
        return max(ends) - min(begins)


def holes(times: list[float], least: float = 0.0) -> Holes:
    """Where more than 1.5 of the intervals usual thereabouts lie between two of the sorted `times`.

    `least` seconds are none, however short the usual interval is.
    """
    gaps = [b - a for a, b in pairwise(times)]
    count, lost, longest = 0, 0.0, max(gaps, default=0.0)
    for at, gap in enumerate(gaps):
        usual = median(gaps[max(0, at - _AROUND) : at + _AROUND + 1])
        if gap > max(_HOLE * usual, least):
            count, lost = count + 1, lost + gap - usual
    return Holes(count, lost, longest)


def verdict(measured: Measured, *, sound_wanted: bool, cut: str = "") -> Verdict:
    """Whether the take is good, else one sentence on what is wrong, the worst first, and what to do.

    `cut` says why the recording ended before anybody asked, as in “the disk filled up”.
    """
    faults = [*_ends(measured, sound_wanted=sound_wanted), *_seen(measured.picture), *_heard(measured.sound)]
    if cut:
        faults.append(
            (
                f"{cut}, after {measured.seconds:.1f} s",
                "watch how it ends, and record again if words are missing",
            )
        )
    if not faults:
        both = "picture and sound are" if measured.sound else "the picture is"
        missing = measured.picture.missing
        but = f", though {missing:.0%} of the pictures are missing" if missing >= _TOLD else ""
        return Verdict(good=True, sentence=f"Good: {both} there from beginning to end{but}.")
    clauses = [clause for clause, _ in faults]
    sentence = f"{', and '.join(clauses)}: {faults[0][1]}."
    return Verdict(good=False, sentence=sentence[0].upper() + sentence[1:], again=True)


_Fault = tuple[str, str]  # what is wrong, what to do


def _ends(measured: Measured, *, sound_wanted: bool) -> Iterator[_Fault]:
    picture, sound = measured.picture, measured.sound
    if sound is None or sound.end <= sound.begin:
        if sound is not None or sound_wanted:
            yield "the take has no sound at all", "check the microphone and record again"
        return
    if (early := sound.end - picture.end) > _EARLY:
        yield f"the picture stops {early:.1f} s before the end", "check the camera's cable and record again"
    if (early := picture.end - sound.end) > _EARLY:
        yield f"the sound stops {early:.1f} s before the end", "check the microphone and record again"
    patience = "wait a moment before speaking, and record again"
    if (late := sound.begin - picture.begin) > _LATE:
        yield f"the sound begins {late:.1f} s late", patience
    if (late := picture.begin - sound.begin) > _LATE:
        yield f"the picture begins {late:.1f} s late", patience


def _seen(picture: Picture) -> Iterator[_Fault]:
    long, holed = picture.end - picture.begin, picture.holes
    if picture.black >= min(_BLACK, long / 2):
        yield f"the picture is black for {picture.black:.0f} s", "uncover the lens and record again"
    if holed.longest >= _PAUSE:
        yield (
            f"the picture stands still for {holed.longest:.1f} s",
            "check the camera's cable or its network and record again",
        )
    elif picture.frozen >= _FROZEN + picture.black:  # black is frozen too
        yield f"the picture is frozen for {picture.frozen:.0f} s", "plug the camera in anew and record again"
    elif picture.missing > _LOST and holed.count > _FEW:
        yield (
            f"{picture.missing:.0%} of the pictures are missing",
            "close other programs or plug the camera in elsewhere, and record again",
        )
    if picture.damaged:
        yield f"{picture.damaged} pictures are damaged", "check the camera's cable and record again"


def _heard(sound: Sound | None) -> Iterator[_Fault]:
    if sound is None or sound.end <= sound.begin:
        return
    long = sound.end - sound.begin
    if sound.level < _SILENT and long >= _JUDGED:
        yield "there is nothing to be heard", "check that the microphone is on, and record again"
    elif sound.dead >= _DEAD or sound.silent >= _LISTENING:
        quiet = max(sound.silent, sound.dead)
        yield f"the sound falls silent for {quiet:.0f} s", "check the microphone's plug and record again"
    if sound.holes.longest >= _PAUSE:
        yield f"the sound breaks off for {sound.holes.longest:.1f} s", "check the microphone and record again"
    if sound.clipped > max(_CLIPPED * long, _KNOCKS):
        yield "the sound is too loud and distorted", "turn the microphone down or move back, and record again"
    if abs(sound.drift) > _OFF:
        yield (
            f"picture and sound drift apart by {abs(sound.drift):.1f} s",
            "close other programs and record again",
        )
