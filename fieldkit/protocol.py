"""What sync and store say to each other: paths, headers, metadata, status codes.

tus 1.0.0 (2016-03-25) is the base; what fieldkit adds is a Location that is a function of tweet ID and
SHA-256, `Fieldkit-Receipt`, parts that know their place, and block hashes (docs/protocol.md).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fieldkit.model import Age, Consent, ConsentState, Scope, Sha256, Trait, TweetId, in_order

TUS_VERSION = "1.0.0"
FILES = "/files"
CLIPS = "/clips"
REQUESTS = "/requests"
WITHDRAWALS = "/withdrawals"

OFFSET_TYPE = "application/offset+octet-stream"

TUS_RESUMABLE = "Tus-Resumable"
UPLOAD_OFFSET = "Upload-Offset"
UPLOAD_LENGTH = "Upload-Length"
UPLOAD_METADATA = "Upload-Metadata"
UPLOAD_CONCAT = "Upload-Concat"
RECEIPT = "Fieldkit-Receipt"  # the SHA-256 of the whole file, verified and catalogued by the store
PART = "Fieldkit-Part"  # `<upload ID> <start>` at the creation of a partial upload: where it belongs
PARTS = "Fieldkit-Parts"  # what the store holds of an upload beyond its offset
FROM = "Fieldkit-From"  # `<upload ID> <start>` at creation: a partial upload holds the bytes from there on
BLOCKS = "Fieldkit-Blocks"  # `<block bytes> <base64 of 8 bytes for each block>` at creation
TUS_EXTENSION = "Tus-Extension"
PARTS_EXTENSION, BLOCKS_EXTENSION, FROM_EXTENSION = "fieldkit-parts", "fieldkit-blocks", "fieldkit-from"

MOST_PARTS = 256  # of one upload: what a header of 8 kB can list
_BLOCK = 64 * 1024  # bytes, and doubled until
_MOST_BLOCKS = 256  # of them cover the file: a header of 2.7 kB at most, less than 1 part in 6,000
_DIGEST = 8  # bytes of each block's SHA-256: against accidents; the whole file's guards against the rest
_PART = re.compile(r"([0-9]{1,18})\+([0-9]{1,18})=([0-9]{1,18})", re.ASCII)
_PART_ID = re.compile(r"([0-9a-f]{32})-([0-9]{1,18})-([0-9]{1,18})", re.ASCII)

WITHDRAWN = "withdrawn"  # the `error` of a 410 that is for ever
CHECKSUM_MISMATCH = 460  # tus 1.0.0, checksum extension; here also for the whole file's `sha256`
EXPECTED = "expected"  # of an upload without length: about how many bytes it will have
METADATA_KEYS = (
    "tweet_id",
    "sha256",
    "profile",
    "take",
    "filename",
    "filetype",
    "place",
    "operator",
    "recorded_at",
    "language",
    "consent_scope",
    "consent_hidden",
    "consent_age",
    "consent_until",
    "card",
)


def consent_metadata(consent: Consent) -> dict[str, str]:
    """What an upload says of its consent: nothing that tells who somebody is."""
    said = {
        "consent_scope": in_order(consent.scope),
        "consent_hidden": in_order(consent.hidden),
        "consent_age": consent.age.value,
        "consent_until": _utc(consent.until) if consent.until else "",
        "card": consent.card or "",
    }
    return {key: value for key, value in said.items() if value}


def read_consent(said: Mapping[str, str]) -> Consent | None:
    """The reverse; None where no consent is stated, as by a stock tus client. Raises ValueError, NeedsCrew."""
    if not said.get("consent_scope"):
        return None
    until = datetime.fromisoformat(said["consent_until"]) if said.get("consent_until") else None
    if until is not None and until.tzinfo is None:
        raise ValueError("`consent_until` has no time zone")
    return Consent(
        ConsentState.AGREED,
        scope=frozenset(map(Scope, said["consent_scope"].split())),
        age=Age(said.get("consent_age") or Age.UNKNOWN),
        hidden=frozenset(map(Trait, said.get("consent_hidden", "").split())),
        until=until.astimezone(UTC) if until else None,
        card=Sha256(said["card"]) if said.get("card") else None,
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def upload_id(tweet_id: TweetId, sha256: Sha256) -> str:
    """The 32 hexadecimal digits that name the upload of these bytes for this tweet, on every laptop."""
    return hashlib.sha256(f"{tweet_id}/{sha256}".encode()).hexdigest()[:32]


def upload_url(store: str, tweet_id: TweetId, sha256: Sha256) -> str:
    """Where a fieldkit store keeps that upload; `store` is the URL under which it answers."""
    return f"{store.rstrip('/')}{FILES}/{upload_id(tweet_id, sha256)}"


def clip_path(tweet_id: TweetId, sha256: Sha256) -> str:
    """Where the store serves a clip."""
    return f"{CLIPS}/{tweet_id}/{sha256}"


def encode_metadata(metadata: Mapping[str, str]) -> str:
    """The Upload-Metadata header (tus 1.0.0, creation): `key base64,key base64`."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())


def decode_metadata(header: str) -> dict[str, str]:
    """The pairs of an Upload-Metadata header. Raises ValueError for anything tus does not allow."""
    pairs: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, encoded = pair.partition(" ")
        if not key.isascii() or key in pairs:
            raise ValueError(f"metadata key {key!r} is not ASCII or stands twice")
        try:
            pairs[key] = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError(f"metadata {key!r} is not base64 of UTF-8 text") from error
    return pairs


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A partial upload that belongs at `start` of another; of its `length` bytes the store has `held`."""

    start: int
    length: int
    held: int = 0

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.start + self.length

    @property
    def whole(self) -> bool:
        """Nothing of it is missing."""
        return self.held == self.length


def part_id(upload: str, part: Part) -> str:
    """The name of a part: a function of its upload and its place, so that creating it again finds it."""
    return f"{upload}-{part.start}-{part.length}"


def read_part_id(name: str) -> tuple[str, Part] | None:
    """The reverse of `part_id`; None for any other name."""
    found = _PART_ID.fullmatch(name)
    return (found[1], Part(int(found[2]), int(found[3]))) if found else None


def encode_parts(parts: Iterable[Part]) -> str:
    """The Fieldkit-Parts header: `start+length=held`, one after the other."""
    return " ".join(f"{part.start}+{part.length}={part.held}" for part in parts)


def decode_parts(header: str) -> tuple[Part, ...]:
    """The parts in the order of their place. Raises ValueError for anything else."""
    parts = []
    for text in header.split():
        found = _PART.fullmatch(text)
        part = Part(*map(int, found.groups())) if found else None
        if part is None or part.held > part.length:
            raise ValueError(f"{text[:60]!r} is no part")
        parts.append(part)
    return tuple(sorted(parts))


def block_size(length: int) -> int:
    """Bytes of the blocks that a file of so many bytes is hashed in."""
    size = _BLOCK
    while size * _MOST_BLOCKS < length:
        size *= 2
    return size


def block_hash(block: bytes) -> bytes:
    """What the manifest says of a block."""
    return hashlib.sha256(block).digest()[:_DIGEST]


def encode_blocks(size: int, hashes: Sequence[bytes]) -> str:
    """The Fieldkit-Blocks header."""
    return f"{size} {base64.b64encode(b''.join(hashes)).decode()}"


def decode_blocks(header: str, length: int) -> tuple[int, tuple[bytes, ...]] | None:
    """Block size in bytes and hashes; None unless the header is a manifest for a file of `length` bytes."""
    size, _, encoded = header.partition(" ")
    if size != str(block_size(length)):
        return None
    try:
        joined = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        return None
    if len(joined) != _DIGEST * -(-length // int(size)):
        return None
    return int(size), tuple(joined[at : at + _DIGEST] for at in range(0, len(joined), _DIGEST))
