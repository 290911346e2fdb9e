"""The catalogue: which clips there are, what was decided, what was withdrawn.

A row is written only after the bytes it speaks of are durable.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from fieldkit.model import Place, Sha256, TweetId, Withdrawal
from fieldkit.store import withdrawing
from fieldkit.store.database import Database
from fieldkit.store.deeds import CONSOLE, Deed, note
from fieldkit.store.label import Label
from fieldkit.store.news import Kind, tell
from fieldkit.store.nouns import Arrival, Arrived, Clip, Wanted
from fieldkit.store.problems import NotFound, Withdrawn
from fieldkit.store.review import Decision, move
from fieldkit.store.rows import arrival_row, as_clip, clip_row, last_of, matching, the_wanted
from fieldkit.store.schema import arrivals, bring_up, clips, decisions, latest, requests, withdrawals


class Catalogue:
    """Every method is one transaction. Raises DiskFull where there is no room, StoreBusy while the database is away."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        with self.writing() as connection:
            bring_up(connection)

    def close(self) -> None:
        """Gives the database back."""
        self._database.close()

    def now(self) -> str:
        """UTC, ISO 8601."""
        moment = datetime.fromtimestamp(self._clock(), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that changes nothing."""
        return self._database.reading()

    def snapshot(self) -> AbstractContextManager[Connection]:
        """One that sees all as it is at one moment."""
        return self._database.snapshot()

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that is durable when the block ends; one at a time, whoever writes."""
        return self._database.writing()

    def admit(self, arrival: Arrival) -> None:
        """The upload is a clip now, once, however often this is said. Raises Gone if it was withdrawn."""
        blob = arrival.blob
        with self.writing() as connection:
            withdrawing.refuse(connection, arrival.label, blob.sha256)
            if connection.scalar(select(clips.c.number).where(*_is(blob.tweet_id, blob.sha256))) is None:
                row = insert(clips).values(**clip_row(arrival), received_at=self.now())
                number = connection.execute(row.returning(clips.c.number)).scalar_one()
                connection.execute(insert(latest).values(clip=number))
                if arrival.label.consent is not None:
                    withdrawing.agree(connection, number, arrival.label.consent)
                tell(connection, blob.tweet_id, Kind.ARRIVAL)
            if connection.scalar(select(1).where(arrivals.c.upload_id == arrival.upload.id)) is None:
                connection.execute(insert(arrivals).values(**arrival_row(arrival)))

    def check(self, label: Label) -> None:
        """Raises Withdrawn where nothing that says this of itself is taken any more."""
        with self.reading() as connection:
            withdrawing.refuse(connection, label)

    def arrived(self, upload_id: str) -> Arrived | None:
        """The clip that an upload became, or None. Raises Gone if it was withdrawn since."""
        query = (
            select(arrivals, clips.c.bytes, clips.c.place)
            .outerjoin(
                clips, (clips.c.tweet_id == arrivals.c.tweet_id) & (clips.c.sha256 == arrivals.c.sha256)
            )
            .where(arrivals.c.upload_id == upload_id)
        )
        with self.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        if row.bytes is None:
            raise Withdrawn("This clip was withdrawn.")
        place = Place(row.place) if row.place else None
        return Arrived(Sha256(row.sha256), row.bytes, place, row.metadata, row.concat)

    def recall(self, upload_id: str, tweet_id: TweetId, sha256: Sha256, metadata: str) -> bool:
        """Whether these bytes are a clip already; if so this upload is noted as having brought it too.

        Raises Gone if they were withdrawn.
        """
        with self.writing() as connection:
            _refuse_withdrawn(connection, tweet_id, sha256)
            if connection.scalar(select(clips.c.number).where(*_is(tweet_id, sha256))) is None:
                return False
            if connection.scalar(select(1).where(arrivals.c.upload_id == upload_id)) is None:
                named = {"upload_id": upload_id, "tweet_id": tweet_id, "sha256": sha256}
                connection.execute(insert(arrivals).values(**named, metadata=metadata, concat=""))
            return True

    def page(self, wanted: Wanted, limit: int) -> list[Clip]:
        """Clips, newest first."""
        with self.reading() as connection:
            rows = connection.execute(the_wanted(wanted).order_by(clips.c.number.desc()).limit(limit))
            return [as_clip(row) for row in rows]

    def newest_of_each_tweet(self, wanted: Wanted, limit: int) -> list[Clip]:
        """The last clip of each tweet that is wanted, newest first: what a page of the board is cut from."""
        other = clips.alias()
        newest = select(func.max(other.c.number)).where(
            other.c.tweet_id == clips.c.tweet_id, *matching(other, replace(wanted, after=None))
        )
        query = the_wanted(wanted).where(clips.c.number == newest.scalar_subquery())
        with self.reading() as connection:
            rows = connection.execute(query.order_by(clips.c.number.desc()).limit(limit))
            return [as_clip(row) for row in rows]

    def of_tweets(self, tweet_ids: Sequence[TweetId], place: Place | None = None) -> list[Clip]:
        """Every clip of these tweets, newest first."""
        query = the_wanted(Wanted()).where(clips.c.tweet_id.in_(tweet_ids)).order_by(clips.c.number.desc())
        with self.reading() as connection:
            # told of the place, SQLite would walk through all that ever came from there
            return [as_clip(row) for row in connection.execute(query) if place in (None, row.place)]

    def agreed(self, clips: Sequence[Clip]) -> list[Clip]:
        """The same clips, with what their speakers agreed to."""
        with self.reading() as connection:
            known = withdrawing.agreed(connection, [clip.number for clip in clips])
        return [replace(clip, consent=known.get(clip.number)) for clip in clips]

    def takedowns(self) -> list[withdrawing.Takedown]:
        """Replies that a person must delete on X."""
        with self.reading() as connection:
            return withdrawing.open_takedowns(connection)

    def clip(self, tweet_id: TweetId, sha256: Sha256, place: Place | None = None) -> Clip:
        """Raises NotFound, or Gone if it was withdrawn."""
        with self.reading() as connection:
            row = connection.execute(the_wanted(Wanted(place)).where(*_is(tweet_id, sha256))).first()
            if row is None:
                _refuse_withdrawn(connection, tweet_id, sha256)
                raise NotFound("There is no such clip.")
        return as_clip(row)

    def decide(self, clip: Clip, decision: Decision, by: str, why: str, who: str = CONSOLE) -> dict[str, str]:
        """Appends a decision, and to the trail who took it. Raises Conflict where it can't follow the last one."""
        said = {"decision": decision.value, "by": by, "why": why, "at": self.now()}
        with self.writing() as connection:
            last = connection.scalar(last_of(decisions.c.decision, clip.number))
            move(Decision(last) if last else None, decision, why)
            connection.execute(insert(decisions).values(**said, clip=clip.number))
            newest = update(latest).where(latest.c.clip == clip.number)
            connection.execute(newest.values(decision=decision.value))
            tell(connection, clip.blob.tweet_id, Kind.DECISION)
            about = f"{decision} {clip.blob.tweet_id}/{clip.blob.sha256}"
            note(connection, said["at"], who, Deed.DECIDED, about)
            if decision is Decision.POSTED:
                open_one = (requests.c.tweet_id == clip.blob.tweet_id) & requests.c.answered_at.is_(None)
                answer = {"answered_at": said["at"], "answered_from": clip.place}
                connection.execute(update(requests).where(open_one).values(**answer))
        return said

    def decided(self, clip: Clip) -> list[dict[str, str]]:
        """Every decision about a clip, first to last."""
        columns = (decisions.c.decision, decisions.c.by, decisions.c.why, decisions.c.at)
        query = select(*columns).where(decisions.c.clip == clip.number).order_by(decisions.c.number)
        with self.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def withdraw(self, tweet_id: TweetId, sha256: Sha256, who: str = CONSOLE) -> list[tuple[TweetId, Sha256]]:
        """The clip goes, and the other renditions of its take; that it was withdrawn, and by whom, stays.

        Returns the clips that went. Raises NotFound.
        """
        with self.writing() as connection:
            if withdrawing.is_withdrawn(connection, tweet_id, sha256):
                return []
            if connection.scalar(select(clips.c.number).where(*_is(tweet_id, sha256))) is None:
                raise NotFound("There is no such clip.")
            return withdrawing.withdraw(connection, Withdrawal(tweet_id, hashes=(sha256,)), self.now(), who)

    def withdrawn(self) -> list[tuple[TweetId, Sha256]]:
        """Every withdrawal, so that no bytes outlive one."""
        with self.reading() as connection:
            rows = connection.execute(select(withdrawals.c.tweet_id, withdrawals.c.sha256))
            return [(TweetId(row.tweet_id), Sha256(row.sha256)) for row in rows]

    def every_clip(self, after: int = 0) -> Iterator[Clip]:
        """All clips with a number beyond `after`, oldest first, in small helpings."""
        while True:
            query = the_wanted(Wanted()).where(clips.c.number > after).order_by(clips.c.number).limit(500)
            with self.reading() as connection:
                helping = [as_clip(row) for row in connection.execute(query)]
            if not helping:
                return
            yield from helping
            after = helping[-1].number

    def knows(self, tweet_id: str, sha256: str) -> bool:
        """Whether there is such a clip, for names read from a disk."""
        with self.reading() as connection:
            query = select(clips.c.number).where(clips.c.tweet_id == tweet_id, clips.c.sha256 == sha256)
            return connection.scalar(query) is not None

    def count(self) -> dict[str, int]:
        """Figures for operators."""
        with self.reading() as connection:
            number, size = connection.execute(select(func.count(), func.sum(clips.c.bytes))).one()
            gone = connection.scalar(select(func.count()).select_from(withdrawals))
        return {"clips": number, "media_bytes": int(size or 0), "withdrawals": gone or 0}


def _is(tweet_id: TweetId, sha256: Sha256) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return clips.c.tweet_id == tweet_id, clips.c.sha256 == sha256


def _refuse_withdrawn(connection: Connection, tweet_id: TweetId, sha256: Sha256) -> None:
    if withdrawing.is_withdrawn(connection, tweet_id, sha256):
        raise Withdrawn("This clip was withdrawn; the store does not take it again.")
