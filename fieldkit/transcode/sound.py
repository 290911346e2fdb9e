"""The sound's way through ffmpeg: from whatever a microphone gave to speech that a phone can play. Pure.

First it is metered, then it is raised or lowered as a whole, so that nothing pumps. loudnorm is not used: in its
linear mode it is this same gain, and where range or peaks do not fit it turns to its dynamic mode without a word
(facts/transcode.md 1c); a limiter on the few peaks that stand out is gentler.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf, isfinite, log10, sqrt
from typing import Any

_AIM = -16.0  # LUFS, what streaming services take for phones; mono counts as heard from both sides
_SILENCE = -60.0  # LUFS; what is quieter holds no voice
_MOST = 20.0  # dB; more would turn a quiet room into a roar
_PRESSED = 6.0  # dB that the peaks of ordinary speech may lose to the limiter
_KNOCK = (
    10.0  # dB above those; what stands out further is a knock on the microphone, and may lose all it likes
)
_CEILING = -2.0  # dBTP before the encoder, which adds up to half a decibel
_RUMBLE = 75  # Hz; the deepest voices begin above it, and phones play nothing below
_HISS = (2000, 4000)  # Hz, where hiss is measured: above most hum and babble, within what old phones record
_WHOLE = 10 * log10(
    24_000 / (_HISS[1] - _HISS[0])
)  # dB from hiss in that band to white noise in all of 48 kHz
_HEARD = -60.0  # dBFS; hiss that stays below it after the gain is let be
_PAUSES = 15.0  # dB between loud and quiet; without pauses noise can't be told from what is meant
_LESS = 8.0  # dB of hiss taken away; voices lose less than half a decibel anywhere below 7 kHz
_LATE = 1200  # samples at 48 kHz by which afftdn is late
_DEAD = -90.0  # dBFS; digital silence, such as a hole that was filled


@dataclass(frozen=True, slots=True)
class Loudness:
    """What the meter heard of one sound as mono, taken for the same on both sides."""

    integrated: float  # LUFS after EBU R128; -70 is silence
    range: float  # LU
    true_peak: float  # dBTP
    peaks: float  # dBFS; nineteen of twenty tenths of a second stay below
    loud: float  # dBFS, RMS; nine of ten tenths of a second are quieter
    quiet: float  # dBFS, RMS; one of ten is quieter
    hiss: float  # dBFS of white noise that would be as strong as the quiet moments between 2 and 4 kHz


@dataclass(frozen=True, slots=True)
class Sound:
    """What is done to a sound."""

    gain: float = 0.0  # dB
    limited: bool = False  # whether single peaks are held below the ceiling
    hiss: float | None = None  # dBFS of the hiss that is reduced; None lets it be
    knocks: float | None = None  # dBFS above which all is a knock, which is held down before loudness counts


def cleaned(heard: Loudness) -> Sound:
    """What is taken away before the sound's loudness counts: knocks, and hiss in pauses that would be heard."""
    hissing = heard.hiss + _gain(heard) > _HEARD and heard.loud - heard.quiet >= _PAUSES
    knocks = heard.peaks + _KNOCK
    return Sound(
        hiss=round(heard.hiss, 1) if hissing else None,
        knocks=round(knocks, 1) if heard.peaks > _DEAD and heard.true_peak > knocks else None,
    )


def levelled(heard: Loudness, clean: Sound) -> Sound | None:
    """The gain that brings a sound, metered when it was clean, to its loudness; None leaves silence as it is."""
    if heard.integrated < _SILENCE:
        return None
    gain = _gain(heard)
    return replace(clean, gain=gain, limited=heard.true_peak + gain > _CEILING)


def _gain(heard: Loudness) -> float:
    return round(min(_AIM - heard.integrated, _MOST, max(0.0, _CEILING + _PRESSED - heard.peaks)), 1)


def filtered(stream: Any, sound: Sound | None) -> Any:
    """The stream as mono at 48 kHz, in step with the picture, cleaned and levelled; None changes nothing else."""
    stream = _mixed(stream)
    if sound is None:
        return stream
    stream = _clean(stream, sound)
    if sound.gain:
        stream = stream.filter("volume", f"{sound.gain:g}dB")
    if sound.limited:  # between the samples too: four times as many
        stream = (
            stream.filter("aresample", 192_000)
            .filter(
                "alimiter", limit=f"{10 ** (_CEILING / 20):.4f}", attack=5, release=80, level=0, latency=1
            )
            .filter("aresample", 48_000)
        )
    return stream


def metered(stream: Any, sound: Sound) -> Any:
    """The stream mixed and cleaned, with what `heard` reads told on stdout every tenth of a second."""
    return (
        _clean(_mixed(stream), sound)
        .filter("ebur128", metadata=1, peak="true", dualmono=1, framelog="quiet")
        .filter("aresample", out_chlayout="stereo", rematrix_volume=sqrt(2))  # as loud as it was
        .filter("highpass", f=_HISS[0], channels="FR")
        .filter("lowpass", f=_HISS[1], channels="FR")
        .filter(
            "astats",
            metadata=1,
            reset=1,
            measure_perchannel="RMS_level+Peak_level",
            measure_overall="none",
        )
        .filter("ametadata", "print", file="pipe:1")
    )


def heard(lines: Iterable[str]) -> Loudness:
    """What `metered` told. A sound too short to tell anything was silent."""
    told: dict[str, list[float]] = defaultdict(list)
    for line in lines:
        key, _, value = line.partition("=")
        if key.startswith("lavfi."):
            told[key].append(_number(value))
    levels, hiss = told["lavfi.astats.1.RMS_level"], told["lavfi.astats.2.RMS_level"]
    return Loudness(
        integrated=max(told["lavfi.r128.I"][-1:], default=-70.0),
        range=max(told["lavfi.r128.LRA"][-1:], default=0.0),
        true_peak=_decibels(max(told["lavfi.r128.true_peak"], default=0.0)),
        peaks=_share(told["lavfi.astats.1.Peak_level"], 0.95),
        loud=_share(levels, 0.9),
        quiet=_share(levels, 0.1),
        hiss=_share(hiss, 0.1) + _WHOLE,
    )


def _mixed(stream: Any) -> Any:
    """Mono: speech lives in the centre channel, and what rumbles in the LFE is none of it.

    Holes are filled with silence and a late start too, so that the sound stays with the lips.
    """
    return stream.filter(
        "aresample",
        48_000,
        **{"async": 1, "first_pts": 0, "out_chlayout": "mono", "out_sample_fmt": "fltp"},
        center_mix_level=1,
        surround_mix_level=0.5,
        lfe_mix_level=0,
    )


def _clean(stream: Any, sound: Sound) -> Any:
    stream = stream.filter("highpass", f=_RUMBLE, poles=2)
    if sound.knocks is not None:
        stream = _held(stream, sound.knocks)
    if sound.hiss is None:
        return stream
    # afftdn keeps its last samples and gives all others late; what it lacks is put in and cut off again
    return (
        stream.filter("apad", pad_len=_LATE)
        .filter("afftdn", nr=_LESS, nf=min(-20.0, max(-80.0, sound.hiss)))
        .filter("atrim", start_sample=_LATE)
        .filter("asetpts", "PTS-STARTPTS")
    )


def _held(stream: Any, ceiling: float) -> Any:
    """The stream with peaks held below that, in dBFS; the limiter itself goes no lower than -24."""
    return (
        stream.filter("volume", f"{-ceiling:g}dB")
        .filter("alimiter", limit=1, attack=5, release=80, level=0, latency=1)
        .filter("volume", f"{ceiling:g}dB")
    )


def _share(levels: list[float], share: float) -> float:
    """The level that this share of the moments stays below, digital silence apart."""
    alive = sorted(level for level in levels if level > _DEAD)
    return alive[round(share * (len(alive) - 1))] if alive else _DEAD


def _number(text: str) -> float:
    """Silence is told as -inf, and nothing at all as nan."""
    try:
        return number if isfinite(number := float(text)) else -inf
    except ValueError:
        return -inf


def _decibels(amplitude: float) -> float:
    return 20 * log10(amplitude) if amplitude > 0 else -inf
