"""A phone as a camera: MJPEG over HTTP from a real server on loopback, which breaks off."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.footage import card

from fieldkit.capture import watch as watching
from fieldkit.capture.order import Order, new_take
from fieldkit.capture.parts import joined, parts, rolling
from fieldkit.capture.record import Taken, record
from fieldkit.capture.rig import Shot
from fieldkit.capture.salvage import Measure, salvage
from fieldkit.capture.watch import Moment
from fieldkit.config import Library
from fieldkit.journal import Journal
from fieldkit.model import Take
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.probe import probe


@contextlib.contextmanager
def phone(ffmpeg: Ffmpeg, *lasts: float) -> Iterator[str]:
    """The URL of a camera whose stream breaks off after so many seconds each time that it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        served = threading.Thread(target=serve, args=(server, ffmpeg, lasts), daemon=True)
        served.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/video"
        served.join(20)


def serve(server: socket.socket, ffmpeg: Ffmpeg, lasts: tuple[float, ...]) -> None:
    """Each picture is a part of an answer without end."""
    for seconds in lasts:
        wire, _ = server.accept()
        with wire, contextlib.suppress(OSError):
            wire.recv(65536)
            wire.sendall(
                b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=ffmpeg\r\n\r\n"
            )
            stream(wire, ffmpeg, seconds)


def stream(wire: socket.socket, ffmpeg: Ffmpeg, seconds: float) -> None:
    gone = threading.Event()

    def send(piece: bytes) -> None:
        try:
            wire.sendall(piece)
        except OSError:
            gone.set()

    source = ["-re", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=15"]
    with ffmpeg.start([*source, "-t", str(seconds), "-f", "mpjpeg", "pipe:1"], tap=send) as running:
        while running.poll() is None and not gone.wait(0.05):
            pass


def filmed(
    url: str,
    seconds: float,
    order: Order,
    journal: Journal,
    library: Library,
    ffmpeg: Ffmpeg,
    measure: Measure,
) -> tuple[Taken, list[Moment]]:
    heard: list[Moment] = []
    taken = record(
        order,
        Shot(url, seconds=seconds),
        journal,
        library,
        ffmpeg.start,
        measure=measure,
        stop=threading.Event(),
        tell=heard.append,
    )
    return taken, heard


def test_a_network_camera_is_recorded(
    order: Order, journal: Journal, library: Library, ffmpeg: Ffmpeg, measure: Measure
) -> None:
    with phone(ffmpeg, 20) as url:
        taken, _ = filmed(url, 1.5, order, journal, library, ffmpeg, measure)
    found = probe(library.root / taken.original.path)
    assert taken.original.seconds == pytest.approx(1.5, abs=0.3)
    assert (found.width, found.height) == (160, 120)
    assert taken.verdict.good, taken.verdict.sentence


def test_a_stream_that_breaks_off_is_asked_for_again_and_the_take_goes_on(
    order: Order,
    journal: Journal,
    library: Library,
    ffmpeg: Ffmpeg,
    measure: Measure,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "_SHORT", 0.2)
    with phone(ffmpeg, 1.5, 20) as url:
        taken, heard = filmed(url, 5, order, journal, library, ffmpeg, measure)
    assert "The network camera's stream broke off; asking for it again." in [moment.note for moment in heard]
    assert taken.original.seconds == pytest.approx(5, abs=0.8)
    found = probe(library.root / taken.original.path)
    assert found.video is not None
    assert 0.5 < found.video.longest_gap < 3
    assert found.video.frames > 30
    assert "The picture stands still for" in taken.verdict.sentence
    assert not taken.verdict.good
    assert list(library.rolling.iterdir()) == []


def test_a_stream_that_does_not_come_back_leaves_what_there_is_and_says_so(
    order: Order,
    journal: Journal,
    library: Library,
    ffmpeg: Ffmpeg,
    measure: Measure,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "_AGAIN", 0.2)
    with phone(ffmpeg, 1.5) as url:
        taken, _ = filmed(url, 4, order, journal, library, ffmpeg, measure)
    assert taken.original.seconds == pytest.approx(1.3, abs=0.4)
    assert "The camera stopped sending, after 1." in taken.verdict.sentence
    assert list(library.rolling.iterdir()) == []


# ── the parts of a take ─────────────────────────────────────────────────────────────────────────────


def begun(order: Order, journal: Journal) -> Take:
    return journal.begin(new_take(), order.tweet_id, order.place, order.operator, order.consent)


def one(path: Path, since: float) -> Path:
    return card(path, more=("-output_ts_offset", str(since)))


def test_salvage_joins_the_parts_of_a_recording_that_died(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    take = begun(order, journal)
    for number, since in enumerate((0, 3, 7), start=1):
        one(rolling(take.id, library, number), since)
    rolling(take.id, library, 4).touch()  # the camera answered and sent nothing
    (original,) = salvage(journal, library, measure)
    assert original.seconds == pytest.approx(8, abs=0.1)
    found = probe(library.root / original.path)
    assert found.video is not None
    assert (found.video.frames, round(found.video.longest_gap)) == (90, 3)
    assert list(library.rolling.iterdir()) == []
    verdict = journal.entries()[0].verdict
    assert verdict is not None
    assert "The picture stands still for 3.0 s" in verdict.sentence
    assert "the recording was cut off, after 8.0 s" in verdict.sentence


def test_parts_that_were_joined_when_the_laptop_died_are_not_joined_twice(
    order: Order, journal: Journal, library: Library
) -> None:
    take = begun(order, journal)
    one(rolling(take.id, library), 0)
    second = one(rolling(take.id, library, 2), 3)
    kept = second.read_bytes()
    joined(take.id, library)
    second.write_bytes(kept)  # killed before it was removed
    joined(take.id, library)
    assert parts(take.id, library) == [rolling(take.id, library)]
    assert probe(rolling(take.id, library)).video.frames == 60


def test_a_first_part_without_a_picture_loses_none_of_the_others(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    take = begun(order, journal)
    rolling(take.id, library).write_bytes(b"\x1a\x45\xdf\xa3 and no more")
    one(rolling(take.id, library, 2), 2)
    (original,) = salvage(journal, library, measure)
    assert original.seconds == pytest.approx(1, abs=0.1)


def test_a_take_whose_first_part_never_came_to_be_is_what_the_others_hold(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    take = begun(order, journal)
    one(rolling(take.id, library, 2), 2)
    (original,) = salvage(journal, library, measure)
    assert original.seconds == pytest.approx(1, abs=0.1)
    assert list(library.rolling.iterdir()) == []
