"""The preview may fail in any way; the recording does not notice."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from queue import Queue

import av
import pytest

from fieldkit.capture import wire
from fieldkit.capture.camera import displayed
from fieldkit.capture.hints import Hint
from fieldkit.capture.order import Order
from fieldkit.capture.record import record
from fieldkit.capture.rig import PREVIEW, Shot
from fieldkit.capture.salvage import Measure
from fieldkit.capture.watch import Moment
from fieldkit.capture.window import State, Window
from fieldkit.config import Library
from fieldkit.journal import Journal
from fieldkit.transcode.ffmpeg import Ffmpeg

WIDTH, HEIGHT = PREVIEW
NOTHING_SEEN = bytes([16]) * (WIDTH * HEIGHT) + bytes([128]) * (
    WIDTH * HEIGHT // 2
)  # a covered lens, in yuv420p
PICTURE = wire.packed(wire.PICTURE, NOTHING_SEEN)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A screen without a monitor, where Xvfb is at hand."""
    if shutil.which("Xvfb") is None:
        said = "the preview window wants Xvfb, which is not installed here"
        if os.environ.get("FIELDKIT_REQUIRE_ALL") == "1":
            pytest.fail(said)
        pytest.skip(said)
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "640x480x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(writer,), stderr=subprocess.DEVNULL)
    os.close(writer)
    with os.fdopen(reader) as told:
        monkeypatch.setenv("DISPLAY", f":{told.readline().strip()}")
    yield
    server.terminate()
    server.wait()


def typist() -> Callable[[int], None]:
    """Types a key as a person does, through the X server's own test extension."""
    x11, test = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = ctypes.c_void_p(x11.XOpenDisplay(os.environ["DISPLAY"].encode()))

    def typed(keysym: int) -> None:
        code = x11.XKeysymToKeycode(display, ctypes.c_ulong(keysym))
        for down in (1, 0):
            test.XTestFakeKeyEvent(display, code, down, ctypes.c_ulong(0))
        x11.XSync(display, 0)

    return typed


def window(
    environment: dict[str, str], messages: bytes, mode: str = "screen"
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "fieldkit.capture.camera", *(str(side) for side in PREVIEW), mode]
    return subprocess.run(
        command, input=messages, env=os.environ | environment, capture_output=True, check=False, timeout=60
    )


def test_a_screen_is_looked_for_on_linux_only() -> None:
    assert not displayed({}, "linux")
    assert displayed({"DISPLAY": ":0"}, "linux")
    assert displayed({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert displayed({}, "win32")


def test_without_a_screen_the_window_says_no_and_nothing_aborts() -> None:
    assert window({"DISPLAY": "", "WAYLAND_DISPLAY": ""}, PICTURE).returncode == 1


def test_without_a_screen_the_hints_are_said_all_the_same() -> None:
    """A covered lens for two seconds, at the pace at which a camera gives pictures."""
    heard: Queue[tuple[Hint, ...]] = Queue()
    blind = Window(PREVIEW, screen=False, hear=heard.put)
    camera = threading.Event()

    def film() -> None:
        while not camera.wait(0.1):
            blind._put(wire.PICTURE, NOTHING_SEEN)

    threading.Thread(target=film, daemon=True).start()
    assert heard.get(timeout=30) == ()
    assert heard.get(timeout=30) == (Hint.DARK,)
    camera.set()
    blind.close()


def test_what_comes_in_may_be_anything() -> None:
    odd = wire.packed(wire.PICTURE, b"short") + wire.packed(b"?", b"") + wire.packed(wire.SOUND, b"x")
    assert window({}, odd + PICTURE, "blind").returncode == 0


@pytest.mark.usefixtures("screen")
def test_the_window_shows_what_comes_and_ends_with_it() -> None:
    state = wire.packed(
        wire.STATE, json.dumps({"phase": "counting", "seconds": 2.2, "left": 140, "free": 10**9}).encode()
    )
    assert window({}, state + PICTURE * 5).returncode == 0


@pytest.mark.usefixtures("screen")
def test_a_key_typed_into_the_window_is_told() -> None:
    typed = typist()
    pressed: Queue[str] = Queue()
    real = Window(PREVIEW, press=pressed.put)
    camera = threading.Event()

    def film() -> None:
        while not camera.wait(0.05):
            real._put(wire.PICTURE, NOTHING_SEEN)

    threading.Thread(target=film, daemon=True).start()
    try:
        for keysym, name in ((0x20, "space"), (ord("r"), "r"), (0xFF1B, "q")):
            deadline = time.monotonic() + 30
            while pressed.empty() or pressed.get() != name:  # the window may not be there yet
                assert time.monotonic() < deadline
                typed(keysym)
                camera.wait(0.1)
    finally:
        camera.set()
        real.close()


def test_a_window_that_hangs_holds_nothing_up() -> None:
    hanging = Window((4, 4), command=[sys.executable, "-c", "import time; time.sleep(60)"])
    for _ in range(20_000):
        hanging._put(wire.PICTURE, bytes(100))
        hanging.tell(State("rolling"))
    hanging.close()


@pytest.mark.usefixtures("screen")
def test_a_window_that_is_stopped_costs_no_picture(
    order: Order, journal: Journal, library: Library, measure: Measure, ffmpeg: Ffmpeg
) -> None:
    real = Window(PREVIEW)

    def tell(moment: Moment) -> None:
        if moment.phase == "rolling" and moment.seconds > 0.5:
            os.kill(real.pid, signal.SIGSTOP)

    taken = record(
        order,
        Shot("test:", seconds=4, size=(320, 180)),
        journal,
        library,
        ffmpeg.start,
        measure=measure,
        stop=threading.Event(),
        tell=tell,
        show=real.show,
    )
    real.close()
    with av.open(str(library.root / taken.original.path)) as film:
        assert sum(packet.size > 0 for packet in film.demux(video=0)) == 120
    assert taken.verdict.good


@pytest.mark.parametrize(
    "program", ["raise SystemExit(1)", "import os; os.abort()", "import sys; sys.stdin.buffer.read(9)"]
)
def test_the_recording_goes_on_whatever_becomes_of_the_window(
    program: str,
    order: Order,
    journal: Journal,
    library: Library,
    measure: Measure,
    ffmpeg: Ffmpeg,
) -> None:
    doomed = Window(PREVIEW, command=[sys.executable, "-c", program])
    shot = Shot("test:", seconds=1, size=(320, 180))
    original = record(
        order,
        shot,
        journal,
        library,
        ffmpeg.start,
        measure=measure,
        stop=threading.Event(),
        show=doomed.show,
    ).original
    doomed.close()
    assert original.seconds == pytest.approx(1, abs=0.2)


def test_only_pictures_tell_that_the_camera_lives(ffmpeg: Ffmpeg) -> None:
    """A camera that is unplugged leaves its microphone behind, whose sound comes through the same pipe."""
    lives: list[bool] = []
    window = Window(PREVIEW, command=[sys.executable, "-c", "import sys; sys.stdin.buffer.read()"])
    words = [
        *("-f", "lavfi", "-i", f"testsrc2=size={WIDTH}x{HEIGHT}:rate=10:duration=0.5"),
        *("-f", "lavfi", "-i", "sine=sample_rate=8000:duration=5"),
        *("-c:v", "rawvideo", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", "-f", "matroska", "pipe:1"),
    ]
    with ffmpeg.start(words, tap=lambda piece: lives.append(window.show(piece))) as running:
        assert running.wait(30) == 0
    window.close()
    assert True in lives
    assert lives[-1] is False
