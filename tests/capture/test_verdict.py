"""Every fault that a camera or a microphone can have, made with the recorder's own ffmpeg line, and named."""

import contextlib
import random
from pathlib import Path

import pytest
from support.footage import bundled, card, footage

from fieldkit.capture.checks import verdict
from fieldkit.capture.rig import Shot, arguments
from fieldkit.capture.salvage import Measure
from fieldkit.errors import NotAVideo
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.probe import opened

PICTURE, SOUND = "testsrc2=size=320x180:rate=30", "sine=frequency=440:beep_factor=4:sample_rate=48000"
GOOD = "Good: picture and sound are there from beginning to end."


def filmed(picture: str, sound: str | None, out: Path, *, realtime: bool = False) -> list[str]:
    """How the test card is recorded, six seconds of it, with other sources in its place."""
    words = arguments(Shot("test:", seconds=6, size=(320, 180)), "linux", out)
    sources = iter((picture, sound or SOUND))
    words = [next(sources) if words[at - 1] == "-i" else word for at, word in enumerate(words)]
    if sound is None:
        at = words.index("1:a:0")
        del words[at - 1 : at + 3]
    return words if realtime else [word for word in words if word != "-re"]


@pytest.mark.parametrize(
    ("picture", "sound", "says"),
    [
        (PICTURE, SOUND, GOOD),
        (f"{PICTURE}:duration=3", SOUND, "The picture stops 3.0 s before the end"),
        (PICTURE, f"{SOUND}:duration=4", "The sound stops 2.0 s before the end"),
        (PICTURE, None, "The take has no sound at all"),
        (PICTURE, f"{SOUND},atrim=end=0", "The take has no sound at all"),
        ("color=black:size=320x180:rate=30", SOUND, "The picture is black for 6 s"),
        (
            f"{PICTURE},drawbox=c=black:t=fill:enable='between(t,2,3.9)'",
            SOUND,
            "The picture is black for 2 s",
        ),
        (f"{PICTURE},trim=end=1,loop=loop=-1:size=1:start=29", SOUND, "The picture is frozen for 5 s"),
        (f"{PICTURE},select='not(between(t,2,3))'", SOUND, "The picture stands still for 1.1 s"),
        (f"{PICTURE},select='gt(random(0),0.2)'", SOUND, "% of the pictures are missing"),
        (PICTURE, "anullsrc=channel_layout=mono:sample_rate=48000", "There is nothing to be heard"),
        (PICTURE, f"{SOUND},volume=-50dB", "There is nothing to be heard"),
        (PICTURE, f"{SOUND},volume=0:enable='gt(t,4)'", "The sound falls silent for 2 s"),
        (PICTURE, f"{SOUND},aselect='not(between(t,2,3))'", "The sound breaks off for 1.0 s"),
        (PICTURE, f"{SOUND},volume=40dB,aformat=s16", "The sound is too loud and distorted"),
        (PICTURE, f"{SOUND},asetpts=PTS*1.03", "Picture and sound drift apart by 0.2 s"),
    ],
)
def test_a_fault_is_named(
    picture: str, sound: str | None, says: str, tmp_path: Path, ffmpeg: Ffmpeg, measure: Measure
) -> None:
    take = tmp_path / "take.mkv"
    ffmpeg.run(filmed(picture, sound, take))
    judged = verdict(measure(take), sound_wanted=True)
    assert says in judged.sentence
    assert judged.good is judged.sentence.startswith("Good")
    assert judged.again is not judged.good


def test_what_a_camera_encoded_itself_is_kept_as_it_is(
    tmp_path: Path, ffmpeg: Ffmpeg, measure: Measure
) -> None:
    camera, take = card(tmp_path / "camera.mkv", seconds=3, more=("-g", "90")), tmp_path / "take.mkv"
    words = arguments(Shot("/dev/video0", "hw:0", pixels="h264"), "linux", take)
    last = len(words) - words[::-1].index("-i") + 1
    filming = ["-y", "-i", str(camera), "-i", str(camera), *words[last:]]
    ffmpeg.run(filming)
    found = measure(take)
    assert verdict(found, sound_wanted=True).good
    assert pictures(take) == pictures(camera)


def test_bytes_that_were_damaged_are_judged_or_refused_with_a_sentence(
    tmp_path: Path, ffmpeg: Ffmpeg, measure: Measure
) -> None:
    take = tmp_path / "take.mkv"
    ffmpeg.run(filmed(PICTURE, SOUND, take))
    whole, dice = take.read_bytes(), random.Random(1)
    for damages in (1, 5, 50, 500) * 8:
        bytes_left = bytearray(whole)
        for _ in range(damages):
            bytes_left[dice.randrange(len(whole))] = dice.randrange(256)
        take.write_bytes(bytes_left)
        with contextlib.suppress(NotAVideo):
            assert verdict(measure(take), sound_wanted=True).sentence


def pictures(path: Path) -> list[bytes]:
    with opened(path) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_two_faults_are_both_named(tmp_path: Path, ffmpeg: Ffmpeg, measure: Measure) -> None:
    take = tmp_path / "take.mkv"
    ffmpeg.run(filmed("color=black:size=320x180:rate=30", "anullsrc=sample_rate=48000", take))
    said = verdict(measure(take), sound_wanted=True).sentence
    assert said == (
        "The picture is black for 6 s, and there is nothing to be heard: uncover the lens and record again."
    )


def test_a_film_without_sound_is_good_where_none_was_wanted(
    tmp_path: Path, ffmpeg: Ffmpeg, measure: Measure
) -> None:
    take = tmp_path / "take.mkv"
    ffmpeg.run(filmed(PICTURE, None, take))
    assert verdict(measure(take), sound_wanted=False).good


# ── what ordinary cameras make is called good ───────────────────────────────────────────────────────

ORDINARY = [
    *("avchd-1080i60-panasonic.mts", "fragmented-60fps.mp4", "gopro-max-gps-telemetry.mp4"),
    *("face-bt601-gps.mov", "interviews-35s.mp4", "iphone6s-rot90-gps.mov", "iphoneX-p3-60fps-gps.mov"),
    *(
        "grid-bbaf2n.mpg",
        "grid-brbk7n.mpg",
        "grid-lwbsza.mpg",
        "grid-swiz3n.mpg",
        "nasa-multistream-8khz.mp4",
    ),
    *("odd-161x121-vp9.webm", "phone-hdr10-vfr.mp4", "selfie-wind-rot90.mp4", "walkers-handheld.mp4"),
    *("webcam-person-noaudio.mkv", "webcam-vfr-noaudio.mp4", "android-slowmotion-240fps.mp4"),
]
FAULTY = {
    "mediarecorder-chrome52-gap.webm": "The picture stands still for 10.1 s",
    "webcam-face-silent-track.mp4": "There is nothing to be heard",
    "old-phone-h263-8khz.3gp": "There is nothing to be heard",  # -61 dBFS
}


def shared(name: str) -> Path:
    """A clip of the shared footage, by its name."""
    found = next((path for path in footage() if path.name == name), None)
    return found or pytest.skip("the shared footage is not here")


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_clips_raise_no_alarm(name: str, measure: Measure) -> None:
    judged = verdict(measure(shared(name)), sound_wanted=False)
    assert judged.good, judged.sentence


def test_clips_in_use_elsewhere_raise_no_alarm(measure: Measure) -> None:
    said = {path.name: verdict(measure(path), sound_wanted=False).sentence for path in bundled()}
    assert {name: sentence for name, sentence in said.items() if not sentence.startswith("Good")} == {}


@pytest.mark.parametrize(("name", "says"), FAULTY.items())
def test_clips_with_a_fault_are_found(name: str, says: str, measure: Measure) -> None:
    assert says in verdict(measure(shared(name)), sound_wanted=False).sentence
