"""What sync and store say to each other: paths, headers, metadata, status codes.

tus 1.0.0 (2016-03-25) is the base; what fieldkit adds is `Fieldkit-Receipt` and a Location that is a
function of tweet ID and SHA-256 (docs/protocol.md).
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping

from fieldkit.model import Sha256, TweetId

TUS_VERSION = "1.0.0"
FILES = "/files"
CLIPS = "/clips"

OFFSET_TYPE = "application/offset+octet-stream"

TUS_RESUMABLE = "Tus-Resumable"
UPLOAD_OFFSET = "Upload-Offset"
UPLOAD_LENGTH = "Upload-Length"
UPLOAD_METADATA = "Upload-Metadata"
RECEIPT = "Fieldkit-Receipt"  # the SHA-256 of the whole file, verified and catalogued by the store

CHECKSUM_MISMATCH = 460  # tus 1.0.0, checksum extension; here also for the whole file's `sha256`
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
)


def upload_id(tweet_id: TweetId, sha256: Sha256) -> str:
    """The 32 hexadecimal digits that name the upload of these bytes for this tweet, on every laptop."""
    return hashlib.sha256(f"{tweet_id}/{sha256}".encode()).hexdigest()[:32]


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
