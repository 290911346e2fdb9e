"""X's rules, each broken once on purpose."""

import json
import os
import pty
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.footage import card, clip, make

from fieldkit.cli import main
from fieldkit.transcode.bookfile import packaged
from fieldkit.transcode.boxes import Boxes, boxes
from fieldkit.transcode.check import check
from fieldkit.transcode.material import Audio, Probe, Video
from fieldkit.transcode.rules import Severity, judge

RULES = {rule.name: rule for tier in reversed(packaged().tiers.values()) for rule in tier.rules}

CLEAN = Boxes(
    "isom",
    ("ftyp", "moov", "mdat"),
    frozenset({"trak"}),
    frozenset(),
    (1, 1),
    empty_edit=False,
    created=False,
    video_rate=5_000_000,
    audio_rate=128_000,
    peak=8_000_000,
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
    "bytes advised": (replace(FINE, bytes=600_000_000), CLEAN),
    "bitrate": (replace(FINE, bytes=100_000_000), CLEAN),
    "peak bitrate": (FINE, replace(CLEAN, peak=26_000_000)),
    "video bitrate": (FINE, replace(CLEAN, video_rate=1_000_000)),
    "audio bitrate": (FINE, replace(CLEAN, audio_rate=96_000)),
    "audio codec": (sound(codec="aac", profile="HE-AAC"), CLEAN),
    "channels": (sound(channels=6), CLEAN),
    "audio rate": (sound(rate=96000), CLEAN),
    "sound": (replace(FINE, audios=(), audio=None), CLEAN),
    "rotation": (picture(rotation=90), CLEAN),
    "other streams": (replace(FINE, others=("subtitle",)), CLEAN),
    "index first": (FINE, replace(CLEAN, order=("ftyp", "mdat", "moov"))),
    "fragments": (FINE, replace(CLEAN, order=("ftyp", "moov", "moof", "mdat"))),
    "edit list": (FINE, replace(CLEAN, edits=(2, 1))),
    "empty edit": (FINE, replace(CLEAN, empty_edit=True)),
    "location": (FINE, replace(CLEAN, tags=frozenset({"loci"}))),
    "device": (FINE, replace(CLEAN, tags=frozenset({"com.apple.quicktime.make"}))),
    "tags": (FINE, replace(CLEAN, tags=frozenset({"©nam"}))),
    "telemetry": (replace(FINE, others=("data",)), CLEAN),
    "date": (FINE, replace(CLEAN, created=True)),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_each_rule_finds_what_breaks_it(rule: object) -> None:
    tier = next(tier for tier in packaged().tiers.values() if rule in tier.rules)
    problems = judge(*BROKEN[rule.name], tier)
    mine = [problem for problem in problems if problem.rule == rule.name]
    assert len(mine) == 1
    assert mine[0].severity is rule.severity
    assert mine[0].found
    assert mine[0].limit
    assert mine[0].source
    assert mine[0].url
    assert mine[0].since
    assert mine[0].advice


def test_a_file_as_x_wants_it_breaks_none() -> None:
    assert judge(FINE, CLEAN) == []


def test_rejections_come_first() -> None:
    problems = judge(replace(FINE, seconds=200.0, others=("subtitle",)), CLEAN)
    assert [problem.severity for problem in problems] == sorted((p.severity for p in problems), reverse=True)
    assert problems[0].severity is Severity.REJECT


# Real files, each made to break one rule

FAST = ("-movflags", "+faststart")
NOISE = ("-vf", "noise=alls=100:allf=t", "-qp", "4")
HLG = "setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc"


def small(path: Path, *more: str, seconds: float = 1.0, size: str = "160x90", rate: str = "30") -> Path:
    """A file as X wants it, but for what `more` does to it."""
    return card(path, seconds=seconds, size=size, rate=rate, more=("-movflags", "+faststart", *more))


def made(*more: str, **how: object) -> Callable[[Path], Path]:
    return lambda folder: small(folder / "made.mp4", *more, **how)


def copied(*more: str, before: tuple[str, ...] = (), suffix: str = ".mp4") -> Callable[[Path], Path]:
    """The small file with something done to its boxes only."""

    def copy(folder: Path) -> Path:
        plain = small(folder / "plain.mp4")
        return make(folder / f"made{suffix}", *before, "-i", str(plain), "-c", "copy", *FAST, *more)

    return copy


def padded(megabytes: int) -> Callable[[Path], Path]:
    """The small file with a box of nothing behind it, which takes no room on the disk."""

    def pad(folder: Path) -> Path:
        path = small(folder / "made.mp4")
        size = megabytes * 1_000_000
        with path.open("ab") as file:
            file.write(struct.pack(">I4s", size, b"free"))
            file.truncate(file.tell() + size - 8)
        return path

    return pad


def late(folder: Path) -> Path:
    """Sound that begins half a second after the picture."""
    plain = str(small(folder / "plain.mp4"))
    streams = ("-i", plain, "-itsoffset", "0.5", "-i", plain, "-map", "0:v", "-map", "1:a", "-c", "copy")
    return make(folder / "made.mp4", *streams, *FAST)


REAL: dict[str, Callable[[Path], Path]] = {
    "container": copied(suffix=".mkv"),
    "container brand": copied(suffix=".mov"),
    "video codec": made("-c:v", "mpeg4"),
    "pixel format": made("-pix_fmt", "yuv444p"),
    "colour range": made("-vf", "scale=out_range=full", "-color_range", "pc"),
    "colour": made("-vf", HLG),
    "pixel shape": made("-vf", "setsar=4/3"),
    "scan": made("-vf", "setfield=tff", "-flags", "+ildct+ilme", size="160x96"),
    "GOP": made("-g", "1000", "-sc_threshold", "0", rate="60", seconds=10, size="64x64"),
    "closed GOP": made("-bf", "2", "-x264-params", "open-gop=1:keyint=8:min-keyint=8:scenecut=0", seconds=2),
    "frame rate": made(rate="120"),
    "frame rate advised": made(rate="50"),
    "constant frame rate": made("-vf", "select=not(eq(mod(n\\,5)\\,2))", "-fps_mode", "vfr"),
    "smallest side": made(size="64x24"),
    "size": made(size="2560x1440", rate="5"),
    "size advised": made(size="1920x1080", rate="5"),
    "even sides": made("-vf", "scale=161:121", "-pix_fmt", "yuv444p"),
    "aspect": made(size="400x100"),
    "aspect advised": made(size="300x120"),
    "shortest": made(seconds=0.3),
    "longest": made(seconds=141, size="64x64", rate="5"),
    "longest seen at post": made(seconds=121, size="64x64", rate="5"),
    "bytes": padded(513),
    "bytes advised": padded(513),
    "bitrate": padded(4),
    "peak bitrate": made(*NOISE, size="640x360"),
    "video bitrate": made("-b:v", "60k", size="320x180"),
    "audio bitrate": made("-b:a", "16k", size="320x240"),
    "other streams": copied("-map", "0:v", "-map", "0:a", "-map", "0:a"),
    "audio codec": made("-c:a", "libmp3lame"),
    "channels": made("-ac", "6"),
    "audio rate": made("-ar", "96000"),
    "sound": made("-an"),
    "rotation": copied(before=("-display_rotation", "90")),
    "index first": copied("-movflags", "-faststart"),
    "fragments": copied("-movflags", "+frag_keyframe+delay_moov+default_base_moof-faststart"),
    "edit list": late,
    "empty edit": late,
    "location": copied("-metadata", "location=+40.6892-074.0445/"),
    "device": copied("-metadata", "make=Camera", "-movflags", "+use_metadata_tags"),
    "tags": copied("-metadata", "title=Asha's answer"),
    "telemetry": copied("-timecode", "00:00:01:00"),
    "date": copied("-metadata", "creation_time=2026-11-22T10:00:00Z"),
}


def test_a_real_file_as_x_wants_it_breaks_none(tmp_path: Path) -> None:
    assert check(small(tmp_path / "fine.mp4")) == []


def test_a_real_file_breaks_every_rule_of_every_tier() -> None:
    assert REAL.keys() == RULES.keys()


@pytest.mark.parametrize("name", REAL)
def test_a_real_file_made_to_break_a_rule_is_found_by_it(name: str, tmp_path: Path) -> None:
    tier = next(tier for tier in packaged().tiers.values() if RULES[name] in tier.rules)
    problems = {problem.rule: problem for problem in check(REAL[name](tmp_path), tier)}
    assert name in problems
    assert problems[name].severity is RULES[name].severity


@pytest.mark.parametrize(
    ("tier", "longest"), [("free", 140), ("premium", 7500), ("ads", 600), ("api-v2", 120)]
)
def test_each_tier_takes_as_long_a_clip_as_it_says(tier: str, longest: int) -> None:
    rules = packaged().tier(tier)
    for seconds, refused in ((longest, False), (longest + 0.004, False), (longest + 1, True)):
        problems = judge(replace(FINE, seconds=float(seconds)), CLEAN, rules)
        assert ("longest" in {p.rule for p in problems if p.severity is Severity.REJECT}) is refused


def test_the_rates_of_a_real_file_are_those_of_its_packets(tmp_path: Path) -> None:
    found = boxes(small(tmp_path / "made.mp4", "-b:a", "64k", "-b:v", "200k", seconds=4))
    assert found.video_rate == pytest.approx(200_000, rel=0.4)
    assert found.audio_rate == pytest.approx(64_000, rel=0.25)
    assert found.peak >= found.video_rate


def test_a_camera_file_with_a_quiet_and_a_busy_second_has_the_peak_of_the_busy_one(tmp_path: Path) -> None:
    busy = "noise=alls=100:allf=t:enable=between(t\\,1\\,1.95)"
    found = boxes(small(tmp_path / "made.mp4", "-vf", busy, seconds=4))
    assert found.peak > 2.5 * found.video_rate


# The command


def typed(*words: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, words)])


def test_json_has_the_shape_of_the_blueprint_and_more(tmp_path: Path) -> None:
    told = copied("-metadata", "title=x")(tmp_path)
    result = typed(told, "--json")
    assert result.exit_code == 3
    (report,) = json.loads(result.stdout)
    assert (report["file"], report["ok"], report["tier"]) == (str(told), False, "free")
    assert report["as_of"] == packaged().as_of
    (problem,) = report["problems"]
    assert {"rule", "severity", "found", "limit", "source", "url", "since", "advice", "disputed"} == set(
        problem
    )
    assert (problem["rule"], problem["severity"], problem["found"]) == ("tags", "reject", "©nam")


def test_the_tier_decides(tmp_path: Path) -> None:
    clip = made(seconds=121, size="64x64", rate="5")(tmp_path)
    assert typed(clip).exit_code == 0
    assert typed(clip, "--tier", "premium", "--json").exit_code == 0
    refused = typed(clip, "--tier", "api-v2")
    assert refused.exit_code == 3
    assert " 120 s " in refused.stdout


def test_a_tier_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    result = typed(small(tmp_path / "fine.mp4"), "--tier", "gold")
    assert result.exit_code == 2
    assert "free, premium, ads, api-v2" in result.stderr


def test_a_rule_file_is_laid_over_and_may_bring_a_tier(tmp_path: Path) -> None:
    rules = tmp_path / "ours.toml"
    rules.write_text(
        'as_of = "2027"\n[tiers.radio]\ntitle = "radio"\nlike = "free"\n[rules.longest.tier.radio]\nat_most = 0.8\n'
    )
    fine = small(tmp_path / "fine.mp4")
    assert typed(fine, "--rules", rules).exit_code == 0
    assert typed(fine, "--rules", rules, "--tier", "radio").exit_code == 3


def test_a_broken_rule_file_is_one_sentence_before_any_file_is_read(tmp_path: Path) -> None:
    rules = tmp_path / "ours.toml"
    rules.write_text("as_of = ")
    result = typed(tmp_path / "none.mp4", "--rules", rules)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.count("\n") == 1
    assert "ours.toml" in result.stderr


def test_people_get_a_table_of_what_was_found_and_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "[bold]answers"
    folder.mkdir()
    fine = small(folder / "fine.mp4")
    silent = make(folder / "silent.mp4", "-i", str(fine), "-c", "copy", "-an", *FAST)
    result = typed(fine, silent)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    first, second, header, row = result.stdout.splitlines()
    assert (first, second) == (f"{fine}: ok", f"{silent}: ok")
    assert header.split() == ["rule", "found", "limit", "what", "to", "do"]
    assert row.startswith("advice")
    assert row.index("none") == header.index("found")
    assert row.index("Nothing, if") == header.index("what to do")
    assert packaged().as_of in result.stderr


def test_colours_are_for_a_terminal_only(tmp_path: Path) -> None:
    fine = small(tmp_path / "fine.mp4")
    code = (
        f"import sys; from fieldkit.cli import main; sys.argv = ['fieldkit', 'check', {str(fine)!r}]; main()"
    )
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    plain = environment | {"FORCE_COLOR": "1"}
    piped = subprocess.run([sys.executable, "-c", code], env=plain, check=True, capture_output=True)
    assert piped.stdout == f"{fine}: ok\n".encode()
    shown = environment | {"TERM": "xterm-256color"}
    subprocess.run([sys.executable, "-c", code], env=shown, check=True, stdout=theirs, stderr=subprocess.PIPE)
    assert b"\x1b[32mok" in os.read(ours, 4096)
    os.close(ours)
    os.close(theirs)


def test_one_bad_file_among_good_ones_is_exit_code_1(tmp_path: Path) -> None:
    fine = small(tmp_path / "fine.mp4")
    (tmp_path / "words.mp4").write_text("no video")
    result = typed(fine, tmp_path / "words.mp4", "--json")
    assert result.exit_code == 1
    good, bad = json.loads(result.stdout)
    assert (good["ok"], bad["ok"], bad["problems"]) == (True, False, [])
    assert "words.mp4" in bad["error"]


# Real recordings, and boxes


def test_a_real_clip_with_surround_sound_is_refused_for_it() -> None:
    problems = {problem.rule: problem for problem in check(clip("bigbuckbunny"))}
    assert (problems["channels"].found, problems["channels"].severity) == ("6", Severity.REJECT)


def test_a_real_clip_with_oblong_pixels_is_refused_for_them() -> None:
    assert "128:117" in {problem.found for problem in check(clip("carphone_pristine"))}


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


def test_boxes_nested_by_the_thousand_do_no_harm(tmp_path: Path) -> None:
    nested = b""
    for _ in range(5000):
        nested = struct.pack(">I4s", len(nested) + 8, b"moov") + nested
    (tmp_path / "nested").write_bytes(nested)
    assert boxes(tmp_path / "nested") is not None


def test_a_thousand_tracks_that_claim_endless_samples_are_not_believed(tmp_path: Path) -> None:
    def box(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", len(body) + 8, name) + body

    tables = box(b"stsz", struct.pack(">III", 0, 7, 2**32 - 1)) + box(
        b"stts", struct.pack(">IIII", 0, 1, 2**32 - 1, 1)
    )
    track = box(b"mdhd", bytes(12) + struct.pack(">III", 1000, 0, 0)) + tables
    (tmp_path / "many").write_bytes(box(b"moov", box(b"trak", track) * 1000))
    found = boxes(tmp_path / "many")
    assert (found.peak, found.video_rate) == (None, None)


def test_sample_tables_that_lie_do_no_harm(tmp_path: Path) -> None:
    whole = small(tmp_path / "whole.mp4").read_bytes()
    for name in (b"stsz", b"stts", b"mdhd", b"hdlr"):
        at = whole.index(name) + 8
        for junk in (b"\xff" * 12, bytes(12), b"\0\0\0\1\xff\xff\xff\xff\xff\xff\xff\xff"):
            (tmp_path / "broken").write_bytes(whole[:at] + junk + whole[at + len(junk) :])
            boxes(tmp_path / "broken")
