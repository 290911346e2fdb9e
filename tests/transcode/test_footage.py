"""Every real file is either delivered as X wants it, or refused with one sentence a crew can act on."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from support.footage import bundled, footage

from fieldkit.errors import NeedsCrew
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.check import check, rejections
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.probe import probe
from fieldkit.transcode.profiles import DUE, PROFILES
from fieldkit.transcode.render import render


@dataclass(frozen=True)
class Delivered:
    size: tuple[int, int]  # of the tweet rendition
    fps: float = 29.97
    sound: bool = True
    trim: bool = False
    note: str | None = None


EXPECTED = {
    "bigbuckbunny.mp4": Delivered((1280, 720), 25),  # 5.1
    "bikes.mp4": Delivered((640, 272), 25, sound=False),
    "carphone_distorted.mp4": Delivered((192, 144), sound=False),  # SAR 128:117
    "carphone_pristine.mp4": Delivered((192, 144), sound=False),
    "android-4k60-portrait.mp4": "0.31 s",
    "android-slowmotion-240fps.mp4": Delivered((1280, 720), 30, sound=False),
    "avchd-1080i60-panasonic.mts": Delivered((1280, 720)),
    "face-bt601-gps.mov": Delivered((640, 428)),
    "fragmented-60fps.mp4": Delivered((320, 240), 30),
    "gopro-max-gps-telemetry.mp4": Delivered((848, 480)),
    "grid-bbaf2n.mpg": Delivered((360, 288), 25),
    "grid-brbk7n.mpg": Delivered((360, 288), 25),
    "grid-lwbsza.mpg": Delivered((360, 288), 25),
    "grid-swiz3n.mpg": Delivered((360, 288), 25),
    "interviews-35s.mp4": Delivered((320, 180)),
    "iphone-hlg-rot90-gps.mp4": "0.30 s",
    "iphone6s-rot90-gps.mov": "0.49 s",
    "iphoneX-p3-60fps-gps.mov": Delivered((720, 1280), 30),
    "lecture-audio-only-203s-5.1.webm": Delivered((720, 720), 15, trim=True, note="card with its waveform"),
    "mediarecorder-chrome52-gap.webm": Delivered((640, 480)),
    "nasa-multistream-8khz.mp4": Delivered(
        (480, 270)
    ),  # the larger of two pictures, the better of two sounds
    "odd-161x121-vp9.webm": Delivered((160, 120), sound=False),
    "old-phone-h263-8khz.3gp": Delivered((384, 288), 14.7),
    "phone-hdr10-vfr.mp4": Delivered((1280, 720), 30),
    "phone-rot180.mov": "0.10 s",
    "phone-rot270.mov": "0.10 s",
    "selfie-wind-rot90.mp4": Delivered((640, 480)),
    "speech-english-audio-only.mp4": Delivered((720, 720), 15, note="card with its waveform"),
    "truncated-android-rot90-gps.mp4": "none of its pictures can be read",
    "truncated-no-moov.mp4": "not a video that can be read",
    "walkers-handheld.mp4": Delivered((640, 480)),
    "webcam-face-silent-track.mp4": Delivered((144, 80), 30),
    "webcam-person-noaudio.mkv": Delivered((640, 480), 30, sound=False),
    "webcam-vfr-noaudio.mp4": Delivered((640, 480), 10.53, sound=False),
}
IN_BOXES = (
    b"loci",
    b"\xa9xyz",
    b"\xa9nam",
    b"\xa9mak",
    b"\xa9mod",
    b"\xa9too",
    b"gpmd",
    b"mebx",
    b"GoPro",
    b"x264",
)
ANYWHERE = (
    b"com.apple",
    b"com.android",
    b"x264 - core",
    b"libx264",
    b"Lavc6",
    b"Lavf6",
    b"Handler",
    b"Core Media",
)


def telltales(content: bytes) -> list[bytes]:
    """Words that tell where, who or with what; the short ones turn up in compressed pictures by chance."""
    boxes = content[: content.index(b"mdat")]
    return [word for word in IN_BOXES if word in boxes] + [word for word in ANYWHERE if word in content]


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("source", [*bundled(), *footage()], ids=lambda path: path.name)
def test_a_real_clip_is_delivered_or_refused_in_one_sentence(
    source: Path, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    expected = EXPECTED[source.name]
    for profile in ("tweet",) if isinstance(expected, Delivered) and expected.trim else DUE:
        if isinstance(expected, str):
            with pytest.raises(NeedsCrew, match=expected) as refusal:
                render(source, profile, tmp_path, "clip.mp4", ffmpeg)
            assert "\n" not in str(refusal.value)
            assert list(tmp_path.iterdir()) == []
            continue
        made = render(source, profile, tmp_path, f"{profile}.mp4", ffmpeg, brief=Brief(trim=expected.trim))
        found = probe(made.path)
        assert [expected.note in note for note in made.notes] == [
            True for _ in [expected.note] if expected.note
        ]
        assert rejections(check(made.path)) == []
        assert found.seconds == pytest.approx(min(140, probe(source).seconds), abs=0.15)
        assert found.video.rotation == 0
        assert found.video.sar == 1
        assert not found.video.vfr
        assert (found.video.transfer, found.video.primaries, found.video.matrix) == (
            "bt709",
            "bt709",
            "bt709",
        )
        assert (found.audio is not None) == expected.sound
        assert found.audio is None or (found.audio.rate, found.audio.channels) == (48000, 1)
        assert telltales(made.path.read_bytes()) == []
        if profile == "tweet":
            assert (made.width, made.height) == expected.size
            assert float(found.video.fps) == pytest.approx(expected.fps, abs=0.05)
        else:
            assert min(made.width, made.height) <= PROFILES["proxy"].short_side
            assert found.video.fps <= 15
            assert made.bytes <= 60_000 + found.seconds * 19_000


def test_every_file_of_the_shared_footage_has_an_expectation() -> None:
    assert {path.name for path in footage()} <= EXPECTED.keys()
