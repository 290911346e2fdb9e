"""What is on its way to the store, for the board: for which tweet, how much is here, and when the rest will be."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from fieldkit.model import Place, TweetId
from fieldkit.protocol import EXPECTED, decode_metadata
from fieldkit.store.label import read_label
from fieldkit.store.problems import Problem
from fieldkit.store.uploads import Upload, Uploads

_MOST = 50  # on one page
_FRESH = 1.0  # seconds for which a look serves everybody
_WINDOW = 60.0  # seconds over which the goodput is taken, as a laptop does (sync/forecast.py)
_LEAST = 2.0  # seconds before anything is said of it
_SILENT = 30.0  # seconds without a byte, after which nobody knows when the rest comes


@dataclass(frozen=True, slots=True)
class Arriving:
    """An unfinished upload. `whole` is how many bytes it will have, about where it is still being encoded."""

    id: str
    tweet_id: TweetId
    place: Place | None
    profile: str
    held: int  # bytes
    whole: int | None
    about: bool  # whether `whole` is only expected
    left: float | None  # seconds; None where nobody knows
    silent: float  # seconds since the last byte


class Arrivals:
    """Looks at the unfinished uploads when it is asked, at most once a second. `clock` tells Unix seconds."""

    def __init__(self, uploads: Uploads, clock: Callable[[], float]) -> None:
        self._uploads, self._clock = uploads, clock
        self._looking = threading.Lock()
        self._seen: dict[str, deque[tuple[float, int]]] = {}  # by upload: when, and bytes held
        self._last: list[Arriving] = []
        self._looked_at = float("-inf")

    def now(self, place: Place | None = None, tweet_id: TweetId | None = None) -> list[Arriving]:
        """Those of a place or a tweet, those that move first."""
        with self._looking:
            now = self._clock()
            if not 0 <= now - self._looked_at < _FRESH:
                self._last, self._looked_at = self._look(now), now
            found = self._last
        return [each for each in found if place in (None, each.place) and tweet_id in (None, each.tweet_id)][
            :_MOST
        ]

    def _look(self, now: float) -> list[Arriving]:
        found = []
        for name in self._uploads.all():
            try:
                upload = self._uploads.find(name)
                each = upload and self._arriving(upload, now)
            except (OSError, Problem, ValueError):
                continue  # it ended while it was looked at, or says nothing of a tweet
            if each:
                found.append(each)
        self._seen = {each.id: self._seen[each.id] for each in found}
        return sorted(found, key=lambda each: (round(each.silent / _SILENT), each.id))

    def _arriving(self, upload: Upload, now: float) -> Arriving | None:
        if not upload.metadata:
            return None
        label = read_label(upload.metadata)
        held, touched = self._uploads.held(upload.id)
        samples = self._seen.setdefault(upload.id, deque())
        samples.append((now, held))
        while len(samples) > 2 and samples[1][0] <= now - _WINDOW:
            samples.popleft()
        about = upload.length is None
        whole = _expected(upload.metadata) if about else upload.length
        silent = max(0.0, now - touched)
        left = _left(samples, held, whole) if silent < _SILENT else None
        profile = label.profile or ""
        return Arriving(upload.id, label.tweet_id, upload.place, profile, held, whole, about, left, silent)


def _left(samples: deque[tuple[float, int]], held: int, whole: int | None) -> float | None:
    (began, before), (now, _) = samples[0], samples[-1]
    if whole is None or now - began < _LEAST or held <= before:
        return None
    return max(0, whole - held) * (now - began) / (held - before)


def _expected(metadata: str) -> int | None:
    told = decode_metadata(metadata).get(EXPECTED, "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 16 else None
