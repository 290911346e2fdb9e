"""A player whose times are known: a flash on the screen and a beep in a PulseAudio sink about once a second.

`python benchmarks/flasher.py SINK` plays until its standard input ends, then prints as JSON when each flash stood on
the screen and when each beep reached the sink, in seconds since 1970.

A flash is known twice: before it is asked for and when the X server says that it is drawn, mostly less than a
millisecond apart; the middle counts. A beep is known by its sample: the sound is one stream without a hole, so sample n
sounds at t0 + n / 48000, and t0 is the median of what the sink's latency says at the blocks around it. Linux.
"""

import array
import bisect
import ctypes
import json
import math
import random
import select
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import accumulate, count

RATE = 48000  # samples/s
BLOCK = 480  # samples
QUEUE = 96000  # samples that wait in the server: 2 s, so that a busy machine leaves no hole
SHOWN = 4800  # samples of a flash and of a beep
LONGEST = 4000  # beeps, more than an hour
AROUND = 200  # blocks around a beep, 2 s
S16LE, PLAYBACK = 3, 1  # pulse/sample.h, pulse/def.h
# uneven gaps: flashes fall anywhere between two pictures, and a stretch of them is like no other
_DICE = random.Random(5)
STARTS = list(accumulate((_DICE.randrange(43200, 52800) for _ in range(LONGEST)), initial=QUEUE))


class Format(ctypes.Structure):
    _fields_ = (("format", ctypes.c_int), ("rate", ctypes.c_uint32), ("channels", ctypes.c_uint8))


class Buffer(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint32) for name in ("maxlength", "tlength", "prebuf", "minreq", "fragsize")
    )


@dataclass(frozen=True, slots=True)
class Played:
    """What was shown and heard, in seconds since 1970: flash n belongs to beep n."""

    flashes: list[float]
    beeps: list[float]
    unsure: float  # the longest time within which a flash came up
    moved: float  # from the earliest t0 to the latest: how far the sink's clock is from a straight line


def main() -> int:
    """Plays until standard input ends."""
    over = threading.Event()
    sound = Sound(sys.argv[1])
    beeping = threading.Thread(target=sound.play, args=(over,))
    beeping.start()
    shown = list(flashed(sound, over))
    beeping.join()
    beeps, origins = zip(*(sound.at(start) for start in STARTS[: len(shown)]), strict=True)
    played = Played(
        [(before + after) / 2 for before, after in shown],
        list(beeps),
        max(after - before for before, after in shown),
        max(origins) - min(origins),
    )
    json.dump(asdict(played), sys.stdout)
    return 0


class Sound:
    """One stream of beeps into a sink."""

    def __init__(self, sink: str) -> None:
        self.origins: list[float] = []  # t0 as each block after the first ones tells it
        self._lib = ctypes.CDLL("libpulse-simple.so.0")
        self._lib.pa_simple_new.restype = ctypes.c_void_p
        self._lib.pa_simple_get_latency.restype = ctypes.c_uint64
        error, byte = ctypes.c_int(), 2
        self._stream = ctypes.c_void_p(
            self._lib.pa_simple_new(
                *(None, b"flasher", PLAYBACK, sink.encode(), b"beeps"),
                ctypes.byref(Format(S16LE, RATE, 1)),
                None,
                ctypes.byref(Buffer(2**32 - 1, QUEUE * byte, QUEUE * byte, 2**32 - 1, 2**32 - 1)),
                ctypes.byref(error),
            )
        )
        assert self._stream, f"no sink: PulseAudio's error {error.value}"

    def play(self, over: threading.Event) -> None:
        """Beeps until it is over; each block waits for room."""
        error = ctypes.c_int()
        for at in count(0, BLOCK):
            if over.is_set():
                break
            if at >= QUEUE:
                before = time.time()
                waits = self._lib.pa_simple_get_latency(self._stream, ctypes.byref(error)) / 1e6
                self.origins.append((before + time.time()) / 2 + waits - at / RATE)
            piece = wave(at).tobytes()
            assert self._lib.pa_simple_write(self._stream, piece, len(piece), ctypes.byref(error)) == 0

    def at(self, sample: int) -> tuple[float, float]:
        """When this sample sounds, in seconds since 1970, and t0 as told by the blocks around it."""
        middle = min(sample // BLOCK, len(self.origins))  # what was told while this sample sounded
        origin = statistics.median(self.origins[max(0, middle - AROUND) : middle + AROUND])
        return origin + sample / RATE, origin


def wave(at: int) -> "array.array[int]":
    """A block of the stream, from sample `at`."""
    return array.array("h", (loud(n) for n in range(at, at + BLOCK)))


def loud(sample: int) -> int:
    start = STARTS[bisect.bisect(STARTS, sample) - 1] if sample >= STARTS[0] else sample - SHOWN
    return int(16000 * math.sin(2 * math.pi * (sample - start) / 48)) if sample - start < SHOWN else 0


def flashed(sound: Sound, over: threading.Event) -> Iterator[tuple[float, float]]:
    """Lights the screen at each beep, and tells when it did: the instants around it. Ends when standard input does."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XDefaultRootWindow.restype = x11.XWhitePixel.restype = x11.XBlackPixel.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    root = ctypes.c_ulong(x11.XDefaultRootWindow(display))
    white, black = (ctypes.c_ulong(ask(display, 0)) for ask in (x11.XWhitePixel, x11.XBlackPixel))

    def paint(colour: ctypes.c_ulong) -> tuple[float, float]:
        x11.XSetWindowBackground(display, root, colour)
        before = time.time()
        x11.XClearWindow(display, root)
        x11.XSync(display, 0)
        return before, time.time()

    paint(black)
    while len(sound.origins) < 20:
        time.sleep(0.01)
    for start in STARTS:
        if select.select([sys.stdin], [], [], max(0.0, sound.at(start)[0] - time.time()))[0]:
            over.set()
            return
        yield paint(white)
        time.sleep(SHOWN / RATE)
        paint(black)


if __name__ == "__main__":
    sys.exit(main())
