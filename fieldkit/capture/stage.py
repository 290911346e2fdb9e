"""Draws the preview: picture with a phone's safe area, hints, meter, times, and the text to be read.

Words come as ink (`transcode/signs.py`) because cv2 can draw neither Arabic nor Ge'ez. All stand on one ground, so
that each is coloured once.
"""

import json
from collections.abc import Sequence
from math import ceil
from typing import Any

from fieldkit.capture.hints import Hint

WIDTH, HEIGHT = 960, 640  # pixels: fits a laptop's 1366x768 below its panel
BAR = 100  # pixels at the bottom
TEXT = 286  # pixels at the top for the tweet or the text to be read, where there is one
_HINT = 450  # pixels that a hint takes
_WHITE, _GREY, _DIM = (245, 245, 245), (170, 170, 170), (70, 70, 70)  # bgr
_RED, _AMBER, _GREEN, _PANEL = (60, 60, 235), (40, 190, 255), (110, 200, 90), (26, 24, 22)
_Colour = tuple[int, int, int]
_SAFE = (
    0.05,
    0.05,
    0.95,
    0.84,
)  # left, top, right, bottom: a phone's rounded corners, its buttons and our captions
_QUIETEST = -54.0  # dBFS: the meter's left end
_FAIR, _HOT = -12.0, -3.0  # dBFS
_SPEED, _STEP, _FASTEST = 32.0, 8.0, 200.0  # pixels of text a second
_PHASES = {"rehearsing": _GREY, "counting": _AMBER, "waiting": _AMBER, "rolling": _RED, "sealing": _AMBER}


class Stage:
    """The window's content. `cv2` and numpy come in by argument: they are the process's own."""

    def __init__(self, cv2: Any, numpy: Any) -> None:
        self._cv2, self._np = cv2, numpy
        self._ground = numpy.full((HEIGHT, WIDTH, 3), _PANEL, numpy.uint8)
        self._inks: dict[str, Any] = {}
        self._coloured: dict[tuple[str, _Colour], Any] = {}
        self._state: dict[str, Any] = {"phase": "waiting", "seconds": 0.0, "left": 0.0, "free": 0}
        self._speed, self._scrolled, self._drawn_at = _SPEED, 0.0, 0.0

    def stand(self, content: bytes) -> None:
        """Where the take stands."""
        state = json.loads(content)
        if state["phase"] == "waiting" != self._state["phase"]:
            self._scrolled = 0.0  # a new take reads from the beginning
        self._state = state

    def hang(self, content: bytes) -> None:
        """Words to be shown: a name and their ink."""
        start = 2 + int.from_bytes(content[:2], "big")
        head = json.loads(content[2:start])
        shape = (head["height"], head["width"], 1)
        self._inks[head["name"]] = self._np.frombuffer(content[start:], self._np.uint8).reshape(shape)

    def faster(self, steps: int) -> None:
        """The text runs faster, or slower down to standing still."""
        self._speed = min(_FASTEST, max(0.0, self._speed + steps * _STEP))

    def draw(self, picture: Any, hints: Sequence[Hint], level: float, peak: float, now: float) -> Any:
        """The whole window, in bgr. Levels in dBFS, `now` in seconds."""
        canvas = self._ground.copy()
        phase = self._state["phase"]
        passed, self._drawn_at = min(0.5, now - self._drawn_at), now
        text = self._text(phase)
        top = 0
        if text is not None:
            if phase == "rolling" and text == "prompt":
                self._scrolled += self._speed * passed
            words = self._sign(text, _WHITE)
            top = min(TEXT, words.shape[0] + 20)
            self._read(canvas, words[:, : WIDTH - 20], top - 20, self._scrolled if text == "prompt" else 0.0)
        height = HEIGHT - BAR - top
        width = height * 16 // 9
        view = self._cv2.resize(picture, (width, height), interpolation=self._cv2.INTER_LINEAR)
        self._safe(view)
        beside = (
            WIDTH - width >= _HINT
        )  # the picture makes room for hints, or stands in the middle under them
        left = 0 if beside else (WIDTH - width) // 2
        canvas[top : top + height, left : left + width] = view
        if phase == "counting":
            self._count(canvas, (left + width // 2, top + height // 2))
        self._advise(canvas, hints, *((width + 20, top + 18) if beside else (left + 64, top + 44)))
        self._bar(canvas, phase, level, peak)
        return canvas

    def _text(self, phase: str) -> str | None:
        """The tweet while it is talked over, the text once it is read."""
        order = ("tweet", "prompt") if phase == "rehearsing" else ("prompt", "tweet")
        return next((name for name in order if name in self._inks), None)

    def _safe(self, view: Any) -> None:
        """Corners of what nothing covers on a phone: keep the face between them."""
        height, width = view.shape[:2]
        left, top, right, bottom = (
            round(share * side) for share, side in zip(_SAFE, (width, height, width, height), strict=True)
        )
        arm = height // 12
        for x, inward in ((left, arm), (right, -arm)):
            for y, down in ((top, arm), (bottom, -arm)):
                for end in ((x + inward, y), (x, y + down)):
                    self._cv2.line(view, (x, y), end, _PANEL, 5)
                    self._cv2.line(view, (x, y), end, _WHITE, 2)

    def _read(self, canvas: Any, words: Any, room: int, scrolled: float) -> None:
        last = max(0, words.shape[0] - room // 2)
        start = min(last, int(scrolled))
        _lay(canvas, words[start : start + room], (20, 10))

    def _count(self, canvas: Any, centre: tuple[int, int]) -> None:
        sign = self._sign(f"big{max(1, ceil(self._state['seconds']))}", _WHITE)
        self._cv2.circle(canvas, centre, 84, _PANEL, -1, self._cv2.LINE_AA)
        if sign is not None:
            _lay(canvas, sign, (centre[0] - sign.shape[1] // 2, centre[1] - sign.shape[0] // 2))
        self._cv2.circle(canvas, centre, 84, _AMBER, 5, self._cv2.LINE_AA)

    def _advise(self, canvas: Any, hints: Sequence[Hint], left: int, top: int) -> None:
        for hint in hints:
            sign = self._sign(hint.value, _WHITE)
            if sign is None:
                continue
            height, width = sign.shape[:2]
            self._cv2.rectangle(canvas, (left, top), (left + width + 30, top + height + 8), _PANEL, -1)
            self._cv2.rectangle(canvas, (left, top), (left + 8, top + height + 8), _AMBER, -1)
            _lay(canvas, sign, (left + 20, top + 4))
            top += height + 20

    def _bar(self, canvas: Any, phase: str, level: float, peak: float) -> None:
        top, colour = HEIGHT - BAR, _PHASES.get(phase, _GREY)
        self._cv2.rectangle(canvas, (0, top), (WIDTH, HEIGHT), _PANEL, -1)
        self._cv2.rectangle(canvas, (0, top), (WIDTH, top + 3), colour, -1)
        self._cv2.circle(canvas, (32, top + 38), 12, colour, -1, self._cv2.LINE_AA)
        seconds = self._state["seconds"] if phase in ("rolling", "sealing") else 0.0
        x = self._clock(canvas, seconds, (58, top + 8), _WHITE)
        x = self._put(canvas, "left", (x + 22, top + 30), _GREY)
        self._clock(canvas, self._state["left"], (x + 10, top + 26), _GREY, "small")
        self._put(canvas, f"keys {phase}", (20, top + 68), _GREY)
        self._put(canvas, phase, (335, top + 28), colour)
        self._meter(canvas, level, peak, (600, top + 22, 340, 22))
        gigabytes = f"{min(9999.0, self._state['free'] / 1e9):.1f}"
        x = self._digits(canvas, gigabytes, (790, top + 62), _GREY, "small")
        self._put(canvas, "free", (x + 8, top + 66), _GREY)

    def _meter(self, canvas: Any, level: float, peak: float, box: tuple[int, int, int, int]) -> None:
        left, top, width, height = box

        def at(decibels: float) -> int:
            return left + round(width * min(1.0, max(0.0, 1 - decibels / _QUIETEST)))

        self._cv2.rectangle(canvas, (left, top), (left + width, top + height), _DIM, -1)
        for start, end, colour in ((_QUIETEST, _FAIR, _GREEN), (_FAIR, _HOT, _AMBER), (_HOT, 0.0, _RED)):
            if level > start:
                self._cv2.rectangle(canvas, (at(start), top), (at(min(level, end)), top + height), colour, -1)
        if peak > _QUIETEST:
            self._cv2.rectangle(canvas, (at(peak) - 2, top), (at(peak) + 1, top + height), _WHITE, -1)
        self._cv2.line(canvas, (at(_FAIR), top - 4), (at(_FAIR), top + height + 4), _GREY, 1)

    def _clock(
        self, canvas: Any, seconds: float, at: tuple[int, int], colour: _Colour, size: str = "digit"
    ) -> int:
        minutes, rest = divmod(int(max(0.0, seconds)), 60)
        return self._digits(canvas, f"{minutes}:{rest:02}", at, colour, size)

    def _digits(self, canvas: Any, text: str, at: tuple[int, int], colour: _Colour, size: str) -> int:
        """Figures of one width, so that a clock stands still; returns where they end."""
        x, y = at
        wide = max((ink.shape[1] for name, ink in self._inks.items() if name[:-1] == size), default=0)
        for letter in text:
            sign = self._sign(size + letter, colour)
            if sign is None:
                continue
            step = wide if letter.isdecimal() else sign.shape[1]
            _lay(canvas, sign, (x + (step - sign.shape[1]) // 2, y))
            x += step - 6  # the room around each
        return x

    def _put(self, canvas: Any, name: str, at: tuple[int, int], colour: _Colour) -> int:
        """Lays a sign there; returns where it ends."""
        sign = self._sign(name, colour)
        if sign is None:
            return at[0]
        _lay(canvas, sign, at)
        return int(at[0] + sign.shape[1])

    def _sign(self, name: str, colour: _Colour) -> Any:
        """The words in their colour on the ground; None while they have not been drawn."""
        if (name, colour) not in self._coloured:
            if (ink := self._inks.get(name)) is None:
                return None
            share = ink.astype(self._np.float32) / 255
            ground, paint = (self._np.array(each, self._np.float32) for each in (_PANEL, colour))
            self._coloured[name, colour] = (ground + (paint - ground) * share).astype(self._np.uint8)
        return self._coloured[name, colour]


def _lay(canvas: Any, sign: Any, at: tuple[int, int]) -> None:
    """What would fall off the canvas is cut."""
    x, y = max(0, at[0]), max(0, at[1])
    under = canvas[y : y + sign.shape[0], x : x + sign.shape[1]]
    under[:] = sign[: under.shape[0], : under.shape[1]]
