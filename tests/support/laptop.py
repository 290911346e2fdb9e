"""A laptop with a rendition to send, without a camera or ffmpeg."""

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fieldkit.config import Library, Settings
from fieldkit.journal import Journal
from fieldkit.model import Place, Rendition, Sha256, TweetId, Upload
from fieldkit.sync.gauge import Gauge
from fieldkit.sync.link import Pace
from fieldkit.sync.patience import Patience
from fieldkit.sync.push import Pacing, Progress, Push
from fieldkit.sync.steering import Steering
from fieldkit.sync.tus import Tus
from support.facts import AGREED, TWEET, original, take_id


@dataclass
class Laptop:
    """A library whose renditions are made of given bytes."""

    library: Library
    journal: Journal

    @classmethod
    def at(cls, folder: Path) -> "Laptop":
        library = Library(folder)
        library.make()
        return cls(library, Journal(library.journal, any_thread=True))

    def make(
        self, content: bytes, profile: str = "tweet", tweet: TweetId = TWEET, place: Place | None = None
    ) -> Rendition:
        """A sealed, agreed take with one rendition of these bytes, as if it had been rendered."""
        take = self.journal.begin(take_id(), tweet, place, "crew", AGREED)
        self.journal.seal(original(take.id))
        sha256 = Sha256(hashlib.sha256(content).hexdigest())
        path = f"renditions/{tweet}-{profile}-{sha256[:12]}.mp4"
        (self.library.root / path).write_bytes(content)
        made = Rendition(take.id, profile, path, sha256, len(content), 10.0, 640, 360)
        self.journal.rendered(made)
        return made

    def knows(self, store: str, **settings: object) -> None:
        """Writes the store's URL into the library's settings, for `fieldkit sync`."""
        Settings(store=store).changed(**settings).write(self.library)

    def due(self, store: str) -> list[Upload]:
        return self.journal.lineup.sendable(store)

    def push(
        self,
        store: str,
        *,
        tus: Tus | None = None,
        stop: threading.Event | None = None,
        patience: float = 30.0,
        steer: Callable[[Upload], None] | None = None,
        pace: Pacing | None = None,
        tell=lambda _: None,
        trouble=lambda _: None,
    ) -> Push:
        """The real push over the real client."""
        stop = stop or threading.Event()
        return Push(
            self.journal,
            self.library,
            tus or Tus(store),
            store,
            patience=Patience(patience, stop, tell=trouble),
            stop=stop,
            steer=steer or Steering(self.journal, store, lambda: None),
            pace=pace or Pace(None),
            gauge=Gauge(),
            tell=tell,
        )

    def close(self) -> None:
        self.journal.close()


def noise(size: int) -> bytes:
    """Bytes that no two tests share."""
    return os.urandom(size)


__all__ = ["Laptop", "Progress", "noise"]
