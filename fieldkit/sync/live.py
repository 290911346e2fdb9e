"""What the running worker is doing, for other terminals to read; nothing decides by it."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldkit import disk
from fieldkit.errors import FieldkitError
from fieldkit.sync.forecast import Goodput, Rate
from fieldkit.sync.link import Link

if TYPE_CHECKING:
    from fieldkit.sync.push import Progress

_EVERY = 1.0  # seconds between two writes
_FRESH = 600.0  # seconds for which a measured line tells something
_REMEMBERED = 32  # uploads whose part at the store is still shown after they made way for others


@dataclass(frozen=True, slots=True)
class Aloft:
    """What is sent while it is encoded: of it so many bytes were confirmed."""

    take: str
    profile: str
    sent: int


@dataclass(frozen=True, slots=True)
class Sight:
    """The last word of a worker: the line, the upload it is sending, and how much of each was confirmed."""

    link: Link | None = None
    rate: Rate | None = None
    sha256: str | None = None  # of the rendition being sent
    sent: Mapping[str, int] = field(default_factory=dict)  # bytes confirmed, by SHA-256
    held: str | None = None  # why nothing is sent for now
    aloft: Aloft | None = None


class Live:
    """Takes a worker's progress and leaves it where others can read it."""

    def __init__(self, path: Path, round_trip: Callable[[], float]) -> None:
        self._path, self._round_trip = path, round_trip
        self._goodput, self._written_at = Goodput(), 0.0
        before = read(path)
        self._before = before.rate  # what was measured before the goodput began anew
        self._behind = False
        self._sent = dict(before.sent)
        self._now: str | None = None
        self._aloft: Aloft | None = None

    def __call__(self, progress: "Progress") -> None:
        """Notes the progress; writes at most once a second."""
        rendition = progress.upload.rendition
        self._goodput.add(progress.at, rendition.sha256, progress.acknowledged)
        self._now, self._aloft = rendition.sha256, None
        self._sent.pop(self._now, None)
        self._sent[self._now] = progress.acknowledged
        while len(self._sent) > _REMEMBERED:
            del self._sent[next(iter(self._sent))]
        if time.monotonic() - self._written_at >= _EVERY:
            self._write(None)

    def flying(self, at: float, aloft: Aloft, *, behind: bool) -> None:
        """So much of a file that is still being encoded is there; `behind`: the line and not the encoder decides.

        An encoder that is slower than the line says at least how much the line carries: better than nothing.
        """
        if behind and not self._behind:
            self._before, self._goodput = self._rate(), Goodput()
        if behind or self._before is None:
            self._goodput.add(at, f"{aloft.take} {aloft.profile}", aloft.sent)
        self._behind, self._aloft = behind, aloft
        if time.monotonic() - self._written_at >= _EVERY:
            self._write(None)

    def holds(self, why: str | None) -> None:
        """Nothing is being sent: because of that sentence, or because there is nothing more to send."""
        self._now, self._aloft = None, None
        self._write(why)

    def bits_per_second(self) -> float | None:
        """The goodput of the last minute."""
        rate = self._rate()
        return rate.mean if rate else None

    def _rate(self) -> Rate | None:
        return self._goodput.rate() or self._before

    def _write(self, held: str | None) -> None:
        self._written_at = time.monotonic()
        rate = self._rate()
        sight: dict[str, Any] = {
            "link": {
                "bits_per_second": round(rate.mean),
                "low": round(rate.low),
                "high": round(rate.high),
                "rtt_ms": round(self._round_trip() * 1000),
            }
            if rate
            else None,
            "at": round(time.time()),
            "sha256": self._now,
            "sent": self._sent,
            "held": held,
            "aloft": asdict(self._aloft) if self._aloft else None,
        }
        try:
            disk.write(self._path, json.dumps(sight).encode())
        except FieldkitError:
            return  # a full disk must not stop an upload that needs none


def read(path: Path) -> Sight:
    """The last sight, or an empty one where there is none that can be read; a line measured long ago is none."""
    try:
        sight = json.loads(path.read_bytes())
        sent = {str(sha256): int(count) for sha256, count in sight["sent"].items()}
        link, rate = None, None
        if (told := sight["link"]) and abs(time.time() - sight["at"]) < _FRESH:
            link = Link(float(told["bits_per_second"]), float(told["rtt_ms"]))
            rate = Rate(link.bits_per_second, float(told["low"]), float(told["high"]))
        aloft = sight.get("aloft")
        known = Aloft(str(aloft["take"]), str(aloft["profile"]), int(aloft["sent"])) if aloft else None
        return Sight(link, rate, sight["sha256"], sent, sight["held"], known)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Sight()
