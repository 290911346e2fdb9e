"""Looks over a laptop before a crew leaves, and says what to do about what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fieldkit import disk
from fieldkit.capture.devices import Devices
from fieldkit.config import Library, Settings
from fieldkit.errors import FieldkitError
from fieldkit.sync import tcp
from fieldkit.sync.tus import Tus
from fieldkit.transcode.ffmpeg import Ffmpeg

_ROOM = 2_000_000_000  # bytes: some fifteen takes of the longest kind
_CLOCK = 120.0  # seconds a clock may be off before times on the board mislead
_NEEDED = ("libx264", "aac")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. What is `needed` and not ok keeps the line from working."""

    check: str
    ok: bool
    found: str
    advice: str = ""
    needed: bool = False


def examine(
    library: Library, settings: Settings, ffmpeg: Callable[[], Ffmpeg], devices: Callable[[], Devices]
) -> Iterator[Finding]:
    """Finding after finding; none raises."""
    yield from _guarded("ffmpeg", lambda: _ffmpeg(ffmpeg()), needed=True)
    yield from _guarded("cameras", lambda: _devices(devices()))
    yield from _guarded("disk", lambda: [_disk(library.root)], needed=True)
    yield from _guarded("link", _link)
    if settings.store is None:
        yield Finding(
            "store", ok=False, found="none set", advice="fieldkit init --store URL --token T", needed=True
        )
    else:
        yield from _guarded("store", lambda: _store(Tus(settings.store or "", settings.token)), needed=True)


def _guarded(check: str, look: Callable[[], list[Finding]], *, needed: bool = False) -> list[Finding]:
    try:
        return look()
    except FieldkitError as error:
        return [Finding(check, ok=False, found=str(error), needed=needed)]


def _ffmpeg(ffmpeg: Ffmpeg) -> list[Finding]:
    version = ffmpeg.listing(["-version"]).partition("\n")[0][:80]
    encoders = ffmpeg.listing(["-encoders"])
    missing = [name for name in _NEEDED if f" {name} " not in encoders]
    advice = "remove the ffmpeg setting, so that the one that came with fieldkit is used" if missing else ""
    found = f"{version}, lacks {', '.join(missing)}" if missing else version
    return [Finding("ffmpeg", not missing, found, advice, needed=True)]


def _devices(devices: Devices) -> list[Finding]:
    cameras, microphones = devices.cameras, devices.microphones
    return [
        Finding(
            "cameras",
            bool(cameras),
            ", ".join(c.label for c in cameras) or "none",
            "" if cameras else "plug one in, name a network camera's URL, or ingest a card",
        ),
        Finding("microphones", bool(microphones), ", ".join(m.label for m in microphones) or "none"),
    ]


def _disk(root: Path) -> Finding:
    free = disk.room(next(path for path in (root, *root.parents) if path.exists()))
    advice = "" if free >= _ROOM else "free some space before recording"
    return Finding("disk", free >= _ROOM, f"{free / 1e9:.1f} GB free", advice, needed=True)


def _link() -> list[Finding]:
    advice = tcp.bbr_advice()
    if not tcp.TELLS:
        return []
    found = (
        "BBR is not allowed: lossy links are filled by several connections instead"
        if advice
        else "BBR is allowed"
    )
    return [Finding("link", not advice, found, advice)]


def _store(tus: Tus) -> list[Finding]:
    try:
        greeting = tus.greet()
    finally:
        tus.close()
    off = abs(greeting.ahead)
    clock = f"{off:.0f} s {'ahead of' if greeting.ahead > 0 else 'behind'} the store's"
    return [
        Finding(
            "store", ok=True, found=f"answers in {greeting.round_trip * 1000:.0f} ms and knows this laptop"
        ),
        Finding("clock", off <= _CLOCK, clock, "" if off <= _CLOCK else "set the laptop's clock"),
    ]
