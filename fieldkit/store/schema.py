"""The catalogue's tables, numbered. Plain types only, so that PostgreSQL can take SQLite's place."""

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    insert,
    inspect,
    select,
    update,
)

from fieldkit.errors import NeedsCrew
from fieldkit.model import Priority
from fieldkit.store.review import Decision

VERSION = 5  # some of its tables stand in withdrawing.py

tables = MetaData()

_number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself only for INTEGER

# one row: which of the numbered schemas this is
schema = Table("schema", tables, Column("version", Integer, nullable=False))

# a clip: verified bytes under a tweet. `number` is the order of arrival, and the page's cursor.
clips = Table(
    "clips",
    tables,
    Column("number", _number, primary_key=True),
    Column("tweet_id", String(19), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("kind", String(8), nullable=False),  # media.TYPES
    Column("bytes", BigInteger, nullable=False),
    Column("profile", String(40)),
    Column("take", String(36)),
    Column("place", String(40)),
    Column("operator", Text),
    Column("language", String(40)),
    Column("recorded_at", String(32)),  # UTC, ISO 8601, as the laptop's clock had it
    Column("received_at", String(32), nullable=False),  # UTC, ISO 8601
    Column("seconds", Float),  # these three are null where the file does not tell
    Column("width", Integer),
    Column("height", Integer),
    UniqueConstraint("tweet_id", "sha256"),
    Index("clips_by_tweet", "tweet_id", "number"),
    Index("clips_by_place", "place", "number"),
)

# which upload brought which clip, so that a lost last answer can be asked for again, for ever
arrivals = Table(
    "arrivals",
    tables,
    Column("upload_id", String(32), primary_key=True),
    Column("tweet_id", String(19), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("metadata", Text, nullable=False),  # Upload-Metadata, verbatim; emptied by a withdrawal
    Column("concat", Text, nullable=False),  # Upload-Concat, verbatim
    Index("arrivals_by_clip", "tweet_id", "sha256"),
)

# appended, never changed; the last one counts
decisions = Table(
    "decisions",
    tables,
    Column("number", _number, primary_key=True),
    Column("clip", _number, ForeignKey("clips.number", ondelete="CASCADE"), nullable=False),
    Column("decision", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", String(32), nullable=False),
    CheckConstraint("decision IN ({})".format(", ".join(f"'{d}'" for d in Decision)), name="known"),
    Index("decisions_by_clip", "clip", "number"),
    Index("decisions_by_decision", "decision", "clip"),
)

# the command centre's wishes; open as long as neither of the last two times is there. Since version 2.
requests = Table(
    "requests",
    tables,
    Column("number", _number, primary_key=True),
    Column("tweet_id", String(19), nullable=False, unique=True),
    Column("author", String(20)),
    Column("text", Text),
    Column("language", String(80)),
    Column("place", String(40)),  # null: whoever can answer
    Column("priority", String(8), nullable=False),
    Column("due", String(32)),  # UTC, ISO 8601, whole seconds
    Column("added_at", String(32), nullable=False),
    Column("added_by", Text, nullable=False),
    Column("answered_at", String(32)),  # the first reply to it was marked as posted
    Column("answered_from", String(40)),  # the place of that reply's clip
    Column("withdrawn_at", String(32)),  # nobody wants an answer any more
    CheckConstraint("priority IN ({})".format(", ".join(f"'{p}'" for p in Priority)), name="known"),
    Index("requests_open", "answered_at", "withdrawn_at", "place"),
)

# the last decision about each clip, null while there is none: what the board asks of a hundred thousand clips.
# Written with the clip and with the decision. Since version 3.
latest = Table(
    "latest",
    tables,
    Column("clip", _number, ForeignKey("clips.number", ondelete="CASCADE"), primary_key=True),
    Column("decision", String(16)),
    Index("latest_by_decision", "decision", "clip"),
)

# that something changed about a tweet, written with the change: what a board that is open is told. Since version 3.
news = Table(
    "news",
    tables,
    Column("number", _number, primary_key=True),
    Column("tweet_id", String(19), nullable=False),
    Column("kind", String(16), nullable=False),  # news.Kind
)

# the bare fact that stays when a clip was withdrawn; nothing about the speaker
withdrawals = Table(
    "withdrawals",
    tables,
    Column("tweet_id", String(19), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("at", String(32), nullable=False),
)

# which clips the bucket holds, each read back and compared with its SHA-256. Since version 5.
replicas = Table(
    "replicas",
    tables,
    Column("clip", _number, ForeignKey("clips.number", ondelete="CASCADE"), primary_key=True),
    Column("at", String(32), nullable=False),  # UTC, ISO 8601
)

tokens = Table(
    "tokens",
    tables,
    Column("id", String(8), primary_key=True),  # what people call it
    Column("sha256", String(64), nullable=False, unique=True),  # the token itself is never stored
    Column("role", String(16), nullable=False),
    Column("place", String(40)),  # only what belongs to it; null is every place
    Column("made_at", String(32), nullable=False),
    Column("revoked_at", String(32)),
)

# what a token may cost; no row, or null: no limit. Since version 3, as all below.
limits = Table(
    "limits",
    tables,
    Column("token", String(8), ForeignKey("tokens.id"), primary_key=True),
    Column("max_bytes", BigInteger),  # of one upload
    Column("quota", BigInteger),  # bytes of new uploads in one day
)

# what a token with a quota has begun to send, day by day
used = Table(
    "used",
    tables,
    Column("token", String(8), ForeignKey("tokens.id"), primary_key=True),
    Column("day", String(10), primary_key=True),  # UTC
    Column("bytes", BigInteger, nullable=False),
)

# the people of the command centre
users = Table(
    "users",
    tables,
    Column("name", String(40), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("passphrase", Text, nullable=False),  # passphrases.hashed
    Column("made_at", String(32), nullable=False),
    Column("revoked_at", String(32)),
)

# who is signed in; the row goes with the sign-out
sessions = Table(
    "sessions",
    tables,
    Column("sha256", String(64), primary_key=True),  # the cookie itself is never stored
    Column("user", String(40), ForeignKey("users.name"), nullable=False),
    Column("made_at", String(32), nullable=False),
    Column("used_at", String(32), nullable=False),
)

# who did what, appended and never changed: not even by a mistake of ours, see below
trail = Table(
    "trail",
    tables,
    Column("number", _number, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("who", String(40), nullable=False),  # a user, a token's ID, "console"
    Column("did", String(24), nullable=False),  # trail.Deed
    Column("about", Text, nullable=False),  # a clip, a tweet, a user, a token
    Column("address", String(45)),  # null unless the administrator wants it
    Index("trail_by_time", "at"),
)
_REFUSAL = "the trail is only ever appended to"
for _verb in ("UPDATE", "DELETE"):
    _before = f"CREATE TRIGGER trail_no_{_verb.lower()} BEFORE {_verb} ON trail"
    _trigger = f"{_before} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    event.listen(trail, "after_create", DDL(_trigger).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]
for _statement in (
    f"CREATE FUNCTION trail_refuses() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''{_REFUSAL}''; END'",
    "CREATE TRIGGER trail_appended BEFORE UPDATE OR DELETE OR TRUNCATE ON trail EXECUTE FUNCTION trail_refuses()",
):
    event.listen(trail, "after_create", DDL(_statement).execute_if(dialect="postgresql"))  # type: ignore[no-untyped-call]


def bring_up(connection: Connection) -> None:
    """Makes the tables, or brings older ones up to VERSION. Raises NeedsCrew for newer ones.

    Safe to repeat: a start that died half-way is finished by the next.
    """
    if not inspect(connection).has_table(schema.name):
        tables.create_all(connection, tables=[t for t in tables.sorted_tables if t is not schema])
        schema.create(connection)
    version = connection.scalar(select(schema.c.version))
    if version is None:
        connection.execute(insert(schema).values(version=VERSION))
    elif version < VERSION:
        tables.create_all(connection)  # so far every later version only added tables
        if version < 4:
            _fill_latest(connection)
        connection.execute(update(schema).values(version=VERSION))
    elif version > VERSION:
        raise NeedsCrew(
            f"This store was written by a newer fieldkit (schema {version}); install that one to serve it."
        )


def _fill_latest(connection: Connection) -> None:
    last = select(decisions.c.decision).where(decisions.c.clip == clips.c.number)
    newest = last.order_by(decisions.c.number.desc()).limit(1).scalar_subquery()
    known = select(latest.c.clip).where(latest.c.clip == clips.c.number).exists()
    connection.execute(
        insert(latest).from_select(["clip", "decision"], select(clips.c.number, newest).where(~known))
    )
