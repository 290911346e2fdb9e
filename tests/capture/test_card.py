"""A card's tree is understood whatever camera wrote it: which files are one recording, in order, and what lacks."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.footage import footage, make

from fieldkit.capture.card import Clip, File, clips
from fieldkit.capture.clock import LOOK, SECOND, Clock, after, clock

GB4 = 4 * 1024**3


def names(found: list[Clip]) -> list[list[str]]:
    return [[part.path.rpartition("/")[2] for part in clip.parts] for clip in found]


def plain(*paths: str) -> list[File]:
    return [File(path, 1000) for path in paths]


def test_gopro_chapters_are_one_recording_in_their_true_order() -> None:
    found = clips(
        plain(*(f"DCIM/100GOPRO/{name}.MP4" for name in ("GX010124", "GX020123", "GX010123", "GX030123")))
    )
    assert names(found) == [["GX010123.MP4", "GX020123.MP4", "GX030123.MP4"], ["GX010124.MP4"]]
    assert not found[0].joined
    assert found[0].remark(1) == "Part 2 of 3 of one recording."
    assert found[1].remark(0) is None


def test_older_gopro_names_too() -> None:
    found = clips(
        plain(*(f"DCIM/100GOPRO/{name}.MP4" for name in ("GP020123", "GOPR0124", "GP010123", "GOPR0123")))
    )
    assert names(found) == [["GOPR0123.MP4", "GP010123.MP4", "GP020123.MP4"], ["GOPR0124.MP4"]]


def test_what_is_missing_of_a_recording_is_told() -> None:
    (found,) = clips(plain("DCIM/100GOPRO/GH010007.MP4", "DCIM/100GOPRO/GH030007.MP4"))
    assert found.lacking == (2,)
    assert found.remark(1) == "2 of 3 parts found, this is part 3; missing on this card: part 2."


def test_chapters_of_two_folders_are_two_recordings() -> None:
    found = clips(plain("DCIM/101GOPRO/GX020001.MP4", "DCIM/100GOPRO/GX010001.MP4"))
    assert [clip.lacking for clip in found] == [(), (1,)]


def test_parts_of_avchd_are_joined_where_the_clock_goes_on() -> None:
    stream = "PRIVATE/AVCHD/BDMV/STREAM/0000{}.MTS"
    found = clips(
        [
            File(stream.format(2), 500, Clock(0, 90_000)),  # another recording: its clock begins anew
            File(stream.format(1), 700, Clock(903_000, 950_000)),
            File(stream.format(0), 900, Clock(0, 900_000)),
        ]
    )
    assert names(found) == [["00000.MTS", "00001.MTS"], ["00002.MTS"]]
    assert [clip.joined for clip in found] == [True, False]
    assert found[0].remark(0) == "2 parts of one recording, joined."


def test_parts_are_not_joined_over_a_gap_in_their_numbers_or_in_time() -> None:
    one, other = Clock(0, 900_000), Clock(903_000, 950_000)
    assert len(clips([File("STREAM/00000.MTS", 9, one), File("STREAM/00002.MTS", 9, other)])) == 2
    late = Clock(900_000 + SECOND, 2_000_000)
    assert len(clips([File("STREAM/00000.MTS", 9, one), File("STREAM/00001.MTS", 9, late)])) == 2


def test_a_file_that_grew_to_its_limit_goes_on_in_the_next_number() -> None:
    found = clips([File("DCIM/100CANON/MVI_0010.MP4", GB4 - 2**20), *plain("DCIM/100CANON/MVI_0011.MP4")])
    assert names(found) == [["MVI_0010.MP4", "MVI_0011.MP4"]]
    assert not found[0].joined
    assert found[0].remark(0) == "Part 1 of 2 of one recording."


def test_a_full_file_that_nothing_follows_is_told() -> None:
    (found,) = clips([File("DCIM/100CANON/MVI_0010.MP4", GB4 - 2**20)])
    assert "look for the next" in (found.remark(0) or "")


def test_stand_ins_are_no_clips_where_what_they_stand_for_is_there() -> None:
    files = plain(
        "DCIM/100GOPRO/GX010123.MP4",
        "DCIM/100GOPRO/GL010123.LRV",
        "DCIM/100GOPRO/GL010999.LRV",  # the only picture there is of that recording
        "PRIVATE/M4ROOT/CLIP/C0001.MP4",
        "PRIVATE/M4ROOT/SUB/C0001S03.MP4",
    )
    assert names(clips(files)) == [["GX010123.MP4"], ["GL010999.LRV"], ["C0001.MP4"]]


def test_canon_xf_parts_lie_in_a_folder_of_their_own() -> None:
    found = clips(plain("CONTENTS/CLIPS001/AA0001/AA000102.MXF", "CONTENTS/CLIPS001/AA0001/AA000101.MXF"))
    assert names(found) == [["AA000101.MXF", "AA000102.MXF"]]


def test_folders_and_numbers_count_as_a_camera_counts() -> None:
    files = plain("DCIM/101CANON/MVI_0001.MP4", "DCIM/100CANON/MVI_9999.MP4", "DCIM/100CANON/MVI_998.MP4")
    assert [clip.parts[0].path for clip in clips(files)] == [file.path for file in reversed(files)]


def test_phones_keep_every_clip_apart() -> None:
    files = plain(
        "DCIM/100APPLE/IMG_0001.MOV",
        "DCIM/100APPLE/IMG_0002.MOV",
        "DCIM/Camera/VID_20240101_101500.mp4",
        "DCIM/Camera/VID_20240101_101501.mp4",
    )
    assert len(clips(files)) == 4


NAMES = st.one_of(
    st.builds(
        "{}{:02}{:04}.{}".format,
        st.sampled_from(["GX", "GH", "GP", "GL"]),
        st.integers(0, 4),
        st.integers(0, 2),
        st.sampled_from(["MP4", "LRV", "mp4"]),
    ),
    st.builds("GOPR{:04}.MP4".format, st.integers(0, 2)),
    st.builds("{:05}.MTS".format, st.integers(0, 4)),
    st.builds("C{:04}{}.MP4".format, st.integers(0, 3), st.sampled_from(["", "S03"])),
    st.builds("AA0001{:02}.MXF".format, st.integers(0, 3)),
    st.text("aG1٣ß.0-", min_size=1, max_size=8),
)
FILES = st.lists(
    st.builds(
        File,
        st.builds("{}{}".format, st.sampled_from(["", "DCIM/100X/", "CLIP/", "SUB/", "AA0001/"]), NAMES),
        st.sampled_from([1, 1000, GB4 - 1, GB4]),
        st.none() | st.builds(Clock, st.integers(0, 2**33 - 1), st.integers(0, 2**33 - 1)),
    ),
    unique_by=lambda file: file.path,
    max_size=14,
)


@given(FILES)
def test_every_file_is_in_one_clip_or_stands_in_for_one(files: list[File]) -> None:
    found = clips(files)
    parts = [part for clip in found for part in clip.parts]
    assert len(parts) == len({part.path for part in parts})
    left = {file.path for file in files} - {part.path for part in parts}
    assert all(path.upper().endswith(".LRV") or path.startswith("SUB/") for path in left)
    assert {part.path for part in parts} | left == {file.path for file in files}
    assert not files or found
    for clip in found:
        assert all(isinstance(clip.remark(at), str | None) for at in range(len(clip.parts)))


@given(FILES, st.randoms())
def test_the_order_of_the_listing_does_not_matter(files: list[File], random: object) -> None:
    listed = list(files)
    random.shuffle(listed)  # type: ignore[attr-defined]
    assert clips(listed) == clips(files)


@given(FILES)
def test_only_parts_whose_clock_goes_on_are_joined(files: list[File]) -> None:
    for clip in clips(files):
        if clip.joined:
            for one, other in pairwise(clip.parts):
                assert one.clock
                assert other.clock
                assert 0 < after(one.clock.ends, other.clock.begins) <= SECOND


def test_the_clock_of_a_stream_cut_anywhere_goes_on(tmp_path) -> None:
    whole = make(
        tmp_path / "whole.mts",
        *("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=4", "-c:v", "libx264"),
        *("-preset", "ultrafast", "-f", "mpegts", "-mpegts_m2ts_mode", "1"),
    ).read_bytes()
    for cut in (len(whole) // 2, len(whole) // 2 // 192 * 192):
        one, other = clock(whole[:cut], whole[:cut]), clock(whole[cut:], whole[cut:])
        assert one
        assert other
        assert 0 < after(one.ends, other.begins) <= SECOND // 2
        assert after(other.ends, one.begins) < 0


def test_what_is_no_stream_has_no_clock() -> None:
    assert clock(b"", b"") is None
    assert clock(b"\x47" * 5000, b"\x47" * 5000) is None
    assert clock(bytes(5000), bytes(5000)) is None


def test_a_clock_that_turns_over_goes_on() -> None:
    assert after(2**33 - 10, 5) == 15


@pytest.mark.parametrize("path", [path for path in footage() if path.suffix == ".mts"], ids=lambda p: p.name)
def test_a_real_camera_s_clock_is_read(path) -> None:
    content = path.read_bytes()
    found = clock(content[:LOOK], content[-LOOK:])
    assert found
    assert 0 < after(found.begins, found.ends) < 60 * SECOND
