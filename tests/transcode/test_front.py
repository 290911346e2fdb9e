"""The index goes to the front as ffmpeg's own +faststart would put it, and what was written while encoding stays."""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from support.footage import bundled

from fieldkit.errors import Damaged
from fieldkit.growing import payload_start
from fieldkit.transcode.front import index_to_front


def made(path: Path, *more: str) -> Path:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        str(bundled()[0]),
        "-t",
        "2",
        "-shortest",
    ]
    sound = ["-f", "lavfi", "-i", "sine=r=48000", "-c:a", "aac", "-c:v", "libx264", "-preset", "ultrafast"]
    subprocess.run(
        [
            *command[:3],
            *command[3:5],
            *sound[:4],
            *command[5:],
            *sound[4:],
            "-fflags",
            "+bitexact",
            *more,
            str(path),
        ],
        check=True,
    )
    return path


def test_the_file_is_the_very_one_that_faststart_makes(tmp_path: Path) -> None:
    ours, theirs = made(tmp_path / "ours.mp4"), made(tmp_path / "theirs.mp4", "-movflags", "+faststart")
    assert ours.read_bytes() != theirs.read_bytes()
    index_to_front(ours)
    assert ours.read_bytes() == theirs.read_bytes()
    index_to_front(ours)  # again is nothing
    assert ours.read_bytes() == theirs.read_bytes()


def test_the_payload_is_the_same_further_on(tmp_path: Path) -> None:
    clip = made(tmp_path / "clip.mp4")
    before = clip.read_bytes()
    with clip.open("rb") as file:
        was = payload_start(file)
    index_to_front(clip)
    after = clip.read_bytes()
    with clip.open("rb") as file:
        now = payload_start(file)
    assert was is not None
    assert now is not None
    assert now > was
    payload = after[now:]
    assert len(after) == len(before)
    assert before[was : was + len(payload)] == payload


@pytest.mark.parametrize("cut", [1, 100, 5000])
def test_what_is_cut_short_is_refused_and_left_as_it_is(tmp_path: Path, cut: int) -> None:
    clip = made(tmp_path / "clip.mp4")
    short = clip.read_bytes()[:-cut]
    clip.write_bytes(short)
    with pytest.raises(Damaged):
        index_to_front(clip)
    assert clip.read_bytes() == short
    assert list(tmp_path.iterdir()) == [clip]


def test_a_file_that_has_only_begun_has_no_payload_yet(tmp_path: Path) -> None:
    path = tmp_path / "begun.mp4"
    for content in (b"", b"\0\0\0\x20ftyp", b"\0\0\0\0ftyp" + b"\0" * 20):
        path.write_bytes(content)
        with path.open("rb") as file:
            assert payload_start(file) is None
