"""X's rules, each broken once on purpose."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from support.footage import card, clip, make

from fieldkit.transcode.boxes import Boxes, boxes
from fieldkit.transcode.check import check
from fieldkit.transcode.material import Audio, Probe, Video
from fieldkit.transcode.rules import RULES, Severity, judge

CLEAN = Boxes(
    "isom",
    ("ftyp", "moov", "mdat"),
    frozenset({"trak"}),
    frozenset(),
    (1, 1),
    empty_edit=False,
    created=False,
)
SOUND = Audio(index=1, codec="aac", profile="LC", channels=1, rate=48000, seconds=30.0)
VIDEO = Video(
    index=0,
    codec="h264",
    profile="High",
    coded=(1280, 720),
    rotation=0,
    sar=Fraction(1),
    fps=Fraction(30),
    vfr=False,
    longest_gap=1 / 30,
    frames=900,
    longest_gop=300,
    open_gop=False,
    pix_fmt="yuv420p",
    full_range=False,
    transfer="bt709",
    primaries="bt709",
    matrix="bt709",
    interlaced=False,
    start=0.0,
    seconds=30.0,
)
FINE = Probe("mov,mp4,m4a,3gp,3g2,mj2", 3_000_000, 30.0, VIDEO, (SOUND,), SOUND)


def picture(**changed: object) -> Probe:
    return replace(FINE, video=replace(VIDEO, **changed))


def sound(**changed: object) -> Probe:
    other = replace(SOUND, **changed)
    return replace(FINE, audios=(other,), audio=other)


BROKEN: dict[str, tuple[Probe, Boxes | None]] = {
    "container": (replace(FINE, container="matroska,webm"), None),
    "container brand": (FINE, replace(CLEAN, brand="qt  ")),
    "video codec": (picture(codec="hevc", profile="Main"), CLEAN),
    "pixel format": (picture(pix_fmt="yuv444p"), CLEAN),
    "colour range": (picture(full_range=True), CLEAN),
    "colour": (picture(transfer="arib-std-b67"), CLEAN),
    "pixel shape": (picture(sar=Fraction(3, 8)), CLEAN),
    "scan": (picture(interlaced=True), CLEAN),
    "GOP": (picture(longest_gop=600), CLEAN),
    "closed GOP": (picture(open_gop=True), CLEAN),
    "frame rate": (picture(fps=Fraction(120)), CLEAN),
    "frame rate advised": (picture(fps=Fraction(50)), CLEAN),
    "constant frame rate": (picture(vfr=True), CLEAN),
    "smallest side": (picture(coded=(64, 24)), CLEAN),
    "size": (picture(coded=(2560, 1440)), CLEAN),
    "size advised": (picture(coded=(1920, 1080)), CLEAN),
    "even sides": (picture(coded=(641, 480)), CLEAN),
    "aspect": (picture(coded=(1280, 320)), CLEAN),
    "aspect advised": (picture(coded=(1280, 480)), CLEAN),
    "shortest": (replace(FINE, seconds=0.3), CLEAN),
    "longest": (replace(FINE, seconds=141.0), CLEAN),
    "longest seen at post": (replace(FINE, seconds=130.0), CLEAN),
    "bytes": (replace(FINE, bytes=600_000_000), CLEAN),
    "bitrate": (replace(FINE, bytes=100_000_000), CLEAN),
    "audio codec": (sound(codec="aac", profile="HE-AAC"), CLEAN),
    "channels": (sound(channels=6), CLEAN),
    "audio rate": (sound(rate=96000), CLEAN),
    "sound": (replace(FINE, audios=(), audio=None), CLEAN),
    "rotation": (picture(rotation=90), CLEAN),
    "other streams": (replace(FINE, others=("subtitle",)), CLEAN),
    "index first": (FINE, replace(CLEAN, order=("ftyp", "mdat", "moov"))),
    "fragments": (FINE, replace(CLEAN, order=("ftyp", "moov", "moof", "mdat"))),
    "edit list": (FINE, replace(CLEAN, edits=(2, 1))),
    "location": (FINE, replace(CLEAN, tags=frozenset({"loci"}))),
    "device": (FINE, replace(CLEAN, tags=frozenset({"com.apple.quicktime.make"}))),
    "tags": (FINE, replace(CLEAN, tags=frozenset({"©nam"}))),
    "telemetry": (replace(FINE, others=("data",)), CLEAN),
    "date": (FINE, replace(CLEAN, created=True)),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_finds_what_breaks_it(rule: object) -> None:
    problems = judge(*BROKEN[rule.name])
    mine = [problem for problem in problems if problem.rule == rule.name]
    assert len(mine) == 1
    assert mine[0].severity is rule.severity
    assert mine[0].found
    assert mine[0].limit
    assert mine[0].source


def test_a_file_as_x_wants_it_breaks_none() -> None:
    assert judge(FINE, CLEAN) == []


def test_rejections_come_first() -> None:
    problems = judge(replace(FINE, seconds=200.0, others=("subtitle",)), CLEAN)
    assert [problem.severity for problem in problems] == sorted((p.severity for p in problems), reverse=True)
    assert problems[0].severity is Severity.REJECT


def test_a_real_clip_with_surround_sound_is_refused_for_it() -> None:
    problems = {problem.rule: problem for problem in check(clip("bigbuckbunny"))}
    assert (problems["channels"].found, problems["channels"].severity) == ("6", Severity.REJECT)


def test_a_real_clip_with_oblong_pixels_is_refused_for_them() -> None:
    assert "128/117" in {problem.found for problem in check(clip("carphone_pristine"))}


def test_the_binary_location_box_of_an_android_phone_is_found(tmp_path: Path) -> None:
    plain = card(tmp_path / "plain.mp4")
    told = make(
        tmp_path / "told.mp4", "-i", str(plain), "-c", "copy", "-metadata", "location=+40.6892-074.0445/"
    )
    assert {"loci", "©xyz"} & boxes(told).places
    assert not boxes(plain).places


def test_boxes_of_something_else_are_none(tmp_path: Path) -> None:
    for name, content in (
        ("words", b"only words here, no boxes at all"),
        ("nothing", b""),
        ("short", b"\0\0"),
    ):
        (tmp_path / name).write_bytes(content)
        assert boxes(tmp_path / name) is None


@pytest.mark.parametrize("cut", [9, 40, 200, 1000, 3000])
def test_boxes_cut_short_are_read_as_far_as_they_go(cut: int, tmp_path: Path) -> None:
    whole = card(tmp_path / "whole.mp4", more=("-movflags", "+faststart")).read_bytes()
    (tmp_path / "cut").write_bytes(whole[:cut])
    boxes(tmp_path / "cut")


def test_boxes_that_lie_about_their_size_do_no_harm(tmp_path: Path) -> None:
    whole = bytearray(card(tmp_path / "whole.mp4", more=("-movflags", "+faststart")).read_bytes())
    for at in range(0, 1500, 7):
        broken = bytes(whole[:at]) + b"\xff\xff\xff\xff" + bytes(whole[at + 4 :])
        (tmp_path / "broken").write_bytes(broken)
        boxes(tmp_path / "broken")
