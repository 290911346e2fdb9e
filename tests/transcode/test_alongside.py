"""Pictures that are encoded while their recording grows."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.facts import AGREED, TWEET, take_id
from support.footage import card, clip, make

from fieldkit import disk, early
from fieldkit.capture.checks import Measured
from fieldkit.capture.salvage import salvage
from fieldkit.config import Library
from fieldkit.journal import Journal
from fieldkit.model import Original, Refusal, Rendition, Sha256, Station, TakeId
from fieldkit.pipeline import Outcome
from fieldkit.renderer import Renderer
from fieldkit.sealer import Reach
from fieldkit.transcode.alongside import Alongside
from fieldkit.transcode.boxes import boxes
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.machine import takes_more
from fieldkit.transcode.plan import plan
from fieldkit.transcode.privacy import tellings
from fieldkit.transcode.probe import probe
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.render import render, render_due
from fieldkit.vault.keys import Keys

PROXY = PROFILES["proxy"]


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording as the camera's ffmpeg writes it, of a real clip with sound."""
    words = ("-i", str(clip("bigbuckbunny")), "-t", "3.5", "-vf", "scale=640:360")
    film = (
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-g",
        "30",
        "-c:a",
        "aac",
        "-cluster_time_limit",
        "250",
    )
    return make(tmp_path_factory.mktemp("camera") / "filmed.mkv", *words, *film)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path / "library")
    library.make()
    return library


@pytest.fixture
def journal(library: Library) -> Iterator[Journal]:
    with Journal(library.journal) as journal:
        yield journal


def grown(source: Path, recording: Path) -> None:
    """Has the recording grow, in bites that end anywhere."""
    left = source.read_bytes()
    with recording.open("wb", buffering=0) as file:
        for at in range(0, len(left), 50_021):
            file.write(left[at : at + 50_021])


def filming(beside: Alongside, folder: Path, filmed: Path, recording: Path) -> None:
    """The camera rolls, until the encoder has begun and all is in the file."""
    beside.begin()
    grown(filmed, recording)
    deadline = time.monotonic() + 20
    while not list(folder.glob(".early-*")):
        assert time.monotonic() < deadline, "nothing is made"
        time.sleep(0.02)


def alongside(folder: Path, recording: Path, ffmpeg: Ffmpeg) -> Alongside:
    return Alongside(recording, folder / "early-x.mp4", PROXY, ffmpeg)


def watched(path: Path) -> tuple[list[bytes], list[bytes]]:
    """The packets of a file's picture and of its sound."""
    with av.open(str(path)) as file:
        packets = [(p.stream.type, bytes(p)) for p in file.demux() if p.size]
    return [each for kind, each in packets if kind == "video"], [
        each for kind, each in packets if kind == "audio"
    ]


def sealed(recording: Path, library: Library, journal: Journal) -> TakeId:
    """The recording as a take's original, which keeps its place on the disk."""
    take, original = take_id(), library.originals / "take.mkv"
    os.link(recording, original)
    sha256, size = disk.hashed(original)
    journal.ingest(Original(take, "originals/take.mkv", sha256, size, 3.5), TWEET, None, None, AGREED)
    return take


def test_the_proxy_is_the_one_that_the_render_makes(
    filmed: Path, library: Library, journal: Journal, ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    recording = tmp_path / "growing.mkv"
    beside = alongside(library.rolling, recording, ffmpeg)
    filming(beside, library.rolling, filmed, recording)
    beside.over()
    pictures = beside.pictures()
    assert pictures is not None
    take = sealed(recording, library, journal)
    (due,) = journal.due_renditions(["proxy"])
    made = render_due(due, library, journal, ffmpeg, pictures=pictures)
    beside.close()
    plain = render(filmed, "proxy", tmp_path, "plain.mp4", ffmpeg)
    held = library.root / made.path
    assert watched(held) == watched(plain.path)
    assert boxes(held).order[:2] == ("ftyp", "moov")
    assert tellings(held) == []
    assert [r.profile for r in journal.entry(take).renditions] == ["proxy"]
    assert list(library.rolling.iterdir()) == []


def test_pictures_of_another_file_or_another_plan_are_left_alone(
    filmed: Path, library: Library, ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    recording = tmp_path / "growing.mkv"
    beside = alongside(library.rolling, recording, ffmpeg)
    filming(beside, library.rolling, filmed, recording)
    beside.over()
    pictures = beside.pictures()
    beside.close()
    assert pictures is not None
    planned = plan(probe(filmed), PROXY)
    assert pictures.fit(planned, PROXY, recording)
    assert not pictures.fit(planned, PROXY, filmed), "the same bytes are another file"
    assert not pictures.fit(planned, replace(PROXY, longest=2.0), recording)
    assert not pictures.fit(plan(probe(filmed), replace(PROXY, fps=10)), PROXY, recording)
    with recording.open("ab") as file:
        file.write(b"more")
    assert not pictures.fit(planned, PROXY, recording), "not the whole of it"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a script")
@pytest.mark.parametrize("does", ["exec sleep 60", "exit 1"])
def test_an_encoder_that_hangs_or_fails_leaves_the_recording_and_nothing_else(
    does: str, filmed: Path, library: Library, tmp_path: Path
) -> None:
    script = tmp_path / "ffmpeg"
    script.write_text(f"#!/bin/sh\ntouch {library.rolling}/.early-began\n{does}\n")
    script.chmod(0o755)
    recording = tmp_path / "growing.mkv"
    beside = alongside(library.rolling, recording, Ffmpeg(str(script)))
    filming(beside, library.rolling, filmed, recording)
    beside.over()
    assert not [path for path in open_files() if path == recording]
    assert beside.pictures() is None
    beside.close()
    assert recording.read_bytes() == filmed.read_bytes()
    assert [path.name for path in library.rolling.iterdir()] == [".early-began"]


def open_files() -> list[Path]:
    links = Path("/proc/self/fd")
    return [path.resolve() for path in links.iterdir() if path.exists()] if links.is_dir() else []


def test_a_take_that_ends_at_once_has_no_early_pictures(
    library: Library, ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    beside = alongside(library.rolling, tmp_path / "never.mkv", ffmpeg)
    beside.begin()
    beside.over()
    assert beside.pictures() is None
    beside.close()


def test_what_the_recorder_is_about_to_put_on_record_is_left_to_it(
    library: Library, journal: Journal, tmp_path: Path
) -> None:
    take = sealed(card(tmp_path / "card.mkv"), library, journal)
    journal.refuse(Refusal(take, Station.RENDER, "not looked at here", "tweet"))

    def renders() -> Outcome:
        keys = Keys(library.keys, None)
        reach = Reach(journal, library, keys, lambda: None)
        worker = Renderer(journal, library, Ffmpeg(), measure, reach, lambda _: lambda _done, _of: None)
        return worker(threading.Event())

    with disk.Lock(library.rolling / f"early-{take}.lock") as lock:
        assert lock.take()
        assert early.at_work(library, take)
        assert renders().rendered == []
    assert not early.at_work(library, take)
    assert [made.profile for made in renders().rendered] == ["proxy"]
    assert list(library.rolling.iterdir()) == []


def test_what_a_dead_recorder_left_is_swept_and_what_a_living_one_makes_is_not(
    library: Library, journal: Journal
) -> None:
    dead, alive = take_id(), take_id()
    for take in (dead, alive):
        disk.part_for(library.rolling / f"early-{take}.mp4").write_bytes(b"pictures")
        (library.rolling / f"early-{take}.lock").touch()
    with disk.Lock(library.rolling / f"early-{alive}.lock") as lock:
        assert lock.take()
        salvage(journal, library, measure)
    assert {dead in path.name for path in library.rolling.iterdir()} == {False}
    assert len(list(library.rolling.iterdir())) == 2


@pytest.mark.parametrize("on_record", [True, False])
def test_what_was_published_by_a_dead_recorder_stays_where_it_is_on_record(
    on_record: bool, library: Library, journal: Journal, tmp_path: Path
) -> None:
    take = sealed(card(tmp_path / "card.mkv"), library, journal)
    made = library.renditions / "made.mp4"
    made.write_bytes(b"made")
    if on_record:
        journal.rendered(Rendition(take, "proxy", "renditions/made.mp4", Sha256("0" * 64), 4, 1.0, 640, 360))
    (library.rolling / f"early-{take}.made").write_text(made.name)
    (library.rolling / f"early-{take}.lock").touch()
    salvage(journal, library, measure)
    assert made.exists() == on_record
    assert list(library.rolling.iterdir()) == []


def measure(_: Path) -> Measured:
    raise AssertionError("nothing is to be salvaged")


@given(
    st.integers(1, 64), st.one_of(st.none(), st.floats(1e5, 1e9)), st.floats(1e5, 1e9), st.floats(1.0, 8.0)
)
def test_more_processors_more_speed_and_less_to_film_never_speak_against_it(
    cores: int, speed: float | None, filmed: float, more: float
) -> None:
    if takes_more(cores, speed, filmed):
        assert takes_more(cores + 1, speed, filmed)
        assert takes_more(cores, speed and speed * more, filmed)
        assert takes_more(cores, speed, filmed / more)
    assert not takes_more(1, speed, filmed), "one processor films"


def test_two_processors_do_it_once_they_were_measured_to_be_quick_enough() -> None:
    hd = 1280 * 720 * 30.0
    assert not takes_more(2, None, hd)
    assert takes_more(4, None, hd)
    assert takes_more(2, 31e6, hd)
    assert not takes_more(2, 10e6, hd)
    assert not takes_more(2, 31e6, 2.25 * hd), "1080p"
