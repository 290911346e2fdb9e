"""Nothing tells more than it should: every plant is found, and none survives in what leaves."""

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.crew import Crew
from support.footage import bundled, footage
from support.planted import MARKS, PLANTS, Plant, jpeg, plain, png

from fieldkit.errors import FieldkitError, NotAVideo, Refused
from fieldkit.transcode import plan
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.privacy import cleared, names, remarks, tellings
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.render import render


@pytest.fixture(scope="module")
def ffmpeg() -> Ffmpeg:
    return Ffmpeg()


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything as in the real profiles, but x264 takes less trouble."""
    hasty = {name: replace(each, effort="quick", vmaf=None) for name, each in PROFILES.items()}
    monkeypatch.setattr("fieldkit.transcode.render.PROFILES", hasty)


def rules(path: Path) -> set[str]:
    return {str(each.rule) for each in tellings(path, named=False)}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plain(tmp_path_factory.mktemp("plain"))


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_what_was_planted_is_found_and_is_not_in_what_leaves(
    plant: Plant, clip: Path, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    planted = plant.make(tmp_path, clip)
    assert any(mark in planted.read_bytes() for mark in MARKS)
    assert rules(planted) >= plant.rules
    assert rules(clip) <= {"encoder", "handler"}
    made = render(planted, "tweet", tmp_path, "made.mp4", ffmpeg).path
    assert tellings(made) == []
    assert [mark for mark in MARKS if mark in made.read_bytes()] == []


@pytest.mark.usefixtures("quickly")
def test_a_rendition_that_would_tell_is_thrown_away_without_repeating_what(
    clip: Path, tmp_path: Path, ffmpeg: Ffmpeg, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = PLANTS[0].make(tmp_path, clip)
    monkeypatch.setattr(plan, "_QUIET", {**plan._QUIET, "map_metadata": 0})
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Refused, match="location") as refusal:
        render(planted, "tweet", tmp_path, "made.mp4", ffmpeg)
    assert not any(mark.decode() in str(refusal.value) for mark in MARKS[:3])
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("source", [*footage(), *bundled()], ids=lambda path: path.name)
def test_every_real_clip_is_read_or_refused_never_taken_for_clean(source: Path) -> None:
    """What the footage's own README says of each is found."""
    known = {
        "gopro-max-gps-telemetry.mp4": {"location", "telemetry", "device", "timecode", "time"},
        "iphone6s-rot90-gps.mov": {"location", "device", "time", "telemetry"},
        "avchd-1080i60-panasonic.mts": {"time", "device", "user data"},
        "truncated-android-rot90-gps.mp4": {"location", "device"},
        "nasa-multistream-8khz.mp4": {"track"},
        "old-phone-h263-8khz.3gp": {"location"},
    }
    try:
        found = rules(source)
    except NotAVideo:
        assert source.name == "truncated-no-moov.mp4"
        return
    assert found >= known.get(source.name, set())


@pytest.mark.parametrize(
    ("content", "told"),
    [(jpeg(), {"device", "location"}), (png(), {"words"}), (png() + b"more", {"words", "hidden"})],
    ids=["jpeg", "png", "tail"],
)
def test_pictures_beside_a_clip_are_read_too(tmp_path: Path, content: bytes, told: set[str]) -> None:
    (tmp_path / "thumb").write_bytes(content)
    assert rules(tmp_path / "thumb") == told


@pytest.mark.parametrize(
    "content", [b"", b"hello", jpeg()[:9], png()[:40]], ids=["empty", "text", "jpeg", "png"]
)
def test_what_cannot_be_read_is_an_error_and_never_clean(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.mp4"
    path.write_bytes(content)
    with pytest.raises(FieldkitError):
        tellings(path)


@given(st.binary(max_size=300), st.integers(0, 4))
def test_no_bytes_between_pictures_trip_the_reader(packet: bytes, width: int) -> None:
    for codec in ("h264", "hevc", "mpeg2video"):
        list(remarks.tellings(codec, b"\0\0\1\x06" + packet, width or None))


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_altered_file_trips_the_reader(clip: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(clip.read_bytes())
    at = data.draw(st.integers(content.rindex(b"moov") - 4, len(content) - 1))
    content[at : at + data.draw(st.integers(1, 8))] = data.draw(st.binary(min_size=1, max_size=8))
    path = tmp_path / "altered.mp4"
    path.write_bytes(content)
    with contextlib.suppress(FieldkitError):
        tellings(path)


def test_an_avchd_camcorder_writes_time_place_and_model_into_each_picture() -> None:
    tags = b"".join(bytes([tag, 1, 2, 3, 4]) for tag in (0x18, 0xB2, 0xE4))
    body = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM" + b"\x03" + tags
    unit = b"\0\0\1\x06\x05" + bytes([len(body)]) + body + b"\x80"
    found = {str(each.rule) for each in remarks.tellings("h264", unit, None)}
    assert found == {"time", "location", "device", "user data"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("826412345678901234-tweet-0a1b2c3d4e5f", False),
        ("GX010123", False),
        ("00000", False),
        ("C0001", False),
        ("clip for tweet 12", False),
        ("Amina Yusuf", True),
        ("interview_+254 700 123456", True),
        ("0712345678", True),
        ("VID_20261122_101530", True),
        ("2026-11-22 tent", True),
    ],
)
def test_names_dates_and_telephone_numbers_in_a_file_name_are_told(name: str, told: bool) -> None:
    assert bool(list(names.tellings(name))) == told


def test_a_box_that_holds_itself_a_thousand_times_is_refused(clip: Path, tmp_path: Path) -> None:
    import struct

    nested = b""
    for _ in range(60):
        nested = struct.pack(">I4s", 8 + len(nested), b"dinf") + nested
    content = clip.read_bytes()
    at = content.rindex(b"moov") - 4
    moov = content[at + 8 :] + nested
    path = tmp_path / "nested.mp4"
    path.write_bytes(content[:at] + struct.pack(">I4s", 8 + len(moov), b"moov") + moov)
    with pytest.raises(FieldkitError):
        tellings(path)


def test_the_command_tells_people_and_scripts_and_ends_with_1(tmp_path: Path, clip: Path) -> None:
    crew = Crew(tmp_path / "library", "http://127.0.0.1:1")
    planted = PLANTS[0].make(tmp_path, clip)
    shown = crew.types("check", "--privacy", str(planted))
    assert shown.returncode == 1
    assert "where it was filmed" in shown.stdout
    said = crew.types("check", "--privacy", str(planted), str(tmp_path / "none.mp4"), "--json")
    assert said.returncode == 1
    (first, second) = json.loads(said.stdout)
    assert (first["ok"], second["ok"], "error" in second) == (False, False, True)
    assert {"rule", "severity", "found", "limit", "source"} <= first["problems"][0].keys()
    (tmp_path / "still.png").write_bytes(png())
    assert crew.types("check", "--privacy", str(tmp_path / "none.mp4")).returncode == 3


def test_a_file_that_is_cleared_says_nothing_at_all(tmp_path: Path) -> None:
    (tmp_path / "thumb.png").write_bytes(png())
    with pytest.raises(Refused):
        cleared(tmp_path / "thumb.png", "thumb.png")
