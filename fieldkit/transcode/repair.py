"""Rebuilds a recording that its camera never finished, with the help of another take of that camera."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import av

from fieldkit import disk
from fieldkit.errors import FieldkitError
from fieldkit.transcode.avc import Sets
from fieldkit.transcode.probe import opened, unfinished
from fieldkit.transcode.siblings import siblings
from fieldkit.transcode.units import Camera, Sample, samples

_LOOK = 3000  # packets of a sibling that are looked at
_FAULTS, _SHARE = 2, 0.05  # pictures that fail to decode, beyond which the sibling is another camera's
_LEAST = 0.5  # seconds; X takes no less

Shown = tuple[tuple[Sample, int], ...]  # each picture, and its turn
Tick = Callable[[], None]  # called now and then; what it raises ends the work


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What can be saved of a recording: its pictures in the file's order, and when each is shown."""

    source: Path
    sibling: Path
    rate: Fraction
    pictures: Shown

    @property
    def seconds(self) -> float:
        return float(len(self.pictures) / self.rate)

    @property
    def note(self) -> str:
        return (
            f"{self.source.name} was never finished by its camera: {self.seconds:.1f} s of picture were rebuilt with "
            f"the help of {self.sibling.name}, but its sound could not be saved; keep the file."
        )

    def write(self, part: Path, tick: Tick = lambda: None) -> None:
        """As an MP4 like the sibling's: the same coded pictures, no sound. Raises DiskFull."""
        late = max(number - shown for number, (_, shown) in enumerate(self.pictures))
        with (
            disk.translated(part),
            self.source.open("rb") as file,
            opened(self.sibling) as sibling,
            av.open(f"file:{part.absolute()}", "w", format="mp4") as made,
        ):
            stream = made.add_stream_from_template(_stream(sibling))
            stream.time_base = 1 / self.rate
            for number, (sample, shown) in enumerate(self.pictures):
                packet = _packet(file, sample)
                packet.stream, packet.time_base = stream, 1 / self.rate
                packet.dts, packet.pts, packet.duration = number - late, shown, 1
                packet.is_keyframe = sample.key
                made.mux(packet)
                tick()


@contextmanager
def readable(source: Path, beside: Path, tick: Tick) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The source, or what could be rebuilt of it for as long as it is used, in a part beside that path; and what
    the crew should know of it.

    A source that can't be saved is given as it is: what reads it says what is wrong. Raises DiskFull.
    """
    found = rebuilt(source, tick)
    if found is None:
        yield source, ()
        return
    part = disk.part_for(beside)
    try:
        found.write(part, tick)
        yield part, (found.note,)
    finally:
        part.unlink(missing_ok=True)


def rebuilt(source: Path, tick: Tick = lambda: None) -> Rebuilt | None:
    """What can be saved of a source that was never finished; None for one that was, and where nothing can be.

    Nothing is written.
    """
    try:
        if not source.is_file() or not unfinished(source):
            return None
        found = (_with(source, sibling, tick) for sibling in siblings(source))
        return next((each for each in found if each), None)
    except OSError:
        return None  # what reads it says it


def _with(source: Path, sibling: Path, tick: Tick) -> Rebuilt | None:
    try:
        with opened(sibling) as container:
            stream = _stream(container)
            rate, avcc = Fraction(stream.average_rate or 0), stream.codec_context.extradata or b""
            camera = _camera(sibling, container, stream, Sets.read(avcc))
    except (FieldkitError, av.FFmpegError, ValueError):
        return None
    if not 1 <= rate <= 1000:
        return None

    def read(at: int, size: int) -> bytes:
        tick()
        file.seek(at)
        return file.read(size)

    with source.open("rb") as file:
        found = samples(read, file.seek(0, 2), camera)
        pictures = _shown(file, found, avcc, tick)
    if len(pictures) < _LEAST * rate:
        return None
    return Rebuilt(source, sibling, rate, pictures)


def _stream(container: Any) -> Any:
    """Its pictures. Raises ValueError where they are not one stream of H.264."""
    (stream,) = container.streams.video
    if stream.codec_context is None or stream.codec_context.name != "h264":
        raise ValueError("no H.264")
    return stream


def _camera(sibling: Path, container: Any, stream: Any, sets: Sets) -> Camera:
    between, ends, begins = set[int](), set[int](), set[int]()

    def pictures() -> Iterator[bytes]:
        for packet in islice(container.demux(), _LOOK):
            if packet.size and packet.stream_index != stream.index:
                between.update(bytes(packet)[:1])
            elif packet.size and packet.pos is not None:
                begins.add(packet.pos)
                ends.add(packet.pos + packet.size)
                yield bytes(packet)

    camera = Camera.learned(sets, pictures())
    with sibling.open("rb") as file:
        for end in ends - begins:
            file.seek(end)
            between.update(file.read(1))
    return camera.followed(between)


def _shown(file: BinaryIO, found: Iterator[Sample], avcc: bytes, tick: Tick) -> Shown:
    """The pictures that can be decoded, and each one's turn to be shown. None where they are another camera's.

    The decoder is told each one's place in the file, and gives the pictures out in the order in which they are shown.
    """
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata, decoder.thread_count = avcc, 1
    # strict: it waits for all that could come out of order; explode: a fault is an error, not a patched picture
    decoder.options = {"strict": "1", "err_detect": "explode", "skip_loop_filter": "all"}
    taken: list[Sample] = []
    turns: dict[int, int] = {}
    faults = 0

    def decode(packet: Any) -> None:
        for picture in decoder.decode(packet):
            if picture.pts is not None:
                turns.setdefault(picture.pts, len(turns))

    for sample in found:
        tick()
        packet = _packet(file, sample)
        packet.pts = packet.dts = len(taken)
        taken.append(sample)
        try:
            decode(packet)
        except av.FFmpegError:
            faults += 1
        if faults > _FAULTS + _SHARE * len(taken):
            return ()
    try:
        decode(None)
    except av.FFmpegError:
        faults += 1
    return tuple((sample, turns[number]) for number, sample in enumerate(taken) if number in turns)


def _packet(file: BinaryIO, sample: Sample) -> Any:
    file.seek(sample.at)
    return av.Packet(file.read(sample.end - sample.at))
