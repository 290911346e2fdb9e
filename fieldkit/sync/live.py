"""What the running worker is doing, for other terminals to read; nothing decides by it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldkit import disk
from fieldkit.errors import FieldkitError
from fieldkit.sync.link import Link, Meter
from fieldkit.sync.push import Progress

_EVERY = 1.0  # seconds between two writes
_FRESH = 600.0  # seconds for which a measured line tells something


@dataclass(frozen=True, slots=True)
class Sight:
    """The last word of a worker: the line, and the upload it is sending."""

    link: Link | None
    sha256: str | None  # of the rendition being sent
    sent: int  # bytes of it that the other end acknowledged


class Live:
    """Takes a worker's progress and leaves it where others can read it."""

    def __init__(self, path: Path, round_trip: Callable[[], float]) -> None:
        self._path, self._round_trip = path, round_trip
        self._meter, self._written_at = Meter(), 0.0

    def __call__(self, progress: Progress) -> None:
        """Notes the progress; writes at most once a second."""
        self._meter.add(progress.at, progress.acknowledged)
        if time.monotonic() - self._written_at < _EVERY:
            return
        self._written_at = time.monotonic()
        rate = self._meter.bits_per_second()
        self._write(
            {
                "link": {"bits_per_second": round(rate), "rtt_ms": round(self._round_trip() * 1000)}
                if rate
                else None,
                "at": round(time.time()),
                "sha256": progress.upload.rendition.sha256,
                "sent": progress.acknowledged,
            }
        )

    def bits_per_second(self) -> float | None:
        """The goodput of the last 20 s."""
        return self._meter.bits_per_second()

    def _write(self, sight: dict[str, Any]) -> None:
        try:
            disk.write(self._path, json.dumps(sight).encode())
        except FieldkitError:
            return  # a full disk must not stop an upload that needs none


def read(path: Path) -> Sight:
    """The last sight, or an empty one where there is none that can be read; a line measured long ago is none."""
    try:
        sight = json.loads(path.read_bytes())
        link = sight["link"] if abs(time.time() - sight["at"]) < _FRESH else None
        return Sight(
            Link(float(link["bits_per_second"]), float(link["rtt_ms"])) if link else None,
            str(sight["sha256"]),
            int(sight["sent"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return Sight(None, None, 0)
