"""From the local disk to the bucket, in the background; and out of both what was withdrawn.

What is to do is asked of the catalogue, never noted; so a store that was killed goes on where it was. A process
replicates what lies in its own folder, and leaves to the others what lies in theirs.
"""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy import Connection, insert, select
from starlette.concurrency import run_in_threadpool

from fieldkit.errors import Damaged, FieldkitError
from fieldkit.model import Sha256, TweetId
from fieldkit.store.bucket import Bucket
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.media import Blob, Media
from fieldkit.store.news import newest
from fieldkit.store.schema import clips, replicas

_BEAT = 1.0  # seconds between two looks at the catalogue's last change
_LONGEST_WAIT = 60.0  # seconds, where the bucket or the database is away
_HELPING = 200
_log = logging.getLogger(__name__)


class Replicas:
    """The bucket beside the local folder of clips, of which at most `cache` bytes stay here once they are there."""

    def __init__(self, catalogue: Catalogue, media: Media, bucket: Bucket, cache: int | None = None) -> None:
        self.bucket = bucket
        self._catalogue = catalogue
        self._media = media
        self._cache = cache
        self._edition: int | None = None  # of the catalogue, up to which all is done that can be done here
        self._erased: set[tuple[TweetId, Sha256]] = set()
        self._damaged: set[int] = set()  # said once; `store verify` says it again

    def holds(self, number: int) -> bool:
        """Whether the bucket has this clip."""
        with self._catalogue.reading() as connection:
            return _held(connection, number)

    def work(self, stopped: threading.Event) -> None:
        """Does all there is to do. Raises StoreBusy, NeedsCrew where the bucket or the database does not let it."""
        with self._catalogue.reading() as connection:
            edition = newest(connection)
        if edition == self._edition:
            return
        self._erase(stopped)
        for number, blob in self._missing():
            if stopped.is_set():
                return
            if number not in self._damaged and self._media.path(blob).exists():
                self._replicate(number, blob, stopped)
        if self._cache is not None:
            self._prune(self._cache)
        self._edition = edition

    def _replicate(self, number: int, blob: Blob, stopped: threading.Event) -> None:
        try:
            self.bucket.put(blob, self._media.path(blob), stopped.is_set)
        except Damaged:
            self._damaged.add(number)
            _log.error("a clip is damaged and was not replicated; `fieldkit store verify` names it")
            return
        with self._catalogue.writing() as connection:
            known = connection.scalar(select(clips.c.number).where(clips.c.number == number)) is not None
            if known and not _held(connection, number):
                connection.execute(insert(replicas).values(clip=number, at=self._catalogue.now()))
        if not known:  # withdrawn meanwhile
            self.bucket.erase(blob.tweet_id, blob.sha256)

    def _erase(self, stopped: threading.Event) -> None:
        """Takes withdrawn clips out of the bucket and out of this folder, whoever was told of the withdrawal.

        Each process does all of them after its start: whoever died while it sent a clip may have left it behind.
        """
        for tweet_id, sha256 in self._catalogue.withdrawn():
            if stopped.is_set():
                return
            if (tweet_id, sha256) not in self._erased:
                self._media.delete(tweet_id, sha256)
                self.bucket.erase(tweet_id, sha256)
                self._erased.add((tweet_id, sha256))

    def _missing(self) -> Iterator[tuple[int, Blob]]:
        """Clips without a replica, oldest first."""
        after = 0
        while True:
            query = (
                select(clips.c.number, clips.c.tweet_id, clips.c.sha256, clips.c.kind)
                .outerjoin(replicas, replicas.c.clip == clips.c.number)
                .where(replicas.c.clip.is_(None), clips.c.number > after)
                .order_by(clips.c.number)
                .limit(_HELPING)
            )
            with self._catalogue.reading() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                yield row.number, Blob(TweetId(row.tweet_id), Sha256(row.sha256), row.kind)
            if len(rows) < _HELPING:
                return
            after = rows[-1].number

    def _prune(self, cache: int) -> None:
        """The oldest files go first, and only those that the bucket holds."""
        files = sorted(self._media.files(), key=lambda path: path.stat().st_mtime)
        over = sum(path.stat().st_size for path in files) - cache
        for path in files:
            if over <= 0:
                return
            size = path.stat().st_size
            named = (clips.c.tweet_id == path.parent.name) & (clips.c.sha256 == path.stem)
            query = select(replicas.c.clip).join(clips, clips.c.number == replicas.c.clip).where(named)
            with self._catalogue.reading() as connection:
                held = connection.scalar(query) is not None
            if held:
                path.unlink(missing_ok=True)
                over -= size


async def replicate(replicas: Replicas, stopped: threading.Event, halt: asyncio.Event) -> None:
    """Looks after the bucket until `stopped`, for its thread, and `halt`, for itself, are set.

    A bucket or a database that is away is tried again, ever more slowly.
    """
    wait = _BEAT
    while not stopped.is_set():
        try:
            await run_in_threadpool(replicas.work, stopped)
            wait = _BEAT
        except FieldkitError as error:
            if not stopped.is_set():
                _log.warning("%s", error)
            wait = min(2 * wait, _LONGEST_WAIT)
        await rest(halt, wait)


async def rest(halt: asyncio.Event, seconds: float) -> None:
    """Waits so long, or until `halt`."""
    with suppress(TimeoutError):
        await asyncio.wait_for(halt.wait(), seconds)


def replicated(connection: Connection) -> set[int]:
    """The numbers of all clips that the bucket holds."""
    return set(connection.scalars(select(replicas.c.clip)))


def _held(connection: Connection, number: int) -> bool:
    return connection.scalar(select(replicas.c.clip).where(replicas.c.clip == number)) is not None
