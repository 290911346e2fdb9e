"""What can be saved of a broken or blind clip is saved, and it is said."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.footage import bundled, card, footage, make
from support.probes import a_probe

from fieldkit.errors import NotAVideo
from fieldkit.transcode.batch import Source, Threads, batch
from fieldkit.transcode.check import check, rejections
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.probe import probe
from fieldkit.transcode.remarks import remarks
from fieldkit.transcode.render import render

WARNING = ("-v", "warning", "-f", "null", "-")
FRONTED = ("-movflags", "faststart")


def cut(source: Path, share: float, path: Path) -> Path:
    whole = source.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    return path


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_copy_cut_short_is_made_of_what_is_there_and_says_so(
    suffix: str, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    more = () if suffix == ".mkv" else FRONTED
    whole = card(tmp_path / f"whole{suffix}", seconds=4, more=more)
    short = cut(whole, 0.4, tmp_path / f"short{suffix}")
    (result,) = batch([Source(short)], tmp_path / "out", Threads(ffmpeg))
    assert result.ok
    (note,) = result.notes
    assert note.startswith(f"Only {probe(short).seconds:.1f} s of 4.")
    assert note.endswith("s could be read: the copy is cut short; copy it again if you still have the card.")
    made = probe(Path(result.output))
    assert 0.5 < made.seconds < 3
    assert rejections(check(Path(result.output))) == []
    assert made.seconds == pytest.approx(probe(short).seconds, abs=0.15)
    assert abs(made.audio.seconds - made.video.seconds) < 0.5


@pytest.mark.parametrize("source", [*bundled(), *footage()], ids=lambda path: path.name)
def test_no_whole_clip_is_said_to_be_cut_short(source: Path) -> None:
    try:
        found = probe(source)
    except NotAVideo:
        return
    assert found.lost < 0.3
    assert not any("cut short" in note for note in remarks(found))


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize(
    "coded", [("libopus", ".webm"), ("aac", ".m4a"), ("pcm_s16le", ".wav"), ("libmp3lame", ".mp3")]
)
def test_sound_alone_becomes_a_card_with_its_waveform(
    coded: tuple[str, str], tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    codec, suffix = coded
    tone = "aevalsrc='if(between(t,1,2),0.5*sin(2*PI*400*t),0)':s=48000:d=3"
    sound = make(tmp_path / f"voice{suffix}", "-f", "lavfi", "-i", tone, "-c:a", codec)
    made = render(sound, "tweet", tmp_path, "card.mp4", ffmpeg)
    found = probe(made.path)
    assert (made.width, made.height) == (720, 720)
    assert found.seconds == pytest.approx(3, abs=0.15)
    assert abs(found.video.seconds - found.audio.seconds) < 0.15
    assert rejections(check(made.path)) == []
    assert made.notes == ("It holds sound but no picture, so it is shown as a card with its waveform.",)
    raw = tmp_path / "light.raw"
    ffmpeg.run(
        ["-y", "-i", str(made.path), "-vf", "fps=10,extractplanes=y,scale=1:1", "-f", "rawvideo", str(raw)]
    )
    light = raw.read_bytes()
    assert min(light[12:18]) > max(*light[2:8], *light[23:28]) + 5  # it moves with the voice


@pytest.mark.usefixtures("quickly")
def test_a_waveform_costs_few_bytes_and_the_same_ones_each_time(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    voice = "aevalsrc='0.4*sin(2*PI*200*t)*abs(sin(3*t))':s=48000:d=10"
    sound = make(tmp_path / "voice.m4a", "-f", "lavfi", "-i", voice, "-c:a", "aac")
    made = [render(sound, "proxy", tmp_path, f"{n}.mp4", ffmpeg) for n in range(2)]
    assert made[0].sha256 == made[1].sha256
    assert made[0].bytes < 10 * 10_000


@pytest.mark.usefixtures("quickly")
def test_a_clip_whose_pictures_are_lost_is_saved_as_sound(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    whole = card(tmp_path / "whole.mkv", seconds=3, more=("-c:v", "ffv1")).read_bytes()
    blind = tmp_path / "blind.mkv"
    blind.write_bytes(whole.replace(b"V_FFV1", b"V_NONE"))
    made = render(blind, "proxy", tmp_path, "made.mp4", ffmpeg)
    assert made.seconds == pytest.approx(3, abs=0.2)
    (note,) = made.notes
    assert "Its pictures can't be read, so only its sound is shown" in note


def test_check_judges_no_sound_alone(tmp_path: Path) -> None:
    sound = make(tmp_path / "sound.m4a", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac")
    with pytest.raises(NotAVideo, match="holds sound but no video"):
        check(sound)


@given(seconds=st.floats(0.5, 4000), lost=st.floats(0, 4000))
def test_what_is_lost_is_said_when_it_matters(seconds: float, lost: float) -> None:
    said = remarks(replace(a_probe(seconds), lost=lost))
    assert bool(said) == (lost > max(0.5, 0.03 * (seconds + lost)))
    assert all("\n" not in sentence and sentence.endswith(".") for sentence in said)
