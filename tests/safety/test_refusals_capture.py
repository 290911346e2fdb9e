"""What the software must refuse (facts/capture.md, section 6), as far as cameras and cards go: 7, 8, 9."""

import hashlib
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from support.crew import AGREED, TWEET, Crew
from support.footage import clip

from fieldkit.capture import checks
from fieldkit.capture.devices import Camera, Devices, Microphone, choice
from fieldkit.cli import main
from fieldkit.dates import doubt
from fieldkit.errors import NoDevice

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def crew(tmp_path: Path) -> Crew:
    return Crew(tmp_path / "laptop", "http://127.0.0.1:9")


def test_7_refuses_another_camera_than_the_one_that_was_named(crew: Crew) -> None:
    told = crew.types(
        "record", TWEET, "--camera", "Logitech Nowhere", "--seconds", "1", "--no-preview", *AGREED
    )
    assert (told.returncode, "Logitech Nowhere" in told.stderr) == (3, True)
    assert crew.takes() == []


def test_7_refuses_another_microphone_than_the_one_that_is_remembered() -> None:
    camera, headset = Camera("/dev/video0", "C920", "usb:1"), Microphone("headset", "Headset", "headset")
    others = Devices((camera,), (Microphone("built-in", "Built-in Audio", "pci"),))
    with pytest.raises(NoDevice, match="microphone Headset is not there"):
        choice.sound(others, camera, choice.remembered(headset))


def test_7_refuses_to_pass_for_a_recording_where_there_is_no_ffmpeg(crew: Crew, tmp_path: Path) -> None:
    crew.environment["FIELDKIT_FFMPEG"] = str(tmp_path / "nowhere" / "ffmpeg")
    told = crew.types("record", TWEET, "--camera", "test:", "--seconds", "1", "--no-preview", *AGREED)
    assert (told.returncode, "ffmpeg" in told.stderr) == (3, True)
    assert [take["original"] for take in crew.takes()] == [None]


@pytest.mark.parametrize(
    ("now", "newest", "said"),
    [
        (NOW, None, None),
        (NOW, NOW + timedelta(hours=14), None),  # set by another zone
        (datetime(1970, 1, 1, tzinfo=UTC), None, "1970-01-01, which can't be"),
        (NOW, NOW + timedelta(days=3), "but 2026-11-26 is on record already"),
    ],
)
def test_7_a_clock_that_is_not_set_is_told(now: datetime, newest: datetime | None, said: str | None) -> None:
    found = doubt(now, newest)
    assert found == said if said is None else said in (found or "")


def test_7_a_clock_that_went_back_is_told_before_a_take_gets_its_date(crew: Crew) -> None:
    crew.done("ingest", str(clip("bikes")), "--tweet", TWEET, *AGREED)
    with closing(sqlite3.connect(crew.folder / "journal.sqlite")) as journal, journal:
        journal.execute(
            "INSERT INTO history (at, fact) VALUES ('2099-01-01T00:00:00.000Z', 'a battery died')"
        )
    told = crew.types("ingest", str(clip("carphone_pristine")), "--tweet", TWEET, *AGREED)
    assert (told.returncode, "2099-01-01 is on record already" in told.stderr) == (0, True)


@pytest.mark.parametrize(
    ("picture", "sound"),
    [
        ({"end": 20.0}, {}),
        ({}, {"end": 20.0}),
        ({"holes": checks.Holes(1, 0.57, 0.6)}, {}),
        ({"black": 12.0}, {}),
        ({}, {"level": -61.0}),
    ],
)
def test_8_refuses_to_call_a_take_good_that_ends_early_has_gaps_or_shows_or_says_nothing(picture, sound):
    whole = {"begin": 0.0, "end": 30.0}
    measured = checks.Measured(
        checks.Picture(**{**whole, "size": (1280, 720), "rate": 30.0, **picture}),
        checks.Sound(**{**whole, "level": -22.0, **sound}),
    )
    assert not checks.verdict(measured, sound_wanted=True).good


def test_9_refuses_to_touch_a_card(crew: Crew, tmp_path: Path) -> None:
    card = tmp_path / "card" / "DCIM" / "100MEDIA"
    card.mkdir(parents=True)
    shutil.copy2(clip("bikes"), card / "IMG_0001.MP4")
    (card / "notes.txt").write_text("of the crew")

    def seen() -> dict[str, tuple[str, int]]:
        return {
            str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
            for path in card.parent.rglob("*")
            if path.is_file()
        }

    before = seen()
    crew.done("ingest", str(card.parent), "--tweet", TWEET, *AGREED)
    assert seen() == before


def test_9_there_is_no_command_that_erases_or_formats_anything_but_this_laptop() -> None:
    words = {name for name in main.commands if not isinstance(main.commands[name], click.Group)}
    assert not words & {"erase", "format", "delete", "remove", "clear"}
