"""Looks over a laptop before a crew leaves, and says what to do about what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fieldkit import disk
from fieldkit.capture.devices import Devices
from fieldkit.capture.trial import Trial
from fieldkit.config import Library, Settings
from fieldkit.errors import FieldkitError
from fieldkit.sync import tcp
from fieldkit.sync.tus import Tus
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.vault.keys import Keys

_ROOM = 2_000_000_000  # bytes: some fifteen takes of the longest kind
_CLOCK = 120.0  # seconds a clock may be off before times on the board mislead
_NEEDED = ("libx264", "aac")
_ANOTHER = "remove the ffmpeg setting, or name an ffmpeg that has it"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. What is `needed` and not ok keeps the line from working."""

    check: str
    ok: bool
    found: str
    advice: str = ""
    needed: bool = False


class Gear(Protocol):
    """The cameras and microphones of this laptop."""

    def devices(self) -> Devices: ...

    def lacking(self) -> tuple[str, ...]: ...

    def trial(self) -> Trial: ...


def examine(
    library: Library, settings: Settings, ffmpeg: Callable[[], Ffmpeg], gear: Gear
) -> Iterator[Finding]:
    """Finding after finding; none raises."""
    yield from _guarded("ffmpeg", lambda: _ffmpeg(ffmpeg()), needed=True)
    yield from _guarded("cameras", lambda: _gear(gear, chosen=settings.camera is not None))
    yield from _guarded("disk", lambda: [_disk(library.root)], needed=True)
    yield from _guarded("sealing", lambda: [_sealing(Keys(library.keys, settings.seal))])
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


def _gear(gear: Gear, *, chosen: bool) -> list[Finding]:
    found = gear.devices()
    findings = [*_devices(found), *_lacking(gear.lacking(), heard=bool(found.microphones))]
    if chosen or found.cameras:
        findings += _guarded("two seconds", lambda: _trial(gear.trial()))
    return findings


def _lacking(ways: tuple[str, ...], *, heard: bool) -> list[Finding]:
    """ALSA is missed only where no sound server has a microphone."""
    missed = [way for way in ways if not (way == "alsa" and heard)]
    if not missed:
        return []
    advice = "start PulseAudio or PipeWire, or use the system's ffmpeg: FIELDKIT_FFMPEG=/usr/bin/ffmpeg"
    found = f"this ffmpeg was built without {', '.join(missed)}"
    return [Finding("devices", ok=False, found=found, advice=advice if missed == ["alsa"] else _ANOTHER)]


def _trial(trial: Trial) -> list[Finding]:
    return [Finding("two seconds", not trial.wrong, trial.got, " ".join(trial.wrong))]


def _disk(root: Path) -> Finding:
    free = disk.room(next(path for path in (root, *root.parents) if path.exists()))
    advice = "" if free >= _ROOM else "free some space before recording"
    return Finding("disk", free >= _ROOM, f"{free / 1e9:.1f} GB free", advice, needed=True)


def _sealing(keys: Keys) -> Finding:
    if keys.campaign is None:
        found = "no campaign key is set" + (
            "" if keys.laptop else ", and no passphrase: originals lie open here"
        )
        advice = "fieldkit init --seal age1… with the campaign's public key; encrypt the whole disk as well"
        return Finding("sealing", ok=False, found=found, advice=advice)
    if keys.laptop is None:
        found = "originals lie open here until the store has their renditions, then they are sealed"
        return Finding(
            "sealing", ok=False, found=found, advice="fieldkit init --passphrase seals them sooner"
        )
    return Finding("sealing", ok=True, found="originals are sealed once they are rendered")


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
