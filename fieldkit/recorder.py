"""Lets pictures in: a take from a camera, clips from a card, a file that is fit as it is; each under its order."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fieldkit import disk
from fieldkit.capture.camera import Window, displayed
from fieldkit.capture.checks import Measured
from fieldkit.capture.devices import Devices, devices, pixels_for
from fieldkit.capture.ingest import Ingested, ingest
from fieldkit.capture.lookout import tweet_in
from fieldkit.capture.offload import BySlate, Piece, offload
from fieldkit.capture.order import Order
from fieldkit.capture.record import Taken, record
from fieldkit.capture.replay import measured as replayed
from fieldkit.capture.rig import PREVIEW, TEST, Shot
from fieldkit.capture.watch import Moment
from fieldkit.config import Library, Settings
from fieldkit.errors import FieldkitError, NoConsent, NoDevice
from fieldkit.journal import Journal
from fieldkit.model import Consent, ConsentState, Rendition, TweetId
from fieldkit.transcode import repair
from fieldkit.transcode.adopt import adopt, fit
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.probe import opened, probe, seen
from fieldkit.transcode.remarks import remarks


@dataclass(frozen=True, slots=True)
class Recorder:
    """The way into one library."""

    library: Library
    settings: Settings

    def order(self, tweet_id: TweetId, consent: Consent) -> Order:
        """What a new take is filed under."""
        return Order(tweet_id, self.settings.place, self.settings.operator, consent)

    def by_slate(self, consent: Consent) -> Callable[[Piece], Order]:
        """Files each piece under the tweet on the slate filmed before it."""
        answers = BySlate(lambda path: tweet_in(path, opened))
        return lambda piece: self.order(answers(piece), consent)

    def ingest(
        self, found: Sequence[Piece], filed: Callable[[Piece], Order], progress: Callable[[int], None]
    ) -> Iterator[tuple[Piece, Ingested | FieldkitError]]:
        """Ingests piece after piece; an error is given for its piece and the rest goes on.

        `progress` is told the bytes dealt with. Raises NeedsCrew where the card has gone.
        """
        notes: tuple[str, ...] = ()

        def readable(path: Path) -> float:
            nonlocal notes
            if saved := repair.rebuilt(path):  # `render` does it again from the original
                notes = (saved.note,)
                return saved.seconds
            found = probe(path)
            notes = remarks(found)
            return found.seconds

        def take_in(piece: Piece, order: Order) -> Ingested:
            with disk.translated(piece.files[0]):  # a card that goes while it is looked at
                taken = ingest(
                    piece.files, order, journal, self.library, readable=readable, progress=progress
                )
            return replace(taken, notes=(*([piece.remark] if piece.remark else []), *notes))

        with self._journal() as journal:
            yield from offload(found, filed, take_in)

    def add(self, file: Path, order: Order, progress: Callable[[int], None]) -> Rendition:
        """A file that is fit to be sent as it is: original and `tweet` in one, not encoded again.

        Raises NoConsent, Refused with what is wrong with it, and what `ingest` raises.
        """
        if order.consent.state is not ConsentState.AGREED:
            raise NoConsent(
                "Nothing without consent leaves the laptop: add --consent agreed once the speaker has agreed."
            )
        fit(file)  # before a byte is copied; once more as it was sealed
        with self._journal() as journal:
            taken = ingest(file, order, journal, self.library, readable=seconds_of, progress=progress)
            return adopt(taken.take, taken.original, self.library, journal)

    def record(
        self,
        order: Order,
        *,
        seconds: float,
        size: tuple[int, int],
        fps: int,
        preview: bool,
        stop: threading.Event,
        tell: Callable[[Moment], None],
    ) -> Taken:
        """One take, from the camera to the sealed original and its verdict. Raises NoDevice, DiskFull, NeedsCrew."""
        shot = self._shot(seconds, size, fps)
        with self._journal() as journal, contextlib.ExitStack() as stack:
            window = Window(PREVIEW) if preview and displayed(os.environ) else None
            if window is not None:
                stack.callback(window.close)
            return record(
                order,
                shot,
                journal,
                self.library,
                Ffmpeg(self.settings.ffmpeg).start,
                measure=measured,
                stop=stop,
                tell=tell,
                show=window.show if window else None,
            )

    def devices(self) -> Devices:
        """The cameras and microphones that ffmpeg can open here."""
        return devices(Ffmpeg(self.settings.ffmpeg).listing, sys.platform)

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        self.library.make()
        with Journal(self.library.journal) as journal:
            yield journal

    def _shot(self, seconds: float, size: tuple[int, int], fps: int) -> Shot:
        """What to film with: the camera that was named, or the only one there is. Raises NoDevice."""
        named, microphone = self.settings.camera, self.settings.microphone
        if named == TEST or (named and "://" in named):
            return Shot(named, microphone, seconds, size, fps)
        cameras = self.devices().cameras
        if named is None and len(cameras) != 1:
            found = f"{len(cameras)} cameras are" if cameras else "no camera is"
            raise NoDevice(
                f"{found.capitalize()} here; name one with --camera (`fieldkit devices` lists them, `test:` needs "
                "none)."
            )
        chosen = next((camera for camera in cameras if named in (None, camera.name)), None)
        name = chosen.name if chosen else str(named)
        return Shot(name, microphone, seconds, size, fps, pixels_for(chosen, size) if chosen else None)


def seconds_of(path: Path) -> float | None:
    """How long a video plays; None where it does not tell. Raises NotAVideo for anything else."""
    return seen(path).seconds


def measured(path: Path) -> Measured:
    """What the verdict on a recording rests on. Raises NotAVideo."""
    return replayed(path, opened)
