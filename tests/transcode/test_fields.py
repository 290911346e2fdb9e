"""Interlaced pictures in files that do not say so."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.footage import bundled, clip, footage, make

from fieldkit.errors import FieldkitError
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.fields import combed, doubtful, looked
from fieldkit.transcode.lab import url
from fieldkit.transcode.plan import plan
from fieldkit.transcode.probe import probe
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.render import render
from fieldkit.transcode.trials import looking

TWEET = PROFILES["tweet"]


def television(path: Path, first: str) -> Path:
    """A second and a half of a street at 50 fields a second, woven into pictures that call themselves progressive."""
    woven = f"setpts=PTS/2,fps=50,scale=720:576,interlace=scan={first},setfield=prog"
    return make(
        path, "-i", str(clip("bikes")), "-vf", woven, "-r", "25", "-t", "1.5", "-c:v", "libx264", "-qp", "12"
    )


@pytest.mark.parametrize("first", ["tff", "bff"])
@pytest.mark.usefixtures("quickly")
def test_combed_pictures_that_call_themselves_whole_are_made_whole(
    tmp_path: Path, ffmpeg: Ffmpeg, first: str
) -> None:
    source = television(tmp_path / "television.mp4", first)
    found = probe(source)
    assert not found.video.interlaced
    seen = looked(plan(found, TWEET), url(source), ffmpeg)
    assert seen.probe.video.combed == first
    made = render(source, "tweet", tmp_path, "made.mp4", ffmpeg)
    assert "interlaced, although" in made.notes[0]
    assert combed(ffmpeg.told(looking(url(made.path), probe(made.path).video, 0.0, 1.0))) is None


@pytest.mark.parametrize("source", [*bundled(), *footage()], ids=lambda path: path.name)
def test_no_real_clip_is_taken_for_combed(source: Path, ffmpeg: Ffmpeg) -> None:
    try:
        planned = plan(probe(source), replace(TWEET, shortest=0.0), trim=True)
    except FieldkitError:
        return  # nothing to see
    assert looked(planned, url(source), ffmpeg) == planned


def test_only_pictures_of_televisions_sizes_and_rates_are_looked_at(tmp_path: Path) -> None:
    woven = probe(television(tmp_path / "a.mp4", "tff")).video
    assert doubtful(woven)
    for other in ({"interlaced": True}, {"coded": (1280, 720)}, {"fps": 30}):
        assert not doubtful(replace(woven, **other))


def test_a_few_pictures_or_doubts_are_no_reason() -> None:
    def told(tff: float, bff: float, progressive: float) -> list[str]:
        counts = {"tff": tff, "bff": bff, "progressive": progressive}
        return [f"lavfi.idet.multiple.{kind}={count:.2f}\n" for kind, count in counts.items()]

    assert combed(told(20, 0, 1)) == "tff"
    assert combed(told(0, 9, 0)) == "bff"
    assert combed(told(7, 0, 0)) is None
    assert combed(told(20, 0, 5)) is None
    assert combed(told(10, 10, 0)) is None
    assert combed(["frame:0 pts:0", "lavfi.idet.single.tff=99.00"]) is None
