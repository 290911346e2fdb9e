"""The preview as the recorder sees it: a process that is given pictures, sound and words, and gives back keys.

Nothing here raises or waits for it: whatever becomes of the window, the recording goes on.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from queue import Full, Queue
from threading import Thread
from typing import Any, Protocol

from fieldkit.capture import wire
from fieldkit.capture.hints import Hint

_BEHIND = 24  # messages: half a second of pictures and sound
_PATIENCE = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class State:
    """What the crew should see of the take. `phase` is one of Moment's, or rehearsing or counting."""

    phase: str
    seconds: float = 0.0  # recorded, or until it begins
    left: float = 0.0  # seconds
    free: int = 0  # bytes


class Sign(Protocol):
    """Words as they are drawn: how much ink each pixel has, from 0 to 255, line by line."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def ink(self) -> bytes: ...


class Window:
    """One preview. `press` is told each key (space, r, q), `hear` the hints as they change, on a thread of its own.

    Without a `screen` it measures and shows nothing.
    """

    def __init__(
        self,
        size: tuple[int, int],
        *,
        screen: bool = True,
        press: Callable[[str], None] = lambda _: None,
        hear: Callable[[tuple[Hint, ...]], None] = lambda _: None,
        command: Sequence[str] = (),
    ) -> None:
        self._unpacker = wire.Unpacker()
        self._ready: Queue[bytes | None] = Queue(_BEHIND)
        self._press, self._hear = press, hear
        words = [str(size[0]), str(size[1]), "screen" if screen else "blind"]
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            command or [sys.executable, "-m", "fieldkit.capture.camera", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            **_apart(),
        )
        for work in (self._feed, self._listen):
            Thread(target=work, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def show(self, piece: bytes) -> bool:
        """A piece of the recorder's pipe, cut anywhere; what the window has no time for is dropped.

        Whether a picture became whole with it.
        """
        found = self._unpacker.more(piece)
        for kind, content in found:
            self._put(kind, content)
        return any(kind == wire.PICTURE for kind, _ in found)

    def tell(self, state: State) -> None:
        """Where the take stands."""
        self._put(wire.STATE, json.dumps(asdict(state)).encode())

    def hang(self, signs: Mapping[str, Sign]) -> None:
        """Gives it words to show; waits a while for it to take them, so call it from a thread of its own."""
        for name, sign in signs.items():
            head = json.dumps({"name": name, "width": sign.width, "height": sign.height}).encode()
            whole = wire.packed(wire.SIGN, len(head).to_bytes(2, "big") + head + sign.ink)
            with suppress(Full):
                self._ready.put(whole, timeout=_PATIENCE)

    def close(self) -> None:
        """Ends the window."""
        with suppress(Full):
            self._ready.put_nowait(None)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _put(self, kind: bytes, content: bytes) -> None:
        with suppress(Full):
            self._ready.put_nowait(wire.packed(kind, content))

    def _feed(self) -> None:
        assert self._process.stdin is not None
        with suppress(OSError), self._process.stdin as window:  # closed by the crew, or there is no display
            while (message := self._ready.get()) is not None:
                window.write(message)
                window.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with suppress(OSError, ValueError), self._process.stdout as window:
            for line in window:
                word, _, rest = line.decode("ascii", "replace").strip().partition(" ")
                if word == "key":
                    self._press(rest)
                elif word == "hints":
                    self._hear(tuple(Hint(value) for value in rest.split(",") if value))


def _apart() -> dict[str, Any]:
    """Ctrl-C in the terminal ends the take, not the window that shows it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
