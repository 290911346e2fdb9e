"""Looks into a file with every reader there is for its kind; what no reader understands is an error, never clean."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from fieldkit import disk
from fieldkit.errors import NotAVideo, Refused
from fieldkit.transcode.privacy import marks, mp4, names, remarks, still
from fieldkit.transcode.privacy.nouns import Rule, Telling, of_key, telling
from fieldkit.transcode.probe import opened

_STILL = 64 * 1024 * 1024  # bytes of a picture
_FORMAL = {  # tags that say how the bytes lie, nothing else
    *("major_brand", "minor_version", "compatible_brands", "language", "duration", "bps", "number_of_frames"),
    *("number_of_bytes", "variant_bitrate", "alpha_mode", "stereo_mode"),
}
_STATISTICS = "_statistics_"
_REMARKED = {"h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4"}


def tellings(path: Path, *, named: bool = True) -> list[Telling]:
    """What the file would give away, each once; with `named`, its name too.

    Raises NotAVideo, NeedsCrew where it can't be read to its end: such a file is never taken for clean.
    """
    found = dict.fromkeys(names.tellings(path.stem)) if named else {}
    with disk.translated(path):
        found |= dict.fromkeys(_inside(path))
        found |= dict.fromkeys(marks.tellings(path, {each.rule for each in found}))
    return sorted(found, key=lambda each: (each.severity != "reject", each.rule))


def cleared(path: Path, whose: str) -> None:
    """Nothing but picture and sound is in a file that is to leave. Raises Refused, and what `tellings` raises.

    What was found is not repeated: the sentence may be kept, or be read by others.
    """
    if told := tellings(path, named=False):
        rules = ", ".join(dict.fromkeys(str(each.rule) for each in told))
        raise Refused(
            f"What would be sent of {whose} tells more than picture and sound ({rules}), so it was thrown away; the "
            "original is safe. Please report it: this is a mistake of fieldkit's."
        )


def _inside(path: Path) -> Iterator[Telling]:
    if path.is_file() and path.stat().st_size <= _STILL and (seen := _still(path)) is not None:
        yield from seen
        return
    with opened(path) as container:  # what PyAV can't open is no video, whatever its boxes say
        boxes = mp4.tellings(path)
        if boxes is not None:
            yield from boxes
        else:
            yield from _tagged(container)
        if container.chapters():
            yield telling(Rule.CHAPTERS, f"{len(container.chapters())} chapters")
        yield from _remarked(path, container)


def _still(path: Path) -> list[Telling] | None:
    with path.open("rb") as file:
        if file.read(3) not in (b"\xff\xd8\xff", b"\x89PN"):
            return None
    try:
        seen = still.tellings(path.read_bytes())
        return None if seen is None else list(seen)
    except ValueError as error:
        raise NotAVideo(f"{path.name} is a picture that can't be read to its end; copy it again.") from error


def _tagged(container: Any) -> Iterator[Telling]:
    """Tags and tracks as libav reads them: Matroska, AVI, transport streams and whatever else it knows."""
    seen: set[str] = set()
    yield from _tags(container.metadata)
    for stream in container.streams:
        yield from _tags(stream.metadata)
        if stream.type == "attachment" or (
            stream.type == "video" and stream.disposition & av.stream.Disposition.attached_pic
        ):
            yield telling(Rule.ATTACHMENT, f"a file or picture in track {stream.index}")
        elif stream.type not in ("video", "audio") or stream.type in seen:
            rule = Rule.TELEMETRY if stream.type == "data" else Rule.TRACK
            yield telling(rule, f"one more track: {stream.type}")
        seen.add(stream.type)


def _tags(metadata: dict[str, str]) -> Iterator[Telling]:
    for key, value in metadata.items():
        if key.lower().split("-")[0] not in _FORMAL and _STATISTICS not in key.lower() and value.strip("\0 "):
            yield telling(of_key(key), key, value)


def _remarked(path: Path, container: Any) -> Iterator[Telling]:
    streams = [
        each
        for each in container.streams.video
        if each.codec_context and each.codec_context.name in _REMARKED
    ]
    if not streams:
        return
    told: dict[Telling, None] = {}
    try:
        for packet in container.demux(streams):
            codec = packet.stream.codec_context
            lengths = remarks.lengths_of(codec.name, codec.extradata)
            told |= dict.fromkeys(remarks.tellings(codec.name, bytes(packet), lengths))
    except av.FFmpegError as error:
        raise NotAVideo(f"{path.name} can't be read to its end, so nobody can say what it tells.") from error
    yield from told
