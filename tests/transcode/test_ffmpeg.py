"""The one place that starts ffmpeg: its end, its words, its death."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from support.footage import clip

from fieldkit.errors import DiskFull, NeedsCrew, WorthRetrying
from fieldkit.transcode.ffmpeg import Ffmpeg, FfmpegFailed, complaint, failure

ENDLESS = ("-re", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=10")


def test_what_ffmpeg_says_last_is_what_the_crew_reads(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    with pytest.raises(FfmpegFailed, match="No such file or directory") as failed:
        ffmpeg.run(["-i", str(tmp_path / "nothing.mp4"), str(tmp_path / "out.mp4")])
    assert "\n" not in str(failed.value)
    assert "0x" not in str(failed.value)


def test_the_telling_line_is_chosen_over_the_last_one() -> None:
    said = (
        "[info] Input #0, mov,mp4, from 'x.mp4':",
        "[h264 @ 0x55ab] [error] Invalid NAL unit size (1234 > 56).",
        "[vost#0:0/libx264 @ 0x55ac] [error] Task finished with error code: -22 (Invalid argument)",
        "[error] Conversion failed!",
    )
    assert complaint(said) == "Invalid NAL unit size (1234 > 56)"


def test_no_words_at_all_are_said_too() -> None:
    assert complaint(()) == "it said nothing"


def test_no_space_is_a_full_disk() -> None:
    assert isinstance(failure(228, ("[out#0 @ 0x1] [error] Error: No space left on device",)), DiskFull)


def test_a_signal_is_worth_retrying() -> None:
    assert isinstance(failure(-9, ()), WorthRetrying)


def test_a_binary_that_is_not_there_is_said_in_one_sentence() -> None:
    with pytest.raises(NeedsCrew, match=r"ffmpeg can't be started from /nowhere/ffmpeg"):
        Ffmpeg("/nowhere/ffmpeg").run(["-version"])


def test_stop_finishes_the_file(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    out = tmp_path / "out.nut"
    with ffmpeg.start(
        [*ENDLESS, "-c:v", "mjpeg", "-flush_packets", "1", "-f", "nut", f"file:{out}"]
    ) as running:
        wait_for(lambda: out.exists() and out.stat().st_size > 0)
        assert running.poll() is None
        running.stop()
        assert running.wait(10) == 0
    running.stop()  # twice is nothing


def test_what_goes_to_pipe_1_reaches_the_tap(ffmpeg: Ffmpeg) -> None:
    heard: list[bytes] = []
    arguments = [
        "-f",
        "lavfi",
        "-i",
        "color=size=16x16:rate=5:duration=1",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gray",
        "pipe:1",
    ]
    with ffmpeg.start(arguments, tap=heard.append) as running:
        assert running.wait(20) == 0
    assert len(b"".join(heard)) == 16 * 16 * 5


def test_a_running_ffmpeg_is_closed_with_the_block(ffmpeg: Ffmpeg) -> None:
    with ffmpeg.start([*ENDLESS, "-f", "null", "-"]) as running:
        pid = running.pid
    assert gone(pid)


def test_a_descriptor_is_held_for_as_long_as_ffmpeg_lives(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    with (
        (tmp_path / "held").open("w") as file,
        ffmpeg.start([*ENDLESS, "-f", "null", "-"], inherit=(file.fileno(),)) as it,
    ):
        held = []
        for link in Path(f"/proc/{it.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # ffmpeg opens and closes while we look
                held.append(os.readlink(link))
    assert str(tmp_path / "held") in held


def test_an_encode_ends_soon_after_fieldkit_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from fieldkit.transcode.render import render; "
        "from fieldkit.transcode.ffmpeg import Ffmpeg; "
        "render(Path(sys.argv[1]), 'proxy', Path(sys.argv[2]), 'x.mp4', Ffmpeg(), "
        "progress=lambda done, of: print('at work', flush=True))"
    )
    crew = subprocess.Popen(
        [sys.executable, "-c", program, str(clip("bigbuckbunny")), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert crew.stdout is not None
    crew.stdout.readline()
    encoders: list[int] = []
    wait_for(lambda: encoders.extend(encoding(crew.pid)) or encoders, seconds=20)
    encoder = encoders[0]
    crew.send_signal(signal.SIGKILL)
    crew.wait()
    crew.stdout.close()
    wait_for(lambda: gone(encoder), seconds=15)
    assert not (tmp_path / "x.mp4").exists()


def encoding(pid: int) -> list[int]:
    """The children of a process that write a part; others only hear or look at the clip."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b".part.mp4" in Path(f"/proc/{child}/cmdline").read_bytes()]


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_for(what: object, seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
