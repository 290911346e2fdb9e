"""Reads what a file holds, with PyAV; the only module that opens media to look inside."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.reformatter import ColorRange

from fieldkit import disk
from fieldkit.errors import FieldkitError, NeedsCrew, NotAVideo
from fieldkit.transcode.boxes import boxes
from fieldkit.transcode.material import DEMUXERS, Audio, Probe, Video
from fieldkit.transcode.tracks import Track, told_end, tracks

__all__ = ["Probe", "opened", "probe", "seen", "told", "unfinished"]

_LOOK = 5  # pictures decoded to learn rotation, colour and scan
_STILL = 2  # pictures/s below which a stream beside another is a still track (a phone's motion photo)
_SOUND = 0.5  # seconds of sound that are worth a card where there is no picture
_RATES = tuple(
    Fraction(n, d) for n in (10, 12, 15, 24, 30, 48, 60, 120, 240) for d in (1, Fraction(1001, 1000))
)
_RATES += (Fraction(25, 2), Fraction(20), Fraction(25), Fraction(50), Fraction(100))
_TRANSFER = {1: "bt709", 6: "smpte170m", 13: "iec61966-2-1", 14: "bt2020-10", 15: "bt2020-12"}
_TRANSFER |= {16: "smpte2084", 18: "arib-std-b67"}
_PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 11: "smpte431", 12: "smpte432"}
_MATRIX = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc"}

_DOLBY = {"8.1": "smpte2084", "8.4": "arib-std-b67"}  # what its base layer is, should the stream not tell

_UNFINISHED = (
    "{} was never finished by its camera, as when the battery dies: its end is missing, and with it the index "
    "without which nothing can be read. Keep it: with another take of that camera beside it the pictures can often be "
    "saved, and its card, put back into that camera, may be repaired by it."
)
_CUT_SHORT = (
    "{} lists a video but none of its pictures can be read: the copy is cut short or damaged; copy it from the "
    "camera again."
)

av.logging.set_level(None)  # what libav has to say about a broken file is said by our own sentence


def probe(path: Path) -> Probe:
    """What the file holds. Reads all of its packets and decodes a few pictures.

    Raises NotAVideo for anything that can neither be seen nor heard, NeedsCrew where the file can't be read.
    """
    with opened(path) as container:
        return _read(path, container)  # whole: a stream that outlives its container crashes PyAV


def seen(path: Path) -> Probe:
    """As `probe`, but raises NotAVideo too where there is sound alone."""
    found = probe(path)
    if found.video is None:
        raise NotAVideo(
            f"{path.name} holds sound but no video; a reply needs a picture, so choose another file."
        )
    return found


def told(path: Path) -> float | None:
    """How long the file's header says that it plays: quickly read, and headers lie. None where it does not tell."""
    try:
        with opened(path) as container:
            return float(container.duration / av.time_base) if container.duration else None
    except FieldkitError:
        return None


def _read(path: Path, container: Any) -> Probe:
    found = tracks(path, container)
    chosen = _chosen([track for track in found if track.stream.type == "video"])
    pictures = _look(container, chosen.stream) if chosen else []
    heard = [track for track in found if track.stream.type == "audio" and track.times and track.known]
    audible = max(heard, key=lambda track: (track.default, track.stream.rate), default=None)
    if not pictures and (audible is None or audible.end - audible.begin < _SOUND):
        raise NotAVideo(_nothing(path, found))
    shown = chosen if pictures else None
    played = [*([shown] if shown else []), *heard]
    begin, end = min(track.begin for track in played), max(track.end for track in played)
    size = path.stat().st_size
    return Probe(
        container=container.format.name,
        bytes=size,
        seconds=end - begin,
        video=_video(shown, pictures, begin, _dolby(path, container)) if shown else None,
        audios=tuple(_audio(track) for track in heard),
        audio=_audio(audible) if audible else None,
        others=tuple(t.stream.type for t in found if t is not shown and t.stream.type != "audio"),
        lost=max(0.0, told_end(container, played, size) - end),
    )


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """PyAV's container of a file that may be anything. Raises NotAVideo, NeedsCrew."""
    with disk.translated(path):
        there = path.is_file()
    if not there:
        raise NeedsCrew(f"There is no file {path}.")
    try:
        # tags are never read: an old phone's location tag is not even UTF-8
        container = av.open(
            f"file:{path.absolute()}",
            metadata_errors="ignore",
            options={"format_whitelist": DEMUXERS, "protocol_whitelist": "file"},
        )
    except PermissionError as error:
        raise NeedsCrew(f"{path} can't be read: {error.strerror}.") from error
    except (av.FFmpegError, ValueError) as error:
        raise NotAVideo(
            _UNFINISHED.format(path.name)
            if unfinished(path)
            else f"{path.name} is not a video that can be read, or its end is missing; choose another file or copy it "
            "from the camera again."
        ) from error
    with container:
        yield container


def _chosen(found: list[Track]) -> Track | None:
    """A motion photo's still track is bigger than its film: a picture that does not move loses."""

    def weight(track: Track) -> tuple[bool, bool, int]:
        stream = track.stream
        rate = len(track.times) / max(track.end - track.begin, 0.001)
        moving = len(track.times) > 1 and rate >= _STILL
        return moving, track.default, stream.width * stream.height

    pictures = [
        t
        for t in found
        if t.times and t.known and not t.stream.disposition & av.stream.Disposition.attached_pic
    ]
    return max(pictures, key=weight, default=None)


def _nothing(path: Path, found: list[Track]) -> str:
    if any(track.stream.type == "video" for track in found):
        return _CUT_SHORT.format(path.name)
    return f"{path.name} holds no video and no sound to speak of; choose another file."


def _look(container: Any, stream: Any) -> list[Any]:
    """The first decodable pictures of the stream."""
    pictures: list[Any] = []
    try:
        if container.format.name not in ("mpegvideo", "h264", "hevc"):
            container.seek(0, backward=True, any_frame=False)
    except av.FFmpegError:
        return []
    for packet in _packets(container, stream):
        try:
            pictures += packet.decode()
        except av.FFmpegError:
            continue
        if len(pictures) >= _LOOK:
            break
    return pictures


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    try:
        yield from container.demux(stream)
    except av.FFmpegError:
        return


def unfinished(path: Path) -> bool:
    """Whether it is an MP4 without its index."""
    found = boxes(path)
    return found is not None and not {"moov", "moof"} & set(found.order)


def _dolby(path: Path, container: Any) -> str | None:
    found = boxes(path) if "mp4" in container.format.name else None
    return found.dolby if found else None


def _video(track: Track, pictures: list[Any], begin: float, dolby: str | None) -> Video:
    stream, picture = track.stream, pictures[0]
    intervals = track.intervals
    vfr = bool(intervals) and max(intervals) - min(intervals) > track.usual / 5
    interlaced = any(p.interlaced_frame for p in pictures)
    return Video(
        index=stream.index,
        codec=stream.codec_context.name,
        profile=stream.profile,
        coded=(picture.width, picture.height),
        rotation=round(-picture.rotation / 90) * 90 % 360,
        sar=stream.sample_aspect_ratio or Fraction(1),
        fps=_rate(track, interlaced=interlaced),
        vfr=vfr,
        longest_gap=max(intervals, default=0.0),
        frames=len(track.times),
        longest_gop=track.longest_gop,
        open_gop=track.open_gop,
        pix_fmt=picture.format.name,
        full_range=picture.color_range == ColorRange.JPEG or picture.format.name.startswith("yuvj"),
        transfer=_TRANSFER.get(int(picture.color_trc)) or _DOLBY.get(dolby or ""),
        primaries=_PRIMARIES.get(int(picture.color_primaries)) or ("bt2020" if dolby in _DOLBY else None),
        matrix=_MATRIX.get(int(picture.colorspace)),
        interlaced=interlaced,
        start=track.begin - begin,
        seconds=track.end - track.begin,
        dolby=dolby,
    )


def _rate(track: Track, *, interlaced: bool) -> Fraction:
    """Pictures/s: what the header tells where the packets agree, else the usual rate nearest to them."""
    told = track.stream.average_rate
    if interlaced and told:  # AVCHD stores each field in a packet of its own
        return _usual_rate(Fraction(told), 0.002)
    measured = Fraction(1 / track.usual)
    for claim in (told, track.stream.guessed_rate):
        if claim and abs(claim / measured - 1) < 0.02 and (near := _usual_rate(claim, 0.002)) in _RATES:
            return near
    return _usual_rate(measured, 0.012)


def _usual_rate(rate: Fraction, within: float) -> Fraction:
    nearest = min(_RATES, key=lambda usual: abs(usual - rate))
    return nearest if abs(rate / nearest - 1) <= within else rate.limit_denominator(1001)


def _audio(track: Track) -> Audio:
    stream = track.stream
    return Audio(
        index=stream.index,
        codec=stream.codec_context.name,
        profile=stream.profile,
        channels=stream.channels,
        rate=stream.rate,
        seconds=track.end - track.begin,
    )
