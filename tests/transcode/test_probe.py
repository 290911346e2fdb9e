"""What a file holds, whatever its header says."""

from fractions import Fraction
from pathlib import Path

import pytest
from support.footage import card, clip, make

from fieldkit.errors import NeedsCrew, NotAVideo
from fieldkit.transcode.probe import probe, seen


def test_the_bundled_clips_are_what_they_are() -> None:
    rabbit, bikes, phone = probe(clip("bigbuckbunny")), probe(clip("bikes")), probe(clip("carphone_pristine"))
    assert (rabbit.width, rabbit.height, rabbit.video.fps) == (1280, 720, 25)
    assert rabbit.audio is not None
    assert rabbit.audio.channels == 6
    assert bikes.audio is None
    assert bikes.seconds == pytest.approx(10)
    assert (phone.width, phone.height) == (193, 144)  # 176x144 of pixels 128:117
    assert phone.video.fps == Fraction(30000, 1001)


def test_seconds_are_measured_where_the_header_does_not_tell(tmp_path: Path) -> None:
    live = card(tmp_path / "live.mkv", seconds=2, more=("-f", "matroska", "-live", "1"))
    assert probe(live).seconds == pytest.approx(2, abs=0.1)


def test_a_file_cut_short_is_as_long_as_what_is_left(tmp_path: Path) -> None:
    whole = card(tmp_path / "whole.mkv", seconds=4).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    assert 1 < probe(tmp_path / "cut.mkv").seconds < 3


@pytest.mark.parametrize(
    ("degrees", "size"), [(0, (320, 180)), (90, (180, 320)), (180, (320, 180)), (270, (180, 320))]
)
def test_rotation_turns_the_size(degrees: int, size: tuple[int, int], tmp_path: Path) -> None:
    plain = card(tmp_path / "plain.mp4")
    turned = make(tmp_path / "turned.mp4", "-display_rotation", str(-degrees), "-i", str(plain), "-c", "copy")
    found = probe(turned)
    assert (found.video.rotation, (found.width, found.height)) == (degrees, size)


def test_variable_frame_rates_are_noticed(tmp_path: Path) -> None:
    uneven = card(tmp_path / "uneven.mkv", seconds=2, more=("-vf", "select='mod(n,7)'", "-fps_mode", "vfr"))
    assert probe(uneven).video.vfr
    assert not probe(card(tmp_path / "even.mkv")).video.vfr


def test_a_still_track_beside_the_film_is_not_taken_for_it(tmp_path: Path) -> None:
    photo = make(
        tmp_path / "motion-photo.mp4",
        *("-f", "lavfi", "-i", "testsrc2=size=640x480:rate=1:duration=2"),
        *("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=30:duration=2"),
        *("-map", "0", "-map", "1", "-c:v", "libx264", "-preset", "ultrafast"),
    )
    found = probe(photo)
    assert (found.video.index, found.width) == (1, 320)
    assert found.others == ("video",)


def test_long_groups_of_pictures_are_measured(tmp_path: Path) -> None:
    assert probe(card(tmp_path / "a.mp4", seconds=2, more=("-g", "20"))).video.longest_gop == 20


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("words.mp4", b"This is not a video.\n" * 50, "is not a video"),
        ("empty.mp4", b"", "is not a video"),
        ("notes.txt", b"ANSI art is a video to ffmpeg's tty demuxer\n" * 50, "is not a video"),
        (
            "list.mp4",
            b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n",
            "is not a video",
        ),
        ("script.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n", "is not a video"),
    ],
)
def test_what_is_not_a_video_is_refused(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotAVideo, match=says):
        probe(tmp_path / name)


def test_sound_alone_is_named_as_such(tmp_path: Path) -> None:
    sound = make(tmp_path / "sound.m4a", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac")
    assert probe(sound).video is None
    assert probe(sound).seconds == pytest.approx(1, abs=0.1)
    with pytest.raises(NotAVideo, match="holds sound but no video"):
        seen(sound)


def test_a_recording_without_its_index_is_refused(tmp_path: Path) -> None:
    whole = card(tmp_path / "whole.mp4", seconds=2).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NotAVideo, match="its end is missing"):
        probe(tmp_path / "cut.mp4")


@pytest.mark.parametrize(
    ("box", "told"), [("10254000", ("8.4", "arib-std-b67")), ("0a2d0000", ("5.0", None))]
)
def test_dolby_vision_is_known_by_its_box(box: str, told: tuple[str, str | None], tmp_path: Path) -> None:
    plain = card(tmp_path / "plain.mp4").read_bytes()
    assert probe(tmp_path / "plain.mp4").video.dolby is None
    dolby = tmp_path / "dolby.mp4"
    # in place of the pixel shape, which every player can do without
    name = plain.index(b"pasp") if b"pasp" in plain else plain.index(b"btrt")
    size = int.from_bytes(plain[name - 4 : name], "big")
    body = bytes.fromhex("0100" + box).ljust(size - 8, b"\0")[: size - 8]
    dolby.write_bytes(plain[:name] + b"dvvC" + body + plain[name + 4 + len(body) :])
    found = probe(dolby).video
    assert (found.dolby, found.transfer) == told


def test_a_file_that_is_not_there_is_no_video_trouble(tmp_path: Path) -> None:
    with pytest.raises(NeedsCrew, match="There is no file"):
        probe(tmp_path / "nothing.mp4")
