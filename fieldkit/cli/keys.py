"""Single keys from the terminal, on every system."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_NAMES = {" ": "space", "\r": "enter", "\n": "enter", "q": "q", "Q": "q", "\x1b": "q", "r": "r", "R": "r"}


@contextmanager
def keys(press: Callable[[str], None]) -> Iterator[None]:
    """`press` is told space, enter, r or q as they are typed; where stdin is no terminal nothing is read.

    Ctrl-C stays what it is, and the terminal is given back as it was.
    """
    if not sys.stdin.isatty():
        yield
        return
    over = threading.Event()
    if sys.platform == "win32":
        import msvcrt

        def listen() -> None:
            while not over.wait(0.05):
                while msvcrt.kbhit():
                    _tell(msvcrt.getwch(), press)

        threading.Thread(target=listen, daemon=True).start()
        try:
            yield
        finally:
            over.set()
    else:
        import os
        import select
        import termios
        import tty

        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)

        def listen() -> None:
            while not over.is_set():
                if select.select([terminal], [], [], 0.1)[0]:
                    typed = os.read(terminal, 64)
                    if not typed:
                        return
                    if typed[:1] == b"\x1b" and len(typed) > 1:
                        continue  # an arrow or another key that sends more than one
                    for letter in typed.decode("ascii", "replace"):
                        _tell(letter, press)

        tty.setcbreak(terminal, termios.TCSANOW)
        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        try:
            yield
        finally:
            over.set()
            listener.join(1.0)
            termios.tcsetattr(terminal, termios.TCSANOW, before)


def _tell(letter: str, press: Callable[[str], None]) -> None:
    if (name := _NAMES.get(letter)) is not None:
        press(name)
