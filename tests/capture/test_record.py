"""A take, recorded for real from the test card."""

import contextlib
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from support.footage import fill, small_disk

from fieldkit import disk
from fieldkit.capture import watch as watching
from fieldkit.capture import wire
from fieldkit.capture.checks import Measured, Picture
from fieldkit.capture.order import Order
from fieldkit.capture.record import Taken, record, why
from fieldkit.capture.rig import Shot
from fieldkit.capture.salvage import Measure, salvage
from fieldkit.capture.watch import Moment
from fieldkit.config import Library
from fieldkit.errors import DiskFull, NeedsCrew, NoDevice
from fieldkit.journal import Journal
from fieldkit.model import Station
from fieldkit.transcode.ffmpeg import Ffmpeg, Running
from fieldkit.transcode.probe import probe

SMALL = (320, 180)


def test_a_take_is_recorded_to_its_length(
    order: Order, journal: Journal, library: Library, measure: Measure, ffmpeg: Ffmpeg
) -> None:
    heard: list[Moment] = []
    original = record(
        order,
        Shot("test:", seconds=2, size=SMALL),
        journal,
        library,
        ffmpeg.start,
        measure=measure,
        stop=threading.Event(),
        tell=heard.append,
    ).original
    found = probe(library.root / original.path)
    assert original.seconds == pytest.approx(2, abs=0.2)
    assert (found.width, found.height, found.video.fps) == (320, 180, 30)
    assert found.audio is not None
    assert found.audio.seconds == pytest.approx(2, abs=0.2)
    assert found.video.frames == 60
    assert found.video.longest_gop <= 31
    assert found.video.longest_gap < 1.5 / 30
    assert not original.recovered
    disk.verify(library.root / original.path, original.sha256)
    (entry,) = journal.entries()
    assert (entry.original, entry.take.number) == (original, 1)
    assert list(library.rolling.iterdir()) == []
    assert [
        phase for n, phase in enumerate(m.phase for m in heard) if n == 0 or heard[n - 1].phase != phase
    ] == [
        "waiting",
        "rolling",
        "sealing",
    ]


def test_the_crew_can_stop_a_take_early(
    order: Order, journal: Journal, library: Library, measure: Measure, ffmpeg: Ffmpeg
) -> None:
    stop = threading.Event()

    def stop_after_a_second(moment: Moment) -> None:
        if moment.seconds > 1:
            stop.set()

    shot = Shot("test:", seconds=60, size=SMALL)
    original = record(
        order, shot, journal, library, ffmpeg.start, measure=measure, stop=stop, tell=stop_after_a_second
    ).original
    assert original.seconds is not None
    assert 0.8 < original.seconds < 5


def test_the_preview_gets_whole_pictures_and_the_sound(
    order: Order, journal: Journal, library: Library, measure: Measure, ffmpeg: Ffmpeg
) -> None:
    seen: list[bytes] = []
    shot = Shot("test:", seconds=1, size=SMALL)
    record(
        order,
        shot,
        journal,
        library,
        ffmpeg.start,
        measure=measure,
        stop=threading.Event(),
        show=lambda piece: seen.append(piece) is None,
    )
    unpacker = wire.Unpacker()
    found = [each for piece in seen for each in unpacker.more(piece)]
    pictures = [content for kind, content in found if kind == wire.PICTURE]
    assert 8 <= len(pictures) <= 11
    assert {len(picture) for picture in pictures} == {320 * 180 * 3 // 2}
    sound = b"".join(content for kind, content in found if kind == wire.SOUND)
    assert len(sound) == pytest.approx(16_000, rel=0.1)


@pytest.mark.parametrize("microphone", [None, "nothing-like-it"])
def test_a_camera_that_is_not_there_is_said_and_leaves_no_take_waiting(
    microphone: str | None,
    order: Order,
    journal: Journal,
    library: Library,
    measure: Measure,
    ffmpeg: Ffmpeg,
) -> None:
    shot = Shot("/dev/video99", microphone, seconds=2)
    with pytest.raises(NoDevice, match=r"The camera /dev/video99 is not there") as refusal:
        record(
            order,
            shot,
            journal,
            library,
            ffmpeg.start,
            measure=measure,
            stop=threading.Event(),
            platform="linux",
        )
    assert "\n" not in str(refusal.value)
    assert journal.unsealed() == []
    (entry,) = journal.entries()
    assert [(refused.station, refused.why) for refused in entry.refusals] == [
        (Station.SALVAGE, str(refusal.value))
    ]
    assert list(library.rolling.iterdir()) == []
    assert list(library.originals.iterdir()) == []


def test_a_microphone_that_is_not_there_is_an_error_and_nothing_else_is_recorded_instead(
    order: Order, journal: Journal, library: Library, measure: Measure, ffmpeg: Ffmpeg
) -> None:
    shot = Shot("test:", "no-such-microphone", seconds=2, size=SMALL)
    with pytest.raises(NoDevice, match="The microphone no-such-microphone is not there"):
        record(
            order,
            shot,
            journal,
            library,
            ffmpeg.start,
            measure=measure,
            stop=threading.Event(),
            platform="linux",
        )
    assert journal.unsealed() == []
    assert list(library.originals.iterdir()) == []


def test_a_network_camera_that_does_not_answer_is_said_without_its_password(
    order: Order, journal: Journal, library: Library, measure: Measure, ffmpeg: Ffmpeg
) -> None:
    shot, phases = Shot("http://crew:secret@127.0.0.1:9/video?key=secret", seconds=2), set[str]()
    with pytest.raises(NoDevice, match=r"The camera http://127\.0\.0\.1:9/video does not answer") as refusal:
        record(
            order,
            shot,
            journal,
            library,
            ffmpeg.start,
            measure=measure,
            stop=threading.Event(),
            tell=lambda moment: phases.add(moment.phase),
        )
    assert phases == {"waiting"}  # nothing is made safe where nothing rolled
    assert "secret" not in str(refusal.value)
    assert journal.unsealed() == []


def test_an_ffmpeg_that_is_not_there_leaves_no_take_waiting(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    with pytest.raises(NeedsCrew, match="ffmpeg can't be started"):
        record(
            order,
            Shot("test:", seconds=2),
            journal,
            library,
            Ffmpeg("/nowhere/ffmpeg").start,
            measure=measure,
            stop=threading.Event(),
        )
    assert journal.unsealed() == []
    assert list(library.rolling.iterdir()) == []


def test_a_take_that_wants_more_room_than_there_is_does_not_begin(
    order: Order, journal: Journal, library: Library, measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "room", lambda _: 150_000_000)
    with pytest.raises(DiskFull, match=r"wants 520 MB free .* there are 150 MB"):
        record(
            order,
            Shot("test:"),
            journal,
            library,
            lambda *_: pytest.fail("the camera was started"),
            measure=measure,
            stop=threading.Event(),
        )
    assert journal.entries() == []


def test_the_camera_stops_while_there_is_room_to_finish(
    order: Order,
    journal: Journal,
    library: Library,
    measure: Measure,
    ffmpeg: Ffmpeg,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[Moment] = []
    monkeypatch.setattr(disk, "room", lambda _: 10**6 if heard and heard[-1].seconds > 0.8 else 10**12)
    original = record(
        order,
        Shot("test:", seconds=60, size=SMALL),
        journal,
        library,
        ffmpeg.start,
        measure=measure,
        stop=threading.Event(),
        tell=heard.append,
    ).original
    assert original.seconds is not None
    assert original.seconds < 10
    assert "The disk is nearly full, so the camera stops." in {moment.note for moment in heard}


def test_a_disk_that_fills_up_loses_nothing_and_the_next_run_works(
    order: Order, measure: Measure, ffmpeg: Ffmpeg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "room", lambda _: 10**12)
    with small_disk(tmp_path / "small") as small:
        library = Library(small / "library")
        library.make()
        with Journal(library.journal) as journal:
            ballast = fill(small, leave=700_000)

            def roll(seconds: float = 20) -> Taken:
                return record(
                    order,
                    Shot("test:", seconds=seconds, size=(1280, 720)),
                    journal,
                    library,
                    ffmpeg.start,
                    measure=measure,
                    stop=threading.Event(),
                )

            try:
                assert not roll().verdict.good
            except DiskFull as refusal:  # full before or after the row: both are good
                assert "safe: free some space, and `fieldkit render`" in str(refusal)  # noqa: PT017
            ballast.unlink()
            salvage(journal, library, measure)
            (entry,) = journal.entries()
            assert entry.original is not None
            assert entry.original.seconds is not None
            assert 0.2 < entry.original.seconds < 15
            assert roll(1).original == journal.entries()[1].original


def test_a_take_with_a_fault_is_kept_and_its_verdict_is_on_record(
    order: Order, journal: Journal, library: Library, ffmpeg: Ffmpeg
) -> None:
    silent = Measured(Picture(0.0, 1.0, SMALL, 30.0), sound=None)
    taken = record(
        order,
        Shot("test:", seconds=1, size=SMALL),
        journal,
        library,
        ffmpeg.start,
        measure=lambda _: silent,
        stop=threading.Event(),
    )
    assert not taken.verdict.good
    assert "no sound" in taken.verdict.sentence
    (entry,) = journal.entries()
    assert (entry.original, entry.verdict) == (taken.original, taken.verdict)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("[in#0 @ 0x1] [error] /dev/video0: Device or resource busy", "in use by another program"),
        (
            "[in#0 @ 0x1] [error] Cannot open video device /dev/video0: No such file or directory",
            "is not there",
        ),
        (
            "[pulse @ 0x1] [error] Error opening input file usb-mic: No such entity",
            "microphone pulse:usb-mic is not there",
        ),
        ("[in#1 @ 0x1] [error] usb-mic: Input/output error", "microphone pulse:usb-mic can't be used"),
        ("[dshow @ 0x1] [error] Could not find video device with name [X]", "is not there"),
        ("[in#0 @ 0x1] [error] ioctl(VIDIOC_STREAMON): No space left on device", "gave no picture"),
    ],
)
def test_what_ffmpeg_says_about_devices_is_put_into_words(line: str, says: str) -> None:
    trouble = why(
        [line, "[error] Error opening input files: Input/output error"], Shot("/dev/video0", "pulse:usb-mic")
    )
    assert isinstance(trouble, NoDevice)
    assert says in str(trouble)


def test_a_microphone_that_is_never_opened_is_named() -> None:
    said = ["[info] Input #0, video4linux2,v4l2, from '/dev/video0':", "[info]   Stream #0:0: Video: mjpeg"]
    assert "The microphone hw:1,0 gives no sound" in str(why(said, Shot("/dev/video0", "hw:1,0")))


def test_the_growing_file_is_put_on_the_medium_every_second(
    order: Order,
    journal: Journal,
    library: Library,
    measure: Measure,
    ffmpeg: Ffmpeg,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(watching.disk, "fsync", synced.append)
    shot = Shot("test:", seconds=3, size=SMALL)
    record(order, shot, journal, library, ffmpeg.start, measure=measure, stop=threading.Event())
    assert len(synced) >= 2


def test_a_camera_that_answers_and_sends_nothing_is_given_up(
    order: Order,
    journal: Journal,
    library: Library,
    measure: Measure,
    ffmpeg: Ffmpeg,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "FIRST", 0.5)
    monkeypatch.setattr(watching, "_AFTER", 0.5)
    monkeypatch.setattr("fieldkit.transcode.ffmpeg._PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shot = Shot(f"http://127.0.0.1:{silent.getsockname()[1]}/video", seconds=2)
        with pytest.raises(NoDevice, match="gave no picture"):
            record(order, shot, journal, library, ffmpeg.start, measure=measure, stop=threading.Event())
    assert journal.unsealed() == []


def test_an_ffmpeg_that_is_killed_leaves_a_take_that_is_not_called_good(
    order: Order, journal: Journal, library: Library, measure: Measure, ffmpeg: Ffmpeg
) -> None:
    cameras: list[Running] = []

    def start(*words: Any, **how: Any) -> Running:
        cameras.append(ffmpeg.start(*words, **how))
        return cameras[0]

    def shoot(moment: Moment) -> None:
        if moment.seconds > 1:
            cameras[0].kill()

    shot = Shot("test:", seconds=60, size=SMALL)
    taken = record(order, shot, journal, library, start, measure=measure, stop=threading.Event(), tell=shoot)
    assert taken.original.recovered
    assert taken.verdict.sentence.startswith("The recording was ended from outside, after ")


def test_a_camera_that_ends_before_its_time_is_not_called_good(
    order: Order, journal: Journal, library: Library, measure: Measure, ffmpeg: Ffmpeg
) -> None:
    def start(words: list[str], **how: Any) -> Running:
        short = [f"{word}:duration=1" if word.startswith(("testsrc2", "sine")) else word for word in words]
        return ffmpeg.start(short, **how)

    shot = Shot("test:", seconds=30, size=SMALL)
    taken = record(order, shot, journal, library, start, measure=measure, stop=threading.Event())
    assert taken.verdict.sentence.startswith("The camera stopped sending, after 1.0 s: ")


def test_the_meters_reach_the_crew_while_it_rolls(
    order: Order, journal: Journal, library: Library, measure: Measure, ffmpeg: Ffmpeg
) -> None:
    heard: list[Moment] = []

    def start(words: list[str], **how: Any) -> Running:
        dark = ["color=black:size=320x180:rate=30" if word.startswith("testsrc2") else word for word in words]
        return ffmpeg.start(dark, **how)

    shot = Shot("test:", seconds=3, size=SMALL)
    record(
        order,
        shot,
        journal,
        library,
        start,
        measure=measure,
        stop=threading.Event(),
        tell=heard.append,
    )
    (moment,) = [moment for moment in heard if moment.phase == "rolling"][-1:]
    assert moment.level == pytest.approx(-19, abs=3)  # a tone of -21 that beeps at times
    assert moment.peak is not None
    assert moment.level < moment.peak <= 0
    assert moment.free
    warned = [moment.note for moment in heard if moment.phase == "warning"]
    assert "The picture is black; is the lens covered?" in warned
    assert len(warned) == len(set(warned))


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe with a name stands in for the microphone")
@pytest.mark.parametrize("sends", [1.5, 0.0], ids=["falls silent", "never speaks"])
def test_a_microphone_that_hangs_is_named(
    sends: float,
    order: Order,
    journal: Journal,
    library: Library,
    measure: Measure,
    ffmpeg: Ffmpeg,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(watching, "_STALL", 2.0)
    monkeypatch.setattr(watching, "FIRST", 4.0)
    monkeypatch.setattr(watching, "_AFTER", 1.0)
    monkeypatch.setattr("fieldkit.transcode.ffmpeg._PATIENCE", 0.5)
    heard: list[Moment] = []
    wire, over, stop = tmp_path / "wire", threading.Event(), threading.Event()
    os.mkfifo(wire)
    speaker = threading.Thread(target=speak, args=(wire, sends, over), daemon=True)
    speaker.start()

    def start(words: list[str], **how: Any) -> Running:
        at, until = words.index("-isync"), words.index("usb-mic")
        words[at : until + 1] = ["-f", "s16le", "-ar", "48000", "-ac", "1", "-i", str(wire)]
        return ffmpeg.start(words, **how)

    def tell(moment: Moment) -> None:
        heard.append(moment)
        if "sends nothing" in moment.note:
            stop.set()

    shot = Shot("test:", "usb-mic", seconds=30, size=SMALL)

    def roll() -> Taken:
        return record(
            order, shot, journal, library, start, measure=measure, stop=stop, tell=tell, platform="linux"
        )

    if sends:
        assert "microphone stopped sending" in roll().verdict.sentence
        assert any("microphone sends nothing any more" in moment.note for moment in heard)
    else:
        with pytest.raises(NoDevice, match="The microphone usb-mic gives no sound"):
            roll()
    over.set()
    speaker.join()


def speak(wire: Path, seconds: float, over: threading.Event) -> None:
    """A buzz for so long, then nothing, without hanging up."""
    with contextlib.suppress(OSError), wire.open("wb", buffering=0) as line:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not over.wait(0.05):
            line.write(b"\xd0\x07\x30\xf8" * 1200)
        over.wait(30)


def test_an_interrupted_take_is_finished_by_the_next_salvage(
    order: Order, journal: Journal, library: Library, measure: Measure, ffmpeg: Ffmpeg
) -> None:
    def interrupt(moment: Moment) -> None:
        if moment.seconds > 1:
            raise KeyboardInterrupt

    shot = Shot("test:", seconds=60, size=SMALL)
    with pytest.raises(KeyboardInterrupt):
        record(
            order,
            shot,
            journal,
            library,
            ffmpeg.start,
            measure=measure,
            stop=threading.Event(),
            tell=interrupt,
        )
    (original,) = salvage(journal, library, measure)
    assert original.recovered
    assert original.seconds is not None
    assert original.seconds > 1
