"""The preview may fail in any way; the recording does not notice."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from io import BytesIO

import pytest

from fieldkit.capture.camera import Window, displayed, pictures
from fieldkit.capture.order import Order
from fieldkit.capture.record import record
from fieldkit.capture.rig import PREVIEW, Shot
from fieldkit.capture.salvage import Measure
from fieldkit.config import Library
from fieldkit.journal import Journal
from fieldkit.transcode.ffmpeg import Ffmpeg

PICTURE = bytes(PREVIEW[0] * PREVIEW[1] * 3)


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


def window(environment: dict[str, str], frames: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "fieldkit.capture.camera", *(str(side) for side in PREVIEW)]
    return subprocess.run(
        command, input=frames, env=os.environ | environment, capture_output=True, check=False, timeout=60
    )


def test_a_screen_is_looked_for_on_linux_only() -> None:
    assert not displayed({}, "linux")
    assert displayed({"DISPLAY": ":0"}, "linux")
    assert displayed({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert displayed({}, "win32")


def test_pictures_are_cut_from_the_stream_and_half_a_one_is_left() -> None:
    seen: list[bytes] = []
    assert pictures(BytesIO(b"aaabbbc"), 3, lambda picture: seen.append(picture) or True) == 2
    assert seen == [b"aaa", b"bbb"]
    assert pictures(BytesIO(b"aaabbb"), 3, lambda _: False) == 1


def test_without_a_screen_the_window_says_no_and_nothing_aborts() -> None:
    assert window({"DISPLAY": "", "WAYLAND_DISPLAY": ""}, PICTURE).returncode == 1


@pytest.mark.usefixtures("screen")
def test_the_window_shows_what_comes_and_ends_with_it() -> None:
    assert window({}, PICTURE * 5).returncode == 0


def test_a_window_that_hangs_holds_nothing_up() -> None:
    hanging = Window((4, 4), [sys.executable, "-c", "import time; time.sleep(60)"])
    for _ in range(20_000):
        hanging.show(bytes(100))
    hanging.close()


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
    doomed = Window(PREVIEW, [sys.executable, "-c", program])
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
