"""What the crew's keys mean: Space begins and ends a take, R ends it and begins another, Q leaves.

Pure but for the event that wakes whoever waits.
"""

from enum import Enum
from threading import Event


class Wish(Enum):
    """What is to be done next."""

    BEGIN = "begin"
    STOP = "stop"
    AGAIN = "again"  # stop, keep it, and begin the next one
    LEAVE = "leave"


_STOPS = dict.fromkeys(("space", "enter", "q"), Wish.STOP)
_MEANS: dict[str, dict[str, Wish]] = {
    "rehearsing": {"space": Wish.BEGIN, "enter": Wish.BEGIN, "q": Wish.LEAVE},
    "counting": {"q": Wish.LEAVE},
    "waiting": _STOPS,
    "rolling": {**_STOPS, "r": Wish.AGAIN},
}


def meaning(phase: str, key: str) -> Wish | None:
    """What a key (space, enter, r, q) asks for in a phase of State's; None where nothing."""
    return _MEANS.get(phase, {}).get(key)


class Desk:
    """Where the keys of window and terminal come together; the first wish of a phase counts."""

    def __init__(self) -> None:
        self.asked = Event()
        self._phase = "waiting"
        self._wish: Wish | None = None

    def enter(self, phase: str) -> None:
        """Another phase begins; a wish that nobody has met yet stands."""
        self._phase = phase

    def press(self, key: str) -> None:
        """A key was pressed, on any thread."""
        wish = meaning(self._phase, key)
        if wish is not None and self._wish is None:
            self._wish = wish
            self.asked.set()

    def leave(self) -> None:
        """Ctrl-C: a take ends well and no other one begins, for good."""
        self._wish = Wish.LEAVE
        self.asked.set()

    def taken(self) -> Wish | None:
        """The wish, which is met with that; LEAVE stays."""
        wish = self._wish
        if wish is not Wish.LEAVE:
            self._wish = None
            self.asked.clear()
        return wish
