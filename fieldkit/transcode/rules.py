"""What X accepts, as data: facts/transcode.md 1a, each rule with its source. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from fieldkit.transcode.boxes import Boxes
from fieldkit.transcode.material import Audio, Probe

_API = "docs.x.com media best practices, 2025-01 to 2026-08"
_HELP = "help.x.com x-videos, 2016 to 2026"
_THREADS = "rejections that users of the API reported"
_OURS = "fieldkit: nothing that tells who, where or with what leaves the laptop"
_PLAYERS = "players and other platforms; X does not say"


class Severity(StrEnum):
    REJECT = "reject"  # X refuses the file, or we do
    ADVICE = "advice"  # X takes it, and makes something worse of it or advises against it


@dataclass(frozen=True, slots=True)
class Rule:
    """`found` is given a file and returns what breaks the rule in it, or None."""

    name: str
    severity: Severity
    limit: str
    source: str
    found: Callable[[Probe, Boxes | None], str | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that the file breaks."""

    rule: str
    severity: Severity
    found: str
    limit: str
    source: str


Found = Callable[[Probe, Boxes | None], str | None]


def _over(value: Callable[[Probe], float], most: float, unit: str) -> Found:
    return lambda probe, _: f"{value(probe):g} {unit}" if value(probe) > most else None


def _under(value: Callable[[Probe], float], least: float, unit: str) -> Found:
    return lambda probe, _: f"{value(probe):g} {unit}" if value(probe) < least else None


def _heard(says: Callable[[Audio], str | None]) -> Found:
    return lambda probe, _: says(probe.audio) if probe.audio else None


def _boxed(says: Callable[[Boxes], str | None]) -> Found:
    return lambda _, boxes: says(boxes) if boxes else None


def _seconds(probe: Probe) -> float:
    return round(probe.seconds, 2)


def _aspect(probe: Probe) -> float:
    return round(max(probe.width, probe.height) / max(1, min(probe.width, probe.height)), 2)


def _rate(probe: Probe) -> float:
    return round(probe.bytes * 8 / max(probe.seconds, 0.1) / 1_000_000, 2)


def _too_big(long: int, short: int) -> Found:
    def says(probe: Probe, _: Boxes | None) -> str | None:
        sides = sorted((probe.width, probe.height))
        return f"{probe.width}x{probe.height}" if sides[1] > long or sides[0] > short else None

    return says


def _container(probe: Probe, boxes: Boxes | None) -> str | None:
    if boxes is None or "mp4" not in probe.container:
        return probe.container.split(",")[0]
    return None


def _quicktime(_: Probe, boxes: Boxes | None) -> str | None:
    return "QuickTime" if boxes and boxes.brand in ("qt  ", "") else None


def _codec(probe: Probe, _: Boxes | None) -> str | None:
    video = probe.video
    fine = video.codec == "h264" and any(p in (video.profile or "") for p in ("Baseline", "Main", "High"))
    return (
        None
        if fine and " 10" not in (video.profile or "")
        else f"{video.codec} {video.profile or ''}".strip()
    )


def _pixels(probe: Probe, _: Boxes | None) -> str | None:
    return probe.video.pix_fmt if probe.video.pix_fmt not in ("yuv420p", "yuvj420p") else None


def _colour(probe: Probe, _: Boxes | None) -> str | None:
    video = probe.video
    if video.hdr or video.primaries == "bt2020":
        return video.transfer or video.primaries
    return None


def _names(kinds: frozenset[str]) -> str | None:
    return ", ".join(sorted(kinds)) or None


R, A = Severity.REJECT, Severity.ADVICE

RULES = (
    Rule("container", R, "MP4", _API, _container),
    Rule("container brand", A, "MP4; the web refuses QuickTime", _HELP, _quicktime),
    Rule("video codec", R, "H.264 Baseline, Main or High, 8 bit", _API, _codec),
    Rule("pixel format", R, "yuv420p", _THREADS, _pixels),
    Rule("colour range", A, "limited", _PLAYERS, lambda p, _: "full" if p.video.full_range else None),
    Rule("colour", A, "BT.709; HDR is shown washed out", _PLAYERS, _colour),
    Rule("pixel shape", R, "1:1", _API, lambda p, _: None if p.video.sar == 1 else str(p.video.sar)),
    Rule("scan", R, "progressive", _API, lambda p, _: "interlaced" if p.video.interlaced else None),
    Rule("GOP", R, "512 pictures", _THREADS, _over(lambda p: p.video.longest_gop, 512, "pictures")),
    Rule("closed GOP", R, "closed", _API, lambda p, _: "open" if p.video.open_gop else None),
    Rule(
        "frame rate",
        R,
        "60 pictures/s",
        _API,
        _over(lambda p: round(float(p.video.fps), 2), 60, "pictures/s"),
    ),
    Rule(
        "frame rate advised",
        A,
        "40 pictures/s",
        _HELP,
        _over(lambda p: round(float(p.video.fps), 2), 40, "pictures/s"),
    ),
    Rule("constant frame rate", A, "constant", _PLAYERS, lambda p, _: "variable" if p.video.vfr else None),
    Rule("smallest side", R, "32 pixels", _API, _under(lambda p: min(p.width, p.height), 32, "pixels")),
    Rule("size", R, "1920x1200 or 1200x1920", _HELP, _too_big(1920, 1200)),
    Rule("size advised", A, "1280x1024", _API, _too_big(1280, 1024)),
    Rule(
        "even sides",
        R,
        "even",
        _PLAYERS,
        lambda p, _: (
            f"{p.video.coded[0]}x{p.video.coded[1]}" if any(side % 2 for side in p.video.coded) else None
        ),
    ),
    Rule("aspect", R, "1:3 to 3:1", _API, _over(_aspect, 3, "to 1")),
    Rule("aspect advised", A, "1:2.39 to 2.39:1", _HELP, _over(_aspect, 2.39, "to 1")),
    Rule("shortest", R, "0.5 s", _API, _under(_seconds, 0.5, "s")),
    Rule("longest", R, "140 s without a subscription", _API, _over(_seconds, 140, "s")),
    Rule("longest seen at post", A, "120 s", _THREADS, _over(_seconds, 120, "s")),
    Rule("bytes", R, "512 MB", _API, _over(lambda p: round(p.bytes / 1_000_000, 1), 512, "MB")),
    Rule("bitrate", R, "25 Mbit/s", _HELP, _over(_rate, 25, "Mbit/s")),
    Rule(
        "audio codec",
        R,
        "AAC-LC",
        _API,
        _heard(
            lambda a: (
                None if (a.codec, a.profile) == ("aac", "LC") else f"{a.codec} {a.profile or ''}".strip()
            )
        ),
    ),
    Rule("channels", R, "1 or 2", _API, _heard(lambda a: None if a.channels in (1, 2) else f"{a.channels}")),
    Rule(
        "audio rate",
        A,
        "44100 or 48000 Hz",
        _PLAYERS,
        _heard(lambda a: None if a.rate in (44100, 48000) else f"{a.rate} Hz"),
    ),
    Rule("sound", A, "a sound track", _PLAYERS, lambda p, _: None if p.audio else "none"),
    Rule(
        "rotation",
        A,
        "0°, turned for good",
        _PLAYERS,
        lambda p, _: f"{p.video.rotation}°" if p.video.rotation else None,
    ),
    Rule(
        "other streams",
        A,
        "one picture and one sound stream",
        _THREADS,
        lambda p, _: (
            ", ".join(p.others) + (f", {len(p.audios)} audio" if len(p.audios) > 1 else "")
            if p.others or len(p.audios) > 1
            else None
        ),
    ),
    Rule(
        "index first",
        A,
        "moov before mdat",
        _PLAYERS,
        _boxed(lambda b: None if b.moov_first else "at the end"),
    ),
    Rule("fragments", A, "none", _PLAYERS, _boxed(lambda b: "fragmented" if b.fragmented else None)),
    Rule(
        "edit list",
        A,
        "at most one entry, none of them empty",
        _PLAYERS,
        _boxed(
            lambda b: str(max(b.edits)) if max(b.edits, default=0) > 1 else "empty" if b.empty_edit else None
        ),
    ),
    Rule("location", R, "none", _OURS, _boxed(lambda b: _names(b.places))),
    Rule("device", R, "none", _OURS, _boxed(lambda b: _names(b.devices))),
    Rule("tags", R, "none", _OURS, _boxed(lambda b: _names(b.words))),
    Rule("telemetry", R, "none", _OURS, lambda p, _: "a data stream" if "data" in p.others else None),
    Rule("date", R, "none", _OURS, _boxed(lambda b: "a date of creation" if b.created else None)),
)


def judge(probe: Probe, boxes: Boxes | None) -> list[Problem]:
    """The rules that a file breaks, rejections first."""
    broken = [
        Problem(rule.name, rule.severity, found, rule.limit, rule.source)
        for rule in RULES
        if (found := rule.found(probe, boxes)) is not None
    ]
    return sorted(broken, key=lambda problem: problem.severity is not Severity.REJECT)


def rejections(problems: list[Problem]) -> list[Problem]:
    """Those for which the file is refused."""
    return [problem for problem in problems if problem.severity is Severity.REJECT]
