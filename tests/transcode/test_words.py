"""Words burned into real clips: the same single encode, still what X takes, in step, and silent at the end."""

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from support.footage import card, clip, make

from fieldkit import disk
from fieldkit.errors import NeedsCrew
from fieldkit.transcode.batch import Result, Source, Threads, batch
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.captions import Cue
from fieldkit.transcode.check import check, rejections
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.probe import probe
from fieldkit.transcode.render import render
from fieldkit.transcode.wording import Wording
from fieldkit.transcode.words import Card, Words

CUES = (Cue(0.0, 1.0, ("أنا اسمي فاطمة (2026).",)), Cue(1.0, 2.0, ("Habari yako, {\\an8} Neema?",)))
END = Card("Sign for safe passage.", "amnesty.org/refugees", seconds=2.0, background="#102030")
SRT = "1\n00:00:00,000 --> 00:00:01,000\nHabari yako\n"


@pytest.fixture(autouse=True)
def no_system_fonts(monkeypatch: pytest.MonkeyPatch, quickly: None) -> None:
    monkeypatch.setenv("FONTCONFIG_FILE", "/dev/null")


def pictures(path: Path) -> list[np.ndarray]:
    """Each picture's brightness."""
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]


def loudness(path: Path) -> tuple[np.ndarray, float]:
    """The sound's amplitude every 10 ms, and where it starts."""
    with av.open(str(path)) as file:
        frames = list(file.decode(audio=0))
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    steps = len(samples) // 480
    return np.abs(samples[: steps * 480].reshape(steps, 480)).max(axis=1), float(frames[0].time)


def test_a_clip_with_words_is_what_x_takes_in_step_and_silent_under_the_end_card(
    tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    source = card(tmp_path / "in.mp4", seconds=3.0, size="270x480", rate="25")
    words = Words(CUES, "Kakuma, Kenya", END)
    plain = render(source, "tweet", tmp_path, "plain.mp4", ffmpeg).path
    made = render(source, "tweet", tmp_path, "worded.mp4", ffmpeg, brief=Brief(words=words))
    assert rejections(check(made.path)) == []
    before, after = probe(plain), probe(made.path)
    assert (before.width, before.height) == (after.width, after.height)
    assert made.seconds == pytest.approx(5.0, abs=0.06)
    assert after.audio is not None
    assert abs(after.video.seconds - after.audio.seconds) < 0.05

    shown, bare = pictures(made.path), pictures(plain)
    assert len(shown) == 125
    lower = [abs(a[280:].astype(int) - b[280:]).max() for a, b in zip(shown, bare, strict=False)]
    upper = [abs(a[:200].astype(int) - b[:200]).mean() for a, b in zip(shown[:75], bare, strict=True)]
    assert min(lower[1:50]) > 100  # captions
    assert max(upper) < 8  # the take itself, to its last picture
    assert all(np.ptp(picture[:100]) < 12 for picture in shown[90:])  # the card's ground
    assert np.ptp(shown[-1]) > 150

    heard, start = loudness(made.path)
    assert start == 0
    assert heard[20:295].min() > 0.05
    assert heard[310:].max() < 0.001
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "plain.mp4", "worded.mp4"]


def test_sound_that_outlasts_the_picture_is_heard_out_before_the_end_card(
    tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    source = make(
        tmp_path / "in.mkv",
        *(
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=320x180:rate=30:duration=2",
            "-f",
            "lavfi",
            "-i",
            "sine=duration=3",
        ),
        *("-c:v", "ffv1", "-c:a", "pcm_s16le"),
    )
    made = render(source, "tweet", tmp_path, "out.mp4", ffmpeg, brief=Brief(words=Words(card=END)))
    heard, _ = loudness(made.path)
    assert heard[20:290].min() > 0.05
    assert heard[310:].max() < 0.001
    assert (
        abs(pictures(made.path)[85].astype(int) - pictures(made.path)[59]).mean() < 4
    )  # its last picture waits


def test_a_clip_without_sound_gets_its_end_card_too(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    made = render(clip("bikes"), "tweet", tmp_path, "out.mp4", ffmpeg, brief=Brief(words=Words(card=END)))
    assert made.seconds == pytest.approx(12.0, abs=0.1)
    assert rejections(check(made.path)) == []


def test_a_proxy_shows_no_words(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = card(tmp_path / "in.mp4")
    plain = render(source, "proxy", tmp_path, "plain.mp4", ffmpeg)
    assert (
        render(source, "proxy", tmp_path, "w.mp4", ffmpeg, brief=Brief(words=Words(CUES, "x", END))).sha256
        == plain.sha256
    )


@pytest.mark.parametrize(
    "name", ["it's [a], b;c: \\d=1", "الملف الأول", "100% {x} 'q' \"r\"", "%d C:\\x", "-y"], ids=range(5)
)
def test_words_are_burned_in_however_the_folder_is_called(name: str, tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    folder = tmp_path / name
    folder.mkdir()
    source = card(tmp_path / "in.mp4", seconds=0.6)
    made = render(source, "tweet", folder, f"{name}.mp4", ffmpeg, brief=Brief(words=Words(CUES[:1])))
    assert made.path.is_file()
    assert abs(pictures(made.path)[2].astype(int) - pictures(source)[2])[130:].max() > 100
    assert [path.name for path in folder.iterdir()] == [f"{name}.mp4"]


def test_a_letter_that_cannot_be_drawn_leaves_nothing_behind(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = card(tmp_path / "in.mp4")
    for words in (Words((Cue(0, 1, ("😀",)),)), Words((Cue(9, 10, ("late",)),))):
        with pytest.raises(NeedsCrew):
            render(source, "tweet", tmp_path, "out.mp4", ffmpeg, brief=Brief(words=words))
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_an_interruption_leaves_no_script_and_a_death_is_swept_up(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source, folder = card(tmp_path / "in.mp4"), tmp_path / "out"
    folder.mkdir()

    def look_and_stop(_done: float, _of: float) -> None:
        script = next(folder.glob("*.ass"), None)
        if script is None:
            return  # the clip is heard and looked at before
        shutil.copy(script, tmp_path / script.name)
        raise KeyboardInterrupt

    brief = Brief(words=Words(CUES))
    with pytest.raises(KeyboardInterrupt):
        render(source, "tweet", folder, "x.mp4", ffmpeg, brief=brief, progress=look_and_stop)
    assert list(folder.iterdir()) == []
    (dead,) = tmp_path.glob(".tweet.*.ass")
    shutil.copy(dead, folder)
    assert disk.sweep(folder) == 1
    shutil.copy(dead, folder)
    assert list(batch([], folder, Threads(ffmpeg))) == []
    assert [path.name for path in folder.iterdir()] == [".fieldkit"]


def test_each_clip_of_a_batch_gets_the_captions_of_its_name(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    clips = [card(tmp_path / f"{name}.mp4", size="192x108") for name in ("one", "two")]
    folder, out = tmp_path / "srt", tmp_path / "out"
    folder.mkdir()
    (folder / "one.srt").write_text(SRT)
    wording = Wording(captions=folder)

    def made(clips: list[Path]) -> list[Result]:
        sources = [Source(clip) for clip in clips]
        return list(batch(sources, out, Threads(ffmpeg), words=wording.read(clips)))

    first = made(clips)
    assert [result.ok for result in first] == [True, False]
    assert "two.srt can't be read" in str(first[1].error)
    (folder / "one.srt").write_text(SRT.replace("yako", "zako"))
    again = made(clips[:1])
    assert not again[0].skipped  # other words are another file
    assert made(clips[:1])[0].skipped
    with pytest.raises(NeedsCrew, match=r"one\.srt can't be the captions of 2 clips"):
        Wording(captions=folder / "one.srt").read(clips)
