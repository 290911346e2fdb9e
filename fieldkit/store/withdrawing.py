"""What was withdrawn, in the catalogue: whole takes and codes of paper cards, the replies that are still to be
deleted on X, and what a clip's speaker agreed to. All tables here since version 5.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from fieldkit.model import (
    Age,
    Consent,
    ConsentState,
    Place,
    Scope,
    Sha256,
    TakeId,
    Trait,
    TweetId,
    Withdrawal,
    in_order,
)
from fieldkit.store.deeds import Deed, note
from fieldkit.store.label import Label
from fieldkit.store.news import Kind, tell
from fieldkit.store.problems import NotAllowed, Withdrawn
from fieldkit.store.review import Decision
from fieldkit.store.schema import arrivals, clips, decisions, tables, withdrawals
from fieldkit.wanted import read_timestamp, timestamp

_number = BigInteger().with_variant(Integer, "sqlite")
_MOST_TOLD = 200  # withdrawals that a laptop is told of, the newest: 25 kB at most, whenever the list changes

# what a clip's speaker agreed to, in summary; a clip of a client that states no consent has none
agreements = Table(
    "agreements",
    tables,
    Column("clip", _number, ForeignKey("clips.number", ondelete="CASCADE"), primary_key=True),
    Column("scope", String(80), nullable=False),
    Column("hidden", String(40), nullable=False),
    Column("age", String(8), nullable=False),
    Column("until", String(32)),  # UTC, ISO 8601
    Column("card", String(64)),  # the hash of the code on their card
    Index("agreements_by_card", "card"),
)

# a withdrawal as somebody asked for it: a take, a code, or bytes alone. The bare fact that stays.
farewells = Table(
    "farewells",
    tables,
    Column("number", _number, primary_key=True),
    Column("tweet_id", String(19)),
    Column("take", String(36)),
    Column("card", String(64)),
    Column("hashes", Text, nullable=False),  # with a space between
    Column("at", String(32), nullable=False),
    Index("farewells_by_take", "take"),
    Index("farewells_by_card", "card"),
)

# replies on X that a person must delete there; the row stays until somebody says that it is done
takedowns = Table(
    "takedowns",
    tables,
    Column("number", _number, primary_key=True),
    Column("tweet_id", String(19), nullable=False),
    Column("link", Text, nullable=False),  # of the reply, as it was given; may be empty
    Column("asked_at", String(32), nullable=False),
    Column("done_at", String(32)),
    Column("done_by", Text),
    Index("takedowns_open", "done_at"),
)


@dataclass(frozen=True, slots=True)
class Takedown:
    """A reply that is to be deleted on X."""

    number: int
    tweet_id: TweetId
    link: str
    asked_at: str


def agree(connection: Connection, clip: int, consent: Consent) -> None:
    """Puts down with a new clip what its speaker agreed to."""
    row = {
        "clip": clip,
        "scope": in_order(consent.scope),
        "hidden": in_order(consent.hidden),
        "age": consent.age.value,
        "until": timestamp(consent.until) if consent.until else None,
        "card": consent.card,
    }
    connection.execute(insert(agreements).values(**row))


def agreed(connection: Connection, numbers: Iterable[int]) -> dict[int, Consent]:
    """What was agreed to about these clips, by number; none for those that state nothing."""
    rows = connection.execute(select(agreements).where(agreements.c.clip.in_(list(numbers))))
    return {
        row.clip: Consent(
            ConsentState.AGREED,
            scope=frozenset(map(Scope, row.scope.split())),
            age=Age(row.age),
            hidden=frozenset(map(Trait, row.hidden.split())),
            until=read_timestamp(row.until) if row.until else None,
            card=Sha256(row.card) if row.card else None,
        )
        for row in rows
    }


def refuse(connection: Connection, label: Label, sha256: Sha256 | None = None) -> None:
    """Raises Withdrawn where the take, the bytes or the card that an upload names were withdrawn."""
    same: list[ColumnElement[bool]] = []
    if label.take is not None:
        same.append((farewells.c.take == label.take) & (farewells.c.tweet_id == label.tweet_id))
    if label.consent is not None and label.consent.card is not None:
        same.append(farewells.c.card == label.consent.card)
    if same and connection.scalar(select(farewells.c.number).where(or_(*same)).limit(1)) is not None:
        raise Withdrawn("This take was withdrawn; the store takes nothing of it.")
    known = sha256 or label.sha256
    if known is not None and is_withdrawn(connection, label.tweet_id, known):
        raise Withdrawn("This clip was withdrawn; the store does not take it again.")


def is_withdrawn(connection: Connection, tweet_id: TweetId, sha256: Sha256) -> bool:
    """Whether these bytes were withdrawn as an answer to this tweet."""
    same = (withdrawals.c.tweet_id == tweet_id) & (withdrawals.c.sha256 == sha256)
    return connection.scalar(select(withdrawals.c.at).where(same)) is not None


def withdraw(
    connection: Connection, withdrawal: Withdrawal, at: str, who: str, place: Place | None = None
) -> list[tuple[TweetId, Sha256]]:
    """Every clip of it goes, and it and its bytes are refused from now on; returns the clips that went.

    A clip that is named by its bytes alone takes the other renditions of its take with it. Raises NotAllowed where
    one of them belongs to another place than `place`.
    """
    found = _meant(connection, withdrawal)
    if place is not None and withdrawal.card is None and any(row.place not in (None, place) for row in found):
        raise NotAllowed(f"This token withdraws what belongs to {place} only.")
    _remember(connection, withdrawal, at)
    for tweet_id, take in {(row.tweet_id, row.take) for row in found if row.take}:
        hashes = [row.sha256 for row in found if (row.tweet_id, row.take) == (tweet_id, take)]
        _remember(connection, Withdrawal(TweetId(tweet_id), TakeId(take), tuple(map(Sha256, hashes))), at)
    for row in found:
        _forget(connection, row, at, who)
    for sha256 in withdrawal.hashes:
        _ban(connection, withdrawal.tweet_id or "", sha256, at)
    return [(TweetId(row.tweet_id), Sha256(row.sha256)) for row in found]


def _forget(connection: Connection, clip: Row[Any], at: str, who: str) -> None:
    """One clip's rows go; that it was withdrawn stays, and a reply that was posted is to be deleted."""
    number, tweet_id, sha256 = clip.number, TweetId(clip.tweet_id), Sha256(clip.sha256)
    posted = (
        select(decisions.c.why)
        .where(decisions.c.clip == number, decisions.c.decision == Decision.POSTED.value)
        .order_by(decisions.c.number.desc())
    )
    row = connection.execute(posted.limit(1)).first()
    if row is not None:
        _ask_for_takedown(connection, tweet_id, row.why, at)
    _ban(connection, tweet_id, sha256, at)
    note(connection, at, who, Deed.WITHDREW, f"{tweet_id}/{sha256}")
    connection.execute(delete(decisions).where(decisions.c.clip == number))
    connection.execute(delete(clips).where(clips.c.number == number))
    same = (arrivals.c.tweet_id == tweet_id) & (arrivals.c.sha256 == sha256)
    connection.execute(update(arrivals).where(same).values(metadata=""))
    tell(connection, tweet_id, Kind.WITHDRAWAL)


def told(connection: Connection) -> list[Withdrawal]:
    """What laptops are told, the newest first."""
    rows = connection.execute(select(farewells).order_by(farewells.c.number.desc()).limit(_MOST_TOLD))
    return [
        Withdrawal(
            TweetId(row.tweet_id) if row.tweet_id else None,
            TakeId(row.take) if row.take else None,
            tuple(map(Sha256, row.hashes.split())),
            Sha256(row.card) if row.card else None,
        )
        for row in rows
    ]


def open_takedowns(connection: Connection) -> list[Takedown]:
    """Replies that nobody has said are deleted, the oldest first."""
    rows = connection.execute(
        select(takedowns).where(takedowns.c.done_at.is_(None)).order_by(takedowns.c.number)
    )
    return [Takedown(row.number, TweetId(row.tweet_id), row.link, row.asked_at) for row in rows]


def took_down(connection: Connection, number: int, at: str, who: str) -> bool:
    """Somebody deleted that reply; False where nobody asked for it. Saying it twice is nothing."""
    row = connection.execute(select(takedowns).where(takedowns.c.number == number)).first()
    if row is None:
        return False
    if row.done_at is None:
        connection.execute(
            update(takedowns).where(takedowns.c.number == number).values(done_at=at, done_by=who)
        )
        note(connection, at, who, Deed.TOOK_DOWN, row.link or row.tweet_id)
        tell(connection, TweetId(row.tweet_id), Kind.WITHDRAWAL)
    return True


def _meant(connection: Connection, withdrawal: Withdrawal) -> list[Row[Any]]:
    """The clips that it names, and every other rendition of their takes, with a card or not."""
    same: list[ColumnElement[bool]] = []
    if withdrawal.tweet_id is not None:
        named: ColumnElement[bool] = clips.c.sha256.in_(withdrawal.hashes)
        if withdrawal.take is not None:
            named = or_(named, clips.c.take == withdrawal.take)
        same.append(and_(clips.c.tweet_id == withdrawal.tweet_id, named))
    if withdrawal.card is not None:
        with_card = select(agreements.c.clip).where(agreements.c.card == withdrawal.card)
        same.append(clips.c.number.in_(with_card))
    columns = (clips.c.number, clips.c.tweet_id, clips.c.sha256, clips.c.take, clips.c.place)
    found: dict[int, Any] = {
        row.number: row for row in connection.execute(select(*columns).where(or_(*same)))
    }
    for tweet_id, take in {(row.tweet_id, row.take) for row in found.values() if row.take}:
        whole = select(*columns).where(clips.c.tweet_id == tweet_id, clips.c.take == take)
        found |= {row.number: row for row in connection.execute(whole)}
    return list(found.values())


def _remember(connection: Connection, withdrawal: Withdrawal, at: str) -> None:
    """One row for a take or a code, with every hash that was ever told of it."""
    same: ColumnElement[bool]
    if withdrawal.take is not None:
        same = (farewells.c.take == withdrawal.take) & (farewells.c.tweet_id == withdrawal.tweet_id)
    elif withdrawal.card is not None:
        same = farewells.c.card == withdrawal.card
    else:
        same = (farewells.c.tweet_id == withdrawal.tweet_id) & (
            farewells.c.hashes == " ".join(withdrawal.hashes)
        )
    row = connection.execute(select(farewells).where(same)).first()
    hashes = set(withdrawal.hashes) | set(row.hashes.split() if row else ())
    if row is None:
        values = {"tweet_id": withdrawal.tweet_id, "take": withdrawal.take, "card": withdrawal.card}
        connection.execute(insert(farewells).values(**values, hashes=" ".join(sorted(hashes)), at=at))
    elif len(hashes) > len(row.hashes.split()):
        # told anew: laptops ask for the newest
        connection.execute(delete(farewells).where(farewells.c.number == row.number))
        values = {name: getattr(row, name) for name in ("tweet_id", "take", "card", "at")}
        connection.execute(insert(farewells).values(**values, hashes=" ".join(sorted(hashes))))


def _ban(connection: Connection, tweet_id: str, sha256: Sha256, at: str) -> None:
    if not is_withdrawn(connection, TweetId(tweet_id), sha256):
        connection.execute(insert(withdrawals).values(tweet_id=tweet_id, sha256=sha256, at=at))


def _ask_for_takedown(connection: Connection, tweet_id: TweetId, link: str, at: str) -> None:
    same = (takedowns.c.tweet_id == tweet_id) & (takedowns.c.link == link)
    if connection.scalar(select(takedowns.c.number).where(same)) is None:
        connection.execute(insert(takedowns).values(tweet_id=tweet_id, link=link, asked_at=at))
