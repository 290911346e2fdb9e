"""Hears a sound before it is encoded, and after: ffmpeg meters, `sound` decides."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path

import av
from av import AudioStream
from av.container import InputContainer
from av.filter import Graph

from fieldkit.transcode.ffmpeg import Ffmpeg
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


def loudness(made: Path) -> float | None:
    """LUFS of a finished file's sound, None where it has none. In this process: a short clip waits for no other."""
    with av.open(f"file:{made.absolute()}") as container:
        if not container.streams.audio:
            return None
        return round(heard(_told(container, container.streams.audio[0])).integrated, 1)


def _told(container: InputContainer, stream: AudioStream) -> Iterator[str]:
    """What the meter tells every tenth of a second, as `sound.heard` reads it."""
    graph = Graph()
    meter = graph.add("ebur128", "metadata=1:dualmono=1:framelog=quiet")
    graph.link_nodes(graph.add_abuffer(template=stream), meter, graph.add("abuffersink")).configure()
    for frame in chain(container.decode(stream), [None]):
        graph.push(frame)
        with suppress(BlockingIOError, EOFError):  # it wants more, or has told all
            while True:
                for key, value in graph.pull().metadata.items():
                    yield f"{key}={value}"
