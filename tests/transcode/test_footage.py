"""Every real file is either delivered as X wants it, or refused with one sentence a crew can act on."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from support.footage import bundled, footage, make

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
    "truncated-no-moov.mp4": "was never finished by its camera",
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


def complaints(made: Path, ffmpeg: Ffmpeg) -> str:
    """What ffmpeg has to say while it decodes the file."""
    command = [ffmpeg.binary, "-v", "warning", "-nostdin", "-i", str(made), "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def pictures(path: Path, folder: Path, ffmpeg: Ffmpeg) -> np.ndarray:
    """The first seconds as a player turns them, 20 small grey pictures a second."""
    raw = folder / "pictures.raw"
    index = probe(path).video.index
    small = "fps=20:start_time=0,scale=24:24:flags=area,format=gray"
    ffmpeg.run(
        ["-y", "-i", str(path), "-map", f"0:{index}", "-t", "5", "-vf", small, "-f", "rawvideo", str(raw)]
    )
    return np.fromfile(raw, dtype=np.uint8).reshape(-1, 24 * 24).astype(float)


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """The mean correlation of pictures that are shown at the same time."""
    count = min(len(one), len(other))
    pairs = zip(one[:count], other[:count], strict=True)
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs if a.std() > 1 and b.std() > 1]))


def as_upright_and_as_early(source: Path, made: Path, folder: Path, ffmpeg: Ffmpeg) -> bool:
    before, after = pictures(source, folder, ffmpeg), pictures(made, folder, ffmpeg)
    at_once = alike(before, after)
    others = [alike(before[late:], after) for late in (1, 2)] + [
        alike(before, after[late:]) for late in (1, 2)
    ]
    # a picture of a variable rate falls between two of the constant one; half a step of 50 ms is as near as it gets
    like = 0.85 if probe(source).video.hdr else 0.95
    return at_once > like and max(others) < at_once + 0.02


def samples(path: Path, folder: Path, ffmpeg: Ffmpeg) -> np.ndarray:
    """The first seconds of the sound, from the beginning of the file, 8000 a second."""
    raw = folder / "samples.raw"
    mono = "aresample=8000:async=1:first_pts=0:out_chlayout=mono,highpass=f=150"
    found = probe(path).audio
    ffmpeg.run(
        ["-y", "-i", str(path), "-map", f"0:{found.index}", "-t", "6", "-af", mono, "-f", "f32le", str(raw)]
    )
    return np.fromfile(raw, dtype="<f4")


def lateness(source: Path, made: Path, folder: Path, ffmpeg: Ffmpeg) -> float:
    """Seconds by which the sound that was made is late."""
    before, after = samples(source, folder, ffmpeg), samples(made, folder, ffmpeg)
    size = 2 * max(len(before), len(after))
    match = np.fft.irfft(np.fft.rfft(after, size) * np.conj(np.fft.rfft(before, size)))
    at = int(np.argmax(np.abs(match)))
    return (at if at < len(match) // 2 else at - len(match)) / 8000


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
        assert complaints(made.path, ffmpeg) == ""
        if profile == "tweet":
            if probe(source).video:
                assert as_upright_and_as_early(source, made.path, tmp_path, ffmpeg)
            if expected.sound and "silent" not in source.name:
                assert abs(lateness(source, made.path, tmp_path, ffmpeg)) <= 0.025
            assert (made.width, made.height) == expected.size
            assert float(found.video.fps) == pytest.approx(expected.fps, abs=0.05)
        else:
            assert min(made.width, made.height) <= PROFILES["proxy"].short_side
            assert found.video.fps <= 15
            assert made.bytes <= 60_000 + found.seconds * 19_000


def test_every_file_of_the_shared_footage_has_an_expectation() -> None:
    assert {path.name for path in footage()} <= EXPECTED.keys()


HLG, PQ = "iphone-hlg-rot90-gps.mp4", "phone-hdr10-vfr.mp4"
REFERENCE = (  # facts/transcode.md 1c
    "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize(
    "source", [path for path in footage() if path.name in (HLG, PQ)], ids=lambda path: path.name
)
def test_hdr_is_as_bright_as_the_reference_chain_makes_it(
    source: Path, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    assert probe(source).video.hdr
    # the iPhone's clip is shorter than X takes
    longer = make(
        tmp_path / "longer.mp4", "-stream_loop", "3", "-i", str(source), "-map", "0:v:0", "-c", "copy"
    )
    made = render(longer, "tweet", tmp_path, "made.mp4", ffmpeg)
    right = luma(longer, f"scale=320:-2,{REFERENCE}", tmp_path, ffmpeg)
    assert luma(made.path, "scale=320:-2,format=yuv420p", tmp_path, ffmpeg) == pytest.approx(right, rel=0.15)


def luma(path: Path, steps: str, folder: Path, ffmpeg: Ffmpeg) -> float:
    """The mean luma above black, of the first pictures."""
    raw = folder / "luma.raw"
    ffmpeg.run(
        ["-y", "-i", str(path), "-t", "0.3", "-vf", f"{steps},extractplanes=y", "-f", "rawvideo", str(raw)]
    )
    return float(np.fromfile(raw, dtype=np.uint8).mean()) - 16
