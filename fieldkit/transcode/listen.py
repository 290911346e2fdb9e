"""Hears a sound before it is encoded, and after: ffmpeg meters, `sound` decides."""

from collections.abc import Callable
from dataclasses import replace

from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.material import Probe
from fieldkit.transcode.plan import Plan, metering
from fieldkit.transcode.sound import Loudness, Sound, cleaned, heard, levelled

Tick = Callable[[], None]  # called now and then while ffmpeg works; what it raises ends the work


def listened(plan: Plan, source: str, ffmpeg: Ffmpeg, tick: Tick = lambda: None) -> Plan:
    """The plan with what its sound needs. `source` as `file:/absolute/path`. Raises as `Ffmpeg.run`."""
    audio = plan.probe.audio
    if audio is None:
        return plan

    def meter(clean: Sound) -> Loudness:
        return heard(ffmpeg.told(metering(source, audio.index, plan.seconds, clean), tick=tick))

    first = meter(Sound())
    clean = cleaned(first)
    # hiss is taken from pauses, which loudness leaves out: only held knocks change what is measured
    return replace(plan, sound=levelled(first if clean.knocks is None else meter(clean), clean))


def loudness(made: str, found: Probe, ffmpeg: Ffmpeg) -> float | None:
    """LUFS of a finished file's sound, None where it has none. Raises as `Ffmpeg.run`."""
    if found.audio is None:
        return None
    return round(heard(ffmpeg.told(metering(made, found.audio.index, found.seconds, None))).integrated, 1)
