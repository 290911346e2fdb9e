"""A recording that its camera never finished is rebuilt with the help of another take of that camera."""

import random
import re
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.footage import clip, fill, footage, make, small_disk

from fieldkit.errors import DiskFull
from fieldkit.transcode import repair
from fieldkit.transcode.avc import Sets
from fieldkit.transcode.batch import Source, Threads, batch, forecast
from fieldkit.transcode.check import check, rejections
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.probe import probe, unfinished
from fieldkit.transcode.siblings import siblings
from fieldkit.transcode.units import Camera, Sample, samples

COPIED = ("-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-map_metadata", "-1")


def shared(name: str) -> Path:
    found = next((path for path in footage() if path.name == name), None)
    if found is None:
        pytest.skip("the shared footage is not at hand")
    return found


def broken(whole: Path, path: Path, share: float = 1.0) -> Path:
    """The file as a camera leaves it whose battery dies: its first bytes, so much of its media, and no moov."""
    data = whole.read_bytes()
    moov = data.rindex(b"moov") - 4
    assert moov > len(data) / 2
    path.write_bytes(data[: int(moov * share)])
    return path


def light(path: Path) -> np.ndarray:
    """Each picture as it is shown: small and grey."""
    with av.open(str(path)) as container:
        grey = (picture.reformat(32, 32, "gray").to_ndarray() for picture in container.decode(video=0))
        return np.array(list(grey)).astype(float)


def pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


TAKES: dict[str, Callable[[], Path]] = {
    "B-frames and a turned phone": lambda: shared("selfie-wind-rot90.mp4"),
    "B-frames, in-band breaks": lambda: shared("walkers-handheld.mp4"),
    "a camera's own QuickTime": lambda: shared("face-bt601-gps.mov"),
    "a GoPro": lambda: shared("gopro-max-gps-telemetry.mp4"),
    "an iPhone": lambda: shared("iphoneX-p3-60fps-gps.mov"),
    "no B-frames, 5.1 sound": lambda: clip("bigbuckbunny"),
    "no sound": lambda: clip("bikes"),
    "sound before pictures": lambda: shared("webcam-face-silent-track.mp4"),
}


@pytest.mark.parametrize("name", TAKES)
def test_what_a_camera_wrote_comes_back_picture_by_picture(name: str, tmp_path: Path) -> None:
    source = TAKES[name]()
    whole = make(tmp_path / f"whole{source.suffix}", "-i", str(source), *COPIED, "-t", "5")
    folder = tmp_path / "card"
    folder.mkdir()
    sibling = make(folder / f"IMG_0001{source.suffix}", "-i", str(source), *COPIED, "-t", "3")
    if "ip" in source.name or "face" in source.name:
        shutil.copy(whole, sibling)  # a clip of one key frame is its own sibling
    victim = broken(whole, folder / f"IMG_0002{source.suffix}")
    found = repair.rebuilt(victim)
    assert found is not None
    found.write(tmp_path / "saved.mp4")
    saved, was = probe(tmp_path / "saved.mp4"), probe(whole)
    assert pictures(tmp_path / "saved.mp4") >= 0.98 * pictures(whole)
    assert saved.video.seconds == pytest.approx(was.video.seconds, rel=0.02, abs=0.05)
    assert (saved.width, saved.height, saved.video.rotation) == (was.width, was.height, was.video.rotation)
    assert saved.audio is None
    assert not saved.video.vfr
    seen, shown = light(tmp_path / "saved.mp4"), light(whole)
    assert len(seen) >= 0.98 * len(shown)
    offset = len(shown) - len(seen)
    assert np.abs(seen - shown[offset:]).max() < 1  # each in its turn, none patched


@pytest.mark.usefixtures("quickly")
def test_a_take_without_its_end_is_made_and_it_is_said(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = shared("selfie-wind-rot90.mp4")
    whole = make(tmp_path / "whole.mp4", "-i", str(source), *COPIED, "-t", "6")
    card = tmp_path / "card"
    card.mkdir()
    sibling = make(card / "MVI_0002.mp4", "-ss", "8", "-i", str(source), *COPIED)
    victim = broken(whole, card / "MVI_0003.mp4", 0.7)
    assert unfinished(victim)
    before = victim.read_bytes()
    (planned,) = forecast([Source(victim)], tmp_path / "out")
    assert planned.ok
    assert not (tmp_path / "out").exists()
    (result,) = batch([Source(victim)], tmp_path / "out", Threads(ffmpeg))
    assert result.ok, result.error
    assert result.notes == planned.notes
    (note,) = result.notes
    said = re.fullmatch(
        r"MVI_0003.mp4 was never finished by its camera: (\S+) s of picture were rebuilt with the help of "
        r"MVI_0002.mp4, but its sound could not be saved; keep the file.",
        note,
    )
    assert said
    made = probe(Path(result.output))
    assert made.seconds == pytest.approx(float(said[1]), abs=0.15)
    assert 3 < made.seconds < 5.5
    assert (made.width > made.height) == (probe(sibling).width > probe(sibling).height)
    assert rejections(check(Path(result.output))) == []
    assert victim.read_bytes() == before
    assert not [path for path in (tmp_path / "out").iterdir() if "part" in path.name]
    (again,) = batch([Source(victim)], tmp_path / "out", Threads(ffmpeg))
    assert again.skipped
    assert again.notes == result.notes


def test_without_a_sibling_it_is_refused_with_advice(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    whole = make(tmp_path / "whole.mp4", "-i", str(clip("bikes")), *COPIED)
    (tmp_path / "card").mkdir()
    victim = broken(whole, tmp_path / "card" / "MVI_0001.mp4")
    (result,) = batch([Source(victim)], tmp_path / "out", Threads(ffmpeg))
    assert not result.ok
    assert "was never finished by its camera" in result.error
    assert "put back into that camera" in result.error


@pytest.mark.parametrize(
    "other",
    [
        ("-c:v", "libx264", "-preset", "ultrafast"),
        ("-c:v", "libx264", "-x264-params", "ref=1:bframes=0"),
        ("-c:v", "libx264", "-vf", "scale=160:90"),
        ("-c:v", "libx265", "-x265-params", "log-level=none"),
        ("-c:v", "mpeg4"),
    ],
    ids=" ".join,
)
def test_the_take_of_another_camera_is_no_help(other: tuple[str, ...], tmp_path: Path) -> None:
    source = clip("bikes")
    whole = make(tmp_path / "whole.mp4", "-i", str(source), *COPIED)
    (tmp_path / "card").mkdir()
    make(tmp_path / "card" / "MVI_0001.mp4", "-i", str(source), "-t", "1", *other)
    assert repair.rebuilt(broken(whole, tmp_path / "card" / "MVI_0002.mp4")) is None


def test_a_sibling_by_which_pictures_would_decode_and_be_ruined_is_no_help(tmp_path: Path) -> None:
    for quality in (20, 35):
        coded = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", str(quality))
        make(tmp_path / f"MVI_{quality}.mp4", "-i", str(clip("bikes")), "-t", "2", *coded)
    assert repair.rebuilt(broken(tmp_path / "MVI_20.mp4", tmp_path / "MVI_21.mp4")) is None


def test_the_fitting_sibling_is_found_among_others(tmp_path: Path) -> None:
    source = clip("bikes")
    whole = make(tmp_path / "whole.mp4", "-i", str(source), *COPIED)
    card = tmp_path / "card"
    card.mkdir()
    make(card / "MVI_0009.mp4", "-i", str(source), *COPIED, "-t", "3")
    make(card / "MVI_0011.mp4", "-i", str(source), "-t", "2", "-c:v", "libx264", "-preset", "ultrafast")
    (card / "MVI_0012.mp4").write_bytes(b"")
    (card / "MVI_0008.mp4").write_bytes(whole.read_bytes()[:5000])
    found = repair.rebuilt(broken(whole, card / "MVI_0010.mp4"))
    assert found is not None
    assert found.sibling.name == "MVI_0009.mp4"
    assert len(found.pictures) == pictures(whole)


def test_siblings_are_tried_from_the_nearest_name_on_and_only_a_few(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"MVI_{number}.MP4").write_bytes(b"\0\0\0\x10ftypmp42\0\0\0\0")
    (tmp_path / "MVI_11.MP4").write_bytes(b"\0\0\0\x10ftypqt  \0\0\0\0")
    (tmp_path / "MVI_10.MOV").write_bytes(b"\0\0\0\x10ftypmp42\0\0\0\0")
    found = siblings(tmp_path / "MVI_10.MP4")
    assert [path.name for path in found] == [f"MVI_{n}.MP4" for n in (9, 8, 12, 7, 13, 6)]


def test_a_whole_file_is_not_touched(tmp_path: Path) -> None:
    whole = make(tmp_path / "whole.mp4", "-i", str(clip("bikes")), *COPIED)
    shutil.copy(whole, tmp_path / "other.mp4")
    with repair.readable(whole, tmp_path / "part.mp4", lambda: None) as (source, notes):
        assert source == whole
    assert notes == ()


def test_whoever_stops_it_is_heard_and_nothing_is_left(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    whole = make(tmp_path / "whole.mp4", "-i", str(clip("bikes")), *COPIED)
    shutil.copy(whole, tmp_path / "MVI_1.mp4")
    victim = broken(whole, tmp_path / "MVI_2.mp4")
    there = sorted(tmp_path.iterdir())
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        if (ticks := ticks - 1) == 0:
            raise Stopped

    with repair.readable(victim, tmp_path / "tweet.mp4", tick) as (source, _):
        assert source != victim
    for patience in (1, -ticks // 2, -ticks - 5):
        ticks = patience
        with pytest.raises(Stopped), repair.readable(victim, tmp_path / "tweet.mp4", tick):
            pytest.fail("it was not stopped")
        assert sorted(tmp_path.iterdir()) == there


def test_a_full_disk_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    whole = make(tmp_path / "MVI_1.mp4", "-i", str(clip("bikes")), *COPIED)
    victim = broken(whole, tmp_path / "MVI_2.mp4")
    with small_disk(tmp_path / "disk") as folder:
        fill(folder, 100_000)
        there = sorted(folder.iterdir())
        with pytest.raises(DiskFull), repair.readable(victim, folder / "tweet.mp4", lambda: None):
            pytest.fail("there was room")
        assert sorted(folder.iterdir()) == there


@pytest.mark.timeout(60)
def test_damage_on_top_costs_pictures_and_nothing_else(tmp_path: Path) -> None:
    whole = make(tmp_path / "whole.mp4", "-i", str(clip("bikes")), *COPIED, "-t", "3")
    card = tmp_path / "card"
    card.mkdir()
    shutil.copy(whole, card / "MVI_1.mp4")
    victim = broken(whole, card / "MVI_2.mp4")
    data, most = victim.read_bytes(), pictures(whole)
    for seed in range(12):
        chance = random.Random(seed)
        wrong = bytearray(data)
        for _ in range(4 ** chance.randrange(6)):
            wrong[chance.randrange(40, len(wrong))] = chance.randrange(256)
        victim.write_bytes(wrong)
        found = repair.rebuilt(victim)
        if found is not None:
            found.write(tmp_path / "saved.mp4")
            assert 0 < pictures(tmp_path / "saved.mp4") <= most


# noise


def told() -> tuple[bytes, Camera, list[Sample]]:
    """A small take's media, its camera, and its pictures."""
    path = clip("carphone_distorted")
    data = path.read_bytes()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        sets = Sets.read(stream.codec_context.extradata)
        packets = [(packet.pos, bytes(packet)) for packet in container.demux(stream) if packet.size]
    camera = Camera.learned(sets, [packet for _, packet in packets]).followed(set(b"\x21"))
    begin, end = packets[0][0], packets[-1][0] + len(packets[-1][1])
    media = data[begin:end]
    return media, camera, list(samples(lambda at, size: media[at : at + size], len(media), camera))


MEDIA, CAMERA, WHOLE = told()


def walked(data: bytes) -> list[Sample]:
    """The pictures in the data; every byte is read a few times at most."""
    read = 0

    def reader(at: int, size: int) -> bytes:
        nonlocal read
        assert 0 <= at <= len(data)
        assert size <= 8 * 1024 * 1024
        read += 1
        return data[at : at + size]

    found = list(samples(reader, len(data), CAMERA))
    assert read < 20 * len(data) + 100
    assert all(a.end <= b.at for a, b in pairwise(found))
    assert all(0 <= each.at < each.end <= len(data) for each in found)
    return found


def test_all_pictures_of_a_whole_one_are_found() -> None:
    assert len(WHOLE) == 120


@given(st.binary(max_size=4000))
def test_noise_holds_no_pictures_to_speak_of(noise: bytes) -> None:
    assert len(walked(noise)) <= 1


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, len(MEDIA) - 1), st.integers(0, 255)), max_size=12))
def test_a_few_wrong_bytes_cost_a_few_pictures_and_nothing_else(wrong: list[tuple[int, int]]) -> None:
    data = bytearray(MEDIA)
    for at, byte in wrong:
        data[at] = byte
    found = walked(bytes(data))
    assert len(found) <= len(WHOLE)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(1, 3000))
def test_sound_between_the_pictures_is_passed_over(seed: int, most: int) -> None:
    chance = random.Random(seed)
    data, places = bytearray(chance.randbytes(500)), []
    for sample in WHOLE:
        places.append(len(data))
        data += MEDIA[sample.at : sample.end] + b"\x21" + chance.randbytes(chance.randrange(most))
    found = {each.at for each in walked(bytes(data))}
    assert len(found & set(places)) >= 0.98 * len(places)


@settings(max_examples=30)
@given(st.binary(min_size=1, max_size=24), st.integers(1, 3000))
def test_a_file_made_to_keep_us_busy_does_not(word: bytes, times: int) -> None:
    walked(word * times)
    walked(b"\0\0\x10\0\x65\x88\x80\x10" * times)
    walked(b"\0\0\0\x02\x41\x9a\0\0\0" * times)


@given(st.binary(max_size=200))
def test_broken_parameter_sets_are_refused_and_nothing_else(noise: bytes) -> None:
    for avcc in (noise, b"\x01\x64\0\x0a\xff" + noise, b"\x01\x64\0\x0a\xff\xe1\0\x19\x67\x64\0\x0a" + noise):
        try:
            assert Sets.read(avcc).pictures
        except ValueError:
            pass
