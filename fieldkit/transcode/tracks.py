"""The packets of an opened file, stream by stream: when they are shown, and how much the file only tells of."""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import av

from fieldkit.errors import NotAVideo


@dataclass(slots=True)
class Track:
    """A stream and when its packets are shown, in seconds."""

    stream: Any
    times: list[float] = field(default_factory=list)
    told_end: float = 0.0
    gop: int = 0
    longest_gop: int = 0
    open_gop: bool = False
    key: float = float("-inf")

    @property
    def default(self) -> bool:
        return bool(self.stream.disposition & av.stream.Disposition.default)

    @property
    def known(self) -> bool:
        """Whether there is a decoder for it."""
        return self.stream.codec_context is not None

    @property
    def begin(self) -> float:
        return min(self.times)

    @property
    def end(self) -> float:
        """Matroska seldom tells how long a packet lasts: the last one lasts as long as the usual one."""
        return max(self.told_end, max(self.times) + self.usual)

    @property
    def intervals(self) -> list[float]:
        times = sorted(self.times)
        return [b - a for a, b in pairwise(times) if b > a]

    @property
    def usual(self) -> float:
        """The median interval."""
        return median(self.intervals or [0.04])

    def add(self, packet: Any) -> None:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None or packet.is_discard:
            return
        at = float(stamp * packet.time_base)
        self.times.append(at)
        self.told_end = max(self.told_end, at + float((packet.duration or 0) * packet.time_base))
        if self.stream.type != "video":
            return
        if packet.is_keyframe:
            self.gop, self.key = 0, at
        elif at < self.key:  # shown before the key frame that it follows: it leans on the group before
            self.open_gop = True
        self.gop += 1
        self.longest_gop = max(self.longest_gop, self.gop)


def tracks(path: Path, container: Any) -> list[Track]:
    """Every stream with its packets. Raises NotAVideo where there is no stream at all."""
    found = {stream.index: Track(stream) for stream in container.streams}
    try:
        for packet in container.demux([s for s in container.streams if s.type in ("video", "audio")] or None):
            if packet.size:
                found[packet.stream_index].add(packet)
    except av.FFmpegError:
        pass  # damaged from here on: what was read counts
    except ValueError as error:  # PyAV can't demux a file without any stream
        raise NotAVideo(f"{path.name} holds no picture and no sound.") from error
    return list(found.values())


def told_end(container: Any, played: list[Track], size: int) -> float:
    """When the last packet would end that the file tells of, whether its bytes are there or not.

    An MP4's headers tell less than its index: what an edit list hides is no loss.
    """
    if "mp4" in container.format.name:
        return max((_index_end(track, size) for track in played), default=0.0)
    if "matroska" in container.format.name and container.duration:
        return float((container.duration + (container.start_time or 0)) / av.time_base)
    return 0.0


def _index_end(track: Track, size: int) -> float:
    entries = track.stream.index_entries
    told = [entry.timestamp for entry in entries if entry.pos + entry.size > size]
    return float(max(told) * track.stream.time_base) + track.usual if told else 0.0
