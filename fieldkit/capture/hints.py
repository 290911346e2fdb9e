"""What a crew should change before the person speaks, from what was measured of picture and sound. Pure.

The thresholds were set on real webcams and phones and on the same clips made worse: `benchmarks/hints.py`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum

SHOWN = 2  # hints at a time: nobody reads a third
_SETTLES = 1.0  # seconds for which a hint must hold before it is shown
_LEAVES = 1.5  # seconds for which its cause must be gone before it goes

_DARK = 68.0  # of 255: the brightness that the lightest tenth of the picture stays under
_FACE_IN_THE_DARK = 48.0
_BRIGHT = 150.0  # what is behind
_AGAINST = 130.0  # by which it outshines the face, or the middle where no face is found
_SOFT = 0.46  # contrast of neighbouring pixels in the picture's crispest parts, by their contrast as a whole
_SHAKEN = 2.8  # pixels of 320 by which the picture jumps ten times a second
_SMALL = 0.16  # of the picture's height
_EDGE = 0.015  # of the picture's sides
_QUIET = -40.0  # dBFS of the loudest tenth of a second
_CLIPPED = 0.001  # of the samples
_WIND = -36.0  # dBFS below 90 Hz
_WINDY = 0.5  # of all power
_HUM = 16.0  # dB by which the mains' harmonics stand out
_HUMMING = -62.0  # dBFS


class Hint(Enum):
    """In the order of importance: what ruins the take first."""

    DARK = "dark"
    QUIET = "quiet"
    CLIPPING = "clipping"
    AGAINST_LIGHT = "against the light"
    CUT_OFF = "face cut off"
    NO_FACE = "no face"
    BLURRED = "blurred"
    SHAKY = "shaky"
    WIND = "wind"
    HUM = "hum"
    SMALL = "face small"


SAYS = {
    Hint.DARK: "Too dark: more light on the face",
    Hint.QUIET: "Too quiet: closer to the microphone",
    Hint.CLIPPING: "Too loud: further from the microphone",
    Hint.AGAINST_LIGHT: "Light from behind: turn round",
    Hint.CUT_OFF: "The face is cut off",
    Hint.NO_FACE: "No face found",
    Hint.BLURRED: "Out of focus",
    Hint.SHAKY: "Shaky: rest the camera on something",
    Hint.WIND: "Wind: shield the microphone",
    Hint.HUM: "Hum: away from mains and chargers",
    Hint.SMALL: "The face is small: go closer",
}


@dataclass(frozen=True, slots=True)
class Face:
    """The largest face's box as shares of the picture, and how bright it is (0 to 255)."""

    left: float
    top: float
    width: float
    height: float
    light: float

    @property
    def cut_off(self) -> bool:
        """It reaches the picture's edge."""
        return (
            min(self.left, self.top) < _EDGE
            or max(self.left + self.width, self.top + self.height) > 1 - _EDGE
        )


@dataclass(frozen=True, slots=True)
class Look:
    """One picture, its brightness from 0 to 255."""

    lightest: float  # of the lightest tenth, the least
    middle: float  # the mean where a face would be
    around: float  # three quarters of the border are darker than this
    crisp: float  # see looks.py
    shaken: float  # pixels of 320
    face: Face | None = None
    sought: bool = False  # whether faces were looked for


@dataclass(frozen=True, slots=True)
class Heard:
    """One second of sound. Levels in dBFS, 0 is the loudest that there is."""

    level: float
    loudest: float  # tenth of a second in the last seconds
    clipped: float  # share of the samples
    low: float  # level below 90 Hz
    low_share: float
    hum: float  # dB above what lies beside the mains' harmonics
    hum_level: float


def hints(look: Look | None, heard: Heard | None) -> frozenset[Hint]:
    """What is wrong at this moment; what was not measured is not judged."""
    return frozenset(_seen(look) if look else ()) | frozenset(_listened(heard) if heard else ())


def _seen(look: Look) -> Collection[Hint]:
    face = look.face
    dark = look.lightest < _DARK or (
        face is not None and face.light < _FACE_IN_THE_DARK and look.around < _BRIGHT
    )
    lit = face.light if face else look.middle
    against = look.around > _BRIGHT and look.around - lit > _AGAINST
    wrong = {
        Hint.DARK: dark,
        Hint.AGAINST_LIGHT: against and not dark,
        # neither is told from a picture that shows nothing
        Hint.BLURRED: look.crisp < _SOFT and not dark and look.shaken < _SHAKEN,
        Hint.NO_FACE: look.sought and face is None and not dark,
        Hint.SHAKY: look.shaken > _SHAKEN,
        Hint.CUT_OFF: face is not None and face.cut_off,
        Hint.SMALL: face is not None and face.height < _SMALL and not face.cut_off,
    }
    return [hint for hint, holds in wrong.items() if holds]


def _listened(heard: Heard) -> Collection[Hint]:
    wrong = {
        Hint.QUIET: heard.loudest < _QUIET,
        Hint.CLIPPING: heard.clipped > _CLIPPED,
        Hint.WIND: heard.low > _WIND and heard.low_share > _WINDY and heard.hum < _HUM,
        Hint.HUM: heard.hum > _HUM and heard.hum_level > _HUMMING,
    }
    return [hint for hint, holds in wrong.items() if holds]


@dataclass(frozen=True, slots=True)
class Steady:
    """Hints that neither flicker nor linger: one is shown once it has held for a second, and goes after more."""

    shown: tuple[Hint, ...] = ()
    _held: tuple[tuple[Hint, float], ...] = field(default=(), repr=False)  # how long each has been otherwise
    _all: frozenset[Hint] = field(default=frozenset(), repr=False)

    def after(self, seconds: float, present: Collection[Hint]) -> "Steady":
        """So many seconds later, in which `present` was what was wrong."""
        held = dict(self._held)
        standing, waiting = set(self._all), {}
        for hint in Hint:
            if (hint in present) == (hint in standing):
                continue
            waited = held.get(hint, 0.0) + seconds
            if waited < (_LEAVES if hint in standing else _SETTLES):
                waiting[hint] = waited
            else:
                standing ^= {hint}
        shown = tuple(hint for hint in Hint if hint in standing)[:SHOWN]
        return Steady(shown, tuple(waiting.items()), frozenset(standing))
