"""Speech comes out as loud as a phone wants it, and as bright as it was."""

from pathlib import Path

import ffmpeg as builder
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.footage import bundled, clip, footage, make

from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.listen import listened
from fieldkit.transcode.plan import Plan, plan
from fieldkit.transcode.probe import probe
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.render import render
from fieldkit.transcode.sound import Loudness, Sound, cleaned, filtered, heard, levelled

RATE = 48_000
TENTH = RATE // 10
SPEECH = {
    "interviews-35s.mp4",
    "grid-bbaf2n.mpg",
    "grid-brbk7n.mpg",
    "grid-lwbsza.mpg",
    "grid-swiz3n.mpg",
    "nasa-multistream-8khz.mp4",
    "bigbuckbunny.mp4",  # a cartoon's squeals, but everywhere at hand
}
PICTURE = ("-f", "lavfi", "-i", "color=gray:size=64x64:rate=10:duration=6")
# a voice that speaks half of the time: a buzz of many harmonics that stops for a second and goes on
VOICE = "aevalsrc='if(lt(mod(t,2),1),{}*(mod(t*150,1)-0.5),0)':s=48000:d=6"
SHOUT = "aevalsrc='if(between(t,2.2,2.203),0.7,0)':s=48000:d=6"
ROOM = "anoisesrc=c=white:a={}:r=48000:d=6:seed=7"


def real() -> list[Path]:
    return [path for path in (*bundled(), *footage()) if path.name in SPEECH]


def filmed(path: Path, *voices: str, more: tuple[str, ...] = ()) -> Path:
    """A grey clip that sounds of all of these together."""
    inputs = [word for voice in voices for word in ("-f", "lavfi", "-i", voice)]
    mix = "".join(f"[{n + 1}]" for n in range(len(voices))) + f"amix={len(voices)}:normalize=0[a]"
    coded = ("-c:v", "ffv1", "-c:a", "pcm_f32le")
    return make(path, *PICTURE, *inputs, "-filter_complex", mix, "-map", "0", "-map", "[a]", *coded, *more)


def planned(source: Path, ffmpeg: Ffmpeg) -> Plan:
    return listened(plan(probe(source), PROFILES["tweet"]), f"file:{source}", ffmpeg)


def samples(source: Path, sound: Sound | None, folder: Path, ffmpeg: Ffmpeg) -> np.ndarray:
    """The sound as it goes to the encoder."""
    raw, index = folder / "sound.raw", probe(source).audio.index
    stream = filtered(builder.input(f"file:{source}")[str(index)], sound)
    ffmpeg.run(["-y", *builder.output(stream, str(raw), f="f32le").get_args()])
    return np.fromfile(raw, dtype="<f4").astype(float)


def tenths(sound: np.ndarray) -> np.ndarray:
    return sound[: len(sound) // TENTH * TENTH].reshape(-1, TENTH)


def level(sound: np.ndarray) -> np.ndarray:
    """dBFS of each tenth of a second."""
    return 10 * np.log10(np.maximum((tenths(sound) ** 2).mean(axis=1), 1e-12))


def energy(sound: np.ndarray, low: int, high: int, moments: np.ndarray) -> float:
    """dB between those frequencies in those tenths of a second."""
    spectrum = np.abs(np.fft.rfft(tenths(sound)[moments] * np.hanning(TENTH), axis=1)) ** 2
    at = np.fft.rfftfreq(TENTH, 1 / RATE)
    return 10 * np.log10(spectrum[:, (at >= low) & (at < high)].sum())


def meter(made: Path, ffmpeg: Ffmpeg) -> Loudness:
    """As any meter would hear it, mono taken for both sides."""
    words = "ebur128=metadata=1:peak=true:dualmono=1:framelog=quiet,ametadata=print:file=pipe\\\\:1"
    return heard(ffmpeg.told(["-i", f"file:{made}", "-vn", "-af", words, "-f", "null", "-"]))


@pytest.mark.parametrize("source", real(), ids=lambda path: path.name)
@pytest.mark.usefixtures("quickly")
def test_real_speech_comes_out_at_minus_16_lufs_without_clipping(
    source: Path, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    made = render(source, "tweet", tmp_path, "made.mp4", ffmpeg)
    found = meter(made.path, ffmpeg)
    assert found.integrated == pytest.approx(-16, abs=1)
    assert found.true_peak < -0.5
    assert made.loudness == pytest.approx(found.integrated, abs=0.05)


@pytest.mark.parametrize("source", real(), ids=lambda path: path.name)
@pytest.mark.parametrize("noise", [None, -45.0], ids=["as it is", "noise taken out"])
def test_a_real_voice_is_never_dulled(
    source: Path, noise: float | None, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    sound = planned(source, ffmpeg).sound
    assert sound is not None
    before = samples(source, None, tmp_path, ffmpeg)
    after = samples(source, Sound(sound.gain, sound.limited, noise or sound.hiss), tmp_path, ffmpeg)
    assert abs(len(after) - len(before)) <= 64
    voice = level(before[: len(after)]) > level(before).max() - 15
    for low, high in ((300, 3400), (3000, 7000)):
        was = energy(before, low, high, voice) - energy(before, 100, 20_000, voice)
        now = energy(after, low, high, voice) - energy(after, 100, 20_000, voice)
        assert abs(now - was) < 1.5, (low, high)


def test_hiss_in_the_pauses_goes_and_the_voice_stays(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = filmed(tmp_path / "hiss.mkv", VOICE.format(0.3), ROOM.format(0.01))
    sound = planned(source, ffmpeg).sound
    assert sound is not None
    assert sound.hiss == pytest.approx(-45, abs=3)
    before = samples(source, Sound(sound.gain), tmp_path, ffmpeg)
    after = samples(source, Sound(sound.gain, hiss=sound.hiss), tmp_path, ffmpeg)
    voice, pause = np.array([2, 5, 22, 45]), np.array([13, 15, 17, 35])
    assert energy(after, 300, 7000, pause) < energy(before, 300, 7000, pause) - 5
    assert energy(after, 300, 7000, voice) == pytest.approx(energy(before, 300, 7000, voice), abs=0.3)


def test_hum_and_rumble_go_and_a_deep_voice_stays(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    hum = [f"sine=frequency={hz}:sample_rate=48000:duration=6" for hz in (25, 50, 110, 1000)]
    source = filmed(tmp_path / "hum.mkv", *hum)
    sound = planned(source, ffmpeg).sound
    assert sound is not None
    before = samples(source, None, tmp_path, ffmpeg)
    after = samples(source, sound, tmp_path, ffmpeg)
    always = np.arange(5, 50)
    lost = {
        hz: energy(before, hz - 10, hz + 10, always) - energy(after, hz - 10, hz + 10, always) + sound.gain
        for hz in (25, 50, 110, 1000)
    }
    assert lost[25] > 15
    assert lost[50] > 6
    assert lost[110] < 1
    assert lost[1000] == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("amplitude", [0, 0.0004])
def test_silence_and_an_empty_room_are_left_as_they_are(
    amplitude: float, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    source = filmed(tmp_path / "still.mkv", ROOM.format(amplitude))
    assert planned(source, ffmpeg).sound is None
    made = render(source, "proxy", tmp_path, "made.mp4", ffmpeg)
    assert made.loudness is not None
    assert made.loudness < -55


def test_a_whisper_is_raised_by_no_more_than_20_decibels(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    sound = planned(filmed(tmp_path / "far.mkv", VOICE.format(0.005)), ffmpeg).sound
    assert sound is not None
    assert sound.gain == 20


def test_a_knock_on_the_microphone_does_not_keep_the_voice_quiet(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    knock = "aevalsrc='if(between(t,3.2,3.204),0.99,0)':s=48000:d=6"
    source = filmed(tmp_path / "knock.mkv", VOICE.format(0.05), knock)
    sound = planned(source, ffmpeg).sound
    assert sound is not None
    assert sound.knocks is not None
    made = render(source, "tweet", tmp_path, "made.mp4", ffmpeg)
    found = meter(made.path, ffmpeg)
    assert found.integrated == pytest.approx(-16, abs=1)
    assert found.true_peak < 0


def test_who_speaks_in_the_centre_of_five_channels_is_heard_and_the_bass_is_not(
    tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    def surround(channel: str) -> Path:
        places = "|".join(
            f"{each}={'c0' if each == channel else '0*c0'}" for each in ("FL", "FR", "FC", "LFE", "BL", "BR")
        )
        return make(
            tmp_path / f"{channel}.mkv",
            *PICTURE,
            *("-f", "lavfi", "-i", f"sine=frequency=300:sample_rate=48000:duration=6,pan=5.1|{places}"),
            *("-c:v", "ffv1", "-c:a", "pcm_s16le"),
        )

    levels = {each: level(samples(surround(each), None, tmp_path, ffmpeg))[9] for each in ("FC", "FL", "LFE")}
    assert levels["FC"] == pytest.approx(-18, abs=0.5)  # ffmpeg's sine has -21
    assert levels["FC"] >= levels["FL"] + 2.9
    assert levels["LFE"] < -60


def test_cleaning_and_limiting_do_not_make_the_sound_late(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = filmed(tmp_path / "voice.mkv", VOICE.format(0.3), ROOM.format(0.01))
    plain = samples(source, None, tmp_path, ffmpeg)
    done = samples(source, Sound(3.0, limited=True, hiss=-45.0), tmp_path, ffmpeg)
    assert len(plain) == len(done)
    window = slice(RATE // 4, RATE // 2)
    lag = np.correlate(plain[window], done[window], "full").argmax() - (RATE // 4 - 1)
    assert abs(lag) <= 2


@pytest.mark.usefixtures("quickly")
def test_the_same_sound_gives_the_same_bytes_each_time(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = filmed(tmp_path / "voice.mkv", VOICE.format(0.3), ROOM.format(0.01), SHOUT)
    sound = planned(source, ffmpeg).sound
    assert sound is not None
    assert sound.limited
    assert sound.hiss is not None
    assert len({render(source, "tweet", tmp_path, f"{n}.mp4", ffmpeg).sha256 for n in range(2)}) == 1


def test_a_sound_of_five_channels_at_any_rate_is_metered(ffmpeg: Ffmpeg) -> None:
    sound = planned(clip("bigbuckbunny"), ffmpeg).sound
    assert sound is not None
    assert 0 < sound.gain <= 20


levels = st.floats(-100, 10)


@given(st.builds(Loudness, st.floats(-70, 5), st.floats(0, 40), *[levels] * 5))
def test_whatever_is_heard_the_gain_is_moderate_and_silence_stays(found: Loudness) -> None:
    clean = cleaned(found)
    sound = levelled(found, clean)
    if found.integrated < -60:
        assert sound is None
        return
    assert sound is not None
    assert sound.gain <= 20
    assert sound.gain <= -16 - found.integrated + 0.05
    assert sound.limited or found.true_peak + sound.gain <= -2
    assert sound.hiss is None or found.loud - found.quiet >= 15
    assert clean.gain == 0


@given(st.lists(st.text(alphabet="lavfi.r128IR=stMS_level-0129\ninf.", max_size=40), max_size=20))
def test_the_meter_reads_any_lines(lines: list[str]) -> None:
    assert heard(lines).integrated >= -70 or lines
