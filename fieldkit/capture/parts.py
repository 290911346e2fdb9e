"""A take's recording while it grows: one file, or several where a network camera's stream broke and came again.

Each part carries the take's own times, so that joining them needs no note of when the stream came back.
"""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import av

from fieldkit import disk
from fieldkit.config import Library
from fieldkit.errors import NotAVideo
from fieldkit.model import TakeId

SUFFIX = ".mkv"  # Matroska: what was written before a SIGKILL or a power cut plays as it is


def rolling(take: TakeId, library: Library, part: int = 1) -> Path:
    """Where ffmpeg writes the take's `part` while the camera rolls."""
    return library.rolling / (f"{take}{SUFFIX}" if part == 1 else f"{take}.{part:03d}{SUFFIX}")


def parts(take: TakeId, library: Library) -> list[Path]:
    """The parts that there are, in order."""
    later = sorted(library.rolling.glob(f"{take}.[0-9][0-9][0-9]{SUFFIX}"))
    return [*([first] if (first := rolling(take, library)).exists() else []), *later]


def joined(take: TakeId, library: Library) -> None:
    """Puts all parts into the first, without encoding. Parts that hold nothing are dropped.

    Dying anywhere in it loses nothing: what the first part holds already is not put there again. Raises DiskFull,
    NeedsCrew about the disk, NotAVideo where they don't fit together; then they stay as they are.
    """
    disk.sweep(library.rolling, f"{take}.*")
    there, first = parts(take, library), rolling(take, library)
    if there in ([], [first]):
        return
    whole = disk.part_for(first)
    with disk.translated(whole), disk.discarded_on_error(whole):
        try:
            _write(there, whole)
        except av.FFmpegError as error:
            if isinstance(error, OSError):
                raise  # the disk's
            raise NotAVideo("The parts of the take don't fit together; tell the command centre.") from error
        disk.publish(whole, first)
    for part in there:
        if part != first:
            part.unlink()


def _write(there: list[Path], whole: Path) -> None:
    with ExitStack() as stack:
        out = stack.enter_context(av.open(f"file:{whole}", "w", format="matroska"))
        streams: dict[str, Any] = {}
        ends: dict[str, int] = {}
        for source in _opened(there, stack):
            held = dict(ends)
            for stream in (*source.streams.video[:1], *source.streams.audio[:1]):
                if not ends and stream.type not in streams:
                    streams[stream.type] = out.add_stream_from_template(stream)
            for packet in source.demux([s for s in source.streams if s.type in streams]):
                kind = packet.stream.type
                if packet.dts is None or packet.dts <= held.get(kind, -1):
                    continue
                ends[kind] = packet.dts
                packet.stream = streams[kind]
                out.mux(packet)


def _opened(there: list[Path], stack: ExitStack) -> Iterator[Any]:
    for path in there:
        with suppress(av.FFmpegError):  # the stream came back and brought nothing
            yield stack.enter_context(av.open(f"file:{path}", options={"protocol_whitelist": "file"}))
