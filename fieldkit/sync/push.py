"""push: one rendition goes up until the store's receipt is in the journal."""

import mimetypes
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from fieldkit import disk, protocol
from fieldkit.config import Library
from fieldkit.errors import (
    Damaged,
    LinkDown,
    NeedsCrew,
    Refused,
    StoreBusy,
    Unready,
    WorthRetrying,
)
from fieldkit.growing import payload_start
from fieldkit.journal import Journal
from fieldkit.model import Receipt, Rendition, Trait, Upload, Withdrawal
from fieldkit.sync.answers import Gone, Mismatch, Standing
from fieldkit.sync.body import Body
from fieldkit.sync.gauge import Gauge
from fieldkit.sync.patience import Patience
from fieldkit.sync.streams import Send, Streams, Wishes
from fieldkit.sync.tus import Tus

# a code or initials may leave the laptop; a name of the crew's may not (kc-07, asha3, AM)
_CODE = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9._-]{1,16}|[A-Za-z]{1,3}", re.ASCII)
_MISMATCHES = 3  # mismatches in a row that left as much to send: then it is the path that is broken


@dataclass(frozen=True, slots=True)
class Progress:
    """Where one upload is: `acknowledged` includes what the kernel at the other end confirmed."""

    upload: Upload
    acknowledged: int  # bytes
    at: float  # seconds on the monotonic clock


class Stopped(LinkDown):
    """The crew stopped the upload; what the store has, it keeps."""


class Spoiled(Damaged):
    """The rendition on this laptop's disk is gone or is not what was made; its original cures that."""


class Pacing(Protocol):
    """Says how long a block of `size` bytes must wait; may raise SetAside."""

    def delay(self, now: float, size: int) -> float: ...


class Push:
    """Sends uploads of one library to one store, one after the other, over one session.

    `steer` is called before every block and raises where the upload must not go on: NoConsent, SetAside.
    """

    def __init__(
        self,
        journal: Journal,
        library: Library,
        tus: Tus,
        store: str,
        *,
        patience: Patience,
        stop: threading.Event,
        steer: Callable[[Upload], None],
        pace: Pacing,
        gauge: Gauge,
        tell: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._journal, self._library, self._tus, self._store = journal, library, tus, store
        self._patience, self._stop, self._tell = patience, stop, tell
        self._steer, self._pace = steer, pace
        self._gauge = gauge
        self._missing = 0  # bytes that the store lacked when the last attempt began

    def __call__(self, upload: Upload) -> Receipt:
        """Returns when the receipt is in the journal.

        Raises Spoiled, Damaged (a path that keeps changing bytes), NoConsent, SetAside, NotAuthorised, Refused,
        and WorthRetrying once patience is at its end; what the store has by then it keeps.
        """
        rendition = upload.rendition
        self._verify(upload)
        mismatches, least = 0, rendition.bytes + 1

        def attempt() -> None:
            nonlocal mismatches, least
            try:
                self._attempt(upload)
            except FileNotFoundError as error:
                self._may_go_on(upload)  # withdrawn, or handed over, by another worker: that is why it went
                raise Spoiled(
                    "A rendition went while it was sent; it is made anew from its original."
                ) from error
            except Mismatch as error:
                mismatches = mismatches + 1 if self._missing >= least else 1
                least = min(least, self._missing)
                if mismatches >= _MISMATCHES:
                    raise Damaged(
                        f"The path to the store changed the bytes {mismatches} times; nothing wrong was kept "
                        "there and the rendition is safe here: use an https:// address for the store."
                    ) from error
                raise

        self._patience.moved()
        self._patience(attempt)
        receipt = self._receipt(rendition)
        self._journal.received(receipt)
        return receipt

    def _verify(self, upload: Upload) -> None:
        rendition = upload.rendition
        if not self._library.renditions.is_dir():
            raise Unready(f"{self._library.renditions} is not there; is the library's disk plugged in?")
        try:
            disk.verify(self._library.root / rendition.path, rendition.sha256)
        except Unready:
            raise
        except (Damaged, NeedsCrew) as error:
            raise Spoiled(f"{error} The rendition is made anew from its original.") from error

    def _attempt(self, upload: Upload) -> None:
        """Returns when the store has it all; every error leaves the store's offset as the only truth."""
        length = upload.rendition.bytes
        self._missing = length
        self._may_go_on(upload)
        standing = self._find(upload)
        self._missing = length - standing.offset - sum(part.held for part in standing.parts)
        while not self._is_done(standing, upload):
            self._may_go_on(upload)
            if standing.offset > length:
                raise Damaged(
                    f"The store says that it has {standing.offset} bytes of a file of {length}; its operator "
                    "should run `fieldkit store verify`. The rendition is safe here."
                )
            standing = self._go_on(upload, standing)
            self._patience.moved()

    def _may_go_on(self, upload: Upload) -> None:
        if self._stop.is_set():
            raise Stopped("Stopped; the store keeps what it has and the upload goes on from there.")
        self._steer(upload)

    def _paid(self, upload: Upload, size: int) -> int:
        self._may_go_on(upload)
        if self._stop.wait(self._pace.delay(time.monotonic(), size)):
            self._may_go_on(upload)
        return size

    def clear_away(self) -> list[str]:
        """Has the store throw away what it has of uploads that may no longer leave this laptop.

        What turns out to be whole there gets its receipt, so that the crew sees that the store has it. Before that it
        hears of withdrawals. Returns what the crew must do where a store knows none, a sentence each.
        """
        said = []
        for withdrawal in self._journal.farewell.untold(self._store):
            if not self._tus.withdraw(withdrawal):
                said.append(_by_hand(withdrawal))
            self._journal.farewell.told(withdrawal, self._store)
        for left in self._journal.abandoned(self._store):
            try:
                self._tus.terminate(left.url)
            except Refused:
                if left.rendition is not None:
                    self._journal.received(self._receipt(left.rendition))
                    continue
            self._journal.dislocated(left.sha256, left.tweet_id, self._store)
        return said

    def _receipt(self, rendition: Rendition) -> Receipt:
        return Receipt(rendition.take, rendition.profile, rendition.sha256, self._store, datetime.now(UTC))

    def _find(self, upload: Upload) -> Standing:
        """The upload at the store, found or made; a new one is sent in the same breath."""
        sha256, tweet_id = upload.rendition.sha256, upload.take.tweet_id
        location = self._journal.location(sha256, tweet_id, self._store)
        if location is not None:
            try:
                return self._tus.head(location)
            except Gone:
                pass  # it may be finished and tidied away, or lost with the store's disk: creation tells
        blocks = manifest(self._library.root / upload.rendition.path, upload.rendition.bytes)

        def create(body: Body | None, tail: tuple[str, int] | None = None) -> Standing:
            return self._tus.create(
                upload.rendition.bytes, metadata(upload), blocks=blocks, body=body, tail=tail
            )

        flight = self._journal.flights.of(upload.take.id, upload.rendition.profile)
        if flight is not None and (sent := self._journal.flights.tail(flight, self._store)):
            # what was sent while it was encoded, and before it the head that was written last, in the same breath
            with (self._library.root / upload.rendition.path).open("rb") as file:
                head = payload_start(file) or 0
                standing = create(Body(file, 0, head, lambda size: self._paid(upload, size)), (sent, head))
            self._journal.located(sha256, tweet_id, self._store, standing.location)
            self._journal.flights.forget_tail(flight.number, self._store)
            return standing
        if location is not None:  # it was tried in one breath, or is somebody else's store
            standing = create(None)
        else:
            # a fieldkit store keeps it there: noted first, so that nothing that arrives is ever lost sight of
            location = protocol.upload_url(self._store, tweet_id, sha256)
            self._journal.located(sha256, tweet_id, self._store, location)
            standing = self._stream(upload, Standing(location, 0), create) or self._tus.head(location)
        if standing.location != location:
            self._journal.located(sha256, tweet_id, self._store, standing.location)
        return standing

    def _is_done(self, standing: Standing, upload: Upload) -> bool:
        """Of a fieldkit store the receipt is the word, of any other tus server the full offset."""
        sha256 = upload.rendition.sha256
        if standing.receipt is not None and standing.receipt != sha256:
            raise Damaged("The store's receipt is for other bytes; the rendition is safe here.")
        if standing.receipt is None and standing.offset == upload.rendition.bytes:
            if standing.location.endswith(protocol.upload_id(upload.take.tweet_id, sha256)):
                raise StoreBusy("The store has every byte and is still verifying them; everything is kept.")
            return True
        return standing.receipt is not None

    def _go_on(self, upload: Upload, standing: Standing) -> Standing:
        def patch(body: Body) -> Standing:
            return self._tus.patch(standing.location, body, standing.offset)

        reached = self._stream(upload, standing, patch) or self._tus.head(standing.location)
        if reached.offset <= standing.offset and reached.receipt is None:
            raise LinkDown("The store took no byte; it is asked again where it stands.")
        return reached

    def _stream(self, upload: Upload, standing: Standing, send: Send) -> Standing | None:
        """Sends what the store lacks; None where it must be asked what it has now."""
        told = []

        def tell(acknowledged: int) -> None:
            told.append(acknowledged)
            self._tell(Progress(upload, acknowledged, time.monotonic()))

        wishes = Wishes(lambda: self._may_go_on(upload), self._pace.delay, tell)
        path = self._library.root / upload.rendition.path
        try:
            return Streams(self._tus, self._gauge, path, upload.rendition.bytes, wishes).run(standing, send)
        except WorthRetrying:
            if told and told[-1] > told[0]:
                self._patience.moved()
            raise


def _by_hand(withdrawal: Withdrawal) -> str:
    what = f"Take {withdrawal.take[-6:]}" if withdrawal.take else "What a card’s code stands for"
    return f"{what} was withdrawn, and this store can't be told so: tell the people who run it, now."


def metadata(upload: Upload) -> dict[str, str]:
    """What the store is told of a clip: nothing that names a person on camera."""
    take, rendition = upload.take, upload.rendition
    filename = rendition.path.rpartition("/")[2]
    facts = {
        "tweet_id": take.tweet_id,
        "sha256": rendition.sha256,
        "profile": rendition.profile,
        "take": take.id,
        "filename": filename,
        "filetype": mimetypes.guess_type(filename)[0] or "video/mp4",
        "place": take.place if Trait.PLACE not in upload.consent.hidden else None,
        "operator": take.operator if _CODE.fullmatch(take.operator or "") else None,
        "recorded_at": take.begun_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "language": upload.consent.language,
        **protocol.consent_metadata(upload.consent),
    }
    return {key: str(value) for key, value in facts.items() if value is not None}


def manifest(path: Path, length: int) -> str:
    """The file's Fieldkit-Blocks header; empty for a file of one block, which is right or wrong as a whole."""
    size = protocol.block_size(length)
    if length <= size:
        return ""
    with path.open("rb") as file:
        return protocol.encode_blocks(
            size, [protocol.block_hash(block) for block in iter(lambda: file.read(size), b"")]
        )
