"""What of a file a rule can limit: functions from probe and boxes to values, by name. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fieldkit.transcode.boxes import Boxes
from fieldkit.transcode.limits import Kind, Rate, Size, Value, plain
from fieldkit.transcode.material import Audio, Probe, Video

Found = Callable[[Probe, Boxes | None], Value | None]


@dataclass(frozen=True, slots=True)
class Measure:
    """`of` is None where there is nothing to judge: no sound, or no boxes to look into."""

    kind: Kind
    of: Found
    unit: str = ""

    def text(self, value: Value) -> str:
        """The value as people read it."""
        if isinstance(value, Size):
            return f"{value.width}x{value.height}"
        if isinstance(value, Rate):
            return f"{plain(value.kbits)} kbit/s at {value.side}p"
        if isinstance(value, tuple):
            return ", ".join(value) or "none"
        return value if isinstance(value, str) else plain(value, self.unit)


def _number(of: Callable[[Probe], float], unit: str) -> Measure:
    return Measure(Kind.NUMBER, lambda probe, _: round(of(probe), 2), unit)


def _counted(of: Callable[[Video], float], unit: str) -> Measure:
    return Measure(Kind.NUMBER, lambda probe, _: round(of(probe.video), 2) if probe.video else None, unit)


def _word(of: Callable[[Probe], str]) -> Measure:
    return Measure(Kind.WORD, lambda probe, _: of(probe))


def _seen(of: Callable[[Video], str]) -> Measure:
    return Measure(Kind.WORD, lambda probe, _: of(probe.video) if probe.video else None)


def _heard(kind: Kind, of: Callable[[Audio], Value], unit: str = "") -> Measure:
    return Measure(kind, lambda probe, _: of(probe.audio) if probe.audio else None, unit)


def _boxed(kind: Kind, of: Callable[[Boxes], Value | None], unit: str = "") -> Measure:
    return Measure(kind, lambda _, boxes: of(boxes) if boxes else None, unit)


def _aspect(probe: Probe) -> float:
    return max(probe.width, probe.height) / max(1, min(probe.width, probe.height))


def _megabits(probe: Probe) -> float:
    return probe.bytes * 8 / max(probe.seconds, 0.1) / 1_000_000


def _spent(of: Callable[[Boxes], int | None]) -> Measure:
    def rate(probe: Probe, boxes: Boxes | None) -> Rate | None:
        bits = of(boxes) if boxes else None
        return None if bits is None else Rate(round(bits / 1000), min(probe.width, probe.height))

    return Measure(Kind.RATE, rate)


def _container(probe: Probe, boxes: Boxes | None) -> str:
    return _brand(probe, boxes) or probe.container.split(",")[0]


def _brand(probe: Probe, boxes: Boxes | None) -> str | None:
    if boxes is None or "mp4" not in probe.container:
        return None
    return "QuickTime" if boxes.brand in ("qt  ", "") else "MP4"


def _colour(video: Video) -> str:
    return (video.transfer if video.hdr else None) or video.primaries or "untagged"


def _others(probe: Probe) -> tuple[str, ...]:
    """The streams beside one picture and one sound."""
    return (*probe.others, *("audio" for _ in probe.audios[1:]))


def _named(codec: str, profile: str | None) -> str:
    return f"{codec} {profile or ''}".strip()


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        # the file
        "container": Measure(Kind.WORD, _container),
        "brand": Measure(Kind.WORD, _brand),
        "seconds": _number(lambda p: p.seconds, "s"),
        "bytes": _number(lambda p: p.bytes / 1_000_000, "MB"),
        "mean bitrate": _number(_megabits, "Mbit/s"),
        "peak bitrate": _boxed(
            Kind.NUMBER, lambda b: None if b.peak is None else round(b.peak / 1_000_000, 2), "Mbit/s"
        ),
        "other streams": Measure(Kind.NAMES, lambda p, _: _others(p)),
        "data streams": Measure(Kind.NAMES, lambda p, _: tuple(o for o in p.others if o == "data")),
        # the picture
        "video codec": _seen(lambda v: _named(v.codec, v.profile)),
        "pixel format": _seen(lambda v: v.pix_fmt),
        "range": _seen(lambda v: "full" if v.full_range else "limited"),
        "colour": _seen(_colour),
        "pixel shape": _seen(lambda v: f"{v.sar.numerator}:{v.sar.denominator}"),
        "scan": _seen(lambda v: "interlaced" if v.interlaced else "progressive"),
        "longest GOP": _counted(lambda v: v.longest_gop, "pictures"),
        "GOP": _seen(lambda v: "open" if v.open_gop else "closed"),
        "frame rate": _counted(lambda v: float(v.fps), "pictures/s"),
        "pace": _seen(lambda v: "variable" if v.vfr else "constant"),
        "short side": _number(lambda p: min(p.width, p.height), "pixels"),
        "size": Measure(Kind.SIZE, lambda p, _: Size(p.width, p.height)),
        "coded size": Measure(Kind.SIZE, lambda p, _: Size(*p.video.coded) if p.video else None),
        "aspect": Measure(Kind.SHAPE, lambda p, _: round(_aspect(p), 2), "to 1"),
        "rotation": _counted(lambda v: v.rotation, "degrees"),
        "video bitrate": _spent(lambda b: b.video_rate),
        # the sound
        "sound": _word(lambda p: "there" if p.audio else "none"),
        "audio codec": _heard(Kind.WORD, lambda a: _named(a.codec, a.profile)),
        "channels": _heard(Kind.NUMBER, lambda a: a.channels),
        "sample rate": _heard(Kind.NUMBER, lambda a: a.rate, "Hz"),
        "audio bitrate": _spent(lambda b: b.audio_rate),
        # the boxes
        "index": _boxed(Kind.WORD, lambda b: "first" if b.moov_first else "last"),
        "fragments": _boxed(Kind.WORD, lambda b: "fragmented" if b.fragmented else "whole"),
        "edits": _boxed(Kind.NUMBER, lambda b: max(b.edits, default=0)),
        "beginning": _boxed(Kind.WORD, lambda b: "an empty edit" if b.empty_edit else "at once"),
        "places": _boxed(Kind.NAMES, lambda b: tuple(sorted(b.places))),
        "devices": _boxed(Kind.NAMES, lambda b: tuple(sorted(b.devices))),
        "words": _boxed(Kind.NAMES, lambda b: tuple(sorted(b.words))),
        "dates": _boxed(Kind.NAMES, lambda b: ("a date of creation",) if b.created else ()),
    }
)
