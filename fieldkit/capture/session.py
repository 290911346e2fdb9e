"""Rehearsal, countdown, take and retake: what happens between the crew's keys."""

import time
from collections.abc import Callable
from threading import Event
from typing import Protocol

from fieldkit.capture.desk import Desk, Wish
from fieldkit.capture.record import Taken, why
from fieldkit.capture.rig import Shot, arguments
from fieldkit.capture.watch import FIRST, Running
from fieldkit.errors import NoDevice

COUNT = 3.0  # seconds from the key to the camera
_TICK = 0.1


class Screen(Protocol):
    """The window as the story needs it."""

    def show(self, piece: bytes) -> bool: ...


def session(desk: Desk, roll: Callable[[], Taken], rehearse: Callable[[bool], bool] | None) -> Taken | None:
    """Take after take until the crew leaves; the last one, None where nothing was recorded.

    `roll` records one take; `rehearse(counting)` shows the camera until one is to begin, or says False. Without it the
    camera rolls at once, and again at once where the crew wants another take. Raises what they raise.
    """
    taken = None
    counting = False
    while rehearse is None or rehearse(counting):
        desk.taken()
        desk.enter("waiting")
        taken = roll()
        if desk.taken() is not Wish.AGAIN:
            break
        counting = True
    return taken


def rehearsal(  # noqa: PLR0917 - the kit binds all but the last
    shot: Shot,
    platform: str,
    start: Callable[..., Running],
    screen: Screen,
    desk: Desk,
    tell: Callable[[str, float], None],
    counting: bool,  # noqa: FBT001 - as `session` asks for it
) -> bool:
    """Shows picture and hints and records nothing, until a take is to begin (True) or the crew leaves (False).

    `tell` is given the phase, waiting (for the camera), rehearsing or counting, and the seconds left to count. Raises
    NoDevice.
    """
    awake = Event()

    def tap(piece: bytes) -> None:
        if screen.show(piece):
            awake.set()

    running = start(arguments(shot, platform, None, preview=True), tap=tap)
    late = time.monotonic() + FIRST
    begins = time.monotonic() + COUNT if counting else None
    try:
        while running.poll() is None and (awake.is_set() or time.monotonic() < late):
            desk.enter("rehearsing" if begins is None else "counting")
            left = 0.0 if begins is None else max(0.0, begins - time.monotonic())
            tell("waiting" if not awake.is_set() else "rehearsing" if begins is None else "counting", left)
            if begins is not None and time.monotonic() >= begins:
                return True
            desk.asked.wait(_TICK)
            match desk.taken():
                case Wish.LEAVE:
                    return False
                case Wish.BEGIN:
                    begins = time.monotonic() + COUNT
        if running.poll() is None and shot.microphone:  # ffmpeg begins once both have sent something
            raise NoDevice(
                f"The camera {shot.called} or the microphone {shot.microphone} sends nothing; check both, or choose "
                "others (`fieldkit devices`)."
            )
        raise why(running.said, shot)
    finally:
        running.close()
